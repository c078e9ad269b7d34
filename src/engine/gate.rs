//! The write gate: one fair queue for all who want to write one database file in this process.
//!
//! SQLite has one writer at a time. So a write waits here, in order, as a job in a queue: not as a blocked
//! thread, and not in SQLite's own loop, where the luckiest wins. Readers never come by.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use super::pool::Pool;
use crate::driver::{Job, Permit, Version};
use crate::error::{Error, ErrorKind};

/// The gate of one database file.
#[derive(Debug, Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    /// Commits of this process, counted.
    version: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    held: bool,
    queue: VecDeque<(Box<Job>, Weak<Pool>)>,
}

impl Gate {
    /// Finds the gate of a file, so that two engines on one file share it.
    pub(super) fn of(path: &Path) -> Arc<Self> {
        static GATES: OnceLock<Mutex<HashMap<FileId, Weak<Gate>>>> = OnceLock::new();
        let gates = GATES.get_or_init(Mutex::default);
        let mut gates = gates.lock().unwrap_or_else(PoisonError::into_inner);
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
    pub(super) fn try_enter(self: &Arc<Self>) -> Option<Permit> {
        let mut state = self.lock();
        if state.held || !state.queue.is_empty() {
            return None;
        }
        state.held = true;
        Some(self.permit())
    }

    /// Sends a job on with the right to write, now or when it is its turn.
    pub(super) fn enter(self: &Arc<Self>, job: Box<Job>, pool: &Arc<Pool>) {
        let mut state = self.lock();
        let given_up = forget_unwanted(&mut state.queue, |(job, _)| job.reply.is_wanted());
        state.queue.push_back((job, Arc::downgrade(pool)));
        let free = !std::mem::replace(&mut state.held, true);
        drop(state);
        drop(given_up);
        if free {
            self.pass_on();
        }
    }

    /// Returns how many wait; those that have given up are passed over when it is their turn.
    pub(super) fn waiting(&self) -> usize {
        self.lock().queue.iter().filter(|(job, _)| job.reply.is_wanted()).count()
    }

    /// Fails what a pool has waiting here: what is the engine's own, or all with what its connections
    /// have.
    pub(super) fn forget(&self, pool: &Weak<Pool>, all: bool, error: impl Fn() -> Error) {
        let mut state = self.lock();
        let (forgotten, kept) = state
            .queue
            .drain(..)
            .partition::<VecDeque<_>, _>(|(job, of)| (all || job.one_shot) && of.ptr_eq(pool));
        state.queue = kept;
        drop(state);
        for (job, _) in forgotten {
            job.fail(error());
        }
    }

    pub(super) fn committed(&self) -> Version {
        Version(self.version.fetch_add(1, Ordering::AcqRel) + 1)
    }

    pub(super) fn version(&self) -> Version {
        Version(self.version.load(Ordering::Acquire))
    }

    fn permit(self: &Arc<Self>) -> Permit {
        Box::new(Held(Some(Arc::clone(self))))
    }

    /// Gives the right to the first who still wants it, or to nobody.
    fn pass_on(self: &Arc<Self>) {
        loop {
            let next = {
                let mut state = self.lock();
                let next = state.queue.pop_front();
                state.held = next.is_some();
                next
            };
            let Some((mut job, pool)) = next else {
                return;
            };
            if !job.reply.is_wanted() {
                continue;
            }
            job.permit = Some(self.permit());
            let refused = match pool.upgrade() {
                Some(pool) => pool.granted(job),
                None => Err((job, closed())),
            };
            let Err((mut job, error)) = refused else {
                return;
            };
            // The right stays here and goes to the next, without a detour through the permit's drop.
            if let Some(mut permit) = job.permit.take()
                && let Some(held) = permit.downcast_mut::<Held>()
            {
                held.0 = None;
            }
            job.fail(error);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
struct Held(Option<Arc<Gate>>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(gate) = self.0.take() {
            gate.pass_on();
        }
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
