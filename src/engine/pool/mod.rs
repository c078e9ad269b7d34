//! The pool: connections that start on demand, one queue for those who wait, one connection that writes.
//!
//! Jobs that only read, and leases, go to the readers. What has come through the write gate (one-shot
//! writes, transactions) runs on the engine's own writing connection: whoever has the right to write
//! never waits for a connection, so the two kinds of waiting cannot block each other.

mod connections;
mod host;
mod texts;
mod waiting;

#[cfg(feature = "orm")]
use std::panic::Location;
use std::time::{Duration, Instant};

#[cfg(feature = "orm")]
use futures::future::BoxFuture;

use self::connections::Connections;
use self::texts::Texts;
use self::waiting::{Alarm, Queue, later};
use super::gate::{Gate, closed};
#[cfg(feature = "orm")]
use super::handle::snapshot_by;
use super::notices::Hub;
use crate::clock::Clock;
use crate::driver::{Begin, Bounds, Command, Driver, Holder, Job, Lease, Link, Request};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::Count;
use crate::flow::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak, lock};
#[cfg(feature = "orm")]
use crate::result::OneState;
use crate::result::Runner;

/// What a pool is made with.
#[derive(Debug)]
pub(in crate::engine) struct Settings {
    pub(in crate::engine) max_connections: usize,
    pub(in crate::engine) min_idle: usize,
    pub(in crate::engine) acquire_timeout: Duration,
    pub(in crate::engine) connect_timeout: Duration,
    pub(in crate::engine) idle_timeout: Option<Duration>,
    pub(in crate::engine) max_lifetime: Option<Duration>,
    pub(in crate::engine) group_commit: bool,
    pub(in crate::engine) bounds: Bounds,
    pub(in crate::engine) clock: Clock,
}

/// The connections of one engine.
#[derive(Debug)]
pub(in crate::engine) struct Pool {
    me: Weak<Self>,
    driver: Box<dyn Driver>,
    settings: Settings,
    gate: OnceLock<Arc<Gate>>,
    state: Mutex<State>,
    texts: Texts,
    /// Connections whose files are open, or are being opened.
    open: Count,
    hub: Hub,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    connections: Connections,
    /// Jobs that wait for a reader.
    queue: Queue,
    /// Rings when a job of the engine's has waited for its turn to write for too long.
    gate_alarm: Alarm,
}

/// What a pool is doing now.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Counts {
    pub(in crate::engine) connections: usize,
    pub(in crate::engine) idle: usize,
    pub(in crate::engine) waiting: usize,
    pub(in crate::engine) waiting_to_write: usize,
    pub(in crate::engine) open_results: usize,
    pub(in crate::engine) oldest_snapshot: Option<Duration>,
    pub(in crate::engine) log_bytes: Option<u64>,
}

impl Pool {
    pub(in crate::engine) fn new(driver: Box<dyn Driver>, settings: Settings) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            driver,
            settings,
            gate: OnceLock::new(),
            state: Mutex::default(),
            texts: Texts::default(),
            open: Count::default(),
            hub: Hub::default(),
        })
    }

    /// Sets the gate, which can be found only once the file is there.
    pub(in crate::engine) fn set_gate(&self, gate: Arc<Gate>) {
        self.gate.get_or_init(|| gate);
    }

    pub(in crate::engine) fn hub(&self) -> &Hub {
        &self.hub
    }

    pub(in crate::engine) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(in crate::engine) fn now(&self) -> Instant {
        self.settings.clock.now()
    }

    /// Reports whether writes that wait share a commit.
    pub(in crate::engine) fn groups_commits(&self) -> bool {
        self.settings.group_commit
    }

    pub(in crate::engine) fn counts(&self) -> Counts {
        let (waiting_to_write, log_bytes) = (self.gate().waiting(), self.driver.log_bytes());
        let now = self.now();
        let state = self.lock();
        let pulses = || state.connections.links().map(|link| link.pulse());
        let oldest = pulses().filter_map(|pulse| pulse.reading()).min();
        Counts {
            connections: self.open.get(),
            idle: state.connections.idle(),
            waiting: state.queue.wanted(),
            waiting_to_write,
            open_results: pulses().map(|pulse| pulse.results()).sum(),
            oldest_snapshot: oldest.map(|since| now.saturating_duration_since(since)),
            log_bytes,
        }
    }

    /// Sends a job of the engine's to a connection, or to where it waits for one.
    pub(in crate::engine) fn submit(&self, mut job: Box<Job>) {
        job.one_shot = true;
        let writes = match &job.request {
            Request::Lease(Begin::Write(_)) => true,
            Request::Script(_) => !self.driver.is_read_only(),
            _ => job.text().is_some_and(|text| {
                self.texts.writes(text).unwrap_or_else(|| self.driver.seems_to_write(text))
            }),
        };
        if writes {
            self.enter_gate(job);
        } else {
            self.read(job);
        }
    }

    /// Finds a reader for a job.
    fn read(&self, mut job: Box<Job>) {
        let now = self.now();
        let mut state = self.lock();
        if state.closed {
            drop(state);
            return job.fail(closed());
        }
        // Where both are there, a connection is about to be given to those who wait: whoever comes now is
        // behind them.
        if state.queue.len() == 0
            && let Some(link) = state.connections.take_idle(|| Holder::of(&job, now))
        {
            let opened = match self.settings.min_idle {
                0 => Vec::new(),
                _ => self.open_readers(&mut state, now),
            };
            drop(state);
            self.send(job, &link);
            return self.launch(opened);
        }
        let may_write = job.is_for_effect()
            && job.text().is_none_or(|text| self.texts.writes(text) != Some(false));
        if may_write && !state.connections.can_open(&self.settings) {
            // No reader is free to tell whether it writes. Who has the right to write does not need one.
            drop(state);
            return self.enter_gate(job);
        }
        let since = *job.since.get_or_insert(now);
        let given_up = state.queue.push(job);
        let alarm = self.watch_queue(&mut state, since);
        let opened = self.open_readers(&mut state, now);
        drop(state);
        drop(given_up);
        self.launch(opened);
        if let Err(error) = alarm {
            self.fail_waiting(&error);
        }
    }

    /// Sends a job through the write gate, now or when it is its turn.
    fn enter_gate(&self, mut job: Box<Job>) {
        let Some(me) = self.me.upgrade() else {
            return job.fail(closed());
        };
        if let Some(permit) = self.gate().try_enter(|| Holder::of(&job, self.now())) {
            job.permit = Some(permit);
            if let Err(refused) = self.granted(vec![job]) {
                Self::refuse(refused);
            }
            return;
        }
        let since = *job.since.get_or_insert_with(|| self.now());
        if job.one_shot && self.lock().closed {
            return job.fail(closed());
        }
        self.gate().enter(job, &me, since);
        // Once it waits, or an alarm that rings at once would find nobody.
        let (is_closed, alarm) = {
            let mut state = self.lock();
            (state.closed, self.watch_gate(&mut state, since))
        };
        if is_closed {
            // It was closed meanwhile, and has looked at who waits already.
            self.gate().forget(&self.me, false, closed);
        }
        if let Err(error) = alarm {
            self.gate().forget(&self.me, true, || error.same());
        }
        if later(since, self.settings.acquire_timeout) <= self.now() {
            // A clock that is turned by hand rings only when it is turned, and it has been meanwhile.
            self.look_at_gate();
        }
    }

    /// Runs jobs that have the right to write, or gives them back with the reason why not.
    pub(in crate::engine) fn granted(&self, mut jobs: Vec<Box<Job>>) -> Result<(), Refused> {
        if let [job] = &*jobs
            && !job.one_shot
        {
            return match (job.lease.clone(), jobs.pop()) {
                (Some(lease), Some(job)) => {
                    lease.run(job);
                    Ok(())
                }
                (_, job) => Err((job.into_iter().collect(), closed())),
            };
        }
        let now = self.now();
        let mut state = self.lock();
        if state.closed {
            return Err((jobs, closed()));
        }
        // Only who has the right to write comes here, so no second writer is started meanwhile.
        let holder = jobs.first().map(|job| Holder::of(job, now));
        let (link, opened) = match state.connections.take_writer(holder) {
            Some(link) => (link, None),
            None if !state.connections.can_open_writer() => return Err((jobs, writers_hang())),
            None => {
                let link = self.open_writer(&mut state, now);
                (Arc::clone(&link), Some(link))
            }
        };
        drop(state);
        // The job is there before the thread is, which answers it if the connection does not open.
        self.send_all(jobs, &link, Command::Group);
        self.launch(opened);
        Ok(())
    }

    /// Sends a job to a connection that it has for itself.
    fn send(&self, mut job: Box<Job>, link: &Arc<dyn Link>) {
        let last = job.last.clone();
        job.lease = Some(Arc::new(Lease::new(next_id(), Arc::clone(link), last)));
        if let Err((Command::Run(job), error)) = link.send(Command::Run(job)) {
            self.undelivered(vec![job], error);
        }
    }

    /// Sends jobs that share a connection, with the command for several of them.
    fn send_all(
        &self,
        mut jobs: Vec<Box<Job>>,
        link: &Arc<dyn Link>,
        several: fn(Vec<Box<Job>>) -> Command,
    ) {
        if jobs.len() == 1 {
            return jobs.into_iter().for_each(|job| self.send(job, link));
        }
        let lease = Arc::new(Lease::new(next_id(), Arc::clone(link), None));
        for job in &mut jobs {
            job.lease = Some(Arc::clone(&lease));
        }
        drop(lease);
        if let Err((Command::Group(jobs) | Command::Reads(jobs), error)) = link.send(several(jobs))
        {
            self.undelivered(jobs, error);
        }
    }

    fn gate(&self) -> &Arc<Gate> {
        self.gate.get_or_init(Arc::default)
    }

    /// Refuses new work and tells the connections to close when their work is done.
    pub(in crate::engine) fn retire(&self) {
        let mut state = self.lock();
        state.closed = true;
        let waiting = state.queue.take_all();
        let alarms = (state.gate_alarm.call_off(), state.connections.call_off());
        let links: Vec<_> = state.connections.links().map(Arc::clone).collect();
        drop(state);
        drop(alarms);
        for job in waiting {
            job.fail(closed());
        }
        self.gate().forget(&self.me, false, closed);
        for link in links {
            let _ = link.send(Command::Close);
        }
        self.end_notices();
    }

    /// Ends everything that still runs.
    pub(in crate::engine) fn abort(&self) {
        self.gate().forget(&self.me, true, closed);
        let links: Vec<_> = self.lock().connections.links().map(Arc::clone).collect();
        for link in links {
            let _ = link.send(Command::Abort);
        }
    }

    /// Waits until the files of all connections are closed.
    pub(in crate::engine) async fn closed(&self) {
        self.open.none().await;
        if self.lock().closed {
            self.driver.discard();
        }
    }

    /// A connection's files are closed, or never were open.
    fn count_closed(&self) {
        self.open.remove();
        self.end_notices();
    }

    /// Ends the notices once nothing is left that could give cause for one.
    fn end_notices(&self) {
        if self.lock().closed && self.open.get() == 0 {
            self.hub.close();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// Jobs that could not be given to a connection, and why.
pub(in crate::engine) type Refused = (Vec<Box<Job>>, Error);

#[cold]
fn writers_hang() -> Error {
    Error::new(
        ErrorKind::CannotOpen,
        "the last connections that were to write are not open within `connect_timeout`, and no more are opened until one of them has ended",
    )
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.retire();
    }
}

pub(in crate::engine) fn next_id() -> u64 {
    // The standard library's even under a model checker: all it does is to give different numbers.
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

impl Runner for Pool {
    fn submit(&self, job: Box<Job>) {
        Self::submit(self, job);
    }

    fn bounds(&self) -> &Bounds {
        &self.settings.bounds
    }

    fn clock(&self) -> &Clock {
        &self.settings.clock
    }

    #[cfg(feature = "orm")]
    fn one_state(
        self: Arc<Self>,
        site: &'static Location<'static>,
    ) -> BoxFuture<'static, Result<OneState>> {
        Box::pin(async move {
            let snapshot = snapshot_by(&*self, Arc::clone(&self), site).await?;
            Ok(OneState::of(snapshot.runner()))
        })
    }
}
