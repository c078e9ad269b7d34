//! Polling by hand: a future that is given so many polls and then dropped, wherever it is.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::DEADLINE;
use super::drops::spin;

struct Unpark {
    thread: Thread,
    woken: AtomicBool,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

/// Polls a future up to `polls` times, each time after it was woken, and drops it; what it gave, if it
/// came to its end. After the last poll it is kept for `pause`, so that its work gets further.
pub(crate) fn poll_and_drop<F: Future>(
    future: F,
    polls: usize,
    pause: Duration,
) -> Option<F::Output> {
    let unpark = Arc::new(Unpark { thread: thread::current(), woken: AtomicBool::new(true) });
    let waker = Waker::from(Arc::clone(&unpark));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    let since = Instant::now();
    for _ in 0..polls {
        while !unpark.woken.swap(false, Ordering::SeqCst) {
            assert!(since.elapsed() < DEADLINE / 2, "the future is not woken");
            thread::park_timeout(Duration::from_millis(100));
        }
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
    }
    spin(pause);
    None
}

/// Polls a future once, so that its work begins; it may be done by then.
pub(crate) fn start<F: Future + Unpin>(future: &mut F) {
    let mut context = Context::from_waker(Waker::noop());
    drop(std::pin::Pin::new(future).poll(&mut context));
}

/// Polls a future once; it must not be done.
pub(crate) fn poll_once<F: Future + Unpin>(future: &mut F) {
    let mut context = Context::from_waker(Waker::noop());
    assert!(std::pin::Pin::new(future).poll(&mut context).is_pending(), "it is done already");
}
