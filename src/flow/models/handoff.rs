//! The handoff: nothing is lost or doubled, and whoever waits hears of what it waits for.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use super::{block_on, explore, waker};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::sync::{Arc, thread};
use crate::flow::{Patience, Received, Receiver, Sender, Stop};

fn handoff(capacity: usize) -> (Sender<u32, u32>, Receiver<u32, u32>) {
    crate::flow::handoff(capacity, Patience::none())
}

/// Takes everything, up to the end.
fn collect(receiver: &mut Receiver<u32, u32>) -> (Vec<u32>, Result<u32>) {
    let mut items = Vec::new();
    loop {
        match block_on(receiver.receive()) {
            Received::Item(item) => items.push(item),
            Received::End(end) => return (items, end),
        }
    }
}

fn late() -> Error {
    Error::new(ErrorKind::Timeout, "too late")
}

#[test]
fn items_arrive_once_in_order_and_then_the_end() {
    explore(Some(4), || {
        let (sender, mut receiver) = handoff(1);
        let producer = thread::spawn(move || {
            for item in 0..2 {
                block_on(sender.room());
                sender.send(item);
            }
            sender.finish(Ok(2));
        });

        let (items, end) = collect(&mut receiver);

        assert_eq!((items, end.unwrap()), (vec![0, 1], 2));
        producer.join().unwrap();
    });
}

#[test]
fn the_last_item_comes_before_the_end_that_came_with_it() {
    explore(None, || {
        let (sender, mut receiver) = handoff(2);
        let producer = thread::spawn(move || {
            sender.send(0);
            sender.send_last(1, Ok(2));
        });

        let (items, end) = collect(&mut receiver);

        assert_eq!((items, end.unwrap()), (vec![0, 1], 2));
        producer.join().unwrap();
    });
}

#[test]
fn a_sender_that_goes_away_is_an_error_after_its_items() {
    explore(None, || {
        let (sender, mut receiver) = handoff(2);
        let producer = thread::spawn(move || {
            sender.send(0);
            drop(sender);
        });

        let (items, end) = collect(&mut receiver);

        assert_eq!((items, end.unwrap_err().kind()), (vec![0], ErrorKind::Closed));
        producer.join().unwrap();
    });
}

#[test]
fn a_receiver_that_goes_away_wakes_the_sender_and_stops_its_ticket() {
    explore(None, || {
        let (sender, mut receiver) = handoff(1);
        let producer = thread::spawn(move || {
            sender.send(0);
            block_on(sender.room());
            sender.send(1);
            block_on(sender.room());
            assert_eq!(sender.ticket().stopped(), Some(Stop::Dropped));
            sender.finish(Ok(2));
        });

        let first = block_on(receiver.receive());
        drop(receiver);

        assert!(matches!(first, Received::Item(0)));
        producer.join().unwrap();
    });
}

#[test]
fn a_sender_that_waits_for_all_to_be_taken_is_woken_when_it_is() {
    explore(Some(4), || {
        let (sender, mut receiver) = handoff(2);
        let producer = thread::spawn(move || {
            sender.send(0);
            sender.send(1);
            block_on(poll_fn(|context| sender.poll_drained(context)));
            assert!(sender.is_drained());
            sender.finish(Ok(2));
        });

        let (items, end) = collect(&mut receiver);

        assert_eq!((items, end.unwrap()), (vec![0, 1], 2));
        producer.join().unwrap();
    });
}

#[test]
fn a_sender_that_waits_for_something_else_is_woken_when_nobody_waits_for_it() {
    explore(None, || {
        let (sender, receiver) = handoff(1);
        let producer = thread::spawn(move || {
            let why = block_on(poll_fn(|context| sender.poll_stopped(context)));
            assert_eq!(why, Stop::Dropped);
        });

        drop(receiver);

        producer.join().unwrap();
    });
}

#[test]
fn a_deadline_wakes_a_sender_wherever_it_waits() {
    for elsewhere in [false, true] {
        explore(None, move || {
            let (sender, receiver) = handoff(1);
            let expiry = sender.expiry();
            assert!(sender.start());
            let timer = thread::spawn(move || expiry.stop(Stop::Deadline, late));

            sender.send(0);
            if elsewhere {
                block_on(poll_fn(|context| sender.poll_stopped(context).map(drop)));
            } else {
                block_on(sender.room());
            }

            assert_eq!(sender.ticket().stopped(), Some(Stop::Deadline));
            timer.join().unwrap();
            drop(receiver);
        });
    }
}

#[test]
fn work_is_called_off_or_begins_and_never_both() {
    explore(None, || {
        let (sender, mut receiver) = handoff(1);
        let expiry = sender.expiry();
        let timer = thread::spawn(move || expiry.call_off(late));
        let producer = thread::spawn(move || {
            let began = sender.start();
            if began {
                sender.finish(Ok(2));
            }
            began
        });

        let (_, end) = collect(&mut receiver);

        let (began, called_off) = (producer.join().unwrap(), timer.join().unwrap());
        assert_ne!(began, called_off);
        assert_eq!(
            end.map_err(|error| error.kind()),
            if began { Ok(2) } else { Err(ErrorKind::Timeout) }
        );
    });
}

#[test]
fn work_that_waits_again_can_be_called_off_again() {
    static BETWEEN: AtomicBool = AtomicBool::new(false);
    explore(None, || {
        let (sender, mut receiver) = handoff(1);
        let expiry = sender.expiry();
        let timer = thread::spawn(move || expiry.call_off(late));

        let began = sender.start();
        sender.defer();
        let began_again = sender.start();
        if began_again {
            sender.finish(Ok(2));
        } else {
            drop(sender);
        }

        let called_off = timer.join().unwrap();
        let (_, end) = collect(&mut receiver);
        assert!(began || !began_again);
        // Called off between the two, or found at work; then it ends as it would have.
        assert_eq!(called_off, !began_again);
        assert_eq!(end.is_ok(), began_again);
        BETWEEN.fetch_or(began && called_off, Ordering::Relaxed);
    });
    assert!(BETWEEN.load(Ordering::Relaxed), "it was never called off while it waited again");
}

#[test]
fn a_deadline_that_comes_before_the_work_begins_ends_it_and_later_stops_it() {
    explore(Some(4), || {
        let (sender, mut receiver) = handoff(1);
        let expiry = sender.expiry();
        let timer = thread::spawn(move || expiry.stop(Stop::Deadline, late));
        let producer = thread::spawn(move || {
            if sender.start() {
                block_on(poll_fn(|context| sender.poll_stopped(context).map(drop)));
                sender.finish(Err(late()));
            }
        });

        let (_, end) = collect(&mut receiver);

        assert_eq!(end.unwrap_err().kind(), ErrorKind::Timeout);
        timer.join().unwrap();
        producer.join().unwrap();
    });
}

#[test]
fn a_receiver_that_moves_to_another_task_is_woken_there() {
    explore(None, || {
        let (sender, mut receiver) = handoff(1);
        let producer = thread::spawn(move || sender.send_last(1, Ok(2)));
        let here = waker();
        let polled = receiver.poll_receive(&mut Context::from_waker(&here));

        let there = thread::spawn(move || collect(&mut receiver));

        let (items, end) = there.join().unwrap();
        let mut all = Vec::new();
        if let Poll::Ready(Received::Item(item)) = polled {
            all.push(item);
        }
        all.extend(items);
        assert_eq!((all, end.unwrap()), (vec![1], 2));
        producer.join().unwrap();
    });
}

/// Counts those that are there.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn what_nobody_took_is_dropped_with_both_sides() {
    explore(None, || {
        let count = Arc::new(AtomicUsize::new(0));
        let (sender, receiver) = crate::flow::handoff::<Counted, Counted>(1, Patience::none());
        let (item, end) = (Counted::new(&count), Counted::new(&count));
        let producer = thread::spawn(move || {
            sender.send(item);
            sender.finish(Ok(end));
        });

        drop(receiver);

        producer.join().unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 0);
    });
}
