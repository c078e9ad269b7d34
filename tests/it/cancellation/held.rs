//! Drops on a connection or a transaction that is held and used on: what comes after is as if nothing
//! had been there, or the handle says that it is over.

use std::future::{Future, IntoFuture as _};
use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use headwater::{AsyncConnection, AsyncEngine, ErrorKind, Result, Transaction, sql};

use crate::support::{Tank, count, fill, poll_and_drop, watched};

const ROWS: i64 = 50;
const MOST_POLLS: usize = 3_000;
const PAUSES: [u64; 6] = [0, 10, 30, 80, 200, 600];

fn engine(tank: &Tank) -> AsyncEngine {
    block_on(async {
        let engine =
            tank.builder().max_connections(2).patience(Duration::ZERO).open().await.unwrap();
        fill(&engine, ROWS).await;
        engine
    })
}

/// Calls `check` with each number of polls until it says that the operation came to its end.
fn each_number_of_polls(mut check: impl FnMut(usize, Duration) -> bool) {
    for pause in PAUSES.map(Duration::from_micros) {
        let done = (0..MOST_POLLS).any(|polls| check(polls, pause));
        assert!(done, "the operation is never done");
    }
}

/// Drops an operation of one connection anywhere and uses the connection on. A result that was open
/// before goes on, and `t` has as many rows as before or `wrote` more.
fn on_a_connection<F>(wrote: i64, work: fn(Arc<AsyncConnection>) -> F)
where
    F: Future<Output = Result<()>> + 'static,
{
    watched(move || {
        let tank = Tank::new();
        let engine = engine(&tank);
        let held = Arc::new(block_on(engine.connect()).unwrap());
        each_number_of_polls(|polls, pause| {
            let ids = held.query(sql("SELECT id FROM t ORDER BY id").batch_rows(5));
            let mut beside = block_on(ids.scalars::<i64>().into_future()).unwrap();
            block_on(beside.try_next()).unwrap();

            let end = poll_and_drop(work(Arc::clone(&held)), polls, pause);

            let done = end.map(Result::unwrap).is_some();
            let of_held = block_on(count(&*held));
            let of_engine = block_on(async {
                held.execute("UPDATE t SET name = name WHERE id = 1").await.unwrap();
                count(&engine).await
            });
            assert_eq!(of_held, of_engine, "after {polls} polls the connection sees its own state");
            let expected = [ROWS, ROWS + wrote];
            assert!(
                expected[usize::from(done)..].contains(&of_held),
                "{of_held} rows after {polls} polls"
            );
            let rest = block_on(beside.all()).unwrap();
            assert_eq!(rest[..49], (2..=ROWS).collect::<Vec<_>>());
            block_on(held.execute(sql("DELETE FROM t WHERE id > ?").bind(ROWS))).unwrap();
            done
        });
    });
}

#[test]
fn a_connection_is_used_on_after_a_dropped_write() {
    on_a_connection(1, |held| async move {
        held.execute("INSERT INTO t(name) VALUES ('new')").await.map(drop)
    });
}

#[test]
fn a_connection_is_used_on_after_a_dropped_query() {
    on_a_connection(0, |held| async move {
        held.query("SELECT count(*) FROM t a, t b").all().await?;
        let mut result = held.query(sql("SELECT id FROM t").batch_rows(7)).await?;
        while result.try_next().await?.is_some() {}
        Ok(())
    });
}

#[test]
fn a_connection_is_used_on_after_a_dropped_transaction() {
    on_a_connection(1, |held| async move {
        held.transaction(async |tx| {
            tx.execute("INSERT INTO t(name) VALUES ('new')").await?;
            tx.query("SELECT * FROM t").all().await.map(drop)
        })
        .await
    });
}

#[test]
fn a_connection_is_used_on_after_dropped_rows() {
    on_a_connection(600, |held| async move {
        held.execute_many("INSERT INTO t(name) VALUES (?)", (0..600).map(|n| [n])).await.map(drop)
    });
}

#[test]
fn a_connection_is_used_on_after_a_dropped_script() {
    on_a_connection(1, |held| async move {
        held.execute_batch("SELECT * FROM t; INSERT INTO t(name) VALUES ('new')").await.map(drop)
    });
}

#[test]
fn a_connection_is_used_on_after_dropped_returning() {
    on_a_connection(100, |held| async move {
        let insert = "INSERT INTO t(name) SELECT a.id FROM t a, t b LIMIT 100 RETURNING id";
        let mut ids = held.query(sql(insert).batch_rows(9)).await?;
        while ids.try_next().await?.is_some() {}
        Ok(())
    });
}

/// Drops an operation of one transaction anywhere. What was written before it and after it is kept
/// whole, with the `wrote` rows of its own or without; or the transaction says that it has ended, and
/// nothing is kept.
fn in_a_transaction<F>(wrote: i64, work: fn(Arc<Transaction>) -> F)
where
    F: Future<Output = Result<()>> + 'static,
{
    watched(move || {
        let tank = Tank::new();
        let engine = engine(&tank);
        each_number_of_polls(|polls, pause| {
            let tx = Arc::new(block_on(engine.begin()).unwrap());
            block_on(tx.execute("INSERT INTO t(name) VALUES ('before')")).unwrap();

            let end = poll_and_drop(work(Arc::clone(&tx)), polls, pause);

            let done = end.map(Result::unwrap).is_some();
            let after = block_on(tx.execute("INSERT INTO t(name) VALUES ('after')"));
            let ended = Arc::into_inner(tx).unwrap();
            let committed = block_on(ended.commit());
            let rows = block_on(count(&engine));
            match (after, committed) {
                (Ok(_), Ok(_)) => {
                    let expected = [ROWS + 2, ROWS + 2 + wrote];
                    assert!(
                        expected[usize::from(done)..].contains(&rows),
                        "{rows} rows after {polls} polls"
                    );
                }
                (Err(after), Err(committed)) => {
                    assert_eq!(after.kind(), ErrorKind::TransactionEnded);
                    assert_eq!(committed.kind(), ErrorKind::TransactionEnded);
                    assert!(!done);
                    assert_eq!(rows, ROWS);
                }
                halves => panic!("after {polls} polls it was neither open nor over: {halves:?}"),
            }
            block_on(engine.execute(sql("DELETE FROM t WHERE id > ?").bind(ROWS))).unwrap();
            done
        });
    });
}

#[test]
fn a_transaction_goes_on_or_has_ended_after_a_dropped_write() {
    in_a_transaction(1, |tx| async move {
        tx.execute("INSERT INTO t(name) VALUES ('new')").await.map(drop)
    });
}

#[test]
fn a_transaction_goes_on_or_has_ended_after_a_dropped_long_write() {
    in_a_transaction(20_000, |tx| async move {
        let long = "INSERT INTO t(name) WITH RECURSIVE n(i) AS
            (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i FROM n";
        tx.execute(long).await.map(drop)
    });
}

#[test]
fn a_transaction_goes_on_after_a_dropped_query() {
    in_a_transaction(0, |tx| async move {
        tx.query("SELECT count(*) FROM t a, t b").all().await?;
        let mut result = tx.query(sql("SELECT id FROM t").batch_rows(7)).await?;
        while result.try_next().await?.is_some() {}
        Ok(())
    });
}

#[test]
fn a_transaction_goes_on_or_has_ended_after_dropped_rows() {
    in_a_transaction(600, |tx| async move {
        tx.execute_many("INSERT INTO t(name) VALUES (?)", (0..600).map(|n| [n])).await.map(drop)
    });
}

#[test]
fn a_transaction_goes_on_after_a_dropped_savepoint() {
    in_a_transaction(1, |tx| async move {
        let undone = tx.savepoint().await?;
        undone.query("SELECT * FROM t").all().await?;
        undone.rollback().await?;
        let kept = tx.savepoint().await?;
        kept.execute("INSERT INTO t(name) VALUES ('new')").await?;
        kept.commit().await.map(drop)
    });
}

#[test]
fn a_transaction_goes_on_or_has_ended_after_dropped_returning() {
    in_a_transaction(100, |tx| async move {
        let insert = "INSERT INTO t(name) SELECT a.id FROM t a, t b LIMIT 100 RETURNING id";
        let mut ids = tx.query(sql(insert).batch_rows(9)).await?;
        while ids.try_next().await?.is_some() {}
        Ok(())
    });
}
