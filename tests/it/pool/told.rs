//! What those are told who have waited too long: who holds what, for how long, since which call.

use std::time::Duration;

use futures::poll;
use headwater::{AsyncEngine, Clock, Error, ErrorKind, sql};

use crate::support::{DEADLINE, Tank, eventually, fill, run, watched};

const WAIT: Duration = Duration::from_secs(3);

async fn engine(tank: &Tank, readers: usize) -> (AsyncEngine, Clock) {
    let clock = Clock::manual();
    let builder = tank.builder().clock(clock.clone()).max_connections(readers);
    let engine = builder.acquire_timeout(WAIT).open().await.unwrap();
    fill(&engine, 10_000).await;
    (engine, clock)
}

/// Waits for a connection in vain.
async fn refused(engine: &AsyncEngine, clock: &Clock) -> Error {
    let mut waits = Box::pin(engine.connect());
    assert!(poll!(&mut waits).is_pending());
    clock.advance(WAIT);
    waits.await.map(drop).unwrap_err()
}

fn assert_says(error: &Error, parts: &[&str]) {
    let said = error.to_string();
    for part in parts {
        assert!(said.contains(part), "`{part}` is not in: {said}");
    }
}

#[test]
fn a_stream_is_named_with_its_text_its_age_and_its_call() {
    run(async {
        let tank = Tank::new();
        let (engine, clock) = engine(&tank, 1).await;
        let text = sql("SELECT id,\n       name FROM t WHERE id > ?").bind(7).batch_rows(10);
        let (_held, line) = (engine.query(text).await.unwrap(), line!());
        clock.advance(Duration::from_secs(7));

        let error = refused(&engine, &clock).await;

        assert_eq!(error.kind(), ErrorKind::PoolTimeout);
        assert!(!error.is_retryable());
        let site = format!("told.rs:{line}:");
        let parts = ["a result of `SELECT id, name FROM t WHERE id > ?`", "for 10.0s", &site];
        assert_says(&error, &parts);
        assert_says(&error, &["3s (`acquire_timeout`)", "the 1 there may be (`max_connections`)"]);
    });
}

#[test]
fn a_connection_is_named_with_the_statement_that_ran_on_it_last() {
    run(async {
        let tank = Tank::new();
        let (engine, clock) = engine(&tank, 1).await;
        let (held, line) = (engine.connect().await.unwrap(), line!());
        let site = format!("told.rs:{line}:");

        let error = refused(&engine, &clock).await;
        assert_says(&error, &["a connection for 3.0s", &site]);
        assert!(!error.to_string().contains("last"), "{error}");
        held.query("SELECT 1").all().await.unwrap();
        held.execute("DELETE FROM t WHERE id = 3").await.unwrap();
        let error = refused(&engine, &clock).await;

        assert_says(&error, &["a connection for 6.0s", &site, "last `DELETE FROM t WHERE id = 3`"]);
    });
}

#[test]
fn a_snapshot_is_named_with_its_last_statement() {
    run(async {
        let tank = Tank::new();
        let (engine, clock) = engine(&tank, 1).await;
        let (held, line) = (engine.snapshot().await.unwrap(), line!());
        held.query("SELECT count(*) FROM t").all().await.unwrap();

        let error = refused(&engine, &clock).await;

        let site = format!("told.rs:{line}:");
        assert_says(&error, &["a snapshot for 3.0s", &site, "last `SELECT count(*) FROM t`"]);
    });
}

#[test]
fn all_holders_are_named_the_one_who_has_held_for_longest_first() {
    run(async {
        let tank = Tank::new();
        let (engine, clock) = engine(&tank, 3).await;
        let _one = engine.snapshot().await.unwrap();
        clock.advance(Duration::from_secs(1));
        let _two = engine.connect().await.unwrap();
        clock.advance(Duration::from_secs(1));
        let _three = engine.query(sql("SELECT id FROM t").batch_rows(1)).await.unwrap();

        let error = refused(&engine, &clock).await;

        let said = error.to_string();
        let places = [
            "a snapshot for 5.0s",
            "a connection for 4.0s",
            "a result of `SELECT id FROM t` for 3.0s",
        ]
        .map(|part| said.find(part));
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{said}");
    });
}

#[test]
fn a_long_text_is_named_by_its_beginning() {
    run(async {
        let tank = Tank::new();
        let (engine, clock) = engine(&tank, 1).await;
        let text = format!("SELECT id FROM t WHERE id IN ({})", vec!["1"; 5_000].join(", "));
        let _held = engine.query(sql(text).batch_rows(1)).await.unwrap();

        let error = refused(&engine, &clock).await;

        assert_says(&error, &["SELECT id FROM t WHERE id IN (1, 1,", "\u{2026}"]);
        assert!(error.to_string().len() < 1_000, "{error}");
    });
}

#[test]
fn case_65_a_task_that_waits_for_what_it_holds_itself_is_told_so() {
    run(async {
        let tank = Tank::new();
        let (engine, clock) = engine(&tank, 2).await;
        let _one = engine.connect().await.unwrap();
        let _two = engine.connect().await.unwrap();

        let error = refused(&engine, &clock).await;

        assert_eq!(error.kind(), ErrorKind::PoolTimeout);
        assert_says(&error, &["the task that waits holds 2 of them itself"]);
        // Whoever only writes needs none of them.
        engine.execute("DELETE FROM t WHERE id = 1").await.unwrap();
        drop(engine.begin().await.unwrap());
    });
}

#[test]
fn a_task_that_waits_for_what_another_one_holds_is_not_told_that_it_does() {
    watched(|| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(async {
            let tank = Tank::new();
            let (engine, clock) = engine(&tank, 1).await;
            let db = engine.clone();
            let held = tokio::spawn(async move { db.connect().await.unwrap() }).await.unwrap();

            let waits = tokio::spawn({
                let engine = engine.clone();
                async move { engine.connect().await.map(drop).unwrap_err() }
            });
            eventually("it waits", || engine.status().waiting == 1);
            clock.advance(WAIT);
            let error = waits.await.unwrap();

            assert_eq!(error.kind(), ErrorKind::PoolTimeout);
            assert_says(&error, &["a connection for 3.0s"]);
            assert!(!error.to_string().contains("itself"), "{error}");
            drop(held);
        });
    });
}

#[test]
fn who_waits_to_write_is_told_who_may() {
    run(async {
        let tank = Tank::new();
        let (engine, clock) = engine(&tank, 2).await;
        let (tx, line) = (engine.begin().await.unwrap(), line!());
        tx.execute("UPDATE t SET name = 'x' WHERE id = 1").await.unwrap();
        clock.advance(Duration::from_secs(2));
        let mut waits = engine.execute("DELETE FROM t");
        assert!(poll!(&mut waits).is_pending());

        clock.advance(WAIT);
        let error = waits.await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Busy);
        assert!(error.is_retryable());
        let site = format!("told.rs:{line}:");
        let last = "last `UPDATE t SET name = 'x' WHERE id = 1`";
        assert_says(&error, &["3s (`acquire_timeout`)", "a transaction", "for 5.0s", &site, last]);
        assert_says(&error, &["the task that waits has it itself"]);
        tx.commit().await.unwrap();
    });
}

#[test]
fn who_waits_to_write_for_another_task_is_not_told_that_it_may() {
    watched(|| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(async {
            let tank = Tank::new();
            let (engine, clock) = engine(&tank, 1).await;
            let db = engine.clone();
            let tx = tokio::spawn(async move { db.begin().await.unwrap() }).await.unwrap();

            let waits = tokio::spawn({
                let engine = engine.clone();
                async move { engine.begin().await.map(drop).unwrap_err() }
            });
            eventually("it waits", || engine.status().waiting_to_write == 1);
            clock.advance(WAIT);
            let error = waits.await.unwrap();

            assert_eq!(error.kind(), ErrorKind::Busy);
            assert!(!error.to_string().contains("itself"), "{error}");
            tx.commit().await.unwrap();
        });
    });
}

#[test]
fn who_has_waited_for_a_reader_before_waits_to_write_no_longer_than_the_others() {
    run(async {
        let tank = Tank::new();
        let (engine, clock) = engine(&tank, 1).await;
        let held = engine.connect().await.unwrap();
        // Only the database can tell that it writes: it asks for the connection first.
        let mut early = Box::pin(engine.query("PRAGMA user_version = 7").all());
        assert!(poll!(&mut early).is_pending());
        eventually("it waits for a reader", || engine.status().waiting == 1);
        clock.advance(WAIT / 3 * 2);
        let _tx = engine.begin().await.unwrap();
        let mut late = engine.execute("DELETE FROM t");
        assert!(poll!(&mut late).is_pending());
        drop(held);
        eventually("both wait to write", || engine.status().waiting_to_write == 2);

        clock.advance(WAIT / 3);
        let error = early.await.map(drop).unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Busy);
        assert!(poll!(&mut late).is_pending());
        clock.advance(WAIT / 3 * 2);
        assert_eq!(late.await.unwrap_err().kind(), ErrorKind::Busy);
    });
}

#[test]
fn an_engine_opens_however_little_its_callers_may_wait() {
    run(async {
        let tank = Tank::new();

        // To connect has a limit of its own.
        let opened = tank.builder().acquire_timeout(Duration::ZERO).open().await;

        assert!(opened.is_ok(), "{opened:?}");
    });
}

#[test]
fn without_patience_a_wait_ends_at_once_and_for_everybody() {
    run(async {
        let tank = Tank::new();
        tank.filled(1).await.close(DEADLINE / 4).await.unwrap();
        // To open takes longer than that.
        let engine = loop {
            let builder = tank.builder().max_connections(1);
            if let Ok(engine) = builder.acquire_timeout(Duration::from_millis(1)).open().await {
                break engine;
            }
        };
        let held = engine.connect().await.unwrap();
        let tx = engine.begin().await.unwrap();

        for _ in 0..300 {
            assert_eq!(
                engine.connect().await.map(drop).unwrap_err().kind(),
                ErrorKind::PoolTimeout
            );
            assert_eq!(engine.begin().await.map(drop).unwrap_err().kind(), ErrorKind::Busy);
            assert_eq!(engine.execute("DELETE FROM t").await.unwrap_err().kind(), ErrorKind::Busy);
        }

        drop((held, tx));
        eventually("it is idle", || engine.status().idle == 1);
        engine.connect().await.unwrap();
    });
}
