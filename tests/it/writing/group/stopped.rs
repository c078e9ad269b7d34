//! Members that are dropped, or late, before, in and after their step.

use std::time::Duration;

use futures::future::join_all;
use headwater::{AsyncEngine, Clock, ErrorKind, sql};

use crate::support::together::{hold, queue, run_of};
use crate::support::{Blocker, DEADLINE, Tank, count, eventually, fill, poll_once, run};

async fn ids(engine: &AsyncEngine) -> Vec<i64> {
    engine.query("SELECT id FROM t ORDER BY rowid").scalars().all().await.unwrap()
}

#[test]
fn a_member_dropped_before_its_turn_leaves_no_effect() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let held = hold(&engine).await;
        let mut work: Vec<_> = (0..30_i64)
            .map(|n| engine.execute(sql("INSERT INTO t VALUES (?, 'a')").bind(n)))
            .collect();
        queue(&engine, &mut work);

        let mut number = 0;
        work.retain(|_| {
            number += 1;
            number % 3 != 0
        });
        assert_eq!(engine.status().waiting_to_write, 20);
        drop(held);
        for end in join_all(work).await {
            end.unwrap();
        }

        let expected: Vec<i64> = (0..30).filter(|n| n % 3 != 2).collect();
        assert_eq!(ids(&engine).await, expected);
    });
}

/// A group of `before` members, one that halts, and one more; the one that halts is in its step.
struct Halted {
    before: Vec<headwater::Execute>,
    halts: Option<headwater::Execute>,
    after: headwater::Execute,
}

async fn halted(engine: &AsyncEngine, blocker: &Blocker, text: &'static str) -> Halted {
    let held = hold(engine).await;
    let mut before: Vec<_> =
        (1..=3_i64).map(|n| engine.execute(sql("INSERT INTO t VALUES (?, 'a')").bind(n))).collect();
    queue(engine, &mut before);
    let mut halts = engine.execute(text);
    queue(engine, std::slice::from_mut(&mut halts));
    let mut after = engine.execute("INSERT INTO t VALUES (5, 'a')");
    queue(engine, std::slice::from_mut(&mut after));
    drop(held);
    blocker.wait();
    Halted { before, halts: Some(halts), after }
}

/// Enough rows that SQLite looks whether it is to stop, before and after it halts.
const LONG: &str =
    "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n LIMIT 5000)
     SELECT i, CASE i WHEN 2000 THEN halt() END FROM n";

#[test]
fn a_member_dropped_in_its_step_leaves_no_effect_and_the_others_have_theirs_once() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let engine = blocker.install(tank.builder()).open().await.unwrap();
        fill(&engine, 0).await;
        let Halted { before, halts, after } = halted(&engine, &blocker, LONG).await;

        drop(halts);
        blocker.release();
        for end in join_all(before).await {
            assert_eq!(end.unwrap().rows_affected(), 1);
        }
        after.await.unwrap();

        assert_eq!(ids(&engine).await, [1, 2, 3, 5]);
    });
}

#[test]
fn a_member_whose_timeout_ends_in_its_step_is_told_and_the_others_have_their_effect_once() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let clock = Clock::manual();
        let engine = blocker.install(tank.builder().clock(clock.clone())).open().await.unwrap();
        fill(&engine, 0).await;
        let held = hold(&engine).await;
        let mut before = engine.execute("INSERT INTO t VALUES (1, 'a')");
        let mut halts = engine.execute(sql(LONG).timeout(Duration::from_secs(2)));
        let mut after = engine.execute("INSERT INTO t VALUES (5, 'a')");
        for work in [&mut before, &mut halts, &mut after] {
            queue(&engine, std::slice::from_mut(work));
        }
        drop(held);
        blocker.wait();

        clock.advance(Duration::from_secs(2));
        blocker.release();
        let error = halts.await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(error.sql(), Some(LONG));
        before.await.unwrap();
        after.await.unwrap();
        assert_eq!(ids(&engine).await, [1, 5]);
    });
}

#[test]
fn a_timeout_that_ends_while_a_member_waits_is_told_at_once() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let engine = tank.builder().clock(clock.clone()).open().await.unwrap();
        fill(&engine, 0).await;
        let held = hold(&engine).await;
        let mut work: Vec<_> = (1..=4_u64)
            .map(|n| {
                let insert = sql("INSERT INTO t VALUES (?, 'a')").bind(n);
                engine.execute(insert.timeout(Duration::from_secs(n)))
            })
            .collect();
        queue(&engine, &mut work);

        clock.advance(Duration::from_secs(2));
        let rest = work.split_off(2);
        for end in join_all(work).await {
            assert_eq!(end.unwrap_err().kind(), ErrorKind::Timeout);
        }
        assert_eq!(engine.status().waiting_to_write, 2);
        drop(held);
        for end in join_all(rest).await {
            end.unwrap();
        }

        assert_eq!(ids(&engine).await, [3, 4]);
    });
}

#[test]
fn a_member_dropped_after_its_step_has_its_effect() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let engine = blocker.install(tank.builder()).open().await.unwrap();
        fill(&engine, 0).await;
        let text = "INSERT INTO t VALUES (4, halt())";
        let Halted { before, halts, after } = halted(&engine, &blocker, text).await;

        // They have run already, in the group of the one that halts or in one before it.
        drop(before);
        blocker.release();
        halts.unwrap().await.unwrap();
        after.await.unwrap();

        let ids = ids(&engine).await;
        assert_eq!(ids, [1, 2, 3, 4, 5]);
    });
}

#[test]
fn a_deadline_that_passes_after_the_step_of_a_member_does_not_undo_it() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let clock = Clock::manual();
        let engine = blocker.install(tank.builder().clock(clock.clone())).open().await.unwrap();
        fill(&engine, 0).await;
        let held = hold(&engine).await;
        let limit = Duration::from_secs(1);
        let mut early = engine.execute(sql("INSERT INTO t VALUES (1, 'a')").timeout(limit));
        let mut halts = engine.execute("INSERT INTO t VALUES (2, halt())");
        queue(&engine, std::slice::from_mut(&mut early));
        queue(&engine, std::slice::from_mut(&mut halts));
        drop(held);
        blocker.wait();

        clock.advance(limit);
        blocker.release();
        early.await.unwrap();
        halts.await.unwrap();

        assert_eq!(ids(&engine).await, [1, 2]);
    });
}

#[test]
fn a_closing_engine_lets_a_group_that_runs_end_and_fails_those_that_wait() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let engine = blocker.install(tank.builder()).open().await.unwrap();
        fill(&engine, 0).await;
        let text = "INSERT INTO t VALUES (4, halt())";
        let Halted { before, halts, after } = halted(&engine, &blocker, text).await;
        let mut late: Vec<_> =
            (0..5).map(|_| engine.execute("INSERT INTO t(name) VALUES ('late')")).collect();
        queue(&engine, &mut late);

        let mut close = Box::pin(engine.close(DEADLINE / 4));
        poll_once(&mut close);
        for end in join_all(late).await {
            assert_eq!(end.unwrap_err().kind(), ErrorKind::Closed);
        }
        blocker.release();
        for end in join_all(before).await {
            end.unwrap();
        }
        halts.unwrap().await.unwrap();
        after.await.unwrap();
        close.await.unwrap();

        let left: i64 =
            tank.plain().query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(left, 5);
    });
}

#[test]
fn an_aborted_group_answers_each_member_as_it_came_out() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let engine = blocker.install(tank.builder()).open().await.unwrap();
        fill(&engine, 0).await;
        let Halted { before, halts, after } = halted(&engine, &blocker, LONG).await;

        let mut close = Box::pin(engine.close(Duration::ZERO));
        let since = std::time::Instant::now();
        let mut is_closed = false;
        while !is_closed && since.elapsed() < DEADLINE / 4 {
            // It stops the step in one of its first polls; then the step is let go.
            is_closed = futures::poll!(&mut close).is_ready();
            blocker.release();
            std::thread::yield_now();
        }
        assert!(is_closed);
        let mut ends: Vec<_> = join_all(before).await;
        ends.push(halts.unwrap().await);
        ends.push(after.await);

        let plain = tank.plain();
        let there = |id: i64| -> i64 {
            plain.query_row("SELECT count(*) FROM t WHERE id = ?", [id], |row| row.get(0)).unwrap()
        };
        for (end, id) in ends.into_iter().zip([1, 2, 3, 2000, 5]) {
            assert_eq!(there(id), i64::from(end.is_ok()), "row {id} after {end:?}");
        }
    });
}

#[test]
fn a_first_member_dropped_in_the_wait_for_another_process_leaves_the_others_waiting() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().busy_timeout(DEADLINE).open().await.unwrap();
        fill(&engine, 0).await;
        let other = tank.plain();
        let held = hold(&engine).await;
        let mut work: Vec<_> = (1..=4_i64)
            .map(|n| run_of(engine.execute(sql("INSERT INTO t VALUES (?, 'a')").bind(n))))
            .collect();
        queue(&engine, &mut work);
        // A reader of the old state keeps the lock of the log's end from nobody; a writer does.
        held.rollback().await.unwrap();
        let locked = other.execute_batch("BEGIN IMMEDIATE").is_ok();

        drop(work.remove(0));
        if locked {
            other.execute_batch("COMMIT").unwrap();
        }
        for end in join_all(work).await {
            end.unwrap();
        }

        let left = ids(&engine).await;
        assert!(left == [2, 3, 4] || left == [1, 2, 3, 4], "{left:?}");
    });
}

#[test]
fn dropped_groups_give_the_right_to_write_on() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        for _ in 0..200 {
            let mut work: Vec<_> =
                (0..10).map(|_| engine.execute("INSERT INTO t(name) VALUES ('a')")).collect();
            for one in &mut work {
                crate::support::start(one);
            }
            drop(work);
        }
        let before = count(&engine).await;
        engine.execute("INSERT INTO t(name) VALUES ('last')").await.unwrap();

        assert!(count(&engine).await > before);
        eventually("nobody waits", || engine.status().waiting_to_write == 0);
    });
}
