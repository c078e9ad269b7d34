//! `Map`: the identity map of one entity type in one session.

use std::any::Any;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::{Arc, PoisonError, Weak};

use super::cell::Cell;
use super::editing::Editing;
use super::flush::Shapes;
use super::hasher::Seeded;
use super::home::Home;
use super::item::Item;
use crate::expr::{Entity, EntityTable};
use crate::flow::sync::{Mutex, MutexGuard, OnceLock};
use crate::statement::Text;

/// The entities of one type that a session has handles of, by their keys.
///
/// It holds none of them: the last handle that drops takes its entry out.
pub(super) struct Map<E: Entity> {
    pub(super) home: Weak<Home>,
    pub(super) editing: Editing,
    /// The text that selects by key, once it was made.
    pub(super) by_key: OnceLock<Text>,
    pub(super) shapes: Shapes,
    cells: Mutex<Cells<E>>,
}

type Cells<E> = HashMap<<E as Entity>::Key, Weak<Cell<E>>, Seeded>;

impl<E: Entity> Map<E> {
    pub(super) fn new(home: Weak<Home>) -> Self {
        Self {
            home,
            editing: Editing::default(),
            by_key: OnceLock::new(),
            shapes: Shapes::default(),
            cells: Mutex::default(),
        }
    }

    fn cells(&self) -> MutexGuard<'_, Cells<E>> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn find(&self, key: &E::Key) -> Option<Arc<Cell<E>>> {
        self.cells().get(key).and_then(Weak::upgrade)
    }

    /// Finds the entity of a loaded row, or takes it in; `true` where it was known.
    pub(super) fn find_or_load(
        self: &Arc<Self>,
        value: E,
        (epoch, seen): (u32, u64),
    ) -> (Arc<Cell<E>>, Option<E>) {
        let key = value.key();
        let mut cells = self.cells();
        let entry = match cells.entry(key) {
            Entry::Occupied(mut entry) => {
                if let Some(known) = entry.get().upgrade() {
                    return (known, Some(value));
                }
                let cell = Arc::new(Cell::loaded(Arc::clone(self), value, epoch, seen));
                entry.insert(Arc::downgrade(&cell));
                return (cell, None);
            }
            Entry::Vacant(entry) => entry,
        };
        let cell = Arc::new(Cell::loaded(Arc::clone(self), value, epoch, seen));
        entry.insert(Arc::downgrade(&cell));
        (cell, None)
    }

    /// Makes room for as many more.
    pub(super) fn reserve(&self, more: usize) {
        self.cells().reserve(more);
    }

    /// Puts an entity at its key, and gives the one that had the key.
    pub(super) fn put(&self, key: E::Key, cell: &Arc<Cell<E>>) -> Option<Arc<Cell<E>>> {
        let before = self.cells().insert(key, Arc::downgrade(cell))?;
        before.upgrade().filter(|before| !Arc::ptr_eq(before, cell))
    }

    /// Takes out an entity, unless another one has its key by now.
    pub(super) fn forget(&self, key: &E::Key, cell: *const Cell<E>) {
        let mut cells = self.cells();
        if cells.get(key).is_some_and(|known| std::ptr::eq(known.as_ptr(), cell)) {
            cells.remove(key);
            let (len, room) = (cells.len(), cells.capacity());
            // A map that once was large gives its room back.
            if room > 1_024 && len < room / 8 {
                cells.shrink_to(len * 2);
            }
        }
    }
}

impl<E: Entity> fmt::Debug for Map<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("entity", &E::table().entity).finish_non_exhaustive()
    }
}

/// An identity map of any type.
pub(super) trait AnyMap: Send + Sync + fmt::Debug {
    fn table(&self) -> &'static EntityTable;

    /// How many entries it has.
    fn len(&self) -> usize;

    /// The entities of which there are handles.
    fn living(&self) -> Vec<Arc<dyn Item>>;

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<E: Entity> AnyMap for Map<E> {
    fn table(&self) -> &'static EntityTable {
        E::table()
    }

    fn len(&self) -> usize {
        self.cells().len()
    }

    fn living(&self) -> Vec<Arc<dyn Item>> {
        let cells = self.cells();
        cells.values().filter_map(Weak::upgrade).map(|cell| cell as Arc<dyn Item>).collect()
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
