//! Sweeps of writes that share a commit: one of them is dropped anywhere, and each of the others is done
//! once, whatever becomes of the transaction that they were in.

use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt as _;
use futures::executor::block_on;
use futures::future::{BoxFuture, join_all};
use headwater::{AsyncEngine, ErrorKind, Result, sql};

use super::super::sweep::{Drops, ROWS, Scene, numbers_of_polls, pauses, swept, tell, ways};
use crate::support::{Blocker, Dropper, Tank, eventually, poll_once, run, start};

/// The functions that are swept here.
pub(super) const SWEPT: &[&[&str]] = &[SWEEPS];

const SWEEPS: &[&str] =
    &["AsyncEngine::execute", "AsyncEngine::query", "Execute", "Query::scalar_one"];

type Member = BoxFuture<'static, Result<()>>;

/// How many others there are, and behind how many of them the one stands that is dropped.
const OTHERS: i64 = 5;
const PLACES: [usize; 3] = [0, 2, 5];

/// The number of the one that is dropped.
const DROPPED: i64 = 99;

/// Inserts its number, which is no key: twice would be seen.
fn insert(engine: &AsyncEngine, number: i64) -> Member {
    let insert = sql("INSERT INTO members VALUES (?)").bind(number);
    engine.execute(insert).map(|done| done.map(drop)).boxed()
}

fn returning(engine: &AsyncEngine, number: i64) -> Member {
    let insert = sql("INSERT INTO members VALUES (?) RETURNING n").bind(number);
    let query = engine.query(insert);
    async move { query.scalar_one::<i64>().await.map(|n| assert_eq!(n, number)) }.boxed()
}

/// Takes long enough to be stopped in its step, which ends the transaction that it is in.
fn long(engine: &AsyncEngine, number: i64) -> Member {
    let long = "INSERT INTO members WITH RECURSIVE n(i) AS
        (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) SELECT ? FROM n WHERE i = 4000";
    engine.execute(sql(long).bind(number)).map(|done| done.map(drop)).boxed()
}

/// Of the others, every second one fails as `text` does, and has no effect.
fn failing(engine: &AsyncEngine, number: i64, text: &'static str) -> Member {
    if number % 2 == 0 {
        return insert(engine, number);
    }
    let fails = engine.execute(sql(text).bind(number));
    async move {
        assert_eq!(fails.await.unwrap_err().kind(), ErrorKind::UniqueViolation);
        Ok(())
    }
    .boxed()
}

/// Drops one of those that wait for the same turn, anywhere; `kept` says which of the others write.
fn group(
    name: &'static str,
    dropped: fn(&AsyncEngine, i64) -> Member,
    other: fn(&AsyncEngine, i64) -> Member,
    kept: fn(i64) -> bool,
) {
    swept(move || {
        let mut drops = Drops::default();
        for (way, patience) in ways() {
            let dropper = Dropper::new(way);
            let scene = Scene::new(1, patience);
            let engine = &scene.engine;
            block_on(engine.execute("CREATE TABLE members(n)")).unwrap();
            for (place, pause) in
                PLACES.iter().flat_map(|place| pauses(patience).map(move |pause| (*place, pause)))
            {
                for polls in numbers_of_polls(patience) {
                    let victim = dropped(engine, DROPPED);
                    let others = (1..=OTHERS).map(|number| other(engine, number)).collect();

                    let drop_it = || dropper.drop_after(victim, polls, pause).map(Result::unwrap);
                    let done = beside_others(engine, place, others, polls > 0, drop_it);

                    drops.count(way);
                    assert_eq!(scene.look(0, false), ROWS);
                    let times_now = |number| block_on(times(engine, number));
                    for number in (1..=OTHERS).filter(|number| kept(*number)) {
                        assert_eq!(times_now(number), 1, "{number}, as {polls} polls were made");
                    }
                    let possible = [0, 1];
                    assert!(possible[usize::from(done)..].contains(&times_now(DROPPED)));
                    assert_eq!(times_now(0), 0, "what failed has left something");
                    block_on(engine.execute("DELETE FROM members")).unwrap();
                    if done {
                        break;
                    }
                }
            }
            scene.end();
        }
        tell(name, SWEEPS, drops);
    });
}

/// Has `place` of the others wait before the one that is dropped, and the rest behind it, while a
/// transaction has their turn; lets them go on as it is dropped, and waits for them. True if what was to
/// be dropped came to its end.
fn beside_others(
    engine: &AsyncEngine,
    place: usize,
    mut others: Vec<Member>,
    submitted: bool,
    drop_it: impl FnOnce() -> Option<()>,
) -> bool {
    let tx = block_on(engine.begin()).unwrap();
    for other in &mut others[..place] {
        poll_once(other);
    }
    let over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let first = place + usize::from(submitted);
            eventually("it waits behind the first, or is gone", || {
                engine.status().waiting_to_write >= first || over.load(Ordering::SeqCst)
            });
            others[place..].iter_mut().for_each(start);
            block_on(tx.commit()).unwrap();
            for end in block_on(join_all(others)) {
                end.unwrap();
            }
        });
        let done = drop_it();
        over.store(true, Ordering::SeqCst);
        done.is_some()
    })
}

/// How often a number was inserted.
async fn times(engine: &AsyncEngine, number: i64) -> i64 {
    let count = sql("SELECT count(*) FROM members WHERE n = ?").bind(number);
    engine.query(count).scalar_one().await.unwrap()
}

#[test]
fn a_member_is_dropped_anywhere_and_the_others_are_done_once() {
    group("a_member_is_dropped_anywhere", insert, insert, |_| true);
}

#[test]
fn a_member_with_rows_is_dropped_anywhere_and_the_others_are_done_once() {
    group("a_member_with_rows_is_dropped_anywhere", returning, returning, |_| true);
}

#[test]
fn a_long_member_is_dropped_in_its_step_and_the_others_are_done_once() {
    group("a_long_member_is_dropped_anywhere", long, insert, |_| true);
}

#[test]
fn a_member_is_dropped_beside_those_that_fail() {
    let name = "a_member_is_dropped_beside_those_that_fail";
    let other = |engine: &AsyncEngine, number| {
        failing(engine, number, "INSERT INTO t SELECT 1, 'fails' FROM t WHERE id <= ?")
    };
    group(name, insert, other, |number| number % 2 == 0);
}

#[test]
fn a_member_is_dropped_beside_those_that_roll_the_transaction_back() {
    let name = "a_member_is_dropped_beside_those_that_roll_back";
    let other = |engine: &AsyncEngine, number| {
        failing(engine, number, "INSERT OR ROLLBACK INTO t SELECT 1, 'fails' FROM t WHERE id <= ?")
    };
    group(name, insert, other, |number| number % 2 == 0);
}

#[test]
fn a_member_is_dropped_while_its_step_does_not_look_and_the_others_are_done_once() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let engine = blocker.install(tank.builder()).open().await.unwrap();
        engine.execute("CREATE TABLE members(n)").await.unwrap();
        for round in 0..20 {
            let tx = engine.begin().await.unwrap();
            let mut before = insert(&engine, 1);
            let mut blocks = engine.execute("INSERT INTO members SELECT 98 + halt()");
            let mut behind = insert(&engine, 2);
            poll_once(&mut before);
            poll_once(&mut blocks);
            poll_once(&mut behind);

            tx.commit().await.unwrap();
            blocker.wait();
            drop(blocks);
            blocker.release();
            before.await.unwrap();
            behind.await.unwrap();

            let once = (times(&engine, 1).await, times(&engine, 2).await);
            assert_eq!(once, (1, 1), "in round {round}");
            assert!(times(&engine, DROPPED).await <= 1);
            engine.execute("DELETE FROM members").await.unwrap();
        }
    });
}

#[test]
fn a_member_whose_rows_are_not_taken_keeps_no_other_writer_waiting() {
    run(async {
        let tank = Tank::new();
        let builder = tank.builder().spill_memory(64 << 10).batch_bytes(16 << 10);
        let engine = builder.open().await.unwrap();
        engine.execute("CREATE TABLE members(n)").await.unwrap();
        let tx = engine.begin().await.unwrap();
        let large = "INSERT INTO members WITH RECURSIVE n(i) AS
            (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i FROM n
            RETURNING n, printf('%0100d', n)";
        let mut first = insert(&engine, -1);
        let mut large = Box::pin(engine.query(large).all());
        let mut behind = insert(&engine, -2);
        poll_once(&mut first);
        poll_once(&mut large);
        poll_once(&mut behind);

        // They share a turn, and nobody reads what the large one gives until all others are done.
        tx.commit().await.unwrap();
        first.await.unwrap();
        behind.await.unwrap();
        insert(&engine, -3).await.unwrap();

        assert_eq!(large.await.unwrap().len(), 20_000);
        assert_eq!(times(&engine, -3).await, 1);
    });
}
