//! Whoever waits is served in order, and in the end.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use headwater::{AsyncEngine, Result};
use shuttle::future::block_on;

use crate::support::{all_is_back, explore, insert, numbers, pond, task};

type Waiter<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

/// Waiters that have taken their places one after the other.
fn in_line<T: 'static>(wait: impl Fn() -> Waiter<T>) -> [Waiter<T>; 3] {
    [(); 3].map(|()| {
        let mut waiter = wait();
        assert!(waiter.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        waiter
    })
}

/// Lets the waiters go on, each on a thread of its own, and tells in which order they were served.
fn served<T: Send + 'static>(waiters: [Waiter<T>; 3], release: impl FnOnce()) -> Vec<usize> {
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut number = 0;
    let threads = waiters.map(|waiter| {
        let (order, place) = (Arc::clone(&order), number);
        number += 1;
        task(async move {
            let held = waiter.await?;
            order.lock().unwrap().push(place);
            drop(held);
            Ok::<_, headwater::Error>(())
        })
    });
    release();
    for thread in threads {
        thread.join().unwrap().unwrap();
    }
    let order = order.lock().unwrap().clone();
    order
}

#[test]
fn those_who_wait_to_write_have_their_turns_in_order() {
    explore(|| {
        let engine = pond(1);
        let tx = block_on(engine.begin()).unwrap();
        let waiters = in_line(|| {
            let engine = engine.clone();
            Box::pin(async move { engine.begin().await })
        });
        assert_eq!(engine.status().waiting_to_write, 3);

        let order = served(waiters, || block_on(tx.commit()).map(drop).unwrap());

        assert_eq!(order, [0, 1, 2]);
        all_is_back(&engine, 1);
    });
}

#[test]
fn those_who_wait_for_a_connection_get_it_in_order() {
    explore(|| {
        let engine = pond(1);
        let lease = block_on(engine.connect()).unwrap();
        let waiters = in_line(|| {
            let engine = engine.clone();
            Box::pin(async move { engine.connect().await })
        });
        assert_eq!(engine.status().waiting, 3);

        let order = served(waiters, || drop(lease));

        assert_eq!(order, [0, 1, 2]);
        all_is_back(&engine, 1);
    });
}

#[test]
fn one_who_waits_to_write_is_passed_by_nobody_who_comes_later() {
    explore(|| {
        let engine = pond(1);
        let tx = block_on(engine.begin()).unwrap();
        let mut waiter: Waiter<()> = {
            let engine = engine.clone();
            Box::pin(async move { insert(&engine, 1, 0).await })
        };
        let mut context = Context::from_waker(Waker::noop());
        assert!(waiter.as_mut().poll(&mut context).is_pending());
        let later = {
            let engine = engine.clone();
            task(async move {
                for number in 0..3 {
                    insert(&engine, 2, number).await?;
                }
                Ok::<_, headwater::Error>(())
            })
        };

        block_on(tx.commit()).unwrap();
        later.join().unwrap().unwrap();

        // Those who came later have been served, so it has been too, although it was not looked at since.
        assert_eq!(order(&engine), [(1, 0), (2, 0), (2, 1), (2, 2)]);
        block_on(waiter).unwrap();
        assert_eq!(numbers(&engine, 1), [0]);
        all_is_back(&engine, 1);
    });
}

fn order(engine: &AsyncEngine) -> Vec<(i64, i64)> {
    block_on(engine.query("SELECT worker, number FROM t ORDER BY rowid").scalars().all()).unwrap()
}
