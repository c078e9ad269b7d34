//! How long a waiter polls again by itself before it sleeps.
//!
//! To wake an idle core costs tens of microseconds on a virtual machine, ten times a point query. So a
//! waiter first comes back through its executor a few times (it wakes its own waker: other tasks run in
//! between, and nothing blocks). It gives up early where that does not pay: when others wait too, when
//! one round through the executor is slow, and for good once it has waited in vain.

use std::time::{Duration, Instant};

use super::sync::{AtomicUsize, Ordering};

/// How many waiters of this process poll by themselves now.
static POLLING: AtomicUsize = AtomicUsize::new(0);

/// With more waiters than this, sleeping is cheaper for all: the cores have other work.
const MOST_POLLING: usize = 1;

/// One round through the executor that costs more than this shows that it has other work.
const SLOWEST_ROUND: Duration = Duration::from_micros(1);

/// The patience of one waiter.
#[derive(Debug)]
pub(crate) struct Patience {
    limit: Duration,
    wait: Option<Wait>,
}

#[derive(Debug)]
struct Wait {
    since: Instant,
    rounds: u32,
}

impl Patience {
    /// Polls for up to `limit` in each wait; zero never does.
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit, wait: None }
    }

    pub(crate) fn none() -> Self {
        Self::new(Duration::ZERO)
    }

    /// Decides whether to poll once more.
    pub(crate) fn lasts(&mut self) -> bool {
        if self.limit.is_zero() {
            return false;
        }
        let Some(wait) = &mut self.wait else {
            if POLLING.fetch_add(1, Ordering::Relaxed) >= MOST_POLLING {
                POLLING.fetch_sub(1, Ordering::Relaxed);
                return false;
            }
            self.wait = Some(Wait { since: Instant::now(), rounds: 0 });
            return true;
        };
        wait.rounds += 1;
        let waited = wait.since.elapsed();
        let slow = wait.rounds >= 4 && waited > SLOWEST_ROUND * wait.rounds;
        if waited < self.limit && !slow {
            return true;
        }
        self.rest();
        self.limit = Duration::ZERO;
        false
    }

    /// The wait is over: what was waited for is here.
    pub(crate) fn rewarded(&mut self) {
        self.rest();
    }

    fn rest(&mut self) {
        if self.wait.take().is_some() {
            POLLING.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Patience {
    fn drop(&mut self) {
        self.rest();
    }
}
