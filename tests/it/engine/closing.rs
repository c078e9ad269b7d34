//! `close`: final, repeatable, bounded by its deadline, and over when the last file is closed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::poll;
use headwater::{AsyncEngine, Clock, ErrorKind};

use super::{ENDLESS, PATIENCE, assert_closed, count, eventually_closed, with_wait};
use crate::support::{Tank, eventually, run};

#[test]
fn close_returns_when_the_last_file_is_closed() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;
        let held = [engine.connect().await.unwrap(), engine.connect().await.unwrap()];
        for connection in &held {
            connection.query("SELECT count(*) FROM t").scalar_one::<i64>().await.unwrap();
        }
        drop(held);

        engine.close(PATIENCE).await.unwrap();

        assert_closed(&tank.path());
        assert_eq!(engine.status().connections, 0);
    });
}

#[test]
fn close_empties_the_write_ahead_log() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;

        engine.close(PATIENCE).await.unwrap();

        let left: Vec<_> =
            std::fs::read_dir(tank.folder()).unwrap().flatten().map(|f| f.file_name()).collect();
        assert_eq!(left, ["test.db"]);
    });
}

#[test]
fn close_is_final() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        engine.close(PATIENCE).await.unwrap();

        let errors = [
            engine.query("SELECT 1").all().await.unwrap_err(),
            engine.query("SELECT 1").await.unwrap_err(),
            engine.query("SELECT 1").scalars::<i64>().first().await.unwrap_err(),
            engine.execute("INSERT INTO t VALUES (2, 'two')").await.unwrap_err(),
            engine.execute_many("INSERT INTO t VALUES (?, ?)", [(2, "two")]).await.unwrap_err(),
            engine.insert_stream("t", ["id", "name"], [(2, "two")]).await.unwrap_err(),
            engine.execute_batch("SELECT 1").await.unwrap_err(),
            engine.connect().await.unwrap_err(),
            engine.begin().await.unwrap_err(),
            engine.snapshot().await.unwrap_err(),
            engine.transaction(async |_| Ok(())).await.unwrap_err(),
            engine.transaction_retry(3, |_| async { Ok(()) }).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Closed, "{error:?}");
        }
        assert_closed(&tank.path());
    });
}

#[test]
fn close_may_be_called_again_and_at_once() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        let (one, two) = futures::join!(engine.close(PATIENCE), engine.close(PATIENCE));
        one.unwrap();
        two.unwrap();
        engine.close(Duration::ZERO).await.unwrap();

        assert_closed(&tank.path());
    });
}

#[test]
fn dispose_is_close() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        engine.dispose(PATIENCE).await.unwrap();

        assert_closed(&tank.path());
        assert_eq!(engine.query("SELECT 1").all().await.unwrap_err().kind(), ErrorKind::Closed);
        engine.close(PATIENCE).await.unwrap();
    });
}

#[test]
fn to_close_one_clone_is_to_close_all() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        let clone = engine.clone();

        clone.close(PATIENCE).await.unwrap();

        assert_eq!(engine.query("SELECT 1").all().await.unwrap_err().kind(), ErrorKind::Closed);
        assert_closed(&tank.path());
    });
}

#[test]
fn close_lets_what_runs_come_to_its_end() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let engine = tank.builder().clock(clock).open().await.unwrap();
        crate::support::fill(&engine, 5_000).await;
        let mut result = engine.query("SELECT id FROM t").await.unwrap();
        let tx = engine.begin().await.unwrap();
        let mut close = Box::pin(engine.close(PATIENCE));
        assert!(poll!(&mut close).is_pending());

        let mut rows = 0;
        while result.try_next().await.unwrap().is_some() {
            rows += 1;
        }
        tx.execute("INSERT INTO t VALUES (9000, 'late')").await.unwrap();
        tx.commit().await.unwrap();

        close.await.unwrap();
        assert_eq!(rows, 5_000);
        assert_closed(&tank.path());
        assert_eq!(count(&tank.engine().await).await, 5_001);
    });
}

#[test]
fn close_refuses_new_work_while_it_waits() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        let held = engine.connect().await.unwrap();
        let mut close = Box::pin(engine.close(PATIENCE));
        assert!(poll!(&mut close).is_pending());

        let error = engine.query("SELECT 1").all().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Closed);
        drop(held);
        close.await.unwrap();
    });
}

#[test]
fn close_stops_an_open_stream_at_its_deadline() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let engine = tank.builder().clock(clock.clone()).open().await.unwrap();
        let mut result = engine.query(ENDLESS).await.unwrap();
        assert!(result.try_next().await.unwrap().is_some());
        let mut close = Box::pin(engine.close(PATIENCE));
        assert!(poll!(&mut close).is_pending());

        clock.advance(PATIENCE);
        close.await.unwrap();

        assert_closed(&tank.path());
        let end = loop {
            match result.try_next().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("a stopped stream came to a clean end"),
                Err(error) => break error,
            }
        };
        assert_eq!(end.kind(), ErrorKind::Closed);
    });
}

#[test]
fn close_stops_a_statement_inside_its_step() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let engine = tank.builder().clock(clock.clone()).open().await.unwrap();
        let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        let mut sum = Box::pin(engine.query(numbers).scalar_one::<i64>());
        assert!(poll!(&mut sum).is_pending());
        let mut close = Box::pin(engine.close(PATIENCE));
        assert!(poll!(&mut close).is_pending());

        clock.advance(PATIENCE);
        close.await.unwrap();

        assert_closed(&tank.path());
        assert_eq!(sum.await.unwrap_err().kind(), ErrorKind::Closed);
    });
}

#[test]
fn close_rolls_an_open_transaction_back_at_its_deadline() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let engine = tank.builder().clock(clock.clone()).open().await.unwrap();
        crate::support::fill(&engine, 1).await;
        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO t VALUES (2, 'two')").await.unwrap();
        let mut close = Box::pin(engine.close(PATIENCE));
        assert!(poll!(&mut close).is_pending());

        clock.advance(PATIENCE);
        close.await.unwrap();

        assert_eq!(tx.commit().await.unwrap_err().kind(), ErrorKind::Closed);
        assert_closed(&tank.path());
        assert_eq!(count(&tank.engine().await).await, 1);
    });
}

#[test]
fn close_ends_held_connections_and_snapshots_at_its_deadline() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let engine = tank.builder().clock(clock.clone()).open().await.unwrap();
        let connection = engine.connect().await.unwrap();
        let snapshot = engine.snapshot().await.unwrap();
        let mut close = Box::pin(engine.close(PATIENCE));
        assert!(poll!(&mut close).is_pending());

        clock.advance(PATIENCE);
        close.await.unwrap();

        assert_closed(&tank.path());
        let error = connection.query("SELECT 1").all().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Closed);
        let error = snapshot.query("SELECT 1").all().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Closed);
        drop((connection, snapshot));
    });
}

#[test]
fn close_tells_those_who_wait_for_a_connection_at_once() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let engine = tank.builder().max_connections(1).clock(clock).open().await.unwrap();
        let held = engine.connect().await.unwrap();
        let mut query = Box::pin(engine.query("SELECT 1").scalar_one::<i64>());
        let mut connect = Box::pin(engine.connect());
        assert!(poll!(&mut query).is_pending() && poll!(&mut connect).is_pending());
        assert_eq!(engine.status().waiting, 2);
        let mut close = Box::pin(engine.close(PATIENCE));

        assert!(poll!(&mut close).is_pending());

        assert_eq!(query.await.unwrap_err().kind(), ErrorKind::Closed);
        assert_eq!(connect.await.unwrap_err().kind(), ErrorKind::Closed);
        drop(held);
        close.await.unwrap();
    });
}

#[test]
fn close_tells_those_who_wait_to_write_at_once() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let engine = tank.builder().clock(clock).open().await.unwrap();
        crate::support::fill(&engine, 1).await;
        let tx = engine.begin().await.unwrap();
        let mut insert = engine.execute("INSERT INTO t VALUES (2, 'two')");
        let mut begin = Box::pin(engine.begin());
        assert!(poll!(&mut insert).is_pending() && poll!(&mut begin).is_pending());
        eventually("both wait", || engine.status().waiting_to_write == 2);
        let mut close = Box::pin(engine.close(PATIENCE));

        assert!(poll!(&mut close).is_pending());

        assert_eq!(insert.await.unwrap_err().kind(), ErrorKind::Closed);
        assert_eq!(begin.await.unwrap_err().kind(), ErrorKind::Closed);
        tx.commit().await.unwrap();
        close.await.unwrap();
    });
}

#[test]
fn close_says_so_when_a_connection_does_not_end() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let (builder, go) = with_wait(tank.builder().clock(clock.clone()));
        let engine = builder.open().await.unwrap();
        let mut stuck = Box::pin(engine.query("SELECT wait(1)").scalar_one::<i64>());
        assert!(poll!(&mut stuck).is_pending());
        let mut close = Box::pin(engine.close(PATIENCE));
        assert!(poll!(&mut close).is_pending());

        clock.advance(PATIENCE);
        assert!(poll!(&mut close).is_pending());
        clock.advance(PATIENCE);
        let error = close.await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(error.to_string().contains("do not end"), "{error}");
        drop(go);
        eventually_closed(&tank.path());
        engine.close(PATIENCE).await.unwrap();
        assert_eq!(stuck.await.unwrap_err().kind(), ErrorKind::Closed);
    });
}

#[test]
fn a_deadline_of_zero_stops_what_runs() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        let _result = engine.query(ENDLESS).await.unwrap();

        engine.close(Duration::ZERO).await.unwrap();

        assert_closed(&tank.path());
    });
}

#[test]
fn a_dropped_close_goes_on_closing() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        let held = engine.connect().await.unwrap();
        let mut close = Box::pin(engine.close(PATIENCE));
        assert!(poll!(&mut close).is_pending());

        drop(close);

        assert_eq!(engine.query("SELECT 1").all().await.unwrap_err().kind(), ErrorKind::Closed);
        held.query("SELECT 1").all().await.unwrap();
        drop(held);
        eventually_closed(&tank.path());
    });
}

#[test]
fn a_close_that_was_never_polled_closes_nothing() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        drop(engine.close(PATIENCE));

        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn the_threads_of_an_engine_are_gone_when_it_is_closed() {
    run(async {
        let tank = Tank::new();
        let names = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&names);
        let hook = move |_: &mut rusqlite::Connection| {
            seen.lock().unwrap().push(std::thread::current().name().unwrap().to_owned());
            Ok(())
        };
        let engine = tank.builder().on_connect(hook).open().await.unwrap();
        crate::support::fill(&engine, 10).await;
        let held = [engine.connect().await.unwrap(), engine.connect().await.unwrap()];
        assert_eq!(engine.status().connections, names.lock().unwrap().len());
        drop(held);

        engine.close(PATIENCE).await.unwrap();

        assert_eq!(engine.status().connections, 0);
        let names = names.lock().unwrap().clone();
        assert!(names.len() >= 3);
        eventually("the threads are gone", || threads().iter().all(|name| !names.contains(name)));
    });
}

/// The names of this process's threads, where they can be known.
fn threads() -> Vec<String> {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return Vec::new();
    };
    let names =
        tasks.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.map(|name| name.trim_end().to_owned()).collect()
}

#[test]
fn an_engine_is_opened_and_closed_many_times() {
    run(async {
        let tank = Tank::new();
        for turn in 0..50 {
            let engine = AsyncEngine::open(tank.url()).await.unwrap();
            engine.execute("CREATE TABLE IF NOT EXISTS t(a)").await.unwrap();
            engine.execute("INSERT INTO t VALUES (1)").await.unwrap();
            assert_eq!(count(&engine).await, turn + 1);
            engine.close(PATIENCE).await.unwrap();
            assert_closed(&tank.path());
        }
    });
}
