//! `transaction`, `try_transaction` and `transaction_retry`: a body whose end decides.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use futures::FutureExt as _;
use headwater::{AsyncEngine, Error, ErrorKind, Result, sql};

use crate::support::{Tank, count, run, watched};

const INSERT: &str = "INSERT INTO t(name) VALUES ('a')";

fn tokio(test: impl Future<Output = ()> + Send + 'static) {
    watched(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
        runtime.unwrap().block_on(test);
    });
}

/// An error of the caller's own.
#[derive(Debug)]
enum Mine {
    Database(Error),
    Refused(&'static str),
}

impl From<Error> for Mine {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl fmt::Display for Mine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("mine")
    }
}

impl std::error::Error for Mine {}

#[test]
fn a_body_that_gives_ok_is_committed_and_its_value_returned() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let total: i64 = engine
            .transaction(async |tx| {
                tx.execute(INSERT).await?;
                tx.query("SELECT count(*) FROM t").scalar_one().await
            })
            .await
            .unwrap();

        assert_eq!((total, count(&engine).await), (1, 1));
    });
}

#[test]
fn the_three_forms_run_in_spawned_tasks_with_borrowed_captures() {
    tokio(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let task = tokio::spawn({
            let engine = engine.clone();
            async move {
                let name = String::from("borrowed");
                let names = vec![name.as_str(); 2];
                let mut seen = 0_usize;
                engine
                    .transaction(async |tx| {
                        for name in &names {
                            tx.execute(sql("INSERT INTO t(name) VALUES (?)").bind(*name)).await?;
                        }
                        let mut all = tx.query("SELECT name FROM t").scalars::<String>().await?;
                        while let Some(found) = all.try_next().await? {
                            assert_eq!(found, name);
                            seen += 1;
                        }
                        Ok(())
                    })
                    .await?;
                engine
                    .try_transaction::<_, Mine, _>(async |tx| {
                        tx.execute(sql("INSERT INTO t(name) VALUES (?)").bind(name.as_str()))
                            .await?;
                        Ok(())
                    })
                    .await
                    .map_err(Error::other)?;
                let name = &name;
                engine
                    .transaction_retry(5, |tx| async move {
                        tx.execute(sql("INSERT INTO t(name) VALUES (?)").bind(name.as_str()))
                            .await?;
                        Ok(())
                    })
                    .await?;
                Ok::<_, Error>(seen)
            }
        });

        assert_eq!(task.await.unwrap().unwrap(), 2);
        assert_eq!(count(&engine).await, 4);
    });
}

#[test]
fn the_forms_of_a_connection_run_in_spawned_tasks_too() {
    tokio(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let connection = engine.connect().await.unwrap();

        let task = tokio::spawn(async move {
            let name = String::from("borrowed");
            connection
                .transaction(async |tx| {
                    tx.execute(sql("INSERT INTO t(name) VALUES (?)").bind(name.as_str())).await?;
                    Ok(())
                })
                .await?;
            connection
                .try_transaction::<(), Mine, _>(async |tx| {
                    tx.execute(INSERT).await?;
                    Err(Mine::Refused(if name.is_empty() { "empty" } else { "full" }))
                })
                .await
                .map_err(Error::other)
        });

        let error = task.await.unwrap().unwrap_err();
        assert!(matches!(error.downcast_ref::<Mine>(), Some(Mine::Refused("full"))));
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn a_body_that_gives_an_error_is_rolled_back_and_the_error_returned() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let error = engine
            .transaction(async |tx| {
                tx.execute(INSERT).await?;
                tx.execute("INSERT INTO nowhere VALUES (1)").await?;
                Ok(())
            })
            .await
            .unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Syntax);
        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn an_error_of_the_callers_own_comes_back_as_it_is() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let refused = engine
            .try_transaction::<(), Mine, _>(async |tx| {
                tx.execute(INSERT).await?;
                Err(Mine::Refused("too late"))
            })
            .await
            .unwrap_err();
        let wrapped = engine
            .transaction::<(), _>(async |tx| {
                tx.execute(INSERT).await?;
                Err(Error::other(Mine::Refused("wrapped")))
            })
            .await
            .unwrap_err();
        let of_the_database = engine
            .try_transaction::<(), Mine, _>(async |tx| {
                Ok(tx.execute("NONSENSE").await.map(drop)?)
            })
            .await
            .unwrap_err();

        assert!(matches!(refused, Mine::Refused("too late")));
        assert!(matches!(wrapped.downcast_ref(), Some(Mine::Refused("wrapped"))));
        assert!(
            matches!(of_the_database, Mine::Database(error) if error.kind() == ErrorKind::Syntax)
        );
        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn a_body_that_panics_is_rolled_back() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let body = engine.transaction::<(), _>(async |tx| {
            tx.execute(INSERT).await?;
            panic!("on purpose");
        });
        let panic = std::panic::AssertUnwindSafe(body).catch_unwind().await;

        assert!(panic.is_err());
        assert_eq!(engine.execute(INSERT).await.unwrap().last_insert_id(), 1);
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn a_body_that_is_dropped_is_rolled_back() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let inserted = AtomicU32::new(0);

        let mut body = Box::pin(engine.transaction::<(), _>(async |tx| {
            tx.execute(INSERT).await?;
            inserted.fetch_add(1, Ordering::SeqCst);
            std::future::pending().await
        }));
        poll_fn(|context| {
            assert!(body.poll_unpin(context).is_pending());
            if inserted.load(Ordering::SeqCst) > 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        drop(body);

        assert_eq!(engine.execute(INSERT).await.unwrap().last_insert_id(), 1);
    });
}

#[test]
fn the_handle_handed_in_does_nothing_when_it_is_dropped() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        engine
            .transaction(async |tx| {
                tx.execute(INSERT).await?;
                drop(tx);
                Ok(())
            })
            .await
            .unwrap();

        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn a_handle_smuggled_out_of_its_body_is_over() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let smuggled = engine.transaction(async |tx| Ok(tx)).await.unwrap();

        let refused = smuggled.execute(INSERT).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::TransactionEnded);
        let next = engine.begin().await.unwrap();
        next.execute(INSERT).await.unwrap();
        assert_eq!(smuggled.execute(INSERT).await.unwrap_err().kind(), ErrorKind::TransactionEnded);
        drop(smuggled);
        next.execute(INSERT).await.unwrap();
        next.commit().await.unwrap();
        assert_eq!(count(&engine).await, 2);
    });
}

#[test]
fn a_body_that_ends_its_transaction_itself_is_told_so_by_the_scope() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let ended = engine
            .transaction(async |tx| {
                tx.execute(INSERT).await?;
                tx.rollback().await
            })
            .await;

        assert_eq!(ended.unwrap_err().kind(), ErrorKind::TransactionEnded);
        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn a_body_is_not_run_when_there_is_no_transaction_for_it() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        engine.close(crate::support::DEADLINE / 4).await.unwrap();
        let mut ran = false;

        let refused = engine
            .transaction(async |_| {
                ran = true;
                Ok(())
            })
            .await;

        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Closed);
        assert!(!ran);
    });
}

/// Runs a body that fails with an error of `kind` until `good` attempts were made.
async fn retry(
    engine: &AsyncEngine,
    attempts: u32,
    good: u32,
    kind: fn() -> Error,
) -> (Result<u32>, u32) {
    let made = Arc::new(AtomicU32::new(0));
    let end = engine
        .transaction_retry(attempts, |tx| {
            let made = Arc::clone(&made);
            async move {
                let attempt = made.fetch_add(1, Ordering::SeqCst) + 1;
                tx.execute(INSERT).await?;
                if attempt < good { Err(kind()) } else { Ok(attempt) }
            }
        })
        .await;
    (end, made.load(Ordering::SeqCst))
}

/// The error of an engine that meets a lock of another program's.
fn busy() -> Error {
    let provoke = async {
        let tank = Tank::new();
        let builder = tank.builder().busy_timeout(std::time::Duration::ZERO);
        let engine = builder.open().await.unwrap();
        let plain = tank.plain();
        plain.execute_batch("BEGIN IMMEDIATE").unwrap();
        engine.begin().await.unwrap_err()
    };
    // On a thread of its own, because an executor does not run within another one.
    std::thread::spawn(|| futures::executor::block_on(provoke)).join().unwrap()
}

#[test]
fn a_retried_body_runs_again_after_an_error_that_may_pass() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let (end, made) = retry(&engine, 5, 3, busy).await;

        assert_eq!((end.unwrap(), made), (3, 3));
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn a_retried_body_runs_so_often_and_no_more() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let (end, made) = retry(&engine, 3, 100, busy).await;

        assert_eq!((end.unwrap_err().kind(), made), (ErrorKind::Busy, 3));
        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn a_retried_body_does_not_run_again_after_an_error_that_stays() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let (end, made) = retry(&engine, 5, 3, || Error::other("no")).await;

        assert_eq!((end.unwrap_err().kind(), made), (ErrorKind::Other, 1));
    });
}
