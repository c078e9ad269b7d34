//! What was read in a transaction or a savepoint after something was written there, and then rolled back.

use headwater::{AsyncSession, EntityState, ErrorKind, Result, Tracked, select, sql};

use super::library::{Author, Library, author};
use crate::support::run;

/// A library with Ada, born in 1815.
async fn with_ada() -> Library {
    let library = Library::new().await;
    let ada = "INSERT INTO authors(name, born) VALUES ('Ada', 1815)";
    library.engine.execute(ada).await.unwrap();
    library
}

/// Edits an author, flushes, lets go of the handle and reads it again.
async fn flush_and_read(session: &mut AsyncSession) -> Result<Tracked<Author>> {
    session.get_one::<Author>(1).await?.edit(|ada| ada.born = Some(1));
    session.flush().await?;
    session.get_one(1).await
}

/// Changes an author by a statement and reads it.
async fn execute_and_read(session: &mut AsyncSession) -> Result<Tracked<Author>> {
    session.execute("UPDATE authors SET born = 1").await?;
    session.get_one(1).await
}

#[test]
fn an_edit_of_values_that_were_rolled_back_is_refused_and_not_lost() {
    run(async {
        for is_flushed in [true, false] {
            let library = with_ada().await;
            let mut session = library.session();
            let ada = match is_flushed {
                true => flush_and_read(&mut session).await.unwrap(),
                false => execute_and_read(&mut session).await.unwrap(),
            };
            session.rollback().await.unwrap();

            // It is what the handle has already, but not what the row has.
            ada.edit(|ada| ada.born = Some(1));
            let error = session.commit().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Entity);
            assert_eq!(
                error.to_string(),
                "`Author` (table `authors`) was edited, but what was read of it has been rolled back since; \
                 refresh it and edit it again"
            );

            session.refresh(&ada).await.unwrap();
            assert_eq!(ada.read().born, Some(1815));
            ada.edit(|ada| ada.born = Some(1));
            session.commit().await.unwrap();
            assert_eq!(library.number("SELECT born FROM authors").await, 1);
        }
    });
}

#[test]
fn what_was_rolled_back_is_read_again_when_it_is_met() {
    run(async {
        let library = with_ada().await;
        let mut session = library.session();
        let ada = flush_and_read(&mut session).await.unwrap();
        session.rollback().await.unwrap();

        assert!(session.get::<Author>(1).await.unwrap().unwrap().is(&ada));
        assert_eq!((ada.read().born, ada.state()), (Some(1815), EntityState::Clean));
        ada.edit(|ada| ada.born = Some(2));
        session.flush().await.unwrap();
        session.rollback().await.unwrap();
        assert_eq!((ada.read().born, ada.state()), (Some(1815), EntityState::Clean));
        ada.edit(|ada| ada.born = Some(3));
        session.commit().await.unwrap();
        assert_eq!(library.number("SELECT born FROM authors").await, 3);
    });
}

#[test]
fn the_same_holds_for_a_savepoint_and_what_was_read_before_it_is_not_doubted() {
    run(async {
        let library = with_ada().await;
        library.engine.execute("INSERT INTO authors(name) VALUES ('Alan')").await.unwrap();
        let mut session = library.session();
        session.execute("UPDATE authors SET born = 1812 WHERE name = 'Alan'").await.unwrap();
        let alan = session.get_one::<Author>(2).await.unwrap();
        let mut savepoint = session.savepoint().await.unwrap();
        savepoint.execute("UPDATE authors SET born = 1 WHERE name = 'Ada'").await.unwrap();
        let ada = savepoint.get_one::<Author>(1).await.unwrap();
        savepoint.rollback().await.unwrap();

        alan.edit(|alan| alan.name = "Turing".to_owned());
        session.flush().await.unwrap();
        ada.edit(|ada| ada.name = "Lovelace".to_owned());
        assert_eq!(session.flush().await.unwrap_err().kind(), ErrorKind::Entity);

        session.expunge(&ada).unwrap();
        session.commit().await.unwrap();
        let authors = "SELECT name || ' ' || born FROM authors ORDER BY id";
        assert_eq!(library.texts(authors).await, ["Ada 1815", "Turing 1812"]);
    });
}

#[test]
fn what_was_read_before_anything_was_written_is_not_doubted() {
    run(async {
        let library = with_ada().await;
        let mut session = library.session();
        let ada = session.get_one::<Author>(1).await.unwrap();
        session.add(author("Alan"));
        session.flush().await.unwrap();
        session.rollback().await.unwrap();

        ada.edit(|ada| ada.born = Some(2));
        session.commit().await.unwrap();
        assert_eq!(library.number("SELECT born FROM authors").await, 2);
    });
}

#[test]
fn what_was_committed_is_not_doubted() {
    run(async {
        let library = with_ada().await;
        let mut session = library.session();
        let ada = execute_and_read(&mut session).await.unwrap();
        session.commit().await.unwrap();
        session.add(author("Alan"));
        session.flush().await.unwrap();
        session.rollback().await.unwrap();

        ada.edit(|ada| ada.born = Some(2));
        session.commit().await.unwrap();
        assert_eq!(library.number("SELECT born FROM authors").await, 2);
    });
}

#[test]
fn a_row_that_was_inserted_read_again_and_rolled_back_cannot_be_edited() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        session.add(author("Ada"));
        session.flush().await.unwrap();
        let ada = session.get_one::<Author>(1).await.unwrap();
        session.rollback().await.unwrap();

        ada.edit(|ada| ada.born = Some(1815));
        assert_eq!(session.flush().await.unwrap_err().kind(), ErrorKind::Entity);
        assert_eq!(session.refresh(&ada).await.unwrap_err().kind(), ErrorKind::StaleEntity);
        assert_eq!(ada.state(), EntityState::Gone);
        session.commit().await.unwrap();
    });
}

#[test]
fn a_stream_of_a_transaction_that_was_rolled_back_ends_at_once_with_an_error() {
    run(async {
        for batch_rows in [1, 512] {
            let library = Library::new().await;
            let mut session = library.session();
            session.add_all((0..20).map(|number| author(&number.to_string())));
            session.flush().await.unwrap();
            let all = sql!("SELECT * FROM authors").batch_rows(batch_rows);
            let mut authors = session.query(all).scalars::<Tracked<Author>>().await.unwrap();
            let mut typed = session.scalars(select::<Author>()).await.unwrap();
            assert!(authors.try_next().await.unwrap().is_some());
            assert!(typed.try_next().await.unwrap().is_some());

            session.rollback().await.unwrap();

            let errors = [authors.try_next().await, typed.try_next().await];
            for error in errors.map(Result::unwrap_err) {
                assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
            }
        }
    });
}
