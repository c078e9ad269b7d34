//! What a session does at the edges: odd tables, many keys, panics of the program's functions, and generic
//! callers.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use headwater::{
    AsyncSession, AsyncSessionmaker, Entity, EntityState, ErrorKind, Result, Tracked, select,
};

use super::library::{Author, Library, Loan, author, book, loan};
use crate::support::{Tank, run};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "things")]
struct Thing {
    #[entity(primary_key, generated)]
    id: i64,
    name: String,
}

#[test]
fn a_key_that_the_database_does_not_give_is_an_error() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        // Of this type a primary key is no rowid, so that it is NULL where nobody gives it.
        engine.execute("CREATE TABLE things(id INT PRIMARY KEY, name TEXT)").await.unwrap();
        let mut session = AsyncSessionmaker::new(&engine).session();
        session.add(Thing { id: 0, name: "tea".to_owned() });

        let flushed = session.flush().await;

        assert!(flushed.is_err());
        session.rollback().await.unwrap();
        assert_eq!(
            engine.query("SELECT count(*) FROM things").scalar_one::<i64>().await.unwrap(),
            0
        );
    });
}

#[test]
fn an_error_tells_its_entity_after_others_whose_keys_were_given() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let lent = session.add(loan(1, "Charles"));
        session.commit().await.unwrap();
        library.engine.execute("INSERT INTO authors(id, name) VALUES (7, 'Mary')").await.unwrap();
        library.engine.execute("DELETE FROM loans").await.unwrap();
        let ada = session.add(author("Ada"));
        session.add(book(7, "Notes"));
        lent.edit(|lent| lent.reader = "Mary".to_owned());

        let error = session.flush().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::StaleEntity);
        assert!(error.to_string().starts_with("`Loan`"), "{error}");
        session.rollback().await.unwrap();
        assert_eq!(ada.state(), EntityState::Detached);
    });
}

#[test]
fn thousands_of_composite_keys_are_asked_for_at_once() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        session.add_all((0..9_000).map(|number| loan(number, "Mary")));
        session.commit().await.unwrap();

        let keys = (0..9_001).rev().map(|number| ("A".to_owned(), number));
        let loans = session.get_many::<Loan>(keys).await.unwrap();

        assert!(loans[0].is_none());
        assert!(loans[1..].iter().flatten().map(|loan| loan.key().1).eq((0..9_000).rev()));
    });
}

#[test]
fn a_panic_in_a_hook_leaves_a_session_that_can_be_rolled_back() {
    run(async {
        let library = Library::new().await;
        for before in [true, false] {
            let mut session = library.session();
            match before {
                true => session.before_flush(|_| panic!("before")),
                false => session.after_flush(|| panic!("after")),
            }
            let ada = session.add(author("Ada"));

            let flushed = AssertUnwindSafe(session.flush()).catch_unwind().await;

            assert!(flushed.is_err());
            session.rollback().await.unwrap();
            assert_eq!(ada.state(), EntityState::Detached);
            assert_eq!(library.number("SELECT count(*) FROM authors").await, 0);
        }
    });
}

#[test]
fn of_two_sessions_in_one_transaction_the_one_that_began_last_ends_first() {
    run(async {
        let library = Library::new().await;
        let tx = library.engine.begin().await.unwrap();
        let sessions = library.sessions.on(&tx);
        let (mut outer, mut inner) = (sessions.session(), sessions.session());
        let ada = outer.add(author("Ada"));
        outer.flush().await.unwrap();
        let alan = inner.add(author("Alan"));
        inner.flush().await.unwrap();

        inner.commit().await.unwrap();
        outer.rollback().await.unwrap();
        let after = inner.get::<Author>(alan.key()).await.unwrap();
        inner.commit().await.unwrap();

        assert!(after.is_none());
        assert_eq!((ada.state(), alan.state()), (EntityState::Detached, EntityState::Gone));
        tx.commit().await.unwrap();
        assert_eq!(library.number("SELECT count(*) FROM authors").await, 0);
    });
}

#[test]
fn of_many_expunged_entities_none_is_written_or_comes_back() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();
        ada.edit(|ada| ada.born = Some(1815));
        let all = session.add_all((0..1_000).map(|number| author(&number.to_string())));

        session.expunge(&ada).unwrap();
        for one in all.iter().take(900) {
            session.delete(one);
        }
        let changes = session.changes();
        session.commit().await.unwrap();
        session.rollback().await.unwrap();

        assert_eq!((changes.new.len(), changes.dirty.len()), (100, 0));
        assert_eq!((ada.state(), all[0].state()), (EntityState::Detached, EntityState::Detached));
        assert_eq!(library.number("SELECT count(*) FROM authors").await, 101);
        assert_eq!(library.number("SELECT count(born) FROM authors").await, 0);
    });
}

/// Does with any entity what a session can do.
async fn everything<E: Entity>(mut session: AsyncSession, value: E) -> Result<Vec<Tracked<E>>>
where
    E::Key: Clone,
{
    let added = session.add(value);
    session.flush().await?;
    let key = added.key();
    let all = session.scalars(select::<E>()).all().await?;
    session.get_many::<E>([key.clone()]).await?;
    session.get_one::<E>(key).await?;
    session.refresh(&added).await?;
    let mut savepoint = session.savepoint().await?;
    savepoint.merge((*added.read()).clone()).await?;
    savepoint.commit().await?;
    session.commit().await?;
    Ok(all)
}

#[test]
fn what_is_generic_over_its_entity_can_be_spawned() {
    run(async {
        let library = Library::new().await;
        let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();

        let spawned = runtime.spawn(everything::<Author>(library.session(), author("Ada")));
        let all = spawned.await.unwrap().unwrap();

        assert_eq!(all.len(), 1);
        runtime.shutdown_background();
    });
}
