//! `Pulse`: what a connection shows of its work, for who looks from outside.

use std::time::Instant;

use crate::flow::sync::{AtomicUsize, Mutex, Ordering, lock};

/// The signs of one connection's work.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    results: AtomicUsize,
    reading: Mutex<Option<Instant>>,
}

impl Pulse {
    /// Notes how many results have their statement open.
    pub(crate) fn set_results(&self, open: usize) {
        self.results.store(open, Ordering::Relaxed);
    }

    pub(crate) fn results(&self) -> usize {
        self.results.load(Ordering::Relaxed)
    }

    /// Notes since when the connection has held one state of the database in view, if it does.
    pub(crate) fn set_reading(&self, since: Option<Instant>) {
        *lock(&self.reading) = since;
    }

    pub(crate) fn reading(&self) -> Option<Instant> {
        *lock(&self.reading)
    }
}
