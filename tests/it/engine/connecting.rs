//! Waiting for a connection, counting them, and connections that fail to open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::poll;
use headwater::{Clock, EngineBuilder, ErrorKind};

use super::{ENDLESS, PATIENCE};
use crate::support::{Tank, eventually, fill, run};

#[test]
fn a_new_engine_has_one_connection_without_work() {
    run(async {
        let tank = Tank::new();

        let engine = tank.engine().await;

        let status = engine.status();
        assert_eq!((status.connections, status.idle), (1, 1));
        assert_eq!((status.waiting, status.waiting_to_write), (0, 0));
    });
}

#[test]
fn the_status_counts_what_is_held_and_what_is_idle() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;

        let one = engine.connect().await.unwrap();
        let two = engine.connect().await.unwrap();
        assert_eq!((engine.status().connections, engine.status().idle), (2, 0));

        drop(one);
        eventually("one is idle", || engine.status().idle == 1);
        drop(two);
        eventually("both are idle", || engine.status().idle == 2);
        assert_eq!(engine.status().connections, 2);
    });
}

#[test]
fn the_connection_that_writes_comes_in_addition() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        fill(&engine, 1).await;
        let insert = "INSERT INTO t(name) VALUES ('more')";
        engine.execute(insert).await.unwrap();

        // Whoever reads does not hold up who writes, however few may read.
        let _held = engine.connect().await.unwrap();
        engine.execute(insert).await.unwrap();
        engine.begin().await.unwrap().commit().await.unwrap();

        assert_eq!(engine.status().connections, 2);
    });
}

#[test]
fn connections_are_used_again() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(2).open().await.unwrap();
        fill(&engine, 10).await;

        for _ in 0..100 {
            engine.query("SELECT count(*) FROM t").scalar_one::<i64>().await.unwrap();
            drop(engine.connect().await.unwrap());
            drop(engine.begin().await.unwrap());
        }

        assert!(engine.status().connections <= 3, "two that read and the one that writes");
        eventually("all are idle", || engine.status().idle + 1 == engine.status().connections);
    });
}

#[test]
fn an_open_result_keeps_its_connection_and_a_finished_one_does_not() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();

        let mut result = engine.query("SELECT value FROM json_each('[1, 2]')").await.unwrap();
        while result.try_next().await.unwrap().is_some() {}
        engine.query("SELECT 1").all().await.unwrap();
        drop(result);
        let dropped = engine.query(ENDLESS).await.unwrap();
        drop(dropped);
        engine.query("SELECT 1").all().await.unwrap();

        assert_eq!(engine.status().connections, 1);
    });
}

#[test]
fn a_wait_for_a_connection_ends_with_a_pool_timeout() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let limit = Duration::from_secs(3);
        let builder = tank.builder().max_connections(1).acquire_timeout(limit).clock(clock.clone());
        let engine = builder.open().await.unwrap();
        let held = engine.query(ENDLESS).await.unwrap();
        let mut query = Box::pin(engine.query("SELECT 1").scalar_one::<i64>());
        assert!(poll!(&mut query).is_pending());
        clock.advance(Duration::from_millis(2_999));
        assert!(poll!(&mut query).is_pending());
        assert_eq!(engine.status().waiting, 1);

        clock.advance(Duration::from_millis(1));
        let error = query.await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::PoolTimeout);
        let said = error.to_string();
        assert!(said.contains("3s") && said.contains("`acquire_timeout`"), "{said}");
        assert!(said.contains("the 1 there may be (`max_connections`)"), "{said}");
        assert!(said.contains(ENDLESS) && said.contains("connecting.rs:106:27"), "{said}");
        assert_eq!(engine.status().waiting, 0);
        drop(held);
        assert_eq!(engine.query("SELECT 1").scalar_one::<i64>().await.unwrap(), 1);
    });
}

#[test]
fn the_default_wait_for_a_connection_is_thirty_seconds() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let engine = tank.builder().max_connections(1).clock(clock.clone()).open().await.unwrap();
        let _held = engine.connect().await.unwrap();
        let mut query = Box::pin(engine.query("SELECT 1").scalar_one::<i64>());
        assert!(poll!(&mut query).is_pending());

        clock.advance(Duration::from_millis(29_999));
        assert!(poll!(&mut query).is_pending());
        clock.advance(Duration::from_millis(1));

        assert_eq!(query.await.unwrap_err().kind(), ErrorKind::PoolTimeout);
    });
}

#[test]
fn those_who_wait_are_served_in_their_order() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        let held = engine.connect().await.unwrap();
        let mut first = Box::pin(engine.connect());
        let mut second = Box::pin(engine.connect());
        assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());

        drop(held);
        let held = first.await.unwrap();

        assert!(poll!(&mut second).is_pending());
        drop(held);
        second.await.unwrap();
    });
}

#[test]
fn one_who_gives_up_waiting_passes_the_turn_on() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        let held = engine.connect().await.unwrap();
        let mut first = Box::pin(engine.connect());
        let mut second = Box::pin(engine.connect());
        assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());

        drop(first);
        assert_eq!(engine.status().waiting, 1);
        drop(held);

        second.await.unwrap();
    });
}

#[test]
fn a_wait_to_write_ends_as_busy() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let engine = tank.builder().clock(clock.clone()).open().await.unwrap();
        fill(&engine, 1).await;
        let tx = engine.begin().await.unwrap();
        let mut insert = engine.execute("INSERT INTO t VALUES (2, 'two')");
        assert!(poll!(&mut insert).is_pending());
        eventually("it waits", || engine.status().waiting_to_write == 1);

        clock.advance(Duration::from_secs(30));
        let error = insert.await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Busy);
        assert!(error.to_string().contains("`acquire_timeout`"), "{error}");
        tx.commit().await.unwrap();
        engine.execute("INSERT INTO t VALUES (2, 'two')").await.unwrap();
    });
}

#[test]
fn two_engines_on_one_file_take_turns_to_write() {
    run(async {
        let tank = Tank::new();
        let one = tank.filled(1).await;
        let two = tank.engine().await;
        let tx = one.begin().await.unwrap();
        let mut insert = two.execute("INSERT INTO t VALUES (2, 'two')");
        assert!(poll!(&mut insert).is_pending());
        eventually("it waits at the gate", || two.status().waiting_to_write == 1);

        tx.commit().await.unwrap();

        assert_eq!(insert.await.unwrap().rows_affected(), 1);
    });
}

/// A hook that fails, panics or does nothing, as it is told.
#[derive(Default)]
struct Mood {
    fails: AtomicBool,
    panics: AtomicBool,
    calls: AtomicUsize,
}

fn with_mood(builder: EngineBuilder) -> (EngineBuilder, Arc<Mood>) {
    let mood = Arc::new(Mood::default());
    let told = Arc::clone(&mood);
    let builder = builder.on_connect(move |_| {
        told.calls.fetch_add(1, Ordering::SeqCst);
        assert!(!told.panics.load(Ordering::SeqCst), "the hook is in a bad mood");
        match told.fails.load(Ordering::SeqCst) {
            true => Err(rusqlite::Error::InvalidParameterName("the hook's own words".to_owned())),
            false => Ok(()),
        }
    });
    (builder, mood)
}

#[test]
fn a_failing_on_connect_fails_the_opening_once() {
    run(async {
        let tank = Tank::new();
        let (builder, mood) = with_mood(tank.builder());
        mood.fails.store(true, Ordering::SeqCst);

        let error = builder.open().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::CannotOpen);
        let said = error.to_string();
        assert!(said.contains("`on_connect`") && said.contains("the hook's own words"), "{said}");
        assert_eq!(mood.calls.load(Ordering::SeqCst), 1);
        super::eventually_closed(&tank.path());
    });
}

#[test]
fn a_failing_on_connect_fails_who_needed_the_connection_and_heals() {
    run(async {
        let tank = Tank::new();
        let (builder, mood) = with_mood(tank.builder().max_connections(2));
        let engine = builder.open().await.unwrap();
        let held = engine.connect().await.unwrap();
        mood.fails.store(true, Ordering::SeqCst);

        for _ in 0..200 {
            let error = engine.query("SELECT 1").all().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::CannotOpen);
            assert!(error.to_string().contains("the hook's own words"), "{error}");
            let error = engine.begin().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::CannotOpen);
        }
        mood.fails.store(false, Ordering::SeqCst);

        engine.query("SELECT 1").all().await.unwrap();
        drop(engine.begin().await.unwrap());
        engine.execute("CREATE TABLE t(a)").await.unwrap();
        drop(held);
        engine.close(PATIENCE).await.unwrap();
        super::assert_closed(&tank.path());
    });
}

#[test]
fn a_failing_on_connect_leaves_the_bound_on_connections_as_it_was() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let (builder, mood) = with_mood(tank.builder().max_connections(2).clock(clock.clone()));
        let engine = builder.open().await.unwrap();
        let _one = engine.connect().await.unwrap();
        mood.fails.store(true, Ordering::SeqCst);
        for _ in 0..100 {
            engine.connect().await.unwrap_err();
            engine.begin().await.unwrap_err();
        }
        mood.fails.store(false, Ordering::SeqCst);

        let _two = engine.connect().await.unwrap();
        let mut three = Box::pin(engine.connect());

        assert!(poll!(&mut three).is_pending());
        clock.advance(Duration::from_secs(30));
        assert_eq!(three.await.unwrap_err().kind(), ErrorKind::PoolTimeout);
    });
}

#[test]
fn a_panicking_on_connect_is_an_error_of_the_opening() {
    run(async {
        let tank = Tank::new();
        let (builder, mood) = with_mood(tank.builder());
        mood.panics.store(true, Ordering::SeqCst);

        let error = builder.open().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Panicked);
        assert!(error.to_string().contains("`on_connect`"), "{error}");
        assert_eq!(mood.calls.load(Ordering::SeqCst), 1);
        super::eventually_closed(&tank.path());
    });
}

#[test]
fn a_panicking_on_connect_fails_who_needed_the_connection_and_heals() {
    run(async {
        let tank = Tank::new();
        let (builder, mood) = with_mood(tank.builder());
        let engine = builder.open().await.unwrap();
        let _held = engine.connect().await.unwrap();
        mood.panics.store(true, Ordering::SeqCst);

        assert_eq!(engine.connect().await.unwrap_err().kind(), ErrorKind::Panicked);
        assert_eq!(engine.begin().await.unwrap_err().kind(), ErrorKind::Panicked);
        mood.panics.store(false, Ordering::SeqCst);

        engine.connect().await.unwrap();
        engine.execute("CREATE TABLE t(a)").await.unwrap();
    });
}

#[test]
fn hooks_run_in_their_order_on_every_connection() {
    run(async {
        let tank = Tank::new();
        let first = |c: &mut rusqlite::Connection| {
            c.execute_batch("CREATE TEMP TABLE steps(n); INSERT INTO steps VALUES (1)")
        };
        let second = |c: &mut rusqlite::Connection| c.execute_batch("INSERT INTO steps VALUES (2)");
        let engine = tank.builder().on_connect(first).on_connect(second).open().await.unwrap();

        for _ in 0..2 {
            let connection = engine.connect().await.unwrap();
            let steps: Vec<i64> =
                connection.query("SELECT n FROM steps").scalars().all().await.unwrap();
            assert_eq!(steps, [1, 2]);
        }
        let tx = engine.begin().await.unwrap();
        let steps: Vec<i64> = tx.query("SELECT n FROM steps").scalars().all().await.unwrap();
        assert_eq!(steps, [1, 2]);
    });
}
