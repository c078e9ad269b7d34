//! Case 12: what one task, runtime or thread has made is used and dropped on another, or on none.

use std::thread;

use headwater::{AsyncEngine, AsyncResult, sql};

use crate::support::{Tank, count, eventually, fill, start, watched};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

async fn opened(engine: &AsyncEngine) -> AsyncResult {
    let mut result = engine.query(sql("SELECT id FROM t").batch_rows(10)).await.unwrap();
    result.try_next().await.unwrap();
    result
}

/// An engine of one reader, on a table of many rows.
fn engine(tank: &Tank) -> AsyncEngine {
    futures::executor::block_on(async {
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        fill(&engine, 3_000).await;
        engine
    })
}

fn assert_idle(engine: &AsyncEngine) {
    eventually("all is idle", || {
        let status = engine.status();
        status.idle + 1 == status.connections && status.waiting + status.waiting_to_write == 0
    });
    assert_eq!(futures::executor::block_on(count(engine)), 3_000);
    futures::executor::block_on(engine.execute("UPDATE t SET name = name WHERE id = 1")).unwrap();
}

#[test]
fn case_12_a_result_is_dropped_on_a_thread_without_a_runtime() {
    watched(|| {
        let tank = Tank::new();
        let engine = engine(&tank);
        let result = runtime().block_on(opened(&engine));

        thread::spawn(move || drop(result)).join().unwrap();

        assert_idle(&engine);
    });
}

#[test]
fn case_12_a_result_is_read_to_its_end_on_another_runtime_after_its_own_is_gone() {
    watched(|| {
        let tank = Tank::new();
        let engine = engine(&tank);
        let first = runtime();
        let result = first.block_on(async {
            let engine = engine.clone();
            tokio::spawn(async move { opened(&engine).await }).await.unwrap()
        });
        drop(first);

        let rows = smol::block_on(result.all()).unwrap();

        assert_eq!(rows.len(), 2_999);
        assert_idle(&engine);
    });
}

#[test]
fn case_12_transactions_connections_and_snapshots_are_dropped_anywhere() {
    watched(|| {
        let tank = Tank::new();
        let engine = engine(&tank);
        for _ in 0..5 {
            let tx = runtime().block_on(engine.begin()).unwrap();
            smol::block_on(tx.execute("DELETE FROM t")).unwrap();
            let savepoint = futures::executor::block_on(tx.savepoint()).unwrap();
            thread::spawn(move || drop((savepoint, tx))).join().unwrap();

            let snapshot = runtime().block_on(engine.snapshot()).unwrap();
            thread::spawn(move || drop(snapshot)).join().unwrap();

            let connection = smol::block_on(engine.connect()).unwrap();
            runtime().block_on(async move { drop(connection) });
        }

        assert_idle(&engine);
    });
}

#[test]
fn case_12_futures_that_are_under_way_are_dropped_on_another_thread() {
    watched(|| {
        let tank = Tank::new();
        let engine = engine(&tank);
        for _ in 0..20 {
            let mut write = engine.execute("UPDATE t SET name = name");
            start(&mut write);
            let (of_query, of_begin) = (engine.clone(), engine.clone());
            let mut query = Box::pin(async move { of_query.query("SELECT * FROM t").all().await });
            let mut begin = Box::pin(async move { of_begin.begin().await });
            start(&mut query);
            start(&mut begin);
            thread::spawn(move || drop((write, query, begin))).join().unwrap();
        }

        assert_idle(&engine);
    });
}

#[test]
fn case_12_a_runtime_that_ends_drops_its_tasks_and_the_engine_goes_on() {
    watched(|| {
        let tank = Tank::new();
        let engine = engine(&tank);
        let ends = runtime();
        for _ in 0..20 {
            let engine = engine.clone();
            ends.spawn(async move {
                loop {
                    let mut result = engine.query("SELECT id FROM t").await.unwrap();
                    while result.try_next().await.unwrap().is_some() {}
                    let tx = engine.begin().await.unwrap();
                    tx.execute("DELETE FROM t").await.unwrap();
                    drop(tx);
                }
            });
        }
        futures::executor::block_on(count(&engine));

        drop(ends);

        assert_idle(&engine);
    });
}

#[test]
fn case_12_a_result_outlives_its_engine_handle() {
    watched(|| {
        let tank = Tank::new();
        let engine = engine(&tank);
        let result = futures::executor::block_on(opened(&engine));

        drop(engine);

        assert_eq!(futures::executor::block_on(result.all()).unwrap().len(), 2_999);
    });
}

#[test]
fn the_last_handle_is_dropped_in_a_thread_locals_destructor() {
    use std::cell::RefCell;

    thread_local! {
        static LAST: RefCell<Option<(AsyncEngine, AsyncResult)>> = const { RefCell::new(None) };
    }

    watched(|| {
        let tank = Tank::new();
        let engine = engine(&tank);
        let result = futures::executor::block_on(opened(&engine));

        let thread = thread::spawn(move || LAST.set(Some((engine, result))));

        thread.join().unwrap();
        // The files are closed when the last connection is gone: SQLite then removes its log.
        let log = tank.folder().join("test.db-wal");
        eventually("the files are closed", || !log.exists());
    });
}

#[test]
fn a_panic_while_everything_is_held_gives_everything_back() {
    watched(|| {
        let tank = Tank::new();
        let engine = engine(&tank);
        let held = engine.clone();

        let panicked = thread::spawn(move || {
            futures::executor::block_on(async {
                let _result = opened(&held).await;
                let tx = held.begin().await.unwrap();
                tx.execute("DELETE FROM t").await.unwrap();
                panic!("on purpose");
            })
        });

        assert!(panicked.join().is_err());
        assert_idle(&engine);
    });
}
