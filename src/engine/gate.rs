//! The write gate: one fair queue for all who want to write one database file in this process.
//!
//! SQLite has one writer at a time. So a write waits here, in order, as a job in a queue: not as a blocked
//! thread, and not in SQLite's own loop, where the luckiest wins. Readers never come by.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::OnceLock;
use std::time::Instant;

use super::pool::Pool;
use crate::driver::{Holder, Job, Permit, Version};
use crate::error::{Error, ErrorKind};
use crate::flow::sync::{Arc, AtomicU64, Mutex, MutexGuard, Ordering, Weak, lock};

/// So many jobs share a commit at the most.
const LARGEST_GROUP: usize = 1_024;

/// The gate of one database file.
#[derive(Debug, Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    /// Commits of this process, counted.
    version: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// Who has the right to write.
    holder: Option<Holder>,
    /// Somebody hands the right on, and looks again before it leaves: so a queue of jobs that all fail is
    /// a loop and not a recursion.
    passing: bool,
    queue: VecDeque<Waiting>,
}

/// A job in the queue.
#[derive(Debug)]
struct Waiting {
    job: Box<Job>,
    pool: Weak<Pool>,
    /// Since when its `acquire_timeout` runs.
    since: Instant,
}

/// Those whose turn it is: one job, or several that share a commit.
struct Turn {
    jobs: Vec<Box<Job>>,
    pool: Weak<Pool>,
}

impl Gate {
    /// Finds the gate of a file, so that two engines on one file share it.
    pub(super) fn of(path: &Path) -> Arc<Self> {
        // Not of what a model checker replaces: nothing in it waits.
        static GATES: OnceLock<std::sync::Mutex<HashMap<FileId, Weak<Gate>>>> = OnceLock::new();
        let gates = GATES.get_or_init(std::sync::Mutex::default);
        let mut gates = gates.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        gates.retain(|_, gate| gate.strong_count() > 0);
        let Some(id) = file_id(path) else {
            return Arc::default();
        };
        if let Some(gate) = gates.get(&id).and_then(Weak::upgrade) {
            return gate;
        }
        let gate = Arc::<Self>::default();
        gates.insert(id, Arc::downgrade(&gate));
        gate
    }

    /// Gives the right to write if it is free and nobody waits for it.
    pub(super) fn try_enter(self: &Arc<Self>, holder: impl FnOnce() -> Holder) -> Option<Permit> {
        let mut state = self.lock();
        if state.holder.is_some() || !state.queue.is_empty() {
            return None;
        }
        state.holder = Some(holder());
        Some(self.permit())
    }

    /// Sends a job on with the right to write, now or when it is its turn.
    pub(super) fn enter(self: &Arc<Self>, job: Box<Job>, pool: &Arc<Pool>, since: Instant) {
        let mut state = self.lock();
        let given_up = forget_unwanted(&mut state.queue, |waiting| waiting.job.reply.is_wanted());
        state.queue.push_back(Waiting { job, pool: Arc::downgrade(pool), since });
        let free = state.holder.is_none() && !std::mem::replace(&mut state.passing, true);
        drop(state);
        drop(given_up);
        if free {
            self.pass_on();
        }
    }

    /// Returns how many wait; those that have given up are passed over when it is their turn.
    pub(super) fn waiting(&self) -> usize {
        self.lock().queue.iter().filter(|waiting| waiting.job.reply.is_wanted()).count()
    }

    /// Returns who has the right to write.
    pub(super) fn holder(&self) -> Option<Holder> {
        self.lock().holder.clone()
    }

    /// Takes out the jobs of a pool that have waited since before a time, and tells since when the
    /// next one has.
    pub(super) fn expire(
        &self,
        pool: &Weak<Pool>,
        before: Instant,
    ) -> (Vec<Box<Job>>, Option<Instant>) {
        let late = |waiting: &Waiting| waiting.pool.ptr_eq(pool) && waiting.since <= before;
        let mut state = self.lock();
        let mut expired = Vec::new();
        if state.queue.iter().any(late) {
            let (gone, kept) = state.queue.drain(..).partition::<VecDeque<_>, _>(late);
            state.queue = kept;
            expired.extend(gone.into_iter().map(|waiting| waiting.job));
        }
        let left = state.queue.iter().filter(|waiting| waiting.pool.ptr_eq(pool));
        let next = left.map(|waiting| waiting.since).min();
        (expired, next)
    }

    /// Fails what a pool has waiting here: what is the engine's own, or all with what its connections
    /// have.
    pub(super) fn forget(&self, pool: &Weak<Pool>, all: bool, error: impl Fn() -> Error) {
        let mut state = self.lock();
        let (forgotten, kept) = state.queue.drain(..).partition::<VecDeque<_>, _>(|waiting| {
            (all || waiting.job.one_shot) && waiting.pool.ptr_eq(pool)
        });
        state.queue = kept;
        drop(state);
        for waiting in forgotten {
            waiting.job.fail(error());
        }
    }

    pub(super) fn committed(&self) -> Version {
        Version(self.version.fetch_add(1, Ordering::AcqRel) + 1)
    }

    pub(super) fn version(&self) -> Version {
        Version(self.version.load(Ordering::Acquire))
    }

    fn permit(self: &Arc<Self>) -> Permit {
        Box::new(Held(Arc::clone(self)))
    }

    /// Takes the right back and gives it to the next.
    fn release(self: &Arc<Self>) {
        let mut state = self.lock();
        let holder = state.holder.take();
        let passed_on = std::mem::replace(&mut state.passing, true);
        drop(state);
        drop(holder);
        if !passed_on {
            self.pass_on();
        }
    }

    /// Gives the right to the first who still wants it, until it is held or nobody waits.
    fn pass_on(self: &Arc<Self>) {
        while let Some(Turn { jobs, pool }) = self.next_turn() {
            let refused = match pool.upgrade() {
                Some(pool) => pool.granted(jobs),
                None => Err((jobs, closed())),
            };
            if let Err(refused) = refused {
                Pool::refuse(refused);
            }
        }
    }

    /// Takes out those whose turn it is, with the right to write; without any, passing on is over.
    fn next_turn(self: &Arc<Self>) -> Option<Turn> {
        let mut given_up = Vec::new();
        let mut state = self.lock();
        let turn = loop {
            if state.holder.is_some() {
                break None;
            }
            let Some(Waiting { mut job, pool, .. }) = state.queue.pop_front() else {
                break None;
            };
            if !job.reply.is_wanted() {
                given_up.push(job);
                continue;
            }
            let Some(alive) = pool.upgrade() else {
                given_up.push(job);
                continue;
            };
            state.holder = Some(Holder::of(&job, alive.now()));
            job.permit = Some(self.permit());
            let joins = alive.groups_commits() && job.may_join();
            let mut jobs = vec![job];
            while joins && jobs.len() < LARGEST_GROUP {
                let next = state.queue.front();
                if !next.is_some_and(|next| next.job.may_join() && next.pool.ptr_eq(&pool)) {
                    break;
                }
                jobs.extend(state.queue.pop_front().map(|waiting| waiting.job));
            }
            break Some((Turn { jobs, pool }, alive));
        };
        state.passing = turn.is_some();
        drop(state);
        // Outside of the lock: a job, or a pool, may be the last of its engine.
        drop(given_up);
        turn.map(|(turn, _)| turn)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// Takes out of a queue what nobody waits for any more, now and then: whenever the queue has doubled.
///
/// What is taken out is to be dropped outside of the queue's lock: a job may hold the last of its engine.
pub(super) fn forget_unwanted<T>(
    queue: &mut VecDeque<T>,
    wanted: impl Fn(&T) -> bool,
) -> VecDeque<T> {
    if queue.len() < 64 || !queue.len().is_power_of_two() {
        return VecDeque::new();
    }
    let (kept, given_up) = queue.drain(..).partition(wanted);
    *queue = kept;
    given_up
}

#[cold]
pub(super) fn closed() -> Error {
    Error::new(ErrorKind::Closed, "the engine is closed")
}

/// The right to write; it goes on to the next when this is dropped.
struct Held(Arc<Gate>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.release();
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum FileId {
    #[cfg(unix)]
    Inode(u64, u64),
    #[cfg(not(unix))]
    Path(std::path::PathBuf),
}

#[cfg(unix)]
fn file_id(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = std::fs::metadata(path).ok()?;
    Some(FileId::Inode(metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn file_id(path: &Path) -> Option<FileId> {
    std::fs::canonicalize(path).ok().map(FileId::Path)
}
