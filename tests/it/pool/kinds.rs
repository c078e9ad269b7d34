//! `Busy`, `BusySnapshot` and `Locked` told apart, and what is tried again.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use headwater::{Clock, Error, ErrorKind, JournalMode, Result};

use crate::support::{Tank, count, fill, run};

#[test]
fn case_43_the_lock_of_another_process_is_busy_after_the_timeout() {
    run(async {
        let tank = Tank::new();
        let limit = Duration::from_millis(100);
        let engine = tank.builder().busy_timeout(limit).open().await.unwrap();
        fill(&engine, 0).await;
        let other = tank.plain();
        other.execute_batch("BEGIN EXCLUSIVE").unwrap();

        let since = Instant::now();
        let error = engine.execute("INSERT INTO t VALUES (1, 'a')").await.unwrap_err();
        let waited = since.elapsed();

        assert_eq!(error.kind(), ErrorKind::Busy);
        assert!(waited >= limit && waited < limit * 20, "{waited:?}");
        let begin = engine.begin().await.map(drop).unwrap_err();
        let many = engine.execute_many("INSERT INTO t VALUES (?, 'a')", [(1,)]).await.unwrap_err();
        let script = engine.execute_batch("INSERT INTO t VALUES (1, 'a')").await.unwrap_err();
        assert_eq!([begin.kind(), many.kind(), script.kind()], [ErrorKind::Busy; 3]);
        other.execute_batch("ROLLBACK").unwrap();
        engine.execute("INSERT INTO t VALUES (1, 'a')").await.unwrap();
    });
}

#[test]
fn case_44_a_write_on_a_state_that_was_replaced_is_busy_snapshot_at_once() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;
        let connection = engine.connect().await.unwrap();
        connection.execute("BEGIN").await.unwrap();
        assert_eq!(count(&connection).await, 3);
        tank.plain().execute("INSERT INTO t VALUES (4, 'a')", []).unwrap();

        let error = connection.execute("INSERT INTO t VALUES (5, 'a')").await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::BusySnapshot);
        assert!(error.is_retryable());
        connection.execute("ROLLBACK").await.unwrap();
        connection.execute("INSERT INTO t VALUES (5, 'a')").await.unwrap();
    });
}

#[test]
fn case_45_a_commit_that_is_busy_has_rolled_back() {
    run(async {
        let tank = Tank::new();
        let engine = tank
            .builder()
            .journal_mode(JournalMode::Delete)
            .busy_timeout(Duration::from_millis(50))
            .open()
            .await
            .unwrap();
        fill(&engine, 1).await;
        let other = tank.plain();
        other.execute_batch("BEGIN; SELECT count(*) FROM t").unwrap();
        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO t VALUES (2, 'a')").await.unwrap();

        let error = tx.commit().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Busy);
        other.execute_batch("COMMIT").unwrap();
        assert_eq!(count(&engine).await, 1);
        engine.execute("INSERT INTO t VALUES (2, 'a')").await.unwrap();
    });
}

#[test]
fn a_table_that_is_read_on_the_same_connection_is_locked() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10_000).await;
        let tx = engine.begin().await.unwrap();
        let text = headwater::sql("SELECT id FROM t").batch_rows(10);
        let mut stream = tx.query(text).await.unwrap();

        let error = tx.execute("DROP TABLE t").await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Locked);
        assert!(stream.try_next().await.unwrap().is_some());
        drop(stream);
        tx.execute("DROP TABLE t").await.unwrap();
        tx.commit().await.unwrap();
    });
}

/// Makes an error of a kind without the database.
async fn error_of(kind: ErrorKind, engine: &headwater::AsyncEngine) -> Error {
    let text = match kind {
        ErrorKind::UniqueViolation => "INSERT INTO t VALUES (1, 'again')",
        ErrorKind::Syntax => "SELEC 1",
        ErrorKind::NoRows => return engine.query("SELECT 1 WHERE 0").one().await.unwrap_err(),
        _ => return Error::other("something else"),
    };
    engine.execute(text).await.unwrap_err()
}

#[test]
fn what_is_not_retryable_is_not_tried_again() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        for kind in
            [ErrorKind::UniqueViolation, ErrorKind::Syntax, ErrorKind::NoRows, ErrorKind::Other]
        {
            let calls = AtomicU32::new(0);
            let end: Result<()> = engine
                .transaction_retry(5, |_tx| async {
                    calls.fetch_add(1, Ordering::SeqCst);
                    let other = tank.engine().await;
                    let kind = match kind {
                        // The transaction that is open would wait for itself.
                        ErrorKind::UniqueViolation => ErrorKind::Syntax,
                        kind => kind,
                    };
                    Err(error_of(kind, &other).await)
                })
                .await;

            let error = end.unwrap_err();
            assert!(!error.is_retryable(), "{error}");
            assert_eq!(calls.load(Ordering::SeqCst), 1);
        }
    });
}

#[test]
fn what_is_retryable_is_tried_again_as_often_as_was_said() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let engine = tank.builder().clock(clock.clone()).open().await.unwrap();
        fill(&engine, 3).await;
        // Another database, of which a connection reads a state that was replaced.
        let elsewhere = Tank::new();
        let stale = elsewhere.filled(0).await.connect().await.unwrap();
        stale.execute("BEGIN").await.unwrap();
        count(&stale).await;
        elsewhere.plain().execute("INSERT INTO t VALUES (4, 'a')", []).unwrap();

        for attempts in [1_u32, 2, 5] {
            let calls = AtomicU32::new(0);
            let mut retries = Box::pin(engine.transaction_retry(attempts, |tx| {
                calls.fetch_add(1, Ordering::SeqCst);
                let insert = stale.execute("INSERT INTO t VALUES (9, 'a')");
                async move {
                    tx.execute("DELETE FROM t WHERE id = 1").await?;
                    insert.await.map(drop)
                }
            }));
            let since = Instant::now();
            let end = loop {
                if let std::task::Poll::Ready(end) = futures::poll!(&mut retries) {
                    break end;
                }
                clock.advance(Duration::from_millis(1));
                assert!(since.elapsed() < crate::support::DEADLINE / 4);
                std::thread::yield_now();
            };

            let error = end.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BusySnapshot, "{error}");
            assert_eq!(calls.load(Ordering::SeqCst), attempts);
        }
        assert_eq!(count(&engine).await, 3);
    });
}

#[test]
fn a_transaction_that_meets_another_process_succeeds_when_that_is_done() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().busy_timeout(Duration::ZERO).open().await.unwrap();
        fill(&engine, 0).await;
        let other = tank.plain();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut retries = Box::pin(engine.transaction_retry(100, |tx| async move {
            tx.execute("INSERT INTO t VALUES (1, 'a')").await.map(drop)
        }));
        assert!(futures::poll!(&mut retries).is_pending());

        other.execute_batch("COMMIT").unwrap();
        retries.await.unwrap();

        assert_eq!(count(&engine).await, 1);
    });
}
