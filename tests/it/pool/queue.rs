//! Waiting for a connection is fair, whoever gives up.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures::stream::{FuturesUnordered, StreamExt};
use headwater::{AsyncEngine, Clock, ErrorKind};

use crate::support::{DEADLINE, Tank, count, eventually, fill, poll_once, run, watched};

/// A small generator of random numbers (xorshift), so that a failure can be had again from its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

type Waiter = Pin<Box<dyn Future<Output = ()>>>;

/// A task that takes a slot, notes its number and gives the slot back.
fn waiter(engine: &AsyncEngine, number: usize, served: &Arc<Mutex<Vec<usize>>>) -> Waiter {
    let (engine, served) = (engine.clone(), Arc::clone(served));
    Box::pin(async move {
        let connection = engine.connect().await.unwrap();
        served.lock().unwrap().push(number);
        connection.query("SELECT 1").all().await.unwrap();
    })
}

#[test]
fn case_62_a_thousand_waiters_for_one_slot_are_served_in_order_whoever_gives_up() {
    for seed in 1..=3_u64 {
        watched(move || {
            futures::executor::block_on(async {
                let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
                let tank = Tank::new();
                let engine = tank.builder().max_connections(1).open().await.unwrap();
                let held = engine.connect().await.unwrap();
                let served = Arc::default();
                let mut waiters: Vec<_> =
                    (0..1_000).map(|number| Some(waiter(&engine, number, &served))).collect();
                for waiter in waiters.iter_mut().flatten() {
                    poll_once(waiter);
                }
                assert_eq!(engine.status().waiting, 1_000);

                // Some give up before the first is served, and some while others are.
                let mut given_up = Vec::new();
                for (number, waiter) in waiters.iter_mut().enumerate() {
                    if random.below(100) < 15 {
                        *waiter = None;
                        given_up.push(number);
                    }
                }
                assert_eq!(engine.status().waiting, 1_000 - given_up.len());
                drop(held);
                let mut left: Vec<_> = waiters.into_iter().enumerate().collect();
                let gives_up: Vec<_> = (0..1_000).map(|_| random.below(100) < 15).collect();
                let mut running: FuturesUnordered<_> = FuturesUnordered::new();
                left.retain(|(_, waiter)| waiter.is_some());
                let (leaving, staying): (Vec<_>, Vec<_>) =
                    left.into_iter().partition(|(number, _)| gives_up[*number]);
                let stays: Vec<_> = staying.iter().map(|(number, _)| *number).collect();
                running.extend(staying.into_iter().filter_map(|(_, waiter)| waiter));
                let mut leaving = leaving.into_iter();
                while running.next().await.is_some() {
                    drop(leaving.next());
                    drop(leaving.next());
                }
                drop(leaving);

                let served = served.lock().unwrap().clone();
                let survivors: Vec<_> =
                    served.iter().copied().filter(|number| !gives_up[*number]).collect();
                assert_eq!(survivors, stays, "seed {seed}");
                assert!(served.iter().all(|number| !given_up.contains(number)));
                eventually("the slot is back", || engine.status().idle == 1);
                assert_eq!((engine.status().connections, engine.status().waiting), (1, 0));
            });
        });
    }
}

#[test]
fn statements_and_leases_that_wait_are_served_in_one_order() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        fill(&engine, 3).await;
        let held = engine.connect().await.unwrap();
        let order = Arc::new(AtomicUsize::new(0));
        let placed = async |work: Pin<Box<dyn Future<Output = ()> + Send>>| {
            work.await;
            order.fetch_add(1, Ordering::SeqCst)
        };
        let db = &engine;
        let work: Vec<Pin<Box<dyn Future<Output = ()> + Send>>> = (0..40)
            .map(|n| -> Pin<Box<dyn Future<Output = ()> + Send>> {
                let db = db.clone();
                match n % 4 {
                    0 => Box::pin(async move { drop(db.connect().await.unwrap()) }),
                    1 => {
                        Box::pin(
                            async move { drop(db.query("SELECT id FROM t").all().await.unwrap()) },
                        )
                    }
                    2 => Box::pin(async move { drop(db.snapshot().await.unwrap()) }),
                    _ => Box::pin(async move { drop(db.query("SELECT id FROM t").await.unwrap()) }),
                }
            })
            .collect();
        let mut work: Vec<_> = work.into_iter().map(|work| Box::pin(placed(work))).collect();
        for one in &mut work {
            poll_once(one);
        }

        drop(held);
        let places = futures::future::join_all(work).await;

        // Lookups that wait together may be answered together, in the order in which they are polled.
        assert_eq!(places.len(), 40);
        eventually("the slot is back", || engine.status().idle == 1);
        assert_eq!(engine.status().connections, 2, "the one that reads and the one that writes");
    });
}

#[test]
fn shared_lookups_give_the_slot_back_before_the_last_is_answered() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        fill(&engine, 20).await;
        let lookup = |id: i64| {
            let text = headwater::sql("SELECT name FROM t WHERE id = ?").bind(id);
            engine.query(text).scalar_one::<String>()
        };
        lookup(1).await.unwrap();

        for round in 0..200 {
            let held = engine.connect().await.unwrap();
            let mut lookups: Vec<_> = (1..=10).map(|id| Box::pin(lookup(id))).collect();
            for lookup in &mut lookups {
                poll_once(lookup);
            }
            drop(held);
            for (id, name) in (1..).zip(futures::future::join_all(lookups).await) {
                assert_eq!(name.unwrap(), format!("name {id}"));
            }
            assert_eq!(engine.status().idle, 1, "round {round}");
        }
    });
}

#[test]
fn case_64_closing_in_the_midst_ends_whoever_waits_reads_or_writes() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let engine = tank.builder().max_connections(2).clock(clock.clone()).open().await.unwrap();
        fill(&engine, 10_000).await;
        let text = headwater::sql("SELECT id FROM t").batch_rows(10);
        let mut stream = engine.query(text).await.unwrap();
        let connection = engine.connect().await.unwrap();
        let tx = engine.begin().await.unwrap();
        tx.execute("DELETE FROM t").await.unwrap();
        let mut waits: Vec<_> = (0..20).map(|_| Box::pin(engine.connect())).collect();
        waits.iter_mut().for_each(poll_once);
        let mut writes: Vec<_> = (0..20).map(|_| engine.execute("DELETE FROM t")).collect();
        writes.iter_mut().for_each(poll_once);
        eventually("they wait", || engine.status().waiting_to_write == 20);

        let mut close = Box::pin(engine.close(DEADLINE / 4));
        poll_once(&mut close);
        for waits in waits {
            assert_eq!(waits.await.map(drop).unwrap_err().kind(), ErrorKind::Closed);
        }
        for write in writes {
            assert_eq!(write.await.unwrap_err().kind(), ErrorKind::Closed);
        }
        // What runs goes on until the deadline.
        assert!(stream.try_next().await.unwrap().is_some());
        assert_eq!(count(&connection).await, 10_000);
        assert!(futures::poll!(&mut close).is_pending());
        clock.advance(DEADLINE / 4);
        close.await.unwrap();

        let mut end = Ok(None);
        for _ in 0..=10_000 {
            end = stream.try_next().await;
            if !matches!(end, Ok(Some(_))) {
                break;
            }
        }
        assert_eq!(end.map(drop).unwrap_err().kind(), ErrorKind::Closed);
        assert!(tx.commit().await.is_err());
        assert_eq!(crate::support::open_files(&tank.path()), 0);
        let left: i64 =
            tank.plain().query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(left, 10_000);
    });
}
