//! The stream of notices: bounded, for each listener, and over when the engine is.

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FusedStream as _;
use headwater::{AsyncEngine, Clock, Notice, sql};

use super::{ROWS, SECOND, at_hand, settle, stalled};
use crate::support::{Tank, fill, poll_once, run};

/// An engine that tells of each statement.
async fn telling(tank: &Tank) -> AsyncEngine {
    tank.builder().slow_statement(Duration::ZERO).open().await.unwrap()
}

/// Runs `SELECT 1`, `SELECT 2` and so on.
async fn select(engine: &AsyncEngine, numbers: std::ops::RangeInclusive<u64>) {
    for number in numbers {
        let text = format!("SELECT {number}");
        engine.query(sql(text)).scalar_one::<i64>().await.unwrap();
    }
}

/// The number of the statement that a notice tells of.
#[track_caller]
fn number(told: Option<Notice>) -> u64 {
    match told {
        Some(Notice::SlowStatement { statement, .. }) => {
            statement.strip_prefix("SELECT ").unwrap().parse().unwrap()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_listener_gets_what_comes_after_it_began_to_listen() {
    run(async {
        let tank = Tank::new();
        let engine = telling(&tank).await;

        select(&engine, 1..=1).await;
        let mut early = engine.notices();
        select(&engine, 2..=2).await;
        let mut late = engine.clone().notices();
        select(&engine, 3..=3).await;

        assert_eq!((number(early.next().await), number(early.next().await)), (2, 3));
        assert_eq!(number(late.next().await), 3);
        assert_eq!((at_hand(&mut early), at_hand(&mut late)), (None, None));
    });
}

#[test]
fn a_slow_listener_loses_the_oldest_and_is_told_how_many() {
    run(async {
        let tank = Tank::new();
        let engine = telling(&tank).await;
        let (mut slow, mut quick) = (engine.notices(), engine.notices());

        for first in (1..=1_000).step_by(100) {
            select(&engine, first..=first + 99).await;
            for expected in first..first + 100 {
                assert_eq!(number(quick.next().await), expected, "another listener is not harmed");
            }
        }

        let told = slow.next().await.unwrap();
        assert!(matches!(told, Notice::Missed { count: 744, .. }), "{told:?}");
        assert!(told.to_string().contains("744"), "{told}");
        for expected in 745..=1_000 {
            assert_eq!(number(slow.next().await), expected);
        }
        assert_eq!(at_hand(&mut slow), None, "it is told of once");
    });
}

#[test]
fn the_stream_ends_when_the_engine_is_closed_and_not_before() {
    run(async {
        let tank = Tank::new();
        let engine = telling(&tank).await;
        let mut notices = engine.notices();
        select(&engine, 1..=1).await;
        assert!(!notices.is_terminated());

        engine.close(SECOND).await.unwrap();

        assert_eq!(number(notices.next().await), 1, "what was told is not lost");
        assert_eq!(notices.next().await, None);
        assert!(notices.is_terminated());
        assert_eq!(notices.next().await, None);
        assert_eq!(engine.notices().next().await, None, "nothing more will be told");
    });
}

#[test]
fn the_stream_keeps_no_engine_open_and_ends_with_the_last_handle() {
    run(async {
        let tank = Tank::new();
        let engine = telling(&tank).await;
        let notices = engine.notices();
        let connection = engine.connect().await.unwrap();
        drop(engine);
        connection.query("SELECT 7").scalar_one::<i64>().await.unwrap();

        drop(connection);

        let told: Vec<_> = notices.collect().await;
        assert_eq!(told.into_iter().map(|told| number(Some(told))).collect::<Vec<_>>(), [7]);
    });
}

#[test]
fn a_result_that_outlives_its_engine_is_still_told_of() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        // The clock is moved while the statement may still run, which is not to look slow.
        let builder = tank.builder().clock(clock.clone()).slow_statement(Duration::MAX);
        let engine = builder.open().await.unwrap();
        fill(&engine, ROWS).await;
        let mut notices = engine.notices();
        let mut rows = engine.query(sql("SELECT id FROM t").batch_rows(10)).await.unwrap();
        rows.try_next().await.unwrap();
        drop(engine);

        let told = loop {
            clock.advance(SECOND);
            if let Some(told) = at_hand(&mut notices) {
                break told;
            }
            std::thread::yield_now();
        };
        drop(rows);

        assert!(matches!(told, Notice::Stalled { .. }), "{told}");
        assert_eq!(notices.next().await, None);
    });
}

#[test]
fn a_next_that_is_dropped_loses_no_notice() {
    run(async {
        let tank = Tank::new();
        let engine = telling(&tank).await;
        let mut notices = engine.notices();

        for expected in 1..=100 {
            poll_once(&mut notices.next());
            drop(notices.next());
            select(&engine, expected..=expected).await;
            assert_eq!(number(notices.next().await), expected);
        }
    });
}

#[test]
fn a_listener_is_woken_wherever_it_waits() {
    run(async {
        let tank = Tank::new();
        let engine = telling(&tank).await;
        let mut notices = engine.notices();
        let listener = std::thread::spawn(move || {
            futures::executor::block_on(async {
                let mut seen = Vec::new();
                while let Some(told) = notices.next().await {
                    seen.push(number(Some(told)));
                }
                seen
            })
        });

        select(&engine, 1..=100).await;
        drop(engine);

        assert_eq!(listener.join().unwrap(), (1..=100).collect::<Vec<_>>());
    });
}

#[test]
fn no_notice_shows_a_value() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let engine = tank.builder().clock(clock.clone()).slow_statement(Duration::ZERO);
        let engine = engine.open().await.unwrap();
        let mut notices = engine.notices();
        let connection = engine.connect().await.unwrap();
        let one = sql(
            "SELECT i FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 90) \
             SELECT i, ?1 FROM n)",
        );
        let mut ids = stalled(&connection, one.bind("tiger").batch_rows(1)).await;
        clock.advance(10 * SECOND);
        settle(&connection).await;
        ids.try_next().await.unwrap();
        connection.execute("CREATE TABLE secrets(name TEXT)").await.unwrap();
        let insert = "INSERT INTO secrets VALUES (?)";
        connection.execute(sql(insert).bind("tiger")).await.unwrap();
        connection.execute_many(insert, [["tiger"]]).await.unwrap();

        let (mut seen, mut stalls) = (0, 0);
        while let Some(told) = at_hand(&mut notices) {
            assert!(!format!("{told:?} {told}").contains("tiger"), "{told:?}");
            seen += 1;
            stalls += usize::from(matches!(told, Notice::Stalled { .. }));
        }
        assert!(seen > 100 && stalls == 1, "{seen} notices, {stalls} of a stall");
    });
}

#[test]
fn a_full_pool_and_a_replaced_connection_are_told_of() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let builder = tank.builder().clock(clock.clone()).max_connections(1);
        let engine = builder.acquire_timeout(10 * SECOND).open().await.unwrap();
        let mut notices = engine.notices();

        let connection = engine.connect().await.unwrap();
        let mut waiter = Box::pin(engine.connect());
        poll_once(&mut waiter);
        clock.advance(6 * SECOND);
        let told = notices.next().await.unwrap();
        assert!(
            matches!(told, Notice::PoolPressure { waiting: 1, connections: 1, .. }),
            "{told:?}"
        );
        assert!(told.to_string().contains("1 connections"), "{told}");
        connection.with_sqlite(|_| ()).await.unwrap();
        drop(connection);
        waiter.await.unwrap();

        let told = notices.next().await.unwrap();
        let Notice::ConnectionReplaced { why, .. } = &told else {
            panic!("{told:?}");
        };
        assert!(told.to_string().contains(&**why), "{told}");
    });
}
