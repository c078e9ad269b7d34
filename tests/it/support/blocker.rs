//! An SQL function that blocks the statement that calls it, until it is let go.

use std::sync::{Arc, Condvar, Mutex};

use headwater::EngineBuilder;
use rusqlite::functions::FunctionFlags;

use super::DEADLINE;

/// The function `halt()`: each call blocks its connection's thread until [`release`](Self::release).
#[derive(Clone, Default)]
pub(crate) struct Blocker {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    calls: Mutex<Calls>,
    changed: Condvar,
}

#[derive(Default)]
struct Calls {
    entered: usize,
    seen: usize,
    released: usize,
}

impl Blocker {
    /// Gives the function to all connections of an engine.
    pub(crate) fn install(&self, builder: EngineBuilder) -> EngineBuilder {
        let inner = Arc::clone(&self.inner);
        builder.on_connect(move |connection| {
            let inner = Arc::clone(&inner);
            connection.create_scalar_function("halt", 0, FunctionFlags::SQLITE_UTF8, move |_| {
                Ok(inner.halt())
            })
        })
    }

    /// Waits until one more call has begun.
    pub(crate) fn wait(&self) {
        let calls = self.inner.calls.lock().unwrap();
        let (mut calls, late) = self
            .inner
            .changed
            .wait_timeout_while(calls, DEADLINE / 2, |calls| calls.entered <= calls.seen)
            .unwrap();
        assert!(!late.timed_out(), "no statement has called halt()");
        calls.seen += 1;
    }

    /// Lets one call, the oldest that blocks or the next, go on.
    pub(crate) fn release(&self) {
        self.inner.calls.lock().unwrap().released += 1;
        self.inner.changed.notify_all();
    }
}

impl Inner {
    fn halt(&self) -> i64 {
        let mut calls = self.calls.lock().unwrap();
        calls.entered += 1;
        let number = calls.entered;
        self.changed.notify_all();
        // A test that has failed does not hang as well.
        let waited =
            self.changed.wait_timeout_while(calls, DEADLINE / 2, |calls| calls.released < number);
        drop(waited);
        1
    }
}
