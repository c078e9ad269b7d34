//! Flushes that fail: before anything is sent, and in the database.

use std::time::Duration;

use headwater::{EntityState, ErrorKind};

use super::library::{Author, Library, author, book, loan};
use crate::support::{poll_and_drop, run};

#[test]
fn after_the_database_has_refused_a_flush_only_a_rollback_is_of_use() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();

        ada.edit(|ada| ada.born = Some(1815));
        session.add(author("Ada"));
        let failed = session.flush().await.unwrap_err();
        let mut refused = Vec::new();
        refused.push(session.flush().await.unwrap_err());
        refused.push(session.commit().await.unwrap_err());
        refused.push(session.get::<Author>(1).await.unwrap_err());
        refused.push(session.query("SELECT 1").all().await.unwrap_err());
        refused.push(session.execute("DELETE FROM authors").await.unwrap_err());
        refused.push(session.savepoint().await.unwrap_err());
        refused.push(session.refresh(&ada).await.unwrap_err());

        assert!(failed.is_unique_violation());
        assert_eq!(failed.constraint().unwrap().columns, ["name"]);
        for error in refused {
            assert_eq!(error.kind(), ErrorKind::TransactionEnded);
            let text = error.to_string();
            assert!(
                text.starts_with("the session has to be rolled back: its last flush failed"),
                "{text}"
            );
        }
        session.rollback().await.unwrap();
        assert_eq!((ada.read().born, ada.state()), (None, EntityState::Clean));
        session.get_one::<Author>(1).await.unwrap();
    });
}

#[test]
fn nothing_of_a_flush_that_failed_is_written() {
    run(async {
        let library = Library::new().await;
        let tx = library.engine.begin().await.unwrap();
        let mut session = library.sessions.on(&tx).session();

        session.add(author("Ada"));
        session.add(book(99, "Notes"));
        let error = session.flush().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
        let count: i64 = tx.query("SELECT count(*) FROM authors").scalar_one().await.unwrap();
        assert_eq!(count, 0);
    });
}

#[test]
fn an_entity_that_does_not_validate_stops_the_flush_and_leaves_the_session_as_it_was() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();

        session.add(author("Ada"));
        let bad = session.add(loan(1, ""));
        let error = session.flush().await.unwrap_err();
        let began = session.is_in_transaction();
        bad.edit(|bad| bad.reader = "Charles".to_owned());
        session.commit().await.unwrap();
        bad.edit(|bad| bad.reader.clear());
        let edited = session.commit().await.unwrap_err();

        assert_eq!((error.to_string().as_str(), began), ("a loan has a reader", false));
        assert_eq!(edited.to_string(), "a loan has a reader");
        assert_eq!(library.texts("SELECT reader FROM loans").await, ["Charles"]);
        assert_eq!(library.number("SELECT count(*) FROM authors").await, 1);
    });
}

#[test]
fn a_flush_that_is_dropped_on_its_way_leaves_a_session_to_be_rolled_back() {
    run(async {
        for polls in 0..400 {
            let library = Library::new().await;
            let mut session = library.session();
            let all = session.add_all((0..2_000).map(|number| author(&format!("author {number}"))));

            let finished = poll_and_drop(session.flush(), polls, Duration::from_micros(50));
            let next = session.query("SELECT count(*) FROM authors").scalar_one::<i64>().await;

            match next {
                Ok(count) => assert_eq!(count, 2_000),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::TransactionEnded, "{error}");
                    session.rollback().await.unwrap();
                    assert!(all.iter().all(|one| one.state() == EntityState::Detached));
                    assert_eq!(
                        session.scalar::<i64>("SELECT count(*) FROM authors").await.unwrap(),
                        Some(0)
                    );
                }
            }
            if finished.is_some() {
                break;
            }
        }
    });
}

#[test]
fn an_update_or_a_delete_that_meets_no_row_is_an_error_that_names_the_entity() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let [ada, alan] = [session.add(author("Ada")), session.add(author("Alan"))];
        session.commit().await.unwrap();
        library.engine.execute("DELETE FROM authors").await.unwrap();

        ada.edit(|ada| ada.born = Some(1815));
        let update = session.flush().await.unwrap_err();
        session.rollback().await.unwrap();
        session.delete(&alan);
        let delete = session.flush().await.unwrap_err();
        session.rollback().await.unwrap();

        for error in [update, delete] {
            assert_eq!(error.kind(), ErrorKind::StaleEntity);
            let text = error.to_string();
            assert!(
                text.starts_with("`Author` (table `authors`): the row is not there any more"),
                "{text}"
            );
        }
        assert!(session.get::<Author>(1).await.unwrap().is_none());
        assert_eq!(ada.state(), EntityState::Gone);
    });
}

#[test]
fn a_transaction_that_sqlite_has_ended_can_be_rolled_back() {
    run(async {
        let library = Library::new().await;
        let trigger = "CREATE TRIGGER stop BEFORE INSERT ON authors WHEN NEW.name = 'stop'
            BEGIN SELECT RAISE(ROLLBACK, 'no more'); END";
        library.engine.execute(trigger).await.unwrap();
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.flush().await.unwrap();

        session.add(author("stop"));
        session.flush().await.unwrap_err();
        session.rollback().await.unwrap();

        assert_eq!(ada.state(), EntityState::Detached);
        session.add(author("Alan"));
        session.commit().await.unwrap();
        assert_eq!(library.texts("SELECT name FROM authors").await, ["Alan"]);
    });
}
