//! Case 63: connections that fail to open, or never end to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use futures::future::join_all;
use futures::poll;
use headwater::{Clock, EngineBuilder, ErrorKind};

use crate::support::{DEADLINE, Tank, eventually, fill, open_files, poll_once, run};

const LIMIT: Duration = Duration::from_secs(10);

/// A hook that hangs while it is told to.
#[derive(Clone, Default)]
struct Gate {
    inner: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    shut: bool,
    entered: usize,
}

impl Gate {
    fn install(&self, builder: EngineBuilder) -> EngineBuilder {
        let gate = self.clone();
        builder.on_connect(move |_| {
            let (state, changed) = &*gate.inner;
            let mut state = state.lock().unwrap();
            state.entered += 1;
            let (_state, late) =
                changed.wait_timeout_while(state, DEADLINE, |state| state.shut).unwrap();
            assert!(!late.timed_out(), "the hook hangs for ever");
            Ok(())
        })
    }

    fn shut(&self) {
        self.inner.0.lock().unwrap().shut = true;
    }

    fn open(&self) {
        self.inner.0.lock().unwrap().shut = false;
        self.inner.1.notify_all();
    }

    fn entered(&self) -> usize {
        self.inner.0.lock().unwrap().entered
    }
}

#[test]
fn case_63_a_connection_that_hangs_is_given_up_and_its_slot_comes_back() {
    run(async {
        let tank = Tank::new();
        let (gate, clock) = (Gate::default(), Clock::manual());
        let builder = gate.install(tank.builder()).clock(clock.clone()).connect_timeout(LIMIT);
        let engine = builder.max_connections(2).acquire_timeout(LIMIT * 5).open().await.unwrap();
        fill(&engine, 3).await;
        let held = engine.connect().await.unwrap();
        gate.shut();
        let mut waits = Box::pin(engine.connect());
        assert!(poll!(&mut waits).is_pending());
        let before = gate.entered();
        eventually("its hook hangs", || gate.entered() >= before.max(3));

        // Those who have a connection go on, and so does who writes.
        held.query("SELECT 1").all().await.unwrap();
        engine.execute("DELETE FROM t WHERE id = 1").await.unwrap();
        clock.advance(LIMIT);
        let error = waits.await.map(drop).unwrap_err();
        gate.open();

        assert_eq!(error.kind(), ErrorKind::CannotOpen);
        let said = error.to_string();
        assert!(
            said.contains("10s (`connect_timeout`)") && said.contains("`on_connect`"),
            "{said}"
        );
        let again = engine.connect().await.unwrap();
        again.query("SELECT 1").all().await.unwrap();
        // The one that opened too late is closed.
        eventually("it is closed", || engine.status().connections == 3);
        drop((held, again));
        eventually("both are idle", || engine.status().idle == 2);
        engine.close(DEADLINE / 4).await.unwrap();
        assert_eq!(open_files(&tank.path()), 0);
    });
}

#[test]
fn case_63_hung_connections_are_bounded_in_number() {
    run(async {
        let tank = Tank::new();
        let (gate, clock) = (Gate::default(), Clock::manual());
        let builder = gate.install(tank.builder()).clock(clock.clone()).connect_timeout(LIMIT);
        let engine = builder.max_connections(3).acquire_timeout(LIMIT * 2).open().await.unwrap();
        let held = engine.connect().await.unwrap();
        gate.shut();

        for _ in 0..30 {
            let mut waits: Vec<_> = (0..10).map(|_| Box::pin(engine.connect())).collect();
            waits.iter_mut().for_each(poll_once);
            clock.advance(LIMIT);
            clock.advance(LIMIT);
            clock.advance(LIMIT);
            for end in join_all(waits).await {
                let kind = end.map(drop).unwrap_err().kind();
                assert!(matches!(kind, ErrorKind::CannotOpen | ErrorKind::PoolTimeout), "{kind:?}");
            }
            // As many as there may be hang, and as many as there may be wait to open.
            assert!(engine.status().connections <= 6, "{:?}", engine.status());
        }
        held.query("SELECT 1").all().await.unwrap();
        gate.open();

        let mut more = Vec::new();
        for _ in 0..2 {
            more.push(engine.connect().await.unwrap());
        }
        eventually("those that were late are closed", || engine.status().connections == 3);
        drop((held, more));
        engine.close(DEADLINE / 4).await.unwrap();
        assert_eq!(open_files(&tank.path()), 0);
    });
}

#[test]
fn case_63_a_hung_connection_for_the_writer_does_not_keep_others_from_writing_for_ever() {
    run(async {
        let tank = Tank::new();
        let (gate, clock) = (Gate::default(), Clock::manual());
        let builder = gate.install(tank.builder()).clock(clock.clone()).connect_timeout(LIMIT);
        let engine = builder.acquire_timeout(LIMIT * 5).open().await.unwrap();
        let reader = engine.connect().await.unwrap();
        gate.shut();
        let mut first = engine.execute("CREATE TABLE t(a)");
        poll_once(&mut first);
        eventually("its hook hangs", || gate.entered() == 2);
        let mut second = engine.execute("CREATE TABLE u(a)");
        poll_once(&mut second);
        let mut third = engine.execute("CREATE TABLE v(a)");
        poll_once(&mut third);

        clock.advance(LIMIT);
        let error = first.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CannotOpen);
        assert!(error.to_string().contains("`connect_timeout`"), "{error}");
        // The next has a connection opened for it, which hangs as well.
        eventually("the next hangs", || gate.entered() == 3);
        reader.query("SELECT 1").all().await.unwrap();
        gate.open();
        second.await.unwrap();
        third.await.unwrap();

        eventually("the late one is closed", || engine.status().connections == 2);
    });
}

#[test]
fn case_63_hung_connections_for_the_writer_are_few_and_cost_readers_nothing() {
    run(async {
        let tank = Tank::new();
        let (gate, clock) = (Gate::default(), Clock::manual());
        let builder = gate.install(tank.builder()).clock(clock.clone()).connect_timeout(LIMIT);
        let engine = builder.max_connections(2).open().await.unwrap();
        let held = engine.connect().await.unwrap();
        gate.shut();

        for hung in 1..=2 {
            let mut write = engine.execute("CREATE TABLE t(a)");
            poll_once(&mut write);
            eventually("its hook hangs", || gate.entered() == 1 + hung);
            clock.advance(LIMIT);
            assert_eq!(write.await.unwrap_err().kind(), ErrorKind::CannotOpen);
        }
        for _ in 0..3 {
            let error = engine.execute("CREATE TABLE t(a)").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::CannotOpen);
        }
        assert_eq!((gate.entered(), engine.status().connections), (3, 3));
        let mut read = Box::pin(engine.connect());
        poll_once(&mut read);
        eventually("a reader is opened beside them", || gate.entered() == 4);
        gate.open();

        drop((held, read.await.unwrap()));
        eventually("those that were late are closed", || engine.status().connections == 2);
        engine.execute("CREATE TABLE t(a)").await.unwrap();
        engine.close(DEADLINE / 4).await.unwrap();
        assert_eq!(open_files(&tank.path()), 0);
    });
}

#[test]
fn case_63_a_closed_engine_waits_for_a_hung_connection_no_longer_than_it_may() {
    run(async {
        let tank = Tank::new();
        let (gate, clock) = (Gate::default(), Clock::manual());
        let builder = gate.install(tank.builder()).clock(clock.clone()).connect_timeout(LIMIT);
        let engine = builder.open().await.unwrap();
        let held = engine.connect().await.unwrap();
        gate.shut();
        let mut waits = Box::pin(engine.connect());
        poll_once(&mut waits);
        eventually("its hook hangs", || gate.entered() == 2);

        let mut close = Box::pin(engine.close(Duration::from_secs(1)));
        poll_once(&mut close);
        assert_eq!(waits.await.map(drop).unwrap_err().kind(), ErrorKind::Closed);
        drop(held);
        clock.advance(Duration::from_secs(1));
        assert!(poll!(&mut close).is_pending());
        clock.advance(Duration::from_secs(5));
        let error = close.await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Timeout);
        gate.open();
        engine.close(DEADLINE / 4).await.unwrap();
        assert_eq!(open_files(&tank.path()), 0);
    });
}

#[test]
fn case_63_a_hook_that_fails_and_heals_costs_each_waiter_one_error_at_the_most() {
    run(async {
        let tank = Tank::new();
        let calls = Arc::new(AtomicUsize::new(0));
        let failing = Arc::new(AtomicUsize::new(0));
        let (counted, fails) = (Arc::clone(&calls), Arc::clone(&failing));
        let engine = tank
            .builder()
            .max_connections(4)
            .min_idle(2)
            .on_connect(move |_| {
                counted.fetch_add(1, Ordering::SeqCst);
                match fails.load(Ordering::SeqCst) {
                    0 => Ok(()),
                    _ => Err(rusqlite::Error::InvalidParameterName("out of order".to_owned())),
                }
            })
            .open()
            .await
            .unwrap();
        eventually("they are open", || engine.status().idle == 2);
        let held = [engine.connect().await.unwrap(), engine.connect().await.unwrap()];
        eventually("more are open", || {
            engine.status().connections == 4 || engine.status().idle == 0
        });
        let mut more = Vec::new();
        while engine.status().idle > 0 {
            more.push(engine.connect().await.unwrap());
        }
        failing.store(1, Ordering::SeqCst);
        more.clear();
        held[0].with_sqlite(|_| ()).await.unwrap();
        drop(held);

        let before = calls.load(Ordering::SeqCst);
        for end in join_all((0..20).map(|_| engine.connect())).await {
            if let Err(error) = end {
                assert_eq!(error.kind(), ErrorKind::CannotOpen);
                assert!(error.to_string().contains("out of order"), "{error}");
            }
        }
        let tries = calls.load(Ordering::SeqCst) - before;
        assert!(tries <= 30, "{tries} connections were tried for 20 waiters");
        // A try that has begun fails, whoever waits for it by then.
        eventually("none is being tried", || engine.status().connections == engine.status().idle);
        failing.store(0, Ordering::SeqCst);

        for _ in 0..5 {
            engine.connect().await.unwrap().query("SELECT 1").all().await.unwrap();
        }
        engine.close(DEADLINE / 4).await.unwrap();
        assert_eq!(open_files(&tank.path()), 0);
    });
}

#[test]
fn case_63_a_connection_that_hangs_does_not_keep_the_only_slot() {
    run(async {
        let tank = Tank::new();
        let (gate, clock) = (Gate::default(), Clock::manual());
        let builder = gate.install(tank.builder()).clock(clock.clone()).connect_timeout(LIMIT);
        let builder = builder.max_connections(1).idle_timeout(LIMIT).acquire_timeout(LIMIT * 2);
        let engine = builder.open().await.unwrap();
        eventually("it is idle", || engine.status().idle == 1);
        clock.advance(LIMIT);
        eventually("it has retired", || engine.status().connections == 0);
        gate.shut();
        let mut first = Box::pin(engine.connect());
        poll_once(&mut first);
        eventually("its hook hangs", || gate.entered() == 2);
        clock.advance(LIMIT);
        assert_eq!(first.await.map(drop).unwrap_err().kind(), ErrorKind::CannotOpen);

        let mut second = Box::pin(engine.connect());
        poll_once(&mut second);
        eventually("another one is opened", || gate.entered() == 3);
        clock.advance(LIMIT);
        assert_eq!(second.await.map(drop).unwrap_err().kind(), ErrorKind::CannotOpen);

        // No more are opened than hang already, and who waits is told so.
        let mut third = Box::pin(engine.connect());
        poll_once(&mut third);
        clock.advance(LIMIT * 2);
        let error = third.await.map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PoolTimeout);
        let said = error.to_string();
        assert!(said.contains("2 not open within `connect_timeout`"), "{said}");
        gate.open();
        engine.connect().await.map(drop).unwrap();
        engine.close(DEADLINE / 4).await.unwrap();
        assert_eq!(open_files(&tank.path()), 0);
    });
}
