//! After a rollback, tracked entities are what they were.

use headwater::{EntityState, select};

use super::library::{Author, Library, author, book};
use crate::support::run;

#[test]
fn values_and_states_are_what_they_were_when_the_transaction_began() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let [ada, alan, grace] = ["Ada", "Alan", "Grace"].map(|name| session.add(author(name)));
        session.commit().await.unwrap();

        ada.edit(|ada| ada.born = Some(1815));
        session.flush().await.unwrap();
        ada.edit(|ada| ada.born = Some(1));
        session.delete(&alan);
        session.flush().await.unwrap();
        session.delete(&grace);
        let new = session.add(author("Emmy"));
        session.rollback().await.unwrap();

        assert_eq!((ada.read().born, ada.state()), (None, EntityState::Clean));
        assert_eq!((alan.state(), grace.state()), (EntityState::Clean, EntityState::Clean));
        assert_eq!(new.state(), EntityState::Detached);
        assert!(session.changes().is_empty());
        let found =
            session.scalars(select::<Author>().order_by(Author::ID.asc())).all().await.unwrap();
        assert!(found.iter().zip([&ada, &alan, &grace]).all(|(found, known)| found.is(known)));
        assert_eq!(found.len(), 3);
    });
}

#[test]
fn what_was_inserted_and_rolled_back_can_be_added_again() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();

        let ada = session.add(author("Ada"));
        session.flush().await.unwrap();
        let key = ada.key();
        session.rollback().await.unwrap();
        let rolled_back = (ada.key(), ada.state());
        session.add(author("Alan"));
        let again = session.add(Author::clone(&ada.read()));
        session.commit().await.unwrap();

        assert_eq!((key, rolled_back), (1, (0, EntityState::Detached)));
        assert_eq!((again.key(), ada.key()), (2, 0));
        assert_eq!(session.tracked_count(), 1);
    });
}

#[test]
fn a_session_is_usable_again_after_a_rollback_and_after_a_commit() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();

        session.add(author("Ada"));
        session.commit().await.unwrap();
        session.add(author("Alan"));
        session.rollback().await.unwrap();
        session.add(author("Grace"));
        session.commit().await.unwrap();

        assert_eq!(library.texts("SELECT name FROM authors").await, ["Ada", "Grace"]);
    });
}

#[test]
fn dropping_a_session_rolls_back_and_detaches_its_handles() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();

        ada.edit(|ada| ada.born = Some(1815));
        session.flush().await.unwrap();
        drop(session);

        assert_eq!((ada.state(), ada.read().born), (EntityState::Detached, None));
        ada.edit(|ada| ada.born = Some(2));
        assert_eq!(ada.read().born, Some(2));
        assert_eq!(library.number("SELECT count(born) FROM authors").await, 0);
    });
}

#[test]
fn closing_a_session_gives_its_connection_back() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        session.add(author("Ada"));
        session.flush().await.unwrap();

        session.close().await.unwrap();

        library.engine.execute("INSERT INTO authors(name) VALUES ('Alan')").await.unwrap();
        assert_eq!(library.texts("SELECT name FROM authors").await, ["Alan"]);
    });
}

#[test]
fn a_failed_commit_has_rolled_back_entities_too() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();

        session.execute("PRAGMA defer_foreign_keys = ON").await.unwrap();
        ada.edit(|ada| ada.born = Some(1815));
        let lost = session.add(book(99, "Notes"));
        let error = session.commit().await.unwrap_err();

        assert_eq!(error.kind(), headwater::ErrorKind::ForeignKeyViolation);
        assert_eq!((ada.read().born, ada.state()), (None, EntityState::Clean));
        assert_eq!(lost.state(), EntityState::Detached);
        session.add(author("Alan"));
        session.commit().await.unwrap();
        assert_eq!(library.number("SELECT count(*) FROM authors").await, 2);
    });
}

#[test]
fn what_a_rolled_back_statement_has_shown_is_read_again() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        session.add(author("Ada"));
        session.commit().await.unwrap();

        session.execute("UPDATE authors SET born = 1").await.unwrap();
        let ada = session.get_one::<Author>(1).await.unwrap();
        let shown = ada.read().born;
        session.rollback().await.unwrap();
        let again = session.get_one::<Author>(1).await.unwrap();

        assert_eq!((shown, again.read().born), (Some(1), None));
        assert!(again.is(&ada));
    });
}
