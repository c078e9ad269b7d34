//! How sessions are made: options, scopes, and outer transactions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use headwater::{AsyncSession, AsyncSessionmaker, Error, ErrorKind, Result, select};

use super::library::{Author, Library, author, texts};
use crate::support::run;

#[test]
fn a_scope_commits_on_ok_and_rolls_back_on_err() {
    run(async {
        let library = Library::new().await;
        let sessions = &library.sessions;

        let kept = sessions
            .transaction(async |mut session| {
                let ada = session.add(author("Ada"));
                session.flush().await?;
                Ok(ada)
            })
            .await
            .unwrap();
        let failed: Result<()> = sessions
            .transaction(async |mut session| {
                session.add(author("Alan"));
                session.flush().await?;
                Err(Error::other("no"))
            })
            .await;
        // What was not flushed is by the scope.
        sessions
            .transaction(async |mut session| Ok(session.add(author("Grace")).key()))
            .await
            .unwrap();

        assert_eq!((kept.key(), kept.state()), (1, headwater::EntityState::Detached));
        assert_eq!(failed.unwrap_err().to_string(), "no");
        assert_eq!(library.texts("SELECT name FROM authors").await, ["Ada", "Grace"]);
    });
}

#[test]
fn a_scope_runs_in_a_spawned_task() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let library = Library::new().await;
        let sessions = library.sessions.clone();

        let task = tokio::spawn(async move {
            sessions
                .transaction(async |mut session| {
                    session.add(author("Ada"));
                    let all = session.scalars(select::<Author>()).all().await?;
                    let mut savepoint = session.savepoint().await?;
                    savepoint.add(author("Alan"));
                    savepoint.commit().await?;
                    Ok(all.len())
                })
                .await
        });

        assert_eq!(task.await.unwrap().unwrap(), 1);
        assert_eq!(library.number("SELECT count(*) FROM authors").await, 2);
    });
}

#[test]
fn a_panic_in_a_scope_rolls_back() {
    run(async {
        let library = Library::new().await;
        let sessions = library.sessions.clone();

        let task = std::thread::spawn(move || {
            futures::executor::block_on(sessions.transaction(async |mut session| {
                session.add(author("Ada"));
                session.flush().await?;
                if session.is_in_transaction() {
                    panic!("on purpose");
                }
                Ok(())
            }))
        });

        task.join().unwrap_err();
        library.engine.execute("INSERT INTO authors(name) VALUES ('Alan')").await.unwrap();
        assert_eq!(library.texts("SELECT name FROM authors").await, ["Alan"]);
    });
}

#[test]
fn a_session_that_is_given_away_is_not_committed() {
    run(async {
        let library = Library::new().await;
        let mut away: Option<AsyncSession> = None;

        let end = library
            .sessions
            .transaction(async |mut session| {
                session.add(author("Ada"));
                session.flush().await?;
                away = Some(session);
                Ok(())
            })
            .await;

        assert_eq!(end.unwrap_err().kind(), ErrorKind::Entity);
        drop(away);
        library.engine.execute("INSERT INTO authors(name) VALUES ('Alan')").await.unwrap();
        assert_eq!(library.texts("SELECT name FROM authors").await, ["Alan"]);
    });
}

#[test]
fn a_scope_has_an_error_type_of_the_callers() {
    #[derive(Debug)]
    enum Mine {
        Database,
        Empty,
    }
    impl From<Error> for Mine {
        fn from(_: Error) -> Self {
            Self::Database
        }
    }
    run(async {
        let library = Library::new().await;

        let empty = library.sessions.try_transaction::<(), Mine, _>(async |mut session| {
            let first = session.scalars(select::<Author>()).first().await?;
            first.map(drop).ok_or(Mine::Empty)
        });
        let refused = library.sessions.try_transaction::<(), Mine, _>(async |mut session| {
            session.add_all(["Ada", "Ada"].map(author));
            Ok(())
        });

        assert!(matches!(empty.await, Err(Mine::Empty)));
        assert!(matches!(refused.await, Err(Mine::Database)));
    });
}

#[test]
fn a_retried_scope_begins_anew_after_a_conflict() {
    run(async {
        let library = Library::new().await;
        let attempts = Arc::new(AtomicU32::new(0));

        let count = Arc::clone(&attempts);
        let end = library
            .sessions
            .transaction_retry(5, |mut session| {
                let attempt = count.fetch_add(1, Ordering::Relaxed);
                async move {
                    session.add(author("Ada"));
                    session.flush().await?;
                    if attempt < 2 {
                        // As another writer's would, it meets no row.
                        session.execute("DELETE FROM authors").await?;
                        let all = session.changes();
                        assert!(all.is_empty());
                        let stale = session.add(author("Alan"));
                        session.flush().await?;
                        session.execute("DELETE FROM authors").await?;
                        stale.edit(|stale| stale.born = Some(1));
                    }
                    Ok(attempt)
                }
            })
            .await;

        assert_eq!(end.unwrap(), 2);
        assert_eq!(library.texts("SELECT name FROM authors").await, ["Ada"]);
    });
}

#[test]
fn a_session_on_a_transaction_commits_into_it() {
    run(async {
        let library = Library::new().await;
        let tx = library.engine.begin().await.unwrap();
        let sessions = library.sessions.on(&tx);
        let mut session = sessions.session();

        session.add(author("Ada"));
        session.commit().await.unwrap();
        let alan = session.add(author("Alan"));
        session.flush().await.unwrap();
        session.rollback().await.unwrap();
        sessions
            .transaction(async |mut session| Ok(session.add(author("Grace")).key()))
            .await
            .unwrap();

        assert_eq!(alan.state(), headwater::EntityState::Detached);
        assert_eq!(texts(&tx, "SELECT name FROM authors").await, ["Ada", "Grace"]);
        tx.rollback().await.unwrap();
        assert_eq!(library.number("SELECT count(*) FROM authors").await, 0);
        session.add(author("Emmy"));
        assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::TransactionEnded);
    });
}

#[test]
fn a_session_on_a_transaction_that_was_ended_says_so() {
    run(async {
        let library = Library::new().await;
        let tx = library.engine.begin().await.unwrap();
        let mut session = library.sessions.on(&tx).session();
        session.add(author("Ada"));
        session.commit().await.unwrap();
        tx.commit().await.unwrap();

        let error = session.get::<Author>(1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TransactionEnded);
        assert_eq!(
            error.to_string(),
            "the transaction is over: it was committed or rolled back, by its handle, by SQL or by the database \
             itself; begin another one"
        );
    });
}

/// A session that only reads, and what it refuses.
async fn refuses(sessions: AsyncSessionmaker) {
    let mut session = sessions.session();

    let execute = session.execute("DELETE FROM authors").await.unwrap_err();
    let query = session.query("DELETE FROM authors RETURNING id").all().await.unwrap_err();
    let savepoint = session.savepoint().await.unwrap_err();
    session.add(author("Alan"));
    let flush = session.flush().await.unwrap_err();
    let commit = session.commit().await.unwrap_err();
    session.rollback().await.unwrap();

    for error in [execute, query, savepoint, flush, commit] {
        assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    }
    assert_eq!(session.scalars(select::<Author>()).all().await.unwrap().len(), 1);
}

#[test]
fn a_session_that_only_reads_refuses_changes() {
    run(async {
        let library = Library::new().await;
        library.engine.execute("INSERT INTO authors(name) VALUES ('Ada')").await.unwrap();
        let sessions = &library.sessions;

        refuses(sessions.clone().read_only(true)).await;
        refuses(sessions.clone().snapshot(true)).await;
        let tx = library.engine.begin().await.unwrap();
        refuses(sessions.on(&tx).read_only(true)).await;

        assert_eq!(texts(&tx, "SELECT name FROM authors").await, ["Ada"]);
    });
}

#[test]
fn sessions_that_read_take_no_turn_to_write() {
    run(async {
        let library = Library::new().await;
        library.engine.execute("INSERT INTO authors(name) VALUES ('Ada')").await.unwrap();
        let writer = library.engine.begin().await.unwrap();
        let mut newest = library.sessions.clone().read_only(true).session();
        let mut one_state = library.sessions.clone().snapshot(true).session();

        let ada = newest.get_one::<Author>(1).await.unwrap();
        let same = one_state.get_one::<Author>(1).await.unwrap();
        writer.execute("UPDATE authors SET born = 1815").await.unwrap();
        writer.commit().await.unwrap();
        newest.get::<Author>(1).await.unwrap();
        one_state.get::<Author>(1).await.unwrap();
        let before = (ada.read().born, same.read().born);
        one_state.commit().await.unwrap();
        one_state.get::<Author>(1).await.unwrap();

        assert_eq!(before, (Some(1815), None));
        assert_eq!(same.read().born, Some(1815));
    });
}

#[test]
fn a_maker_is_shared_and_its_options_are_its_own() {
    run(async {
        let library = Library::new().await;
        let lazy = library.sessions.clone().autoflush(false);

        let mut session = library.sessions.session();
        session.add(author("Ada"));
        let eager = session.scalar::<i64>("SELECT count(*) FROM authors").await.unwrap();
        session.rollback().await.unwrap();
        let mut session = lazy.session();
        session.add(author("Ada"));
        let unseen = session.scalar::<i64>("SELECT count(*) FROM authors").await.unwrap();

        assert_eq!((eager, unseen), (Some(1), Some(0)));
    });
}
