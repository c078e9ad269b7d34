//! The connections of a pool: which there are, who has them, and when one more is opened.

mod retiring;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

use super::waiting::{Alarm, later};
use super::{Pool, Refused, Settings, State, next_id};
use crate::clock::Timer;
use crate::driver::{Command, Holder, Host, Job, Link};
use crate::error::{Error, ErrorKind};
use crate::flow::sync::{Arc, Weak};

/// All connections that take work, or soon will.
#[derive(Debug, Default)]
pub(super) struct Connections {
    /// In the order in which they were opened, so that a schedule of the model checker can be replayed.
    slots: BTreeMap<u64, Slot>,
    /// Those that take no more work and whose threads have not ended: something may still run there.
    leaving: BTreeMap<u64, Arc<dyn Link>>,
    /// Readers without work; the one used last is used next, so that the others can retire.
    idle: Vec<u64>,
    readers: usize,
    /// Readers that are being opened.
    opening: usize,
    writer: Option<u64>,
    /// Connections that were not open in time and may never be, with whether they were to write: nobody
    /// waits for them.
    hung: BTreeMap<u64, bool>,
    /// Rings when a connection may have been idle, or open, for long enough.
    reaper: Alarm,
}

/// So many may hang at once, or one that does would keep the next from being tried where there is one slot.
const LEAST_HUNG: usize = 2;

/// One connection.
#[derive(Debug)]
struct Slot {
    link: Arc<dyn Link>,
    writes: bool,
    born: Instant,
    work: Work,
    /// Bounds its opening.
    limit: Option<Timer>,
}

#[derive(Debug)]
enum Work {
    Opening,
    Idle(Instant),
    Busy(Holder),
}

impl Connections {
    pub(super) fn links(&self) -> impl Iterator<Item = &Arc<dyn Link>> {
        self.slots.values().map(|slot| &slot.link).chain(self.leaving.values())
    }

    pub(super) fn idle(&self) -> usize {
        self.idle.len()
    }

    /// How many readers are being opened.
    pub(super) fn opening(&self) -> usize {
        self.opening
    }

    /// Those who have the readers, the one who has had one for longest first.
    pub(super) fn holders(&self) -> Vec<&Holder> {
        let mut holders: Vec<_> = self
            .slots
            .values()
            .filter_map(|slot| match &slot.work {
                Work::Busy(holder) if !slot.writes => Some(holder),
                _ => None,
            })
            .collect();
        holders.sort_by_key(|holder| holder.since());
        holders
    }

    /// Shows the connections that do not help yet, if there are any.
    pub(super) fn show_opening(&self, now: Instant) -> Option<impl fmt::Display> {
        let opening = self.slots.values().filter(|slot| matches!(slot.work, Work::Opening));
        let oldest = opening.map(|slot| slot.born).min()?;
        let (opening, waited) = (self.opening, now.saturating_duration_since(oldest));
        Some(fmt::from_fn(move |f| write!(f, "{opening} being opened, since {waited:.1?}")))
    }

    /// Shows the connections that were given up, if there are any.
    pub(super) fn show_hung(&self) -> Option<impl fmt::Display> {
        let hung = self.hung(false);
        (hung > 0).then(|| {
            fmt::from_fn(move |f| {
                write!(f, "{hung} not open within `connect_timeout`, perhaps never")
            })
        })
    }

    /// Takes the timers that are set, to be dropped outside of a lock.
    pub(super) fn call_off(&mut self) -> Vec<Timer> {
        let limits = self.slots.values_mut().filter_map(|slot| slot.limit.take());
        limits.chain(self.reaper.call_off()).collect()
    }

    /// Gives an idle reader to somebody.
    pub(super) fn take_idle(&mut self, holder: impl FnOnce() -> Holder) -> Option<Arc<dyn Link>> {
        let slot = self.slots.get_mut(&self.idle.pop()?)?;
        slot.work = Work::Busy(holder());
        Some(Arc::clone(&slot.link))
    }

    /// Gives the writer to somebody.
    pub(super) fn take_writer(&mut self, holder: Option<Holder>) -> Option<Arc<dyn Link>> {
        let slot = self.slots.get_mut(&self.writer?)?;
        if let (Some(holder), false) = (holder, matches!(slot.work, Work::Opening)) {
            slot.work = Work::Busy(holder);
        }
        Some(Arc::clone(&slot.link))
    }

    /// Reports whether one more reader may be opened.
    pub(super) fn can_open(&self, settings: &Settings) -> bool {
        let most = settings.max_connections.max(1);
        self.readers < most && self.hung(false) < most.max(LEAST_HUNG)
    }

    /// Reports whether another writer may be opened, where there is none.
    pub(super) fn can_open_writer(&self) -> bool {
        self.hung(true) < LEAST_HUNG
    }

    fn hung(&self, writing: bool) -> usize {
        self.hung.values().filter(|writes| **writes == writing).count()
    }

    fn add(&mut self, link: Arc<dyn Link>, writes: bool, now: Instant, limit: Option<Timer>) {
        let slot = Slot { writes, born: now, work: Work::Opening, limit, link };
        let id = slot.link.id();
        self.slots.insert(id, slot);
        match writes {
            true => self.writer = Some(id),
            false => (self.readers, self.opening) = (self.readers + 1, self.opening + 1),
        }
    }

    /// Forgets a connection, which takes no more work.
    fn remove(&mut self, id: u64) -> Option<Slot> {
        let slot = self.slots.remove(&id)?;
        self.leaving.insert(id, Arc::clone(&slot.link));
        if slot.writes {
            self.writer = None;
        } else {
            self.readers = self.readers.saturating_sub(1);
            self.idle.retain(|idle| *idle != id);
        }
        if matches!(slot.work, Work::Opening) && !slot.writes {
            self.opening = self.opening.saturating_sub(1);
        }
        Some(slot)
    }
}

// Opening -----------------------------------------------------------------------------------------

impl Pool {
    /// Adds as many readers as there are jobs that none is being opened for; they are to be launched.
    pub(super) fn open_readers(&self, state: &mut State, now: Instant) -> Vec<Arc<dyn Link>> {
        let mut opened = Vec::new();
        while !state.closed
            && state.connections.opening < self.wanted_readers(state)
            && state.connections.can_open(&self.settings)
        {
            opened.push(self.add(state, false, now));
        }
        opened
    }

    /// How many readers should be on their way: for those who wait, and to have some idle.
    fn wanted_readers(&self, state: &State) -> usize {
        let missing = self.settings.min_idle.saturating_sub(state.connections.idle.len());
        state.queue.len().max(missing)
    }

    /// Opens the readers that are to be kept idle.
    pub(in crate::engine) fn fill(&self) {
        let now = self.now();
        let opened = self.open_readers(&mut self.lock(), now);
        self.launch(opened);
    }

    pub(super) fn open_writer(&self, state: &mut State, now: Instant) -> Arc<dyn Link> {
        self.add(state, true, now)
    }

    /// Counts a connection that is about to start: in one step with the look at whether the engine is
    /// closed, so that whoever closes it waits for this one too.
    fn add(&self, state: &mut State, writes: bool, now: Instant) -> Arc<dyn Link> {
        let host: Weak<dyn Host> = self.me.clone();
        let id = next_id();
        let link = self.driver.link(id, host);
        let pool = self.me.clone();
        let limit = self.settings.clock.at(later(now, self.settings.connect_timeout), move || {
            if let Some(pool) = pool.upgrade() {
                pool.opens_too_slowly(id);
            }
        });
        // Without timers, which need a thread too, it is not bounded.
        state.connections.add(Arc::clone(&link), writes, now, limit.ok());
        self.open.add();
        link
    }

    /// Starts connections that were added; one that cannot be started makes room for the next.
    pub(super) fn launch(&self, links: impl IntoIterator<Item = Arc<dyn Link>>) {
        let mut links: Vec<_> = links.into_iter().collect();
        while let Some(link) = links.pop() {
            if let Err(error) = Arc::clone(&link).start() {
                links.extend(self.not_opened(link.id(), &error));
                link.give_up(error);
                let left = self.lock().connections.leaving.remove(&link.id());
                drop(left);
                self.count_closed();
            }
        }
    }

    /// A connection could not be opened: one who waits is told why. Gives those to launch next.
    pub(super) fn not_opened(&self, id: u64, error: &Error) -> Vec<Arc<dyn Link>> {
        let now = self.now();
        let mut given_up = Vec::new();
        let mut state = self.lock();
        let Some(slot) = state.connections.remove(id) else {
            return Vec::new();
        };
        // Each job had one connection opened for it, so each failure is one job's.
        let told = if slot.writes { None } else { state.queue.pop(&mut given_up) };
        let opened = match told {
            Some(_) => self.open_readers(&mut state, now),
            // None but those to be kept idle are missing: they are not tried again and again.
            None => Vec::new(),
        };
        self.watch_waiting(&mut state);
        drop(state);
        drop((slot, given_up));
        if let Some(job) = told {
            job.fail(error.same());
        }
        opened
    }

    fn opens_too_slowly(&self, id: u64) {
        let error = opens_too_slowly(&self.settings);
        let link = {
            let mut state = self.lock();
            let (link, writes) = match state.connections.slots.get(&id) {
                // It is open after all if the timer rang as its thread said so.
                Some(slot) if matches!(slot.work, Work::Opening) => {
                    (Arc::clone(&slot.link), slot.writes)
                }
                _ => return,
            };
            state.connections.hung.insert(id, writes);
            link
        };
        let opened = self.not_opened(id, &error);
        link.give_up(error);
        self.launch(opened);
    }

    /// The thread of a connection has ended.
    pub(super) fn is_over(&self, id: u64) {
        let now = self.now();
        let (left, opened) = {
            let mut state = self.lock();
            let left = state.connections.leaving.remove(&id);
            match state.connections.hung.remove(&id) {
                Some(_) => (left, self.open_readers(&mut state, now)),
                None => (left, Vec::new()),
            }
        };
        drop(left);
        self.launch(opened);
        self.count_closed();
    }
}

#[cold]
fn opens_too_slowly(settings: &Settings) -> Error {
    let limit = settings.connect_timeout;
    Error::new(
        ErrorKind::CannotOpen,
        format!(
            "a connection was not open within {limit:?} (`connect_timeout`): another process locks the file, its disk does not answer, or `on_connect` does not end"
        ),
    )
}

// Going round -------------------------------------------------------------------------------------

impl Pool {
    /// A connection is open; false if it is not wanted any more.
    pub(super) fn opened(&self, id: u64) -> bool {
        let limit = {
            let mut state = self.lock();
            if state.connections.hung.contains_key(&id) {
                return false;
            }
            let Some(slot) = state.connections.slots.get_mut(&id) else {
                return false;
            };
            let limit = slot.limit.take();
            let writes = slot.writes;
            if matches!(slot.work, Work::Opening) {
                slot.work = Work::Idle(slot.born);
                if !writes {
                    state.connections.opening = state.connections.opening.saturating_sub(1);
                }
            }
            limit
        };
        drop(limit);
        self.free(id);
        self.watch_waiting(&mut self.lock());
        true
    }

    /// A connection has no work: it takes the job that has waited for longest (true), or rests, or retires.
    pub(super) fn free(&self, id: u64) -> bool {
        let now = self.now();
        let mut given_up = Vec::new();
        let mut state = self.lock();
        if state.closed {
            return false;
        }
        if self.is_old(&state, id, now) {
            let slot = state.connections.remove(id);
            let opened = self.open_readers(&mut state, now);
            drop(state);
            if let Some(slot) = slot {
                let _ = slot.link.send(Command::Close);
            }
            self.launch(opened);
            return false;
        }
        let State { connections, queue, .. } = &mut *state;
        let Some(slot) = connections.slots.get_mut(&id) else {
            return false;
        };
        // More connections than cores would only get in each other's way.
        let share = queue.len().div_ceil(connections.readers.clamp(1, cores()));
        let next = if slot.writes { None } else { queue.pop(&mut given_up) };
        let sent = match next {
            Some(job) => {
                slot.work = Work::Busy(Holder::of(&job, now));
                Some((queue.join(job, share), Arc::clone(&slot.link)))
            }
            None => {
                slot.work = Work::Idle(now);
                if !slot.writes {
                    connections.idle.push(id);
                }
                self.watch_idle(&mut state, now);
                None
            }
        };
        drop(state);
        // Outside the lock: a job may hold the last of its engine, whose drop takes it.
        drop(given_up);
        let Some((jobs, link)) = sent else {
            return false;
        };
        self.send_all(jobs, &link, Command::Reads);
        true
    }

    /// Gives what waits to connections that have no work.
    pub(super) fn serve(&self) {
        let now = self.now();
        let mut given_up = Vec::new();
        loop {
            let mut state = self.lock();
            let State { connections, queue, closed, .. } = &mut *state;
            if *closed || connections.idle.is_empty() {
                break;
            }
            let Some(job) = queue.pop(&mut given_up) else {
                break;
            };
            let Some(link) = connections.take_idle(|| Holder::of(&job, now)) else {
                queue.push_front(job);
                break;
            };
            drop(state);
            self.send(job, &link);
        }
        drop(given_up);
    }

    /// A connection takes no more work; true if it was one that did.
    pub(super) fn lost(&self, id: u64) -> bool {
        let now = self.now();
        let mut state = self.lock();
        let slot = state.connections.remove(id);
        let opened = match slot {
            Some(_) => self.open_readers(&mut state, now),
            None => Vec::new(),
        };
        drop(state);
        self.launch(opened);
        slot.is_some()
    }

    /// Jobs could not be given to a connection, which is gone.
    pub(super) fn undelivered(&self, jobs: Vec<Box<Job>>, error: Error) {
        if error.kind() == ErrorKind::Closed && !self.lock().closed {
            // It retired, or was lost, in the moment in which it was chosen.
            self.again(jobs);
        } else {
            Self::refuse((jobs, error));
        }
    }

    pub(in crate::engine) fn refuse((jobs, error): Refused) {
        for job in jobs {
            job.fail(error.same());
        }
    }
}

/// How many threads can run at once.
fn cores() -> usize {
    static CORES: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}
