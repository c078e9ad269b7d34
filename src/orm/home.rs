//! `Home`: what a session and its entities share.

use std::any::TypeId;
use std::fmt;
use std::sync::{Arc, PoisonError, Weak};

use super::cell::Cell;
use super::identity::{AnyMap, Map};
use super::item::Item;
use super::state::Stage;
use crate::error::{Error, Result};
use crate::expr::Entity;
use crate::flow::sync::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use crate::flow::sync::{Mutex, MutexGuard};

/// What a session and its entities share: the identity maps, and what the next flush has to look at.
pub(super) struct Home {
    /// A list, as there are few types, and each `get` looks here.
    maps: Mutex<Vec<(TypeId, Arc<dyn AnyMap>)>>,
    work: Mutex<Work>,
    /// Rises when rows that were read may be others now: with each transaction, with each rollback, and
    /// with each statement that was run for its effect.
    epoch: AtomicU32,
    /// Counts what the session has written, so that rows read before are not taken for newer ones.
    writes: AtomicU64,
    /// The innermost open level; see [`journal`](super::journal).
    level: AtomicU64,
    /// The level in which the session last wrote: what is read afterwards may be what that wrote, and is
    /// undone with it.
    written: AtomicU64,
    /// Count the rollbacks: of transactions and savepoints, and of transactions alone.
    undone: AtomicU64,
    rollbacks: AtomicU64,
    /// Whether anything has changed since the transaction began.
    touched: AtomicBool,
    closed: AtomicBool,
    /// Whether each query sees another state, so that nothing is known for longer.
    restless: bool,
}

#[derive(Default)]
struct Work {
    /// Pending, perhaps dirty, and to be deleted: in the order in which they became so.
    held: Vec<Arc<dyn Item>>,
    /// How many of these are held for nothing.
    idle: usize,
    /// Whose rows were deleted in the open transaction.
    gone: Vec<Weak<dyn Item>>,
    /// The open levels: the transaction's, then those of its savepoints.
    levels: Vec<u64>,
    /// The number that the next level gets.
    next_level: u64,
    /// What was misused where no error could be told.
    misuse: Option<Error>,
}

impl Home {
    pub(super) fn new(restless: bool) -> Arc<Self> {
        let work = Work { levels: vec![1], next_level: 2, ..Work::default() };
        Arc::new(Self {
            maps: Mutex::default(),
            work: Mutex::new(work),
            epoch: AtomicU32::new(1),
            writes: AtomicU64::new(0),
            level: AtomicU64::new(1),
            written: AtomicU64::new(0),
            undone: AtomicU64::new(0),
            rollbacks: AtomicU64::new(0),
            touched: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            restless,
        })
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn maps(&self) -> MutexGuard<'_, Vec<(TypeId, Arc<dyn AnyMap>)>> {
        self.maps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the identity map of a type.
    pub(super) fn map<E: Entity>(self: &Arc<Self>) -> Arc<Map<E>> {
        let mut maps = self.maps();
        let known = maps.iter().find(|(id, _)| *id == TypeId::of::<E>());
        let known = known.map(|(_, map)| Arc::clone(map));
        if let Some(map) = known.and_then(|map| map.into_any().downcast().ok()) {
            return map;
        }
        let map = Arc::new(Map::<E>::new(Arc::downgrade(self)));
        maps.push((TypeId::of::<E>(), Arc::clone(&map) as Arc<dyn AnyMap>));
        map
    }

    /// Returns the identity maps of all types.
    pub(super) fn all_maps(&self) -> Vec<Arc<dyn AnyMap>> {
        self.maps().iter().map(|(_, map)| Arc::clone(map)).collect()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(super) fn epoch(&self) -> u32 {
        self.epoch.load(Ordering::Acquire)
    }

    /// What was read before is to be read again before it is believed.
    pub(super) fn new_epoch(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.note_write();
    }

    pub(super) fn writes(&self) -> u64 {
        self.writes.load(Ordering::Acquire)
    }

    pub(super) fn note_write(&self) {
        self.writes.fetch_add(1, Ordering::AcqRel);
    }

    /// The session has written rows of its entities.
    pub(super) fn note_flush(&self) {
        self.written.store(self.level(), Ordering::Release);
        self.note_write();
    }

    /// A statement was run for its effect, which may be on any row.
    pub(super) fn note_effect(&self) {
        self.written.store(self.level(), Ordering::Release);
        self.new_epoch();
    }

    /// Returns the level of which what is read now may be the work.
    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Acquire)
    }

    /// Counts what was rolled back, transactions and savepoints.
    pub(super) fn undone(&self) -> u64 {
        self.undone.load(Ordering::Acquire)
    }

    /// Counts the transactions that were rolled back.
    pub(super) fn rollbacks(&self) -> u64 {
        self.rollbacks.load(Ordering::Acquire)
    }

    pub(super) fn is_fresh(&self, epoch: u32) -> bool {
        !self.restless && epoch == self.epoch()
    }

    /// Reports whether what was read at `epoch` is older than what was read at `other`.
    pub(super) fn is_older(&self, epoch: u32, other: u32) -> bool {
        self.restless || epoch < other
    }

    pub(super) fn level(&self) -> u64 {
        self.level.load(Ordering::Acquire)
    }

    pub(super) fn levels(&self) -> Vec<u64> {
        self.work().levels.clone()
    }

    pub(super) fn note_touched(&self) {
        self.touched.store(true, Ordering::Release);
    }

    /// Takes in a new entity.
    pub(super) fn add<E: Entity>(self: &Arc<Self>, value: E) -> Arc<Cell<E>> {
        let cell = Arc::new(Cell::added(self.map::<E>(), value, self));
        self.note_touched();
        self.hold(Arc::clone(&cell) as Arc<dyn Item>);
        cell
    }

    /// Takes in new entities, in their order.
    pub(super) fn add_all<E: Entity>(
        self: &Arc<Self>,
        values: impl Iterator<Item = E>,
    ) -> Vec<Arc<Cell<E>>> {
        let map = self.map::<E>();
        let cell = |value| Arc::new(Cell::added(Arc::clone(&map), value, self));
        // The program's iterator may take its time, and may add others.
        let cells: Vec<_> = values.map(cell).collect();
        self.note_touched();
        self.work().held.extend(cells.iter().map(|cell| Arc::clone(cell) as Arc<dyn Item>));
        cells
    }

    /// Holds an entity until the next flush.
    pub(super) fn hold(&self, item: Arc<dyn Item>) {
        self.work().held.push(item);
    }

    pub(super) fn held(&self) -> Vec<Arc<dyn Item>> {
        self.work().held.clone()
    }

    /// Reports whether a flush has anything to look at.
    pub(super) fn has_work(&self) -> bool {
        let work = self.work();
        !work.held.is_empty() || work.misuse.is_some()
    }

    /// Lets go of what has nothing to be written.
    pub(super) fn let_go(&self) {
        let held = {
            let mut work = self.work();
            work.idle = 0;
            std::mem::take(&mut work.held)
        };
        // Those that are let go may be dropped here, and that runs code of the program's.
        let kept: Vec<_> = held.into_iter().filter(|item| item.keeps_held()).collect();
        let mut work = self.work();
        let since = std::mem::replace(&mut work.held, kept);
        work.held.extend(since);
    }

    /// Lets go of an entity that the session does not have any more: of one among many later, so that many
    /// take no longer than each of them.
    pub(super) fn drop_held(&self, item: &Arc<dyn Item>) {
        const FEW: usize = 256;
        let mut work = self.work();
        if work.held.len() > FEW {
            work.idle += 1;
            let is_worth_it = work.idle > work.held.len() / 2;
            drop(work);
            if is_worth_it {
                self.let_go();
            }
            return;
        }
        let place = work
            .held
            .iter()
            .position(|held| std::ptr::addr_eq(&raw const **held, &raw const **item));
        let dropped = place.map(|place| work.held.remove(place));
        drop(work);
        drop(dropped);
    }

    pub(super) fn note_gone(&self, item: Arc<dyn Item>) {
        self.work().gone.push(Arc::downgrade(&item));
    }

    /// Notes a misuse, for the next flush to tell; the first is the one told.
    pub(super) fn note_misuse(&self, error: Error) {
        self.work().misuse.get_or_insert(error);
    }

    pub(super) fn misuse(&self) -> Result<()> {
        self.work().misuse.take().map_or(Ok(()), Err)
    }

    /// Opens a level for a savepoint, and returns its number.
    pub(super) fn open_level(&self) -> u64 {
        let mut work = self.work();
        let level = work.next_level;
        work.next_level += 1;
        work.levels.push(level);
        self.level.store(level, Ordering::Release);
        level
    }

    /// Closes the level of a savepoint and those within it.
    pub(super) fn close_level(&self, level: u64) {
        let mut work = self.work();
        work.levels.retain(|open| *open < level);
        self.level.store(work.levels.last().copied().unwrap_or(level), Ordering::Release);
    }

    /// Begins anew after a transaction: what changes from now on belongs to the next.
    fn restart(&self) {
        let mut work = self.work();
        let level = work.next_level;
        work.next_level += 1;
        work.levels = vec![level];
        work.gone.clear();
        work.misuse = None;
        self.level.store(level, Ordering::Release);
        self.touched.store(false, Ordering::Release);
        self.written.store(0, Ordering::Release);
        drop(work);
        self.new_epoch();
    }

    /// The transaction has committed: what its entities are is what the database has. What they were before
    /// is of a level that no rollback asks for any more, and goes when they are next changed.
    pub(super) fn committed(&self) {
        self.restart();
    }

    /// The transaction has been rolled back: its entities are what they were before it.
    pub(super) fn rolled_back(&self) {
        let first = self.work().levels.first().copied().unwrap_or_default();
        self.rollbacks.fetch_add(1, Ordering::AcqRel);
        self.undo(first);
        self.restart();
    }

    /// The savepoint of a level, or the transaction, has been rolled back.
    pub(super) fn undo(&self, level: u64) {
        self.undone.fetch_add(1, Ordering::AcqRel);
        self.restore(level);
        if self.written() >= level {
            // What was written around it is there still, if anything was.
            let around = self.work().levels.iter().copied().rfind(|open| *open < level);
            self.written.store(around.unwrap_or_default(), Ordering::Release);
        }
    }

    /// Makes the entities what they were when the level began.
    pub(super) fn restore(&self, level: u64) {
        let mut work = self.work();
        work.misuse = None;
        work.idle = 0;
        let mut held = std::mem::take(&mut work.held);
        drop(work);
        let is_touched = self.touched.load(Ordering::Acquire) || self.written() >= level;
        if is_touched || !held.is_empty() {
            let restored: Vec<_> = held
                .iter()
                .cloned()
                .chain(self.living())
                .filter(|item| item.restore(self, level))
                .collect();
            for item in &restored {
                Arc::clone(item).put_back();
            }
            // What is held since before the level is to be written still, and so is what was edited before
            // it and written since.
            held.retain(|item| item.keeps_held());
            held.extend(restored.into_iter().filter(|item| !item.is_held() && item.keeps_held()));
        }
        self.work().held.extend(held);
        self.new_epoch();
    }

    /// All entities that handles are left of.
    fn living(&self) -> Vec<Arc<dyn Item>> {
        let mut living: Vec<_> = self.all_maps().iter().flat_map(|map| map.living()).collect();
        living.extend(self.work().gone.iter().filter_map(Weak::upgrade));
        living
    }

    /// The session is over: its entities belong to nobody.
    pub(super) fn close(&self) {
        if !self.is_closed() {
            self.rolled_back();
            self.closed.store(true, Ordering::Release);
        }
    }

    /// Counts the entries of the identity maps, and what is held.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.all_maps().iter().map(|map| map.len()).sum(), self.work().held.len())
    }
}

impl Stage {
    /// Reports whether the session has the entity.
    pub(super) fn is_attached(self) -> bool {
        self.is_mapped() || self == Self::Pending
    }
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (entities, changed) = self.counts();
        f.debug_struct("Session")
            .field("entities", &entities)
            .field("changed", &changed)
            .finish_non_exhaustive()
    }
}
