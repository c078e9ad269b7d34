//! Statements that run for long are told of: reads and writes of every kind, by their running time alone.

use headwater::{AsyncEngine, Clock, EngineBuilder, Notice, sql};

use super::{ROWS, SECOND, at_hand, settle, stalled};
use crate::support::{Blocker, Tank, fill, run};

/// The text and the time of the next notice, which tells of a slow statement.
#[track_caller]
fn slow(told: Option<Notice>) -> (String, std::time::Duration) {
    match told {
        Some(Notice::SlowStatement { statement, took, called_at, .. }) => {
            assert!(called_at.file().ends_with("slow.rs"), "{called_at}");
            (statement.to_string(), took)
        }
        other => panic!("{other:?}"),
    }
}

/// An engine on which each call of `halt()` takes as long as the clock is turned meanwhile.
async fn halting(tank: &Tank) -> (AsyncEngine, Clock, Blocker) {
    let (clock, blocker) = (Clock::manual(), Blocker::default());
    let engine = blocker.install(tank.builder().clock(clock.clone())).open().await.unwrap();
    fill(&engine, 3).await;
    (engine, clock, blocker)
}

/// Lets the next `halt()` take so many seconds.
fn halt_for(clock: &Clock, blocker: &Blocker, seconds: u32) -> std::thread::JoinHandle<()> {
    let (clock, blocker) = (clock.clone(), blocker.clone());
    std::thread::spawn(move || {
        blocker.wait();
        clock.advance(seconds * SECOND);
        blocker.release();
    })
}

#[test]
fn a_statement_that_runs_for_the_threshold_is_told_of_and_one_below_is_not() {
    run(async {
        let tank = Tank::new();
        let (engine, clock, blocker) = halting(&tank).await;
        let mut notices = engine.notices();

        for seconds in [0, 1, 2] {
            let halt = halt_for(&clock, &blocker, seconds);
            engine.query("SELECT halt()").scalar_one::<i64>().await.unwrap();
            halt.join().unwrap();

            match seconds {
                0 => assert_eq!(at_hand(&mut notices), None),
                _ => assert_eq!(
                    slow(at_hand(&mut notices)),
                    ("SELECT halt()".to_owned(), seconds * SECOND)
                ),
            }
        }
    });
}

#[test]
fn every_kind_of_statement_is_told_of() {
    run(async {
        let tank = Tank::new();
        let (engine, clock, blocker) = halting(&tank).await;
        let mut notices = engine.notices();
        let told = |expected: &str, notices: &mut _| {
            assert_eq!(slow(at_hand(notices)), (expected.to_owned(), 2 * SECOND));
        };

        let halt = halt_for(&clock, &blocker, 2);
        let mut rows = engine.query("SELECT halt() FROM t WHERE id = 1").await.unwrap();
        while rows.try_next().await.unwrap().is_some() {}
        told("SELECT halt() FROM t WHERE id = 1", &mut notices);
        halt.join().unwrap();

        let halt = halt_for(&clock, &blocker, 2);
        engine.execute("UPDATE t SET name = halt() WHERE id = 1").await.unwrap();
        told("UPDATE t SET name = halt() WHERE id = 1", &mut notices);
        halt.join().unwrap();

        let halt = halt_for(&clock, &blocker, 2);
        let insert = "INSERT INTO t(id, name) VALUES (?, halt())";
        engine.execute_many(insert, [[10]]).await.unwrap();
        told(insert, &mut notices);
        halt.join().unwrap();

        let halt = halt_for(&clock, &blocker, 2);
        engine.execute_batch("SELECT 1; SELECT halt(); SELECT 2").await.unwrap();
        told("SELECT halt();", &mut notices);
        halt.join().unwrap();

        let halt = halt_for(&clock, &blocker, 2);
        let tx = engine.begin().await.unwrap();
        let delete = "DELETE FROM t WHERE id = 10 RETURNING halt()";
        tx.query(delete).one().await.unwrap();
        told(delete, &mut notices);
        halt.join().unwrap();
    });
}

#[test]
fn the_time_that_a_result_waits_for_its_consumer_does_not_count() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = tank.builder().clock(clock.clone()).stall_notice(std::time::Duration::MAX);
        let engine = engine.open().await.unwrap();
        fill(&engine, ROWS).await;
        let mut notices = engine.notices();
        let connection = engine.connect().await.unwrap();
        let mut ids = stalled(&connection, sql("SELECT id FROM t").batch_rows(10)).await;

        for _ in 0..10 {
            // It waits, and does not run, when the clock moves.
            settle(&connection).await;
            clock.advance(100 * SECOND);
            for _ in 0..50 {
                ids.try_next().await.unwrap();
            }
        }
        ids.all().await.unwrap();

        assert_eq!(at_hand(&mut notices), None);
    });
}

#[test]
fn the_time_that_a_statement_waits_for_its_turn_does_not_count() {
    run(async {
        let tank = Tank::new();
        let (engine, clock, blocker) = halting(&tank).await;
        let mut notices = engine.notices();
        let first = "UPDATE t SET name = halt() WHERE id = 1";
        let second = "UPDATE t SET name = 'x' WHERE id = 2";

        let halt = halt_for(&clock, &blocker, 2);
        let (one, two) = futures::join!(engine.execute(first), engine.execute(second));
        one.unwrap();
        two.unwrap();
        halt.join().unwrap();

        assert_eq!(slow(at_hand(&mut notices)).0, first);
        assert_eq!(at_hand(&mut notices), None);
    });
}

#[test]
fn the_threshold_is_an_option_and_never_turns_it_off() {
    run(async {
        for (value, expected) in [("5s", None), ("2s", Some(())), ("never", None)] {
            let (tank, clock, blocker) = (Tank::new(), Clock::manual(), Blocker::default());
            let url = format!("{}?slow_statement={value}", tank.url());
            let builder: EngineBuilder = AsyncEngine::builder(url).clock(clock.clone());
            let engine = blocker.install(builder).open().await.unwrap();
            let mut notices = engine.notices();

            let halt = halt_for(&clock, &blocker, 3);
            engine.query("SELECT halt()").scalar_one::<i64>().await.unwrap();
            halt.join().unwrap();

            assert_eq!(at_hand(&mut notices).map(drop), expected, "{value}");
        }
    });
}

#[test]
fn a_slow_member_of_a_group_commit_is_told_of_alone() {
    run(async {
        let tank = Tank::new();
        let (engine, clock, blocker) = halting(&tank).await;
        let mut notices = engine.notices();
        let texts = [
            "UPDATE t SET name = 'a' WHERE id = 1",
            "UPDATE t SET name = 'b' WHERE id = 2",
            "UPDATE t SET name = halt() WHERE id = 3",
        ];
        // The gate is held until all three wait for it.
        let tx = engine.begin().await.unwrap();
        let mut writes: Vec<_> = texts.map(|text| engine.execute(text).into_future()).into();
        for write in &mut writes {
            crate::support::poll_once(write);
        }

        let halt = halt_for(&clock, &blocker, 2);
        tx.commit().await.unwrap();
        for write in writes {
            write.await.unwrap();
        }
        halt.join().unwrap();

        assert_eq!(slow(at_hand(&mut notices)).0, texts[2]);
        assert_eq!(at_hand(&mut notices), None);
    });
}
