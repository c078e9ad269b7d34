//! Sweeps of how an engine begins and ends, and case 2: what is never polled.

use std::time::Duration;

use futures::executor::block_on;
use headwater::AsyncEngine;

use super::super::sweep::{Drops, numbers_of_polls, pauses, swept, tell, ways};
use super::{INSERT, INTO, SOME};
use crate::support::{Dropper, Tank, Threads, eventually, open_files, watched};

/// The functions that are swept here.
pub(super) const SWEPT: &[&[&str]] = &[OPEN, CLOSE, DISPOSE];

const OPEN: &[&str] = &["AsyncEngine::open", "EngineBuilder::open"];
const CLOSE: &[&str] = &["AsyncEngine::close"];
const DISPOSE: &[&str] = &["AsyncEngine::dispose"];

const LONG: Duration = Duration::from_secs(20);

/// Nothing of an engine is left in the process.
fn gone(tank: &Tank, threads: &Threads) {
    eventually("no thread is left", || threads.are(0));
    eventually("no file is open", || open_files(&tank.path()) == 0);
}

#[test]
fn open_is_dropped_anywhere() {
    swept(|| {
        let mut drops = Drops::default();
        for (way, patience) in ways() {
            let dropper = Dropper::new(way);
            for pause in pauses(patience) {
                let tank = Tank::new();
                for polls in numbers_of_polls(patience) {
                    let threads = Threads::default();
                    let builder = threads.install(tank.builder().patience(patience));

                    let opened = dropper.drop_after(builder.open(), polls, pause);

                    drops.count(way);
                    let done = opened.map(|engine| block_on(engine.unwrap().close(LONG)).unwrap());
                    gone(&tank, &threads);
                    if done.is_some() {
                        break;
                    }
                    let url = tank.url();
                    drop(dropper.drop_after(AsyncEngine::open(url), polls, pause));
                    drops.count(way);
                }
            }
        }
        tell("open_is_dropped_anywhere", OPEN, drops);
    });
}

/// Drops the end of an engine anywhere; in every other round it has a stream and a transaction to stop.
fn end_is_dropped_anywhere<F>(
    name: &'static str,
    functions: &'static [&'static str],
    end: fn(AsyncEngine, Duration) -> F,
) where
    F: Future<Output = headwater::Result<()>> + Send + 'static,
{
    swept(move || {
        let mut drops = Drops::default();
        for (way, patience) in ways() {
            let dropper = Dropper::new(way);
            for (number, pause) in pauses(patience).enumerate() {
                for polls in numbers_of_polls(patience) {
                    let tank = Tank::new();
                    let threads = Threads::default();
                    let builder = threads.install(tank.builder().patience(patience));
                    let engine = block_on(builder.open()).unwrap();
                    block_on(engine.execute("CREATE TABLE t(a)")).unwrap();
                    let busy = (number % 2 == 1).then(|| {
                        let tx = block_on(engine.begin()).unwrap();
                        block_on(tx.execute("INSERT INTO t VALUES (1)")).unwrap();
                        tx
                    });
                    let deadline = if busy.is_some() { Duration::from_millis(1) } else { LONG };

                    let ended = dropper.drop_after(end(engine.clone(), deadline), polls, pause);

                    drops.count(way);
                    if polls > 0 {
                        let refused = block_on(engine.execute("INSERT INTO t VALUES (2)"));
                        refused.expect_err("nothing new is taken");
                    }
                    // It can be called again, and then it is over.
                    block_on(engine.close(deadline)).unwrap();
                    drop(busy);
                    assert_eq!(engine.status().connections, 0);
                    gone(&tank, &threads);
                    let kept = "SELECT count(*) FROM t";
                    let kept = tank.plain().query_row(kept, [], |row| row.get::<_, i64>(0));
                    assert_eq!(kept.unwrap(), 0);
                    if let Some(ended) = ended {
                        ended.unwrap();
                        break;
                    }
                }
            }
        }
        tell(name, functions, drops);
    });
}

#[test]
fn close_is_dropped_anywhere_and_can_be_called_again() {
    end_is_dropped_anywhere("close_is_dropped_anywhere", CLOSE, |engine, deadline| async move {
        engine.close(deadline).await
    });
}

#[test]
fn dispose_is_dropped_anywhere_and_can_be_called_again() {
    end_is_dropped_anywhere(
        "dispose_is_dropped_anywhere",
        DISPOSE,
        |engine, deadline| async move { engine.dispose(deadline).await },
    );
}

#[test]
fn case_2_what_is_never_polled_starts_no_thread_and_runs_nothing() {
    watched(|| {
        let tank = Tank::new();
        let threads = Threads::default();
        let engine = block_on(threads.install(tank.builder()).open()).unwrap();
        let before = engine.status();

        for _ in 0..100 {
            drop(engine.query(SOME));
            drop(engine.query(SOME).into_future());
            drop(engine.query(SOME).all());
            drop(engine.execute("CREATE TABLE t(a)"));
            drop(engine.execute_many(INTO, [[1]]));
            drop(engine.insert_stream("t", ["name"], [[1]]));
            drop(engine.execute_batch(INSERT));
            drop(engine.connect());
            drop(engine.begin());
            drop(engine.snapshot());
            drop(engine.transaction(async |tx| tx.execute("CREATE TABLE t(a)").await));
            drop(engine.transaction_retry(3, |tx| async move { tx.execute(INSERT).await }));
            drop(engine.close(LONG));
            drop(engine.dispose(LONG));
            drop(tank.builder().open());
        }

        assert_eq!(engine.status(), before);
        assert!(threads.are(before.connections));
        let tables = engine.query("SELECT count(*) FROM sqlite_schema").scalar_one::<i64>();
        assert_eq!(block_on(tables).unwrap(), 0);
    });
}
