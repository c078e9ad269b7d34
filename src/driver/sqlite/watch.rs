//! What is told of a statement: that it waits for its consumer, and how that ends; that it is slow.

use std::future::Future as _;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::state::State;
use crate::clock::Sleep;
use crate::driver::{Bounds, Host, Notice, Span};
use crate::error::{Error, ErrorKind};
use crate::statement::Stall;

/// A statement, as notices name it.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) text: &'a str,
    pub(super) site: &'static Location<'static>,
    pub(super) span: &'a Span,
}

/// Runs steps of a statement, and adds how long they took.
pub(super) fn timed<T>(state: &State<'_>, took: &mut Duration, steps: impl FnOnce() -> T) -> T {
    let since = state.config.clock.now();
    let stepped = steps();
    *took += state.config.clock.now().saturating_duration_since(since);
    stepped
}

/// Tells of a statement that has run for long.
pub(super) fn tell_slow(state: &State<'_>, named: Named<'_>, took: Duration) {
    if took >= state.config.bounds.slow_statement {
        tell(state, named, || Notice::SlowStatement {
            statement: named.text.into(),
            called_at: named.site,
            took,
        });
    }
}

/// Tells a notice to those who listen, and to who traces.
fn tell(state: &State<'_>, named: Named<'_>, notice: impl FnOnce() -> Notice) {
    let host = listening(state);
    if host.is_none() && !named.span.is_heard() {
        return;
    }
    let notice = notice();
    named.span.warn(&notice);
    if let Some(host) = host {
        host.notice(notice);
    }
}

fn listening(state: &State<'_>) -> Option<Arc<dyn Host>> {
    state.host.upgrade().filter(|host| host.wants_notices())
}

/// The waits of one scan for its consumer. Where nobody is to be told and nothing is to end, a wait looks
/// at no clock; and where one is, the timer of a wait that was short serves the next.
pub(super) struct Waits<'a, 'c> {
    state: &'a State<'c>,
    named: Named<'a>,
    /// When a wait is told of.
    notice: Duration,
    /// When a wait ends the statement.
    limit: Option<Duration>,
    wait: Option<Wait>,
    alarm: Option<(Instant, Sleep)>,
}

/// A wait, since the consumer last took something.
struct Wait {
    since: Instant,
    /// How many batches wait for the consumer.
    batches: usize,
    is_heard: bool,
    told: bool,
}

impl<'a, 'c> Waits<'a, 'c> {
    pub(super) fn new(state: &'a State<'c>, named: Named<'a>, bounds: &Bounds) -> Self {
        let limit = match bounds.stall {
            Stall::AbortAfter(limit) => Some(limit),
            _ => None,
        };
        Self { state, named, notice: bounds.stall_notice, limit, wait: None, alarm: None }
    }

    /// Notes that the scan goes on.
    pub(super) fn end(&mut self) {
        self.wait = None;
    }

    /// Waits until the wait, of which so many batches are the object, has been too long.
    pub(super) fn poll(&mut self, context: &mut Context<'_>, batches: usize) -> Poll<Error> {
        if self.wait.as_ref().is_none_or(|wait| wait.batches != batches) {
            let is_heard = self.notice != Duration::MAX
                && (self.named.span.is_heard() || listening(self.state).is_some());
            if !is_heard && self.limit.is_none() {
                return Poll::Pending;
            }
            let since = self.state.config.clock.now();
            self.wait = Some(Wait { since, batches, is_heard, told: false });
        }
        while let Some(next) = self.next() {
            if !self.poll_until(next, context) {
                return Poll::Pending;
            }
            if let Some(error) = self.due() {
                return Poll::Ready(error);
            }
        }
        Poll::Pending
    }

    /// Returns after how long something is to be done.
    fn next(&self) -> Option<Duration> {
        let wait = self.wait.as_ref()?;
        let notice = (wait.is_heard && !wait.told).then_some(self.notice);
        notice.into_iter().chain(self.limit).min()
    }

    /// Does what is due.
    fn due(&mut self) -> Option<Error> {
        let wait = self.wait.as_mut()?;
        let waited = self.state.config.clock.now().saturating_duration_since(wait.since);
        if waited >= self.notice && !std::mem::replace(&mut wait.told, true) {
            let named = self.named;
            tell(self.state, named, || Notice::Stalled {
                statement: named.text.into(),
                called_at: named.site,
                waited,
            });
        }
        self.limit.filter(|limit| waited >= *limit).map(given_up)
    }

    /// Reports whether the wait has lasted for so long; if not, the task is woken when it has.
    fn poll_until(&mut self, lasted: Duration, context: &mut Context<'_>) -> bool {
        let clock = &self.state.config.clock;
        let Some(at) = self.wait.as_ref().and_then(|wait| wait.since.checked_add(lasted)) else {
            return false;
        };
        loop {
            let now = clock.now();
            if now >= at {
                return true;
            }
            if self.alarm.as_ref().is_none_or(|(rings, _)| *rings > at) {
                self.alarm = Some((at, clock.sleep(at.saturating_duration_since(now))));
            }
            let Some((_, sleep)) = &mut self.alarm else {
                return false;
            };
            match Pin::new(sleep).poll(context) {
                Poll::Pending => return false,
                // It was that of an earlier wait.
                Poll::Ready(Ok(())) => self.alarm = None,
                // Without a thread for timers nothing can be timed.
                Poll::Ready(Err(_)) => return false,
            }
        }
    }
}

#[cold]
fn given_up(limit: Duration) -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!(
            "the consumer of the result took nothing for {limit:?}, so the statement was ended to free its \
             connection (`stall`); take the rows faster or in smaller batches (`batch_rows`), let them be \
             read aside with `Stall::Spill`, or allow for a longer wait"
        ),
    )
}
