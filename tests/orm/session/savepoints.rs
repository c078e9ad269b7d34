//! Savepoints of sessions: they nest, and undo alone what was done in them.

use headwater::{EntityState, ErrorKind};

use super::library::{Author, Library, author};
use crate::support::run;

#[test]
fn a_savepoint_that_is_rolled_back_undoes_rows_and_entities() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        ada.edit(|ada| ada.born = Some(1));

        let mut savepoint = session.savepoint().await.unwrap();
        ada.edit(|ada| ada.born = Some(2));
        savepoint.flush().await.unwrap();
        ada.edit(|ada| ada.born = Some(3));
        let alan = savepoint.add(author("Alan"));
        savepoint.rollback().await.unwrap();

        assert_eq!((ada.read().born, ada.state()), (Some(1), EntityState::Clean));
        assert_eq!(alan.state(), EntityState::Detached);
        session.commit().await.unwrap();
        assert_eq!(library.number("SELECT born FROM authors").await, 1);
    });
}

#[test]
fn dropping_the_guard_rolls_back_to_the_savepoint() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();

        {
            let mut savepoint = session.savepoint().await.unwrap();
            savepoint.delete(&ada);
            savepoint.flush().await.unwrap();
            assert_eq!(ada.state(), EntityState::Gone);
        }

        assert_eq!(ada.state(), EntityState::Clean);
        let again = session.get_one::<Author>(1).await.unwrap();
        assert!(again.is(&ada));
        session.commit().await.unwrap();
        assert_eq!(library.number("SELECT count(*) FROM authors").await, 1);
    });
}

#[test]
fn a_committed_savepoint_belongs_to_what_is_around_it() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();

        let mut outer = session.savepoint().await.unwrap();
        let mut inner = outer.savepoint().await.unwrap();
        ada.edit(|ada| ada.born = Some(1815));
        let alan = inner.add(author("Alan"));
        inner.commit().await.unwrap();
        let committed = (ada.state(), alan.state());
        outer.rollback().await.unwrap();

        assert_eq!(committed, (EntityState::Clean, EntityState::Clean));
        assert_eq!((ada.read().born, alan.state()), (None, EntityState::Detached));
        let kept = session.savepoint().await.unwrap();
        ada.edit(|ada| ada.born = Some(5));
        kept.commit().await.unwrap();
        session.commit().await.unwrap();
        assert_eq!(library.number("SELECT born FROM authors").await, 5);
        assert_eq!(library.number("SELECT count(*) FROM authors").await, 1);
    });
}

#[test]
fn each_level_goes_back_to_where_it_began() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();
        let set = |born| ada.edit(|ada| ada.born = Some(born));

        set(1);
        let mut first = session.savepoint().await.unwrap();
        set(2);
        let mut second = first.savepoint().await.unwrap();
        set(3);
        second.flush().await.unwrap();
        drop(second);
        let after_second = ada.read().born;
        let third = first.savepoint().await.unwrap();
        set(4);
        third.commit().await.unwrap();
        let after_third = ada.read().born;
        drop(first);
        let after_first = ada.read().born;
        session.rollback().await.unwrap();

        assert_eq!((after_second, after_third, after_first), (Some(2), Some(4), Some(1)));
        assert_eq!(ada.read().born, None);
    });
}

#[test]
fn a_flush_that_failed_in_a_savepoint_is_undone_with_it() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));

        let mut savepoint = session.savepoint().await.unwrap();
        savepoint.add(author("Ada"));
        let failed = savepoint.flush().await.unwrap_err();
        let refused = savepoint.get::<Author>(5).await.unwrap_err();
        savepoint.rollback().await.unwrap();
        session.commit().await.unwrap();

        assert!(failed.is_unique_violation());
        assert_eq!(refused.kind(), ErrorKind::TransactionEnded);
        assert_eq!(ada.state(), EntityState::Clean);
        assert_eq!(library.number("SELECT count(*) FROM authors").await, 1);
    });
}

#[test]
fn a_savepoint_within_which_the_session_was_committed_is_over() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        session.add(author("Ada"));

        let mut savepoint = session.savepoint().await.unwrap();
        savepoint.add(author("Alan"));
        let whole: &mut headwater::AsyncSession = &mut savepoint;
        whole.commit().await.unwrap();
        let error = savepoint.commit().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::TransactionEnded);
        assert_eq!(library.number("SELECT count(*) FROM authors").await, 2);
    });
}

#[test]
#[expect(clippy::mem_forget, reason = "it is what the test is about")]
fn a_guard_that_is_forgotten_ends_with_its_transaction() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        session.add(author("Ada"));

        std::mem::forget(session.savepoint().await.unwrap());
        session.add(author("Alan"));
        session.commit().await.unwrap();
        session.add(author("Grace"));
        session.commit().await.unwrap();

        assert_eq!(library.number("SELECT count(*) FROM authors").await, 3);
    });
}
