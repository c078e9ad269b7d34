//! Runs scenarios through schedules, and what the scenarios share.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use headwater::{AsyncEngine, Clock, EngineBuilder, Executor, Result, sql};
use shuttle::future::block_on;
use shuttle::scheduler::{
    PctScheduler, RandomScheduler, ReplayScheduler, Scheduler,
    UncontrolledNondeterminismCheckScheduler,
};
use shuttle::thread;

/// So many schedules of each kind are run unless `HEADWATER_SCHEDULES` says another number.
const SCHEDULES: usize = 500;

/// So many are run again, to see that they do the same.
const REPEATED: usize = 10;

/// How often a schedule of the second kind changes its mind about who goes first.
const CHANGES: usize = 3;

/// Runs a scenario through many schedules: at each step any thread goes on, or, of the other kind, the
/// most important one, and which that is changes now and then.
pub(crate) fn explore(scenario: fn()) {
    if let Ok(file) = std::env::var("HEADWATER_SCHEDULE") {
        run(ReplayScheduler::new_from_file(file).unwrap(), scenario);
        return;
    }
    let wished = std::env::var("HEADWATER_SCHEDULES").ok();
    let schedules = wished.map_or(SCHEDULES, |number| number.parse().unwrap());

    let random = run(RandomScheduler::new(schedules), scenario);
    let ranked = run(PctScheduler::new(CHANGES, schedules), scenario);
    // Run twice each: a schedule that did something else the second time could not be replayed.
    run(UncontrolledNondeterminismCheckScheduler::new(RandomScheduler::new(REPEATED)), scenario);

    let thread = std::thread::current();
    let test = thread.name().unwrap_or_default();
    println!("shuttle: {test}: {random} random and {ranked} ranked schedules");
}

fn run(scheduler: impl Scheduler + 'static, scenario: fn()) -> usize {
    let mut config = shuttle::Config::new();
    config.stack_size = 1 << 20;
    config.silence_warnings = true;
    shuttle::Runner::new(scheduler, config).run(scenario)
}

/// A database in memory with an empty table; no time passes by itself.
pub(crate) fn pond(connections: usize) -> AsyncEngine {
    open(AsyncEngine::builder("sqlite::memory:").max_connections(connections), &Clock::manual())
}

pub(crate) fn open(builder: EngineBuilder, clock: &Clock) -> AsyncEngine {
    block_on(async {
        let engine = builder.clock(clock.clone()).batch_rows(2).open().await.unwrap();
        engine
            .execute("CREATE TABLE IF NOT EXISTS t(worker INTEGER, number INTEGER)")
            .await
            .unwrap();
        engine
    })
}

/// Fills the table with rows of worker 0.
pub(crate) fn fill(engine: &AsyncEngine, rows: i64) {
    let numbers = (0..rows).map(|number| (0, number));
    block_on(engine.execute_many("INSERT INTO t VALUES (?, ?)", numbers)).unwrap();
}

pub(crate) async fn insert(db: &impl Executor, worker: i64, number: i64) -> Result<()> {
    db.execute(sql("INSERT INTO t VALUES (?, ?)").bind(worker).bind(number)).await.map(drop)
}

/// The numbers of one worker's rows, in the order in which they were written.
pub(crate) fn numbers(engine: &AsyncEngine, worker: i64) -> Vec<i64> {
    let text = "SELECT number FROM t WHERE worker = ? ORDER BY rowid";
    block_on(engine.query(sql(text).bind(worker)).scalars().all()).unwrap()
}

/// Shows that nothing is held: every connection and the right to write can be had at once, and the
/// engine closes by itself.
pub(crate) fn all_is_back(engine: &AsyncEngine, connections: usize) {
    block_on(async {
        let mut leases = Vec::new();
        for _ in 0..connections {
            leases.push(engine.connect().await.unwrap());
        }
        let tx = engine.begin().await.unwrap();
        insert(&tx, -1, 0).await.unwrap();
        tx.rollback().await.unwrap();
        drop(leases);
        engine.close(Duration::from_secs(60)).await.unwrap();
    });
    let status = engine.status();
    assert_eq!((status.connections, status.waiting, status.waiting_to_write), (0, 0, 0));
}

/// Starts a thread that drives a future.
pub(crate) fn task<F>(future: F) -> thread::JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    thread::spawn(move || block_on(future))
}

/// Polls a future so many times, whether it was woken or not, and drops it: its output, if it came to that.
pub(crate) fn poll_and_drop<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future: Pin<Box<F>> = Box::pin(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        thread::yield_now();
    }
    None
}
