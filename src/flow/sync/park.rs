//! Parking for loom, whose own loses its token where the thread that is unparked waits for a mutex.

use std::sync::{Arc, PoisonError};

use loom::sync::{Condvar, Mutex};

use super::lock;

#[derive(Debug, Default)]
struct Parker {
    token: Mutex<bool>,
    changed: Condvar,
}

loom::thread_local! {
    static PARKER: Arc<Parker> = Arc::default();
}

/// A thread that can be woken.
#[derive(Clone, Debug)]
pub(crate) struct Thread(Arc<Parker>);

impl Thread {
    pub(crate) fn unpark(&self) {
        *lock(&self.0.token) = true;
        self.0.changed.notify_one();
    }
}

pub(crate) fn current() -> Thread {
    Thread(PARKER.with(Arc::clone))
}

pub(crate) fn park() {
    let parker = PARKER.with(Arc::clone);
    let mut token = lock(&parker.token);
    while !*token {
        token = parker.changed.wait(token).unwrap_or_else(PoisonError::into_inner);
    }
    *token = false;
}
