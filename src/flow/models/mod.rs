//! What loom checks: the handoff, the ticket, the inbox and the tasks, in every interleaving of a few
//! threads. A lost wake-up shows as a deadlock, and which schedule led to it can be replayed.
//!
//! ```text
//! RUSTFLAGS='--cfg headwater_loom' cargo test --profile checked --lib flow::models -- --nocapture
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a model stops at once, and says how far it looked"
)]

mod count;
mod handoff;
mod inbox;
mod path;
mod tasks;
mod ticket;

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::sync::{Arc, thread};

/// Runs a model through all its interleavings, or through those with so many preemptions; for the latter
/// `HEADWATER_LOOM_PREEMPTIONS` says another number.
fn explore(preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let runs = Arc::new(AtomicUsize::new(0));
    let mut builder = loom::model::Builder::new();
    let wished = std::env::var("HEADWATER_LOOM_PREEMPTIONS").ok();
    let wished = wished.map(|bound| bound.parse().unwrap());
    builder.preemption_bound = preemptions.map(|bound| wished.unwrap_or(bound));
    let counted = Arc::clone(&runs);

    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });

    let runs = runs.load(Ordering::Relaxed);
    let thread = std::thread::current();
    println!("loom: {}: {runs} interleavings", thread.name().unwrap_or_default());
    assert!(runs > 1, "nothing happens at the same time here");
}

/// Wakes the thread that made it.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn waker() -> Waker {
    Waker::from(Arc::new(Unpark(thread::current())))
}

/// Waits for a future, asleep between its wake-ups, so that a lost one is a deadlock.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = waker();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}
