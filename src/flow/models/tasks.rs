//! The tasks of a connection thread: a wake-up from any thread, at any moment, gives a turn.

use std::future::poll_fn;
use std::task::{Poll, Waker};
use std::time::Duration;

use super::explore;
use crate::flow::sync::{Arc, AtomicBool, Mutex, Ordering, lock, thread};
use crate::flow::{Bell, Tasks};

/// Something that one thread waits for as a future and others do.
#[derive(Default)]
struct Event {
    state: Mutex<(u32, Option<Waker>)>,
}

impl Event {
    fn happens(&self) {
        let mut state = lock(&self.state);
        state.0 += 1;
        let waker = state.1.clone();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    async fn times(&self, times: u32) {
        poll_fn(|context| {
            let mut state = lock(&self.state);
            if state.0 >= times {
                return Poll::Ready(());
            }
            state.1 = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// Gives turns until no task is left, asleep where none is woken.
fn run(tasks: &mut Tasks<'_>, bell: &Bell) {
    bell.listen();
    while tasks.len() > 0 {
        if !tasks.turn().unwrap() {
            bell.wait(Duration::ZERO);
        }
    }
}

#[test]
fn a_task_is_woken_from_another_thread() {
    explore(None, || {
        let bell = Arc::new(Bell::default());
        let event = Arc::new(Event::default());
        let happening = Arc::clone(&event);
        let other = thread::spawn(move || happening.happens());

        let mut tasks = Tasks::new(Arc::clone(&bell));
        tasks.spawn(Box::pin(event.times(1))).unwrap();
        run(&mut tasks, &bell);

        other.join().unwrap();
    });
}

#[test]
fn a_task_that_is_woken_twice_at_once_misses_neither() {
    explore(Some(3), || {
        let bell = Arc::new(Bell::default());
        let event = Arc::new(Event::default());
        let others = [(); 2].map(|()| {
            let event = Arc::clone(&event);
            thread::spawn(move || event.happens())
        });

        let mut tasks = Tasks::new(Arc::clone(&bell));
        tasks.spawn(Box::pin(event.times(2))).unwrap();
        run(&mut tasks, &bell);

        for other in others {
            other.join().unwrap();
        }
    });
}

#[test]
fn a_wake_of_a_task_that_is_queued_already_is_not_lost() {
    explore(None, || {
        let bell = Arc::new(Bell::default());
        let known = Arc::new(Mutex::new(None::<Waker>));
        let happened = Arc::new(AtomicBool::new(false));
        let mut tasks = Tasks::new(Arc::clone(&bell));
        tasks
            .spawn(Box::pin(poll_fn(|context| {
                // Nothing but the wake itself tells the task of what has happened.
                if happened.load(Ordering::Relaxed) {
                    return Poll::Ready(());
                }
                lock(&known).get_or_insert_with(|| context.waker().clone());
                Poll::Pending
            })))
            .unwrap();
        let waker = lock(&known).take().unwrap();
        waker.wake_by_ref();

        let happening = Arc::clone(&happened);
        let other = thread::spawn(move || {
            happening.store(true, Ordering::Relaxed);
            waker.wake();
        });
        run(&mut tasks, &bell);

        other.join().unwrap();
    });
}

#[test]
fn a_late_wake_of_a_task_that_is_over_does_no_harm_to_the_next_in_its_slot() {
    explore(Some(3), || {
        let bell = Arc::new(Bell::default());
        let (first, second) = (Arc::new(Event::default()), Arc::new(Event::default()));
        let happening = (Arc::clone(&first), Arc::clone(&second));
        let other = thread::spawn(move || {
            happening.0.happens();
            happening.0.happens();
            happening.1.happens();
        });

        let mut tasks = Tasks::new(Arc::clone(&bell));
        for event in [&first, &second] {
            tasks.spawn(Box::pin(event.times(1))).unwrap();
            run(&mut tasks, &bell);
        }

        assert_eq!(tasks.len(), 0);
        other.join().unwrap();
    });
}
