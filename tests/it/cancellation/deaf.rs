//! Case 8: work that does not look whether it is to stop. Who waits for it does not wait for its end; its
//! connection is nobody's until then.

use std::time::{Duration, Instant};

use headwater::{AsyncEngine, ErrorKind, sql};

use crate::support::{Blocker, Tank, count, eventually, fill, poll_once, run};

const ENDLESS_COUNT: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

/// Twenty times what a stop is to take where SQLite looks.
const SOON: Duration = Duration::from_millis(100);

/// A few megabytes of which SQLite makes twice as many, in one operation, in which nothing looks.
const DEAF: &str = "SELECT length(hex(randomblob(30000000)))";

async fn engine(tank: &Tank, blocker: &Blocker) -> AsyncEngine {
    let builder = blocker.install(tank.builder().max_connections(1));
    let engine = builder.open().await.unwrap();
    fill(&engine, 3).await;
    engine
}

#[test]
fn case_8_a_dropped_count_frees_its_only_connection_soon() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();

        for _ in 0..10 {
            let mut endless = Box::pin(engine.query(ENDLESS_COUNT).all());
            poll_once(&mut endless);
            let since = Instant::now();
            drop(endless);
            let one: i64 = engine.query("SELECT 1").scalar_one().await.unwrap();

            assert_eq!(one, 1);
            assert!(since.elapsed() < SOON, "it took {:?}", since.elapsed());
        }
    });
}

#[test]
fn case_8_work_that_does_not_look_returns_to_its_caller_at_once_and_its_connection_later() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let engine = blocker.install(tank.builder().max_connections(2)).open().await.unwrap();
        let mut blocks = Box::pin(engine.query("SELECT halt()").all());
        poll_once(&mut blocks);
        blocker.wait();

        drop(blocks);
        let one: i64 = engine.query("SELECT 1").scalar_one().await.unwrap();
        assert_eq!((one, engine.status().idle), (1, 1));
        blocker.release();

        eventually("both are idle", || engine.status().idle == 2);
    });
}

#[test]
fn case_8_a_stream_returns_at_its_deadline_and_its_slot_when_the_work_ends() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let engine = engine(&tank, &blocker).await;

        let limit = Duration::from_millis(20);
        let query = engine.query(sql("SELECT id, halt() FROM t").timeout(limit));
        let mut rows = query.await.unwrap();
        blocker.wait();
        let late = rows.try_next().await.unwrap_err();

        // The function has not returned, and the connection is nobody's.
        assert_eq!(late.kind(), ErrorKind::Timeout);
        assert_eq!(late.sql(), Some("SELECT id, halt() FROM t"));
        assert!(rows.try_next().await.unwrap().is_none());
        assert_eq!(engine.status().idle, 0);
        blocker.release();
        eventually("its slot is back", || engine.status().idle == 1);
        assert_eq!(count(&engine).await, 3);
    });
}

#[test]
fn case_8_what_is_collected_returns_at_its_deadline() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let engine = engine(&tank, &blocker).await;
        let connection = engine.connect().await.unwrap();

        let blocks = connection.query(sql("SELECT halt()").timeout(Duration::from_millis(20)));
        let late = blocks.all().await.unwrap_err();
        blocker.wait();
        blocker.release();

        assert_eq!(late.kind(), ErrorKind::Timeout);
        assert_eq!(count(&connection).await, 3);
    });
}

#[test]
fn case_8_a_write_is_waited_for_so_that_its_error_is_true() {
    run(async {
        let tank = Tank::new();
        let (blocker, clock) = (Blocker::default(), headwater::Clock::manual());
        let builder = blocker.install(tank.builder().clock(clock.clone()));
        let engine = builder.open().await.unwrap();
        fill(&engine, 3).await;

        let insert = "INSERT INTO t(name) SELECT halt()";
        let mut blocks = engine.execute(sql(insert).timeout(Duration::from_secs(1)));
        poll_once(&mut blocks);
        blocker.wait();
        clock.advance(Duration::from_secs(2));
        poll_once(&mut blocks);
        blocker.release();
        let late = blocks.await.unwrap_err();

        assert_eq!(late.kind(), ErrorKind::Timeout);
        assert_eq!(count(&engine).await, 3);
    });
}

#[test]
fn case_8_a_large_value_is_given_up_at_the_deadline_and_its_connection_is_used_on() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();

        let late = engine.query(sql(DEAF).timeout(Duration::from_millis(5))).all().await;
        let mut dropped = Box::pin(engine.query(DEAF).all());
        poll_once(&mut dropped);
        drop(dropped);
        let one: i64 = engine.query("SELECT 1").scalar_one().await.unwrap();

        assert_eq!(late.unwrap_err().kind(), ErrorKind::Timeout);
        assert_eq!(one, 1);
    });
}

#[test]
fn case_8_close_tells_of_a_connection_that_does_not_end() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let clock = headwater::Clock::manual();
        let builder = blocker.install(tank.builder().clock(clock.clone()));
        let engine = builder.open().await.unwrap();
        let mut blocks = Box::pin(engine.query("SELECT halt()").all());
        poll_once(&mut blocks);
        blocker.wait();

        let mut close = Box::pin(engine.close(Duration::from_secs(1)));
        poll_once(&mut close);
        clock.advance(Duration::from_secs(2));
        poll_once(&mut close);
        clock.advance(Duration::from_secs(6));
        let late = close.await.unwrap_err();

        assert_eq!(late.kind(), ErrorKind::Timeout);
        assert_eq!(engine.status().connections, 1);
        blocker.release();
        eventually("its file is closed", || engine.status().connections == 0);
    });
}
