//! The outbox of a thread: wake-ups that may wait for a moment, while its next work is at hand already.
//!
//! To wake a task takes a system call and, where all cores are busy, two changes of thread: more than a
//! point query does. So a thread that has its next job may keep the wakers of those whose answers are
//! there, and wake them together. Whoever keeps some says when they go at the latest.

use std::cell::RefCell;
use std::task::Waker;

use super::sync::thread_local;

/// So many are kept at the most.
const MOST: usize = 16;

thread_local! {
    static OUTBOX: RefCell<Outbox> = const { RefCell::new(Outbox::new()) };
}

struct Outbox {
    keeps: bool,
    wakers: Vec<Waker>,
}

impl Outbox {
    const fn new() -> Self {
        Self { keeps: false, wakers: Vec::new() }
    }

    /// Keeps a waker if it may wait.
    fn keep(&mut self, waker: Waker) -> Option<Waker> {
        if !self.keeps {
            return Some(waker);
        }
        self.wakers.push(waker);
        None
    }
}

/// Wakes a task, or keeps its waker for a moment if this thread does.
pub(crate) fn wake(waker: Waker) {
    let mut waker = Some(waker);
    let _ = OUTBOX.try_with(|outbox| {
        if let Ok(mut outbox) = outbox.try_borrow_mut() {
            waker = waker.take().and_then(|waker| outbox.keep(waker));
        }
    });
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Does something whose wake-ups may wait until the next [`flush`].
pub(crate) fn keep_wakes(act: impl FnOnce()) {
    let switch = |keeps| {
        let due = OUTBOX.try_with(|outbox| {
            outbox.try_borrow_mut().is_ok_and(|mut outbox| {
                outbox.keeps = keeps;
                !keeps && outbox.wakers.len() >= MOST
            })
        });
        due.unwrap_or(false)
    };
    switch(true);
    act();
    if switch(false) {
        flush();
    }
}

/// Wakes all whose wakers this thread keeps.
pub(crate) fn flush() {
    let kept = OUTBOX.try_with(|outbox| {
        let mut outbox = outbox.try_borrow_mut().ok()?;
        (!outbox.wakers.is_empty()).then(|| std::mem::take(&mut outbox.wakers))
    });
    for waker in kept.ok().flatten().into_iter().flatten() {
        waker.wake();
    }
}
