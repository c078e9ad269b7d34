//! Deadlines and timers on one thread of ours, behind a clock that tests can turn by hand.
//!
//! Without a runtime there are no timers, so one lazily started thread per process serves them all.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, Result};

/// What an engine takes its deadlines from: the system's monotonic clock, or one turned by hand.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// let clock = headwater::Clock::manual();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now() - before, Duration::from_secs(60));
/// ```
#[derive(Clone)]
pub struct Clock {
    timers: Arc<Timers>,
}

impl Clock {
    /// Returns the system's clock, which all engines use by default.
    #[must_use]
    pub fn system() -> Self {
        static SYSTEM: OnceLock<Clock> = OnceLock::new();
        SYSTEM.get_or_init(|| Self { timers: Arc::new(Timers::new(None)) }).clone()
    }

    /// Makes a clock that stands still until [`advance`](Self::advance) moves it, for tests of timeouts.
    #[must_use]
    pub fn manual() -> Self {
        Self { timers: Arc::new(Timers::new(Some(Instant::now()))) }
    }

    /// Returns the time.
    #[must_use]
    pub fn now(&self) -> Instant {
        match self.timers.is_manual {
            true => self.timers.lock().manual.unwrap_or_else(Instant::now),
            false => Instant::now(),
        }
    }

    /// Moves a manual clock and runs, on the calling thread, what falls due; the system's clock is not
    /// moved.
    ///
    /// Nothing else runs what is due: a deadline of zero is kept by the next call, also by one with
    /// [`Duration::ZERO`].
    pub fn advance(&self, by: Duration) {
        let mut state = self.timers.lock();
        let Some(now) = &mut state.manual else {
            return;
        };
        *now += by;
        let now = *now;
        while let Some(action) = state.due(now) {
            drop(state);
            action();
            state = self.timers.lock();
        }
    }

    /// Runs `action` at `deadline`, unless the timer is dropped before.
    pub(crate) fn at(
        &self,
        deadline: Instant,
        action: impl FnOnce() + Send + 'static,
    ) -> Result<Timer> {
        let mut state = self.timers.lock();
        if state.manual.is_none() && !state.running {
            let timers = Arc::clone(&self.timers);
            thread::Builder::new()
                .name("headwater-clock".to_owned())
                .spawn(move || timers.serve())
                .map_err(|error| {
                    Error::new(ErrorKind::Other, "the thread for timers cannot be started")
                        .with_source(error)
                })?;
            state.running = true;
        }
        state.last += 1;
        let key = (deadline, state.last);
        let first = state.pending.keys().next().is_none_or(|soonest| key < *soonest);
        state.pending.insert(key, Box::new(action));
        drop(state);
        if first {
            self.timers.changed.notify_one();
        }
        Ok(Timer { timers: Arc::clone(&self.timers), key })
    }

    /// Runs `action` after `delay`, unless the timer is dropped before.
    pub(crate) fn after(
        &self,
        delay: Duration,
        action: impl FnOnce() + Send + 'static,
    ) -> Result<Timer> {
        // A deadline beyond the clock's range is as good as a hundred years from now.
        const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3_600);
        let now = self.now();
        let deadline = now.checked_add(delay).unwrap_or_else(|| now + CENTURY);
        self.at(deadline, action)
    }

    /// Waits for `delay`.
    pub(crate) fn sleep(&self, delay: Duration) -> Sleep {
        let alarm = Arc::new(Mutex::new(Alarm { rung: false, waker: None }));
        let rings = Arc::clone(&alarm);
        let timer = self.after(delay, move || {
            let waker = {
                let mut alarm = rings.lock().unwrap_or_else(PoisonError::into_inner);
                alarm.rung = true;
                alarm.waker.take()
            };
            // Outside of the lock: nobody knows what a waker does.
            if let Some(waker) = waker {
                waker.wake();
            }
        });
        Sleep { alarm, timer: Some(timer) }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.timers.is_manual { "Clock::manual" } else { "Clock::system" })
    }
}

type Action = Box<dyn FnOnce() + Send>;

struct Timers {
    /// Known without the lock: the system's clock is asked often.
    is_manual: bool,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// The time of a manual clock.
    manual: Option<Instant>,
    running: bool,
    last: u64,
    pending: BTreeMap<(Instant, u64), Action>,
}

impl State {
    fn due(&mut self, now: Instant) -> Option<Action> {
        let soonest = self.pending.first_entry()?;
        (soonest.key().0 <= now).then(|| soonest.remove())
    }
}

impl Timers {
    fn new(manual: Option<Instant>) -> Self {
        let state = State { manual, running: false, last: 0, pending: BTreeMap::new() };
        Self { is_manual: manual.is_some(), state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs timers for as long as the process lives.
    fn serve(&self) {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            if let Some(action) = state.due(now) {
                drop(state);
                // A waker of the caller's that panics must not end the timers of all others.
                let _ = catch_unwind(AssertUnwindSafe(action));
                state = self.lock();
                continue;
            }
            let soonest = state.pending.keys().next().map(|(deadline, _)| *deadline);
            state = match soonest {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(now);
                    let (state, _) = self
                        .changed
                        .wait_timeout(state, left)
                        .unwrap_or_else(PoisonError::into_inner);
                    state
                }
            };
        }
    }
}

/// A timer that is called off when it is dropped.
pub(crate) struct Timer {
    timers: Arc<Timers>,
    key: (Instant, u64),
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer").finish_non_exhaustive()
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        let action = self.timers.lock().pending.remove(&self.key);
        // What the action holds may take locks of its own in its drop.
        drop(action);
    }
}

struct Alarm {
    rung: bool,
    waker: Option<Waker>,
}

/// Waits for a time to pass; cancel safe.
pub(crate) struct Sleep {
    alarm: Arc<Mutex<Alarm>>,
    timer: Option<Result<Timer>>,
}

impl Future for Sleep {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        if let Some(Err(_)) = &self.timer {
            return Poll::Ready(self.timer.take().map_or(Ok(()), |timer| timer.map(drop)));
        }
        let waker = context.waker().clone();
        let before = {
            let mut alarm = self.alarm.lock().unwrap_or_else(PoisonError::into_inner);
            if alarm.rung {
                return Poll::Ready(Ok(()));
            }
            alarm.waker.replace(waker)
        };
        drop(before);
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn counting() -> (Arc<AtomicUsize>, impl Fn() -> Box<dyn FnOnce() + Send>) {
        let count = Arc::new(AtomicUsize::new(0));
        let action = {
            let count = Arc::clone(&count);
            move || {
                let count = Arc::clone(&count);
                Box::new(move || {
                    count.fetch_add(1, Ordering::SeqCst);
                }) as Action
            }
        };
        (count, action)
    }

    #[test]
    fn a_timer_fires_when_the_clock_reaches_it_and_not_before() {
        let clock = Clock::manual();
        let (count, action) = counting();
        let _timer = clock.after(Duration::from_secs(2), action()).unwrap();

        clock.advance(Duration::from_secs(1));
        assert_eq!(count.load(Ordering::SeqCst), 0);
        clock.advance(Duration::from_secs(1));
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_dropped_timer_does_not_fire() {
        let clock = Clock::manual();
        let (count, action) = counting();

        drop(clock.after(Duration::from_secs(1), action()).unwrap());
        clock.advance(Duration::from_secs(2));

        assert_eq!(count.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn the_system_clock_wakes_a_sleeper() {
        futures::executor::block_on(Clock::system().sleep(Duration::from_millis(1))).unwrap();
    }
}
