//! Waiting in the pool: the queue of jobs, how long they wait, and what those are told who waited too long.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::connections::Connections;
use super::{Pool, Settings, State};
use crate::clock::Timer;
use crate::driver::{Holder, Job, Notice};
use crate::engine::gate::forget_unwanted;
use crate::error::{Error, ErrorKind, Result};

/// Jobs in the order in which they began to wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    jobs: VecDeque<Box<Job>>,
    alarm: Alarm,
    /// The one at the front has been told of as waiting for long.
    pressed: bool,
    /// For so many times jobs are sent one by one: those that were sent together were not quick.
    apart: u32,
}

/// One timer for a queue, set to the time at which the first in it is late.
#[derive(Debug, Default)]
pub(super) struct Alarm(Option<(Instant, Timer)>);

impl Alarm {
    /// Reports whether it rings at a time or before.
    pub(super) fn rings_by(&self, at: Instant) -> bool {
        self.0.as_ref().is_some_and(|(rings, _)| *rings <= at)
    }

    /// Takes the timer out, to be dropped outside of a lock.
    pub(super) fn call_off(&mut self) -> Option<Timer> {
        self.0.take().map(|(_, timer)| timer)
    }
}

impl Queue {
    /// Adds a job, and gives back those that nobody waits for any more, to be dropped outside of the lock.
    ///
    /// One that has waited before, here or for its turn to write, has its place by that.
    pub(super) fn push(&mut self, job: Box<Job>) -> VecDeque<Box<Job>> {
        let given_up = forget_unwanted(&mut self.jobs, |job| job.reply.is_wanted());
        let before = self.jobs.iter().rposition(|other| other.since <= job.since);
        self.jobs.insert(before.map_or(0, |place| place + 1), job);
        given_up
    }

    /// Puts a job back to where it came from.
    pub(super) fn push_front(&mut self, job: Box<Job>) {
        self.jobs.push_front(job);
    }

    /// Takes the first that is still wanted; those before it are to be dropped outside of the lock.
    pub(super) fn pop(&mut self, given_up: &mut Vec<Box<Job>>) -> Option<Box<Job>> {
        loop {
            match self.jobs.pop_front() {
                Some(job) if !job.reply.is_wanted() => given_up.push(job),
                next => {
                    self.pressed = false;
                    return next;
                }
            }
        }
    }

    /// Adds to a job, up to so many in all, those behind it that may be sent with it.
    pub(super) fn join(&mut self, job: Box<Job>, share: usize) -> Vec<Box<Job>> {
        /// Those at the end wait for those before them.
        const MOST: usize = 16;
        let joins = job.may_join() && self.apart == 0;
        let mut jobs = vec![job];
        self.apart = self.apart.saturating_sub(1);
        while joins && jobs.len() < share.min(MOST) {
            match self.jobs.pop_front_if(|next| next.may_join()) {
                Some(next) => jobs.push(next),
                None => break,
            }
        }
        jobs
    }

    /// Takes jobs back to where they came from.
    pub(super) fn give_back(&mut self, jobs: Vec<Box<Job>>) {
        /// As long as this, it would probably be in vain again.
        const APART: u32 = 64;
        self.apart = APART;
        for job in jobs.into_iter().rev() {
            self.jobs.push_front(job);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Counts those that are still wanted.
    pub(super) fn wanted(&self) -> usize {
        self.jobs.iter().filter(|job| job.reply.is_wanted()).count()
    }

    pub(super) fn take_all(&mut self) -> VecDeque<Box<Job>> {
        self.alarm.call_off();
        std::mem::take(&mut self.jobs)
    }

    /// Takes those that have waited since before a time, but for the first so many.
    fn expired(&mut self, before: Instant, spared: usize) -> Vec<Box<Job>> {
        let mut expired = Vec::new();
        while let Some(job) = self.jobs.get(spared)
            && job.since.is_none_or(|since| since <= before)
        {
            expired.extend(self.jobs.remove(spared));
        }
        expired
    }

    /// Since when the first has waited, but for the first so many.
    fn oldest(&self, spared: usize) -> Option<Instant> {
        self.jobs.get(spared).and_then(|job| job.since)
    }
}

impl Pool {
    /// Makes sure that somebody looks when a job in the queue has waited for long, and for too long.
    pub(super) fn watch_queue(&self, state: &mut State, since: Instant) -> Result<()> {
        let limit = self.settings.acquire_timeout;
        let first = if state.queue.pressed { limit } else { limit / 2 };
        let at = later(since, first);
        if !state.queue.alarm.rings_by(at) {
            state.queue.alarm = self.alarm(at, Self::look_at_queue)?;
        }
        Ok(())
    }

    /// One connection less is being opened: one more of those who wait is looked at.
    pub(super) fn watch_waiting(&self, state: &mut State) {
        let spared = state.connections.opening();
        if let Some(since) = state.queue.oldest(spared) {
            // Without a timer it waits for as long as it takes.
            let _ = self.watch_queue(state, since);
        }
    }

    /// Makes sure that somebody looks when a job of the engine's has waited for too long at the gate.
    pub(super) fn watch_gate(&self, state: &mut State, since: Instant) -> Result<()> {
        // One that has waited for a reader before may be the first to be late, although others came first.
        let at = later(since, self.settings.acquire_timeout);
        if !state.gate_alarm.rings_by(at) {
            state.gate_alarm = self.alarm(at, Self::look_at_gate)?;
        }
        Ok(())
    }

    pub(super) fn alarm(&self, at: Instant, look: fn(&Self)) -> Result<Alarm> {
        let pool = self.me.clone();
        let timer = self.settings.clock.at(at, move || {
            if let Some(pool) = pool.upgrade() {
                look(&pool);
            }
        });
        timer.map(|timer| Alarm(Some((at, timer))))
    }

    /// Fails the jobs that have waited for too long for a reader, and tells of those that wait for long.
    fn look_at_queue(&self) {
        let Settings { acquire_timeout: limit, max_connections: most, .. } = self.settings;
        let now = self.now();
        let mut state = self.lock();
        let timer = state.queue.alarm.call_off();
        // To open a connection has its own limit, and those whom one is being opened for wait for that.
        let spared = state.connections.opening();
        let expired = now.checked_sub(limit).map(|before| state.queue.expired(before, spared));
        let expired = expired.unwrap_or_default();
        let errors: Vec<_> = expired
            .iter()
            .map(|job| pool_timeout(limit, most, &state.connections, job, now))
            .collect();
        let mut pressure = None;
        let alarm = match state.queue.oldest(spared) {
            None => {
                state.queue.pressed = false;
                Ok(())
            }
            Some(since) => {
                let waited = now.saturating_duration_since(since);
                if waited >= limit / 2 && !std::mem::replace(&mut state.queue.pressed, true) {
                    pressure = Some(state.queue.wanted());
                }
                self.watch_queue(&mut state, since)
            }
        };
        drop(state);
        drop(timer);
        for (job, error) in expired.into_iter().zip(errors) {
            job.fail(error);
        }
        if let Some(waiting) = pressure {
            self.hub.announce(Notice::PoolPressure { waiting, connections: most });
        }
        if let Err(error) = alarm {
            self.fail_waiting(&error);
        }
    }

    /// Fails the jobs that have waited for too long for their turn to write.
    pub(super) fn look_at_gate(&self) {
        let limit = self.settings.acquire_timeout;
        let now = self.now();
        let timer = self.lock().gate_alarm.call_off();
        drop(timer);
        // Set again after the look, or meanwhile by a job that came.
        let Some(before) = now.checked_sub(limit) else {
            return;
        };
        let (expired, next) = self.gate().expire(&self.me, before);
        let alarm = match next {
            Some(since) => self.watch_gate(&mut self.lock(), since),
            None => Ok(()),
        };
        let holder = if expired.is_empty() { None } else { self.gate().holder() };
        for job in expired {
            let error = gate_timeout(limit, holder.as_ref(), &job, now);
            job.fail(error);
        }
        if let Err(error) = alarm {
            self.gate().forget(&self.me, true, || error.same());
        }
    }

    /// Fails all that wait for a reader: nobody could tell when they have waited for too long.
    pub(super) fn fail_waiting(&self, error: &Error) {
        let waiting = self.lock().queue.take_all();
        for job in waiting {
            job.fail(error.same());
        }
    }
}

pub(super) fn later(since: Instant, by: Duration) -> Instant {
    // A deadline beyond the clock's range is as good as a hundred years from now.
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3_600);
    since.checked_add(by).unwrap_or_else(|| since + CENTURY)
}

#[cold]
fn pool_timeout(
    waited: Duration,
    most: usize,
    connections: &Connections,
    job: &Job,
    now: Instant,
) -> Error {
    let holders = connections.holders();
    let own = holders.iter().filter(|holder| holder.is_of(job.origin.task)).count();
    let held = holders.iter().map(|holder| holder.show(now).to_string());
    let opening = connections.show_opening(now).map(|opening| opening.to_string());
    let hung = connections.show_hung().map(|hung| hung.to_string());
    let parts: Vec<_> = held.chain(opening).chain(hung).collect();
    let mut message = format!(
        "no connection became free within {waited:?} (`acquire_timeout`) of the {most} there may be \
         (`max_connections`): {}",
        parts.join("; ")
    );
    if own > 0 {
        message.push_str(&format!(
            "; the task that waits holds {own} of them itself: use that, or drop it before"
        ));
    }
    Error::new(ErrorKind::PoolTimeout, message)
}

#[cold]
fn gate_timeout(waited: Duration, holder: Option<&Holder>, job: &Job, now: Instant) -> Error {
    let mut message =
        format!("the turn to write did not come within {waited:?} (`acquire_timeout`)");
    if let Some(holder) = holder {
        message.push_str(&format!(": it was {}'s", holder.show(now)));
        if holder.is_of(job.origin.task) {
            message.push_str(
                "; the task that waits has it itself: write in that transaction, or end it before",
            );
        }
    }
    Error::new(ErrorKind::Busy, message)
}
