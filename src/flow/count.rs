//! `Count`: how many there are of something, for whoever waits until there are none.

use std::future::poll_fn;
use std::task::{Poll, Waker};

use super::sync::{Mutex, lock};

/// A count with waiters.
#[derive(Debug, Default)]
pub(crate) struct Count {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    count: usize,
    waiters: Vec<Waker>,
}

impl Count {
    pub(crate) fn add(&self) {
        lock(&self.state).count += 1;
    }

    pub(crate) fn remove(&self) {
        let waiters = {
            let mut state = lock(&self.state);
            state.count = state.count.saturating_sub(1);
            match state.count {
                0 => std::mem::take(&mut state.waiters),
                _ => Vec::new(),
            }
        };
        for waiter in waiters {
            waiter.wake();
        }
    }

    pub(crate) fn get(&self) -> usize {
        lock(&self.state).count
    }

    /// Waits until there are none.
    pub(crate) async fn none(&self) {
        poll_fn(|context| {
            let mut state = lock(&self.state);
            if state.count == 0 {
                return Poll::Ready(());
            }
            // One waker for each task that waits, however often it looks.
            if !state.waiters.iter().any(|waiter| waiter.will_wake(context.waker())) {
                state.waiters.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }
}
