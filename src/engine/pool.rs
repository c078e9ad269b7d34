//! The pool: connections that start on demand, one queue for those who wait, one connection that writes.
//!
//! Jobs that only read, and leases, go to the readers. What has come through the write gate (one-shot
//! writes, transactions) runs on the engine's own writing connection: whoever has the right to write
//! never waits for a connection, so the two kinds of waiting cannot block each other.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, Weak};
use std::time::Duration;

use tokio::sync::watch;

use super::gate::{Gate, closed, forget_unwanted};
use crate::clock::Clock;
use crate::driver::{
    Begin, Bounds, Command, Driver, Host, Job, Lease, Link, Permit, Request, Version,
};
use crate::error::{Error, ErrorKind, Result};
use crate::result::Runner;

/// How many texts are remembered as writing; beyond, the memory begins anew.
const TEXTS: usize = 4_096;

/// What a pool is made with.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) max_connections: usize,
    pub(super) acquire_timeout: Duration,
    pub(super) bounds: Bounds,
    pub(super) clock: Clock,
}

/// The connections of one engine.
#[derive(Debug)]
pub(super) struct Pool {
    me: Weak<Self>,
    driver: Box<dyn Driver>,
    settings: Settings,
    gate: OnceLock<Arc<Gate>>,
    state: Mutex<State>,
    /// Texts that were found to write, so that they go to the gate without a detour.
    writes: RwLock<HashSet<Box<str>>>,
    /// Connections whose files are open.
    open: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    links: HashMap<u64, Arc<dyn Link>>,
    /// Connections that are being started and are not in the list yet.
    starting: HashSet<u64>,
    /// Readers without work; the one used last is used next.
    idle: Vec<u64>,
    readers: usize,
    writer: Option<u64>,
    queue: VecDeque<Box<Job>>,
}

/// What a pool is doing now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    pub(super) connections: usize,
    pub(super) idle: usize,
    pub(super) waiting: usize,
    pub(super) waiting_to_write: usize,
}

impl Pool {
    pub(super) fn new(driver: Box<dyn Driver>, settings: Settings) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            driver,
            settings,
            gate: OnceLock::new(),
            state: Mutex::default(),
            writes: RwLock::default(),
            open: watch::Sender::new(0),
        })
    }

    /// Sets the gate, which can be found only once the file is there.
    pub(super) fn set_gate(&self, gate: Arc<Gate>) {
        self.gate.get_or_init(|| gate);
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn counts(&self) -> Counts {
        let state = self.lock();
        Counts {
            connections: *self.open.borrow(),
            idle: state.idle.len(),
            waiting: state.queue.iter().filter(|job| job.reply.is_wanted()).count(),
            waiting_to_write: self.gate().waiting(),
        }
    }

    /// Sends a job of the engine's to a connection, or to where it waits for one.
    pub(super) fn submit(&self, mut job: Box<Job>) {
        job.one_shot = true;
        let writes = match &job.request {
            Request::Lease(Begin::Write(_)) => true,
            Request::Script(_) => !self.driver.is_read_only(),
            _ => job.text().is_some_and(|text| self.is_known_to_write(text)),
        };
        if writes {
            self.enter_gate(job);
        } else {
            self.read(job);
        }
    }

    /// Finds a reader for a job.
    fn read(&self, mut job: Box<Job>) {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            return job.fail(closed());
        }
        while let Some(id) = state.idle.pop() {
            if let Some(link) = state.links.get(&id).map(Arc::clone) {
                drop(state);
                return send(job, link);
            }
        }
        if state.readers < self.settings.max_connections.max(1) {
            state.readers += 1;
            let id = self.announce(&mut state);
            drop(state);
            return self.start_reader(id, job);
        }
        if job.is_for_effect() {
            // No reader is free to tell whether it writes. Who has the right to write does not need one.
            drop(state);
            return self.enter_gate(job);
        }
        if let Err(error) = self.limit_wait(&mut job, pool_timeout) {
            drop(state);
            return job.fail(error);
        }
        let given_up = forget_unwanted(&mut state.queue, |job| job.reply.is_wanted());
        state.queue.push_back(job);
        drop(state);
        drop(given_up);
    }

    /// Sends a job through the write gate, now or when it is its turn.
    fn enter_gate(&self, mut job: Box<Job>) {
        let Some(me) = self.me.upgrade() else {
            return job.fail(closed());
        };
        match self.gate().try_enter() {
            Some(permit) => {
                job.permit = Some(permit);
                if let Err((job, error)) = self.granted(job) {
                    job.fail(error);
                }
            }
            None => match self.limit_wait(&mut job, gate_timeout) {
                Ok(()) => {
                    self.gate().enter(job, &me);
                    if self.lock().closed {
                        // It was closed meanwhile, and has looked at who waits already.
                        self.gate().forget(&self.me, false, closed);
                    }
                }
                Err(error) => job.fail(error),
            },
        }
    }

    /// Bounds how long a job waits for its turn.
    fn limit_wait(&self, job: &mut Job, error: fn(Duration, usize) -> Error) -> Result<()> {
        let expiry = job.reply.expiry();
        let Settings { acquire_timeout, max_connections, .. } = self.settings;
        let timer = self.settings.clock.after(acquire_timeout, move || {
            expiry.call_off(|| error(acquire_timeout, max_connections));
        });
        job.wait = Some(timer?);
        Ok(())
    }

    fn start_reader(&self, id: u64, job: Box<Job>) {
        match self.start(id) {
            Ok(link) => send(job, link),
            Err(error) => {
                self.lock().readers -= 1;
                job.fail(error);
            }
        }
    }

    /// Counts a connection that is about to start: in one step with the look at whether the engine is
    /// closed, so that whoever closes it waits for this one too.
    fn announce(&self, state: &mut State) -> u64 {
        let id = next_id();
        state.starting.insert(id);
        // Nobody waits for the count to rise.
        self.open.send_if_modified(|open| {
            *open += 1;
            false
        });
        id
    }

    /// Starts a connection that was announced.
    fn start(&self, id: u64) -> Result<Arc<dyn Link>> {
        let host: Weak<dyn Host> = self.me.clone();
        let started = self.driver.start(id, host);
        let mut state = self.lock();
        // Its thread may be gone again by now: then `gone` was told, and its closed inbox fails the job.
        let known = state.starting.remove(&id);
        match started {
            Ok(link) => {
                if known {
                    state.links.insert(id, Arc::clone(&link));
                    if state.closed {
                        link.send(Command::Close);
                    }
                }
                Ok(link)
            }
            Err(error) => {
                drop(state);
                self.open.send_modify(|open| *open -= 1);
                Err(error)
            }
        }
    }

    /// Runs a job that has the right to write, or gives it back with the reason why not.
    pub(super) fn granted(&self, job: Box<Job>) -> Result<(), (Box<Job>, Error)> {
        if !job.one_shot {
            return match job.lease.clone() {
                Some(lease) => {
                    lease.send(Command::Run(job));
                    Ok(())
                }
                None => Err((job, closed())),
            };
        }
        let mut state = self.lock();
        if state.closed {
            return Err((job, closed()));
        }
        let known = state.writer.and_then(|id| state.links.get(&id).map(Arc::clone));
        if let Some(link) = known {
            drop(state);
            send(job, link);
            return Ok(());
        }
        // Only who has the right to write comes here, so no second writer is started meanwhile.
        let id = self.announce(&mut state);
        state.writer = Some(id);
        drop(state);
        match self.start(id) {
            Ok(link) => {
                send(job, link);
                Ok(())
            }
            Err(error) => {
                self.lock().writer = None;
                Err((job, error))
            }
        }
    }

    fn is_known_to_write(&self, text: &str) -> bool {
        self.writes.read().unwrap_or_else(PoisonError::into_inner).contains(text)
    }

    fn remember_write(&self, text: &str) {
        if self.is_known_to_write(text) {
            return;
        }
        let mut writes = self.writes.write().unwrap_or_else(PoisonError::into_inner);
        if writes.len() >= TEXTS {
            writes.clear();
        }
        writes.insert(text.into());
    }

    fn gate(&self) -> &Arc<Gate> {
        self.gate.get_or_init(Arc::default)
    }

    /// Refuses new work and tells the connections to close when their work is done.
    pub(super) fn retire(&self) {
        let mut state = self.lock();
        state.closed = true;
        let waiting = std::mem::take(&mut state.queue);
        let links: Vec<_> = state.links.values().cloned().collect();
        drop(state);
        for job in waiting {
            job.fail(closed());
        }
        self.gate().forget(&self.me, false, closed);
        for link in links {
            link.send(Command::Close);
        }
    }

    /// Ends everything that still runs.
    pub(super) fn abort(&self) {
        self.gate().forget(&self.me, true, closed);
        let links: Vec<_> = self.lock().links.values().cloned().collect();
        for link in links {
            link.send(Command::Abort);
        }
    }

    /// Waits until the files of all connections are closed.
    pub(super) async fn closed(&self) {
        let mut open = self.open.subscribe();
        // The sender lives as long as this pool does.
        let _ = open.wait_for(|open| *open == 0).await;
        if self.lock().closed {
            self.driver.discard();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.retire();
    }
}

pub(super) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Sends a job to a connection that it has for itself.
fn send(mut job: Box<Job>, link: Arc<dyn Link>) {
    job.lease = Some(Arc::new(Lease::new(next_id(), Arc::clone(&link))));
    link.send(Command::Run(job));
}

#[cold]
fn pool_timeout(waited: Duration, connections: usize) -> Error {
    Error::new(
        ErrorKind::PoolTimeout,
        format!(
            "no connection became free within {waited:?} (`acquire_timeout`): all {connections} (`max_connections`) are in use by open results, connections and snapshots"
        ),
    )
}

#[cold]
fn gate_timeout(waited: Duration, _: usize) -> Error {
    Error::new(
        ErrorKind::Busy,
        format!(
            "another writer of this process was not done within {waited:?} (`acquire_timeout`): a transaction is open, or its turn has not come"
        ),
    )
}

impl Host for Pool {
    fn try_permit(&self) -> Option<Permit> {
        self.gate().try_enter()
    }

    fn queue_write(&self, job: Box<Job>) {
        if job.one_shot
            && let Some(text) = job.text()
        {
            self.remember_write(text);
        }
        self.enter_gate(job);
    }

    fn idle(&self, link: u64) {
        let mut state = self.lock();
        if state.closed || state.writer == Some(link) {
            return;
        }
        let Some(connection) = state.links.get(&link).map(Arc::clone) else {
            return;
        };
        let mut given_up = Vec::new();
        let next = loop {
            match state.queue.pop_front() {
                Some(job) if !job.reply.is_wanted() => given_up.push(job),
                next => break next,
            }
        };
        if next.is_none() {
            state.idle.push(link);
        }
        drop(state);
        // Outside the lock: a job may hold the last of its engine, whose drop takes it.
        drop(given_up);
        if let Some(job) = next {
            send(job, connection);
        }
    }

    fn gone(&self, link: u64) {
        let mut state = self.lock();
        if state.links.remove(&link).is_none() && !state.starting.remove(&link) {
            return;
        }
        state.idle.retain(|idle| *idle != link);
        if state.writer == Some(link) {
            state.writer = None;
            return;
        }
        state.readers = state.readers.saturating_sub(1);
        let next = state.queue.pop_front();
        if let Some(job) = next {
            state.readers += 1;
            let id = self.announce(&mut state);
            drop(state);
            self.start_reader(id, job);
        }
    }

    fn closed(&self, _: u64) {
        self.open.send_modify(|open| *open = open.saturating_sub(1));
    }

    fn again(&self, mut job: Box<Job>) {
        let lease = job.lease.take();
        if job.one_shot && job.reply.is_wanted() {
            // The lease was of the connection that is gone.
            let _ = lease.and_then(Arc::into_inner).map(Lease::end);
            match job.permit {
                Some(_) => {
                    if let Err((job, error)) = self.granted(job) {
                        job.fail(error);
                    }
                }
                None => self.read(job),
            }
        } else {
            drop(lease);
            job.fail(Error::new(
                ErrorKind::Disconnected,
                "the connection was lost before the statement ran",
            ));
        }
    }

    fn committed(&self) -> Version {
        self.gate().committed()
    }

    fn version(&self) -> Version {
        self.gate().version()
    }
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
}
