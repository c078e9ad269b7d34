//! When connections open, and when they retire.

use std::time::Duration;

use futures::future::{join, join_all};
use futures::poll;
use headwater::{AsyncEngine, Clock, EngineBuilder, ErrorKind};

use crate::support::{Tank, count, eventually, fill, run};

const IDLE: Duration = Duration::from_secs(100);
const LIFE: Duration = Duration::from_secs(1_000);
const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

fn timed(tank: &Tank) -> (EngineBuilder, Clock) {
    let clock = Clock::manual();
    (tank.builder().clock(clock.clone()).idle_timeout(IDLE), clock)
}

fn connections(engine: &AsyncEngine) -> usize {
    engine.status().connections
}

/// Opens so many readers and leaves them idle.
async fn warm(engine: &AsyncEngine, readers: usize) {
    for connection in join_all((0..readers).map(|_| engine.connect())).await {
        drop(connection.unwrap());
    }
    eventually("all are idle", || engine.status().idle == readers);
}

#[test]
fn connections_open_on_demand_and_no_more_than_there_may_be() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(3).open().await.unwrap();

        let queries = (0..50).map(|_| engine.query("SELECT 1").scalar_one::<i64>());
        for one in join_all(queries).await {
            assert_eq!(one.unwrap(), 1);
        }

        assert!(connections(&engine) <= 3);
        eventually("all are idle", || engine.status().idle == connections(&engine));
    });
}

#[test]
fn connections_without_work_retire_when_their_time_has_come() {
    run(async {
        let tank = Tank::new();
        let (builder, clock) = timed(&tank);
        let engine = builder.open().await.unwrap();
        fill(&engine, 3).await;
        warm(&engine, 4).await;
        assert_eq!(connections(&engine), 5, "four that read and the one that writes");

        clock.advance(IDLE - Duration::from_millis(1));
        assert_eq!((connections(&engine), engine.status().idle), (5, 4));
        clock.advance(Duration::from_millis(1));
        eventually("all have retired", || connections(&engine) == 0);

        assert_eq!(engine.status().idle, 0);
        assert_eq!(crate::support::open_files(&tank.path()), 0);
        assert_eq!(count(&engine).await, 3);
        engine.execute("INSERT INTO t(name) VALUES ('a')").await.unwrap();
        assert_eq!(connections(&engine), 2);
    });
}

#[test]
fn use_puts_retirement_off() {
    run(async {
        let tank = Tank::new();
        let (builder, clock) = timed(&tank);
        let engine = builder.open().await.unwrap();
        fill(&engine, 0).await;
        warm(&engine, 3).await;

        for _ in 0..5 {
            clock.advance(IDLE / 2);
            // The one that was used last is used next.
            assert_eq!(count(&engine).await, 0);
            engine.execute("DELETE FROM t").await.unwrap();
            eventually("it rests", || engine.status().idle >= 1);
        }

        eventually("the others have retired", || connections(&engine) == 2);
    });
}

#[test]
fn nothing_retires_while_it_is_leased_or_read() {
    run(async {
        let tank = Tank::new();
        let (builder, clock) = timed(&tank);
        let engine = builder.max_lifetime(LIFE).open().await.unwrap();
        fill(&engine, 5_000).await;
        warm(&engine, 4).await;
        let connection = engine.connect().await.unwrap();
        let snapshot = engine.snapshot().await.unwrap();
        let mut stream =
            engine.query(headwater::sql("SELECT id FROM t").batch_rows(10)).await.unwrap();
        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO t(name) VALUES ('a')").await.unwrap();

        clock.advance(LIFE * 10);
        eventually("the idle one has retired", || connections(&engine) == 4);

        assert_eq!(count(&connection).await, 5_000);
        assert_eq!(count(&snapshot).await, 5_000);
        let mut rows = 0;
        while stream.try_next().await.unwrap().is_some() {
            rows += 1;
        }
        assert_eq!(rows, 5_000);
        tx.commit().await.unwrap();
        drop((connection, snapshot));
        // They are older than they may be when they come back.
        eventually("all have retired", || connections(&engine) == 0);
        assert_eq!(count(&engine).await, 5_001);
    });
}

#[test]
fn old_connections_retire_however_busy_they_were() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let builder = tank.builder().clock(clock.clone()).idle_timeout(Duration::MAX);
        let engine = builder.max_lifetime(LIFE).open().await.unwrap();
        fill(&engine, 0).await;

        clock.advance(LIFE / 2);
        warm(&engine, 2).await;
        assert_eq!(connections(&engine), 3);
        clock.advance(LIFE / 2);

        // The second reader is half as old.
        eventually("the old ones have retired", || connections(&engine) == 1);
        clock.advance(LIFE / 2);
        eventually("all have retired", || connections(&engine) == 0);
        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn without_limits_nothing_retires() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let builder = tank.builder().clock(clock.clone()).idle_timeout(Duration::MAX);
        let engine = builder.open().await.unwrap();
        warm(&engine, 3).await;

        clock.advance(Duration::from_secs(100_000_000));

        assert_eq!((connections(&engine), engine.status().idle), (3, 3));
    });
}

#[test]
fn the_least_number_of_idle_connections_is_opened_with_the_engine_and_kept() {
    run(async {
        let tank = Tank::new();
        let (builder, clock) = timed(&tank);
        let engine = builder.min_idle(3).max_connections(5).open().await.unwrap();
        eventually("they are open", || engine.status().idle == 3);
        assert_eq!(connections(&engine), 3);

        warm(&engine, 5).await;
        clock.advance(IDLE);

        eventually("the others have retired", || connections(&engine) == 3);
        clock.advance(IDLE * 10);
        assert_eq!((connections(&engine), engine.status().idle), (3, 3));
    });
}

#[test]
fn the_least_number_of_idle_connections_is_there_while_others_work() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().min_idle(2).max_connections(4).open().await.unwrap();
        eventually("they are open", || engine.status().idle == 2);

        let one = engine.connect().await.unwrap();
        eventually("one more is opened", || engine.status().idle == 2);
        let two = engine.connect().await.unwrap();
        eventually("one more is opened", || engine.status().idle == 2);
        let three = engine.connect().await.unwrap();

        // There may be no more.
        eventually("one is left", || engine.status().idle == 1 && connections(&engine) == 4);
        drop((one, two, three));
        eventually("all are idle", || engine.status().idle == 4);
    });
}

#[test]
fn the_least_number_of_idle_connections_is_renewed_when_they_are_old() {
    run(async {
        let tank = Tank::new();
        let (builder, clock) = timed(&tank);
        let engine = builder.min_idle(2).max_lifetime(LIFE).open().await.unwrap();
        eventually("they are open", || engine.status().idle == 2);

        for _ in 0..3 {
            clock.advance(LIFE);
            eventually("there are new ones", || {
                engine.status().idle == 2 && connections(&engine) == 2
            });
        }
    });
}

#[test]
fn a_connection_that_is_spare_beside_kept_ones_retires_in_time() {
    run(async {
        let tank = Tank::new();
        let (builder, clock) = timed(&tank);
        // What is looked at first is the age of the one that is kept.
        let engine = builder.min_idle(1).max_lifetime(LIFE).open().await.unwrap();
        eventually("it is open", || engine.status().idle == 1);
        clock.advance(Duration::from_secs(1));
        warm(&engine, 3).await;

        clock.advance(IDLE);

        eventually("the spare ones have retired", || connections(&engine) == 1);
    });
}

#[test]
fn what_a_connection_does_past_its_time_is_stopped_by_close_all_the_same() {
    run(async {
        let tank = Tank::new();
        let (builder, clock) = timed(&tank);
        let engine = builder.open().await.unwrap();
        // The writer opens for it, and has no other work before or after.
        let tx = engine.begin().await.unwrap();
        clock.advance(IDLE * 2);
        let mut endless = Box::pin(tx.query(ENDLESS).all());
        assert!(poll!(&mut endless).is_pending());
        eventually("it runs", || engine.status().open_results == 1);

        let mut closing = Box::pin(engine.close(Duration::ZERO));
        assert!(poll!(&mut closing).is_pending());
        clock.advance(Duration::from_nanos(1));
        let (ended, closed) = join(endless, closing).await;

        assert_eq!(ended.map(drop).unwrap_err().kind(), ErrorKind::Closed);
        drop(closed);
    });
}
