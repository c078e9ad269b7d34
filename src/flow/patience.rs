//! How long a waiter polls again by itself before it sleeps.
//!
//! To wake an idle core costs tens of microseconds on a virtual machine, ten times a point query. So a
//! waiter first comes back through its executor a few times (it wakes its own waker: other tasks run in
//! between, and nothing blocks). It gives up early where that does not pay: when others wait too, when
//! one round through the executor is slow, and for good once it has waited in vain.

// The standard library's even under a model checker: they are advice, nothing waits for them, and none
// of them is looked at where nobody spins.
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::sync::{CHECKED, thread};

/// How many waiters of this process there are now, and how many of them poll by themselves.
static WAITING: AtomicUsize = AtomicUsize::new(0);
static POLLING: Few = Few::new(1);

/// How that has paid lately, for the whole process.
static LUCK: Luck = Luck::new();

/// With more waiters than this, sleeping is cheaper for all: the cores have other work.
const MOST_WAITING: usize = 2;

/// One round through the executor that costs more than this shows that it has other work.
const SLOWEST_ROUND: Duration = Duration::from_micros(1);

/// After so many rounds a waiter offers its core to other threads.
const ROUNDS_TO_YIELD: u32 = 8;

/// A count that goes up to a few.
#[derive(Debug)]
pub(crate) struct Few {
    count: AtomicUsize,
    most: usize,
}

impl Few {
    pub(crate) const fn new(most: usize) -> Self {
        Self { count: AtomicUsize::new(0), most }
    }

    /// Counts one more, if there are not so many yet.
    pub(crate) fn enter(&self) -> bool {
        let enters = self.count.fetch_add(1, Ordering::Relaxed) < self.most;
        if !enters {
            self.leave();
        }
        enters
    }

    pub(crate) fn leave(&self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether to stay awake in a wait: if the last one was short enough for it. Now and then it is tried all
/// the same, because a wait among sleepers is long only for the waking.
///
/// Where it never pays (one core, busy cores, slow queries, rare requests) that costs next to nothing.
#[derive(Debug)]
pub(crate) struct Luck {
    /// How long the last wait was, in microseconds.
    last: AtomicU32,
    waits: AtomicU32,
}

impl Luck {
    /// Of the waits that are expected to be long, one of so many is spent awake.
    const TRIED: u32 = 8;

    pub(crate) const fn new() -> Self {
        Self { last: AtomicU32::new(0), waits: AtomicU32::new(0) }
    }

    /// Decides whether to stay awake for up to `limit` in this wait.
    pub(crate) fn try_it(&self, limit: Duration) -> bool {
        let last = Duration::from_micros(self.last.load(Ordering::Relaxed).into());
        last <= limit || self.waits.fetch_add(1, Ordering::Relaxed).is_multiple_of(Self::TRIED)
    }

    pub(crate) fn waited(&self, wait: Duration) {
        self.last.store(u32::try_from(wait.as_micros()).unwrap_or(u32::MAX), Ordering::Relaxed);
    }
}

/// The patience of one waiter.
#[derive(Debug)]
pub(crate) struct Patience {
    limit: Duration,
    wait: Option<Wait>,
}

#[derive(Debug)]
struct Wait {
    /// None in a crowd, where nobody looks at how long it took.
    since: Option<Instant>,
    rounds: u32,
    polling: bool,
}

impl Patience {
    /// Polls for up to `limit` in each wait; zero never does.
    pub(crate) fn new(limit: Duration) -> Self {
        let limit = if CHECKED { Duration::ZERO } else { limit };
        Self { limit, wait: None }
    }

    pub(crate) fn none() -> Self {
        Self::new(Duration::ZERO)
    }

    /// Reports whether it may poll at all in this wait.
    pub(crate) fn is_some(&self) -> bool {
        !self.limit.is_zero() && self.wait.as_ref().is_none_or(|wait| wait.polling)
    }

    /// Decides whether to poll once more.
    pub(crate) fn lasts(&mut self) -> bool {
        if self.limit.is_zero() {
            return false;
        }
        let wait = self.wait.get_or_insert_with(|| Wait::begin(self.limit));
        if !wait.polling {
            return false;
        }
        if wait.goes_on(self.limit) {
            return true;
        }
        wait.sleep();
        false
    }

    /// The wait is over: what was waited for is here.
    pub(crate) fn rewarded(&mut self) {
        if let Some(wait) = self.wait.take()
            && let Some(since) = wait.since
        {
            LUCK.waited(since.elapsed());
        }
    }
}

impl Wait {
    fn begin(limit: Duration) -> Self {
        let crowded = WAITING.fetch_add(1, Ordering::Relaxed) >= MOST_WAITING;
        let polling = !crowded && LUCK.try_it(limit) && POLLING.enter();
        Self { since: (!crowded).then(Instant::now), rounds: 0, polling }
    }

    fn goes_on(&mut self, limit: Duration) -> bool {
        let waited = self.since.map_or(Duration::MAX, |since| since.elapsed());
        let slow = self.rounds >= 4 && waited > SLOWEST_ROUND * self.rounds;
        self.rounds += 1;
        if self.rounds.is_multiple_of(ROUNDS_TO_YIELD) {
            // The other side may have been put on this very core.
            thread::yield_now();
        }
        waited < limit && !slow
    }

    fn sleep(&mut self) {
        if std::mem::take(&mut self.polling) {
            POLLING.leave();
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.sleep();
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_micros(20);

    #[test]
    fn after_a_long_wait_only_some_are_spent_awake() {
        let luck = Luck::new();
        luck.waited(Duration::from_millis(1));

        let awake = std::iter::repeat_with(|| luck.try_it(LIMIT)).take(80).filter(|awake| *awake);

        assert_eq!(awake.count(), 10);
    }

    #[test]
    fn after_a_short_wait_the_next_is_spent_awake() {
        let luck = Luck::new();
        luck.waited(Duration::from_millis(1));
        luck.waited(Duration::from_micros(5));

        assert!((0..10).all(|_| luck.try_it(LIMIT)));
    }
}
