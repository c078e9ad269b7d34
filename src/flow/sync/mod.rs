//! The one place that the concurrency primitives of this crate come from, so that a model checker can
//! put its own in their place and check the code that ships: loom with `--cfg headwater_loom`, shuttle
//! with `--cfg headwater_shuttle`. The names are our own, because other crates of the tree act on
//! `cfg(loom)`.
//!
//! What a checker does not see stays out of its sight on purpose: counters that only have to give
//! different numbers or good advice, and locks that no wait and no call out of them happens under.

#[cfg(any(headwater_loom, headwater_shuttle))]
mod once;
#[cfg(headwater_loom)]
mod park;

/// The standard library's.
#[cfg(not(any(headwater_loom, headwater_shuttle)))]
mod backend {
    pub(crate) use std::sync::OnceLock;
    pub(crate) use std::sync::atomic;
    pub(crate) use std::sync::{
        Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
    };
    pub(crate) use std::{hint, thread, thread_local};
}

#[cfg(headwater_loom)]
mod backend {
    pub(crate) use super::once::OnceLock;
    pub(crate) use loom::hint;
    pub(crate) use loom::sync::atomic;
    pub(crate) use loom::sync::{
        Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
    };
    // Nothing that loom checks has one, and its own knows no `const` beginning.
    pub(crate) use std::thread_local;

    pub(crate) mod thread {
        pub(crate) use super::super::park::{Thread, current, park};
        pub(crate) use loom::thread::{Builder, panicking, yield_now};
        #[cfg(test)]
        pub(crate) use loom::thread::{JoinHandle, spawn};

        /// Loom has no time: any other thread may run meanwhile.
        pub(crate) fn sleep(_: std::time::Duration) {
            yield_now();
        }
    }
}

#[cfg(headwater_shuttle)]
mod backend {
    pub(crate) use super::once::OnceLock;
    pub(crate) use shuttle::sync::atomic;
    pub(crate) use shuttle::sync::{
        Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
    };
    pub(crate) use shuttle::{hint, thread, thread_local};
}

// Not every room needs each of them, and the checkers' versions are to be as complete as the standard's.
#[allow(unused_imports)]
pub(crate) use backend::atomic::{
    AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering,
};
#[allow(unused_imports)]
pub(crate) use backend::{
    Condvar, Mutex, MutexGuard, OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard, hint, thread,
    thread_local,
};
// Always the standard library's: the checkers' own know no `Weak`, no unsizing and no `Waker::from`, and
// what a count of references orders, the standard's orders too.
pub(crate) use std::sync::{Arc, PoisonError, Weak};

use std::time::{Duration, Instant};

/// Whether a model checker runs the program. It has no time: whoever would spin until an instant sleeps
/// at once.
pub(crate) const CHECKED: bool = cfg!(any(headwater_loom, headwater_shuttle));

/// Reports whether a time has passed. A checker chooses, so that what it found can be replayed.
pub(crate) fn has_passed(since: Instant, limit: Duration) -> bool {
    #[cfg(headwater_shuttle)]
    return {
        let _ = (since, limit);
        shuttle::rand::Rng::gen_bool(&mut shuttle::rand::thread_rng(), 0.5)
    };
    #[cfg(not(headwater_shuttle))]
    return !CHECKED && since.elapsed() >= limit;
}

/// Locks a mutex whose holders only write a few fields, so that a panic cannot leave it half-written.
// Loom tells where a thread is stuck.
#[cfg_attr(headwater_loom, track_caller)]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
