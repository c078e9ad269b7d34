//! The stop ticket: how a statement is told to end, wherever it is.
//!
//! The flag is what counts; the thread that runs the statement reads it at every turn and, through the
//! driver's progress handler, within every step. The driver's own interrupt is used in addition, by
//! whoever stops the ticket, for work that looks at no flag of ours.

use super::sync::{Arc, AtomicU8, Mutex, Ordering, Weak, lock};

/// Why a statement was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Nobody waits for its result any more.
    Dropped,
    /// Its deadline has passed.
    Deadline,
    /// Its engine, connection or transaction is over.
    Closed,
}

/// What can end the step that a connection is in.
pub(crate) trait Interrupt: Send + Sync {
    /// Ends the running step if it belongs to the ticket of this id and nothing else would be hit.
    fn interrupt(&self, ticket: u64);
}

/// One statement's request to end.
pub(crate) struct Ticket {
    id: u64,
    stop: AtomicU8,
    /// Where the statement runs, known once it does. A lock, because of two threads that each set one of
    /// two cells and then look at the other, both may find nothing.
    runner: Mutex<Option<Weak<dyn Interrupt>>>,
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ticket")
            .field("id", &self.id)
            .field("stop", &self.stopped())
            .finish_non_exhaustive()
    }
}

impl Ticket {
    pub(crate) fn new() -> Self {
        // The standard library's even under a model checker: all it does is to give different numbers.
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            stop: AtomicU8::new(0),
            runner: Mutex::new(None),
        }
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Returns why the statement has to end, if it has to.
    #[inline]
    pub(crate) fn stopped(&self) -> Option<Stop> {
        match self.stop.load(Ordering::SeqCst) {
            0 => None,
            1 => Some(Stop::Dropped),
            2 => Some(Stop::Deadline),
            _ => Some(Stop::Closed),
        }
    }

    /// Asks the statement to end; only the first reason counts.
    pub(crate) fn stop(&self, why: Stop) {
        let code = match why {
            Stop::Dropped => 1,
            Stop::Deadline => 2,
            Stop::Closed => 3,
        };
        let first = self.stop.compare_exchange(0, code, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if !first {
            return;
        }
        // The flag is set before the running statement is looked up, and a runner publishes the
        // statement before it reads the flag, both under the same locks: one of the two sees the other.
        let runner = lock(&self.runner).as_ref().and_then(Weak::upgrade);
        if let Some(runner) = runner {
            runner.interrupt(self.id);
        }
    }

    /// Says where the statement runs.
    pub(crate) fn runs_on<I: Interrupt + 'static>(&self, runner: &Arc<I>) {
        let mut known = lock(&self.runner);
        if known.is_none() {
            let weak: Weak<I> = Arc::downgrade(runner);
            *known = Some(weak);
        }
    }
}
