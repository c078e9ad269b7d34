//! Cases 3 to 7 and 9: what a stop ends, what it does not, and when.

use std::time::{Duration, Instant};

use headwater::{AsyncConnection, AsyncEngine, ErrorKind, sql};

use crate::support::{Blocker, Tank, count, eventually, fill, poll_once, run, watched};

const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
const ENDLESS_COUNT: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

/// Twenty times what a stop is to take where SQLite looks.
const SOON: Duration = Duration::from_millis(100);

#[test]
fn case_3_a_stop_before_the_first_step_is_not_lost() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let engine = blocker.install(tank.builder().max_connections(1)).open().await.unwrap();
        fill(&engine, 0).await;
        let connection = engine.connect().await.unwrap();
        let mut blocks = Box::pin(connection.query("SELECT halt()").all());
        poll_once(&mut blocks);
        blocker.wait();

        // Behind the one that blocks, this is dropped before a step of it is made.
        let mut late = connection.execute("INSERT INTO t(name) VALUES ('late')");
        poll_once(&mut late);
        drop(late);
        blocker.release();
        blocks.await.unwrap();

        assert_eq!(count(&connection).await, 0);
    });
}

#[test]
fn case_4_a_stop_after_the_end_does_not_hit_the_next_statement() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(200).await;
        let connection = engine.connect().await.unwrap();

        for round in 0..500 {
            // Dropped at about the time at which its statement ends.
            let mut result = connection.query("SELECT id FROM t LIMIT 20").await.unwrap();
            for _ in 0..round % 20 {
                result.try_next().await.unwrap();
            }
            drop(result);
            assert_eq!(count(&connection).await, 200);
            connection.execute("UPDATE t SET name = 'x' WHERE id = 1").await.unwrap();
        }
    });
}

#[test]
fn case_5_a_stop_ends_only_the_statement_it_is_meant_for() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(5_000).await;
        let connection = engine.connect().await.unwrap();
        let opened = |n: usize| connection.query(sql("SELECT id FROM t ORDER BY id").batch_rows(n));
        let mut one = opened(10).scalars::<i64>().await.unwrap();
        let mut two = opened(100).scalars::<i64>().await.unwrap();
        one.try_next().await.unwrap();
        two.try_next().await.unwrap();

        for _ in 0..20 {
            let mut endless = Box::pin(connection.query(ENDLESS_COUNT).all());
            poll_once(&mut endless);
            drop(endless);
            let late = connection.query(sql(ENDLESS_COUNT).timeout(Duration::from_millis(2)));
            assert_eq!(late.all().await.unwrap_err().kind(), ErrorKind::Timeout);
            let mut numbers = connection.query(ENDLESS).await.unwrap();
            numbers.try_next().await.unwrap();
            drop(numbers);
            one.fetch_many(20).await.unwrap();
        }

        assert_eq!(one.all().await.unwrap().last(), Some(&5_000));
        assert_eq!(two.all().await.unwrap(), (2..=5_000).collect::<Vec<_>>());
    });
}

#[test]
fn case_6_an_insert_stopped_in_a_transaction_ends_it_and_it_says_so() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        let tx = engine.begin().await.unwrap();

        let endless = "INSERT INTO t(name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
        let late = tx.execute(sql(endless).timeout(Duration::from_millis(20))).await.unwrap_err();

        assert_eq!(late.kind(), ErrorKind::Timeout);
        let after = tx.execute("INSERT INTO t(name) VALUES ('after')").await.unwrap_err();
        assert_eq!(after.kind(), ErrorKind::TransactionEnded);
        assert_eq!(tx.commit().await.unwrap_err().kind(), ErrorKind::TransactionEnded);
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn case_7_a_select_stopped_in_a_transaction_leaves_it_usable() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO t(name) VALUES ('before')").await.unwrap();

        for _ in 0..10 {
            let mut endless = Box::pin(tx.query(ENDLESS_COUNT).all());
            poll_once(&mut endless);
            drop(endless);
        }
        tx.execute("INSERT INTO t(name) VALUES ('after')").await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(count(&engine).await, 3);
    });
}

/// Drops what `begin` has begun while another program has the lock, and writes when that is gone.
fn dropped_in_a_lock_wait(
    begin: impl AsyncFn(&AsyncEngine, &AsyncConnection) + Send + Sync + 'static,
) {
    watched(move || {
        futures::executor::block_on(async {
            let tank = Tank::new();
            let builder = tank.builder().busy_timeout(Duration::from_secs(40));
            let engine = builder.open().await.unwrap();
            fill(&engine, 0).await;
            let connection = engine.connect().await.unwrap();
            let plain = tank.plain();
            plain.execute_batch("BEGIN IMMEDIATE").unwrap();

            let mut waits = Box::pin(begin(&engine, &connection));
            poll_once(&mut waits);
            // It has the turn to write, and waits for the lock: another one waits for its turn.
            let mut next = engine.execute("INSERT INTO t(name) VALUES ('next')");
            poll_once(&mut next);
            eventually("the next one waits", || engine.status().waiting_to_write == 1);
            let since = Instant::now();
            drop(waits);
            eventually("the next one's turn has come", || engine.status().waiting_to_write == 0);
            let waited = since.elapsed();
            plain.execute_batch("ROLLBACK").unwrap();
            next.await.unwrap();

            assert!(waited < SOON, "it took {waited:?}");
            assert_eq!(count(&engine).await, 1);
        });
    });
}

#[test]
fn case_9_an_execute_dropped_in_a_lock_wait_ends_soon() {
    dropped_in_a_lock_wait(async |engine, _| {
        engine.execute("INSERT INTO t(name) VALUES ('dropped')").await.unwrap();
    });
}

#[test]
fn case_9_a_begin_dropped_in_a_lock_wait_ends_soon() {
    dropped_in_a_lock_wait(async |engine, _| drop(engine.begin().await.unwrap()));
}

#[test]
fn case_9_a_begin_of_a_connection_dropped_in_a_lock_wait_ends_soon() {
    dropped_in_a_lock_wait(async |_, connection| {
        drop(connection.begin().await.unwrap());
    });
}

#[test]
fn case_9_many_rows_dropped_in_a_lock_wait_end_soon() {
    dropped_in_a_lock_wait(async |engine, _| {
        engine.execute_many("INSERT INTO t(name) VALUES (?)", [["a"], ["b"]]).await.unwrap();
    });
}

#[test]
fn case_9_a_script_dropped_in_a_lock_wait_ends_soon() {
    dropped_in_a_lock_wait(async |engine, _| {
        engine.execute_batch("BEGIN IMMEDIATE; DELETE FROM t; COMMIT").await.unwrap();
    });
}

#[test]
fn case_9_a_timeout_ends_a_lock_wait() {
    run(async {
        let tank = Tank::new();
        let builder = tank.builder().busy_timeout(Duration::from_secs(40));
        let engine = builder.open().await.unwrap();
        fill(&engine, 0).await;
        let plain = tank.plain();
        plain.execute_batch("BEGIN IMMEDIATE").unwrap();

        let insert = sql("INSERT INTO t(name) VALUES ('late')").timeout(Duration::from_millis(10));
        let since = Instant::now();
        let late = engine.execute(insert).await.unwrap_err();

        assert_eq!(late.kind(), ErrorKind::Timeout);
        assert!(since.elapsed() < SOON * 3, "it took {:?}", since.elapsed());
        drop(plain);
        assert_eq!(count(&engine).await, 0);
    });
}
