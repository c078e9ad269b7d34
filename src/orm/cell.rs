//! `Cell`: one entity of one session, shared by its handles.

use std::mem;
use std::sync::{Arc, PoisonError};

use super::flush::changed;
use super::home::Home;
use super::identity::Map;
use super::journal::{Journal, Saved};
use super::merge::merge;
use super::state::{EntityState, Stage};
use crate::error::Result;
use crate::expr::Entity;
use crate::flow::sync::{Mutex, MutexGuard};
use crate::value::Value;

/// One entity of one session.
pub(super) struct Cell<E: Entity> {
    pub(super) map: Arc<Map<E>>,
    inner: Mutex<Inner<E>>,
}

pub(super) struct Inner<E> {
    /// What the program sees.
    pub(super) value: Arc<E>,
    /// What the session knows of the row; as long as nothing was edited, the same as the value.
    pub(super) loaded: Option<Arc<E>>,
    /// What it was before the open transaction and each of its savepoints, as far as it has changed.
    pub(super) journal: Journal<E>,
    /// When it was last read from the database or written to it.
    pub(super) epoch: u32,
    /// The level of which what it was first read as may be the work, or [`DOUBTFUL`].
    pub(super) seen: u64,
    pub(super) stage: Stage,
    /// Whether the session holds it until the next flush.
    pub(super) held: bool,
}

/// Of an entity whose row was read in what has been rolled back since: what the row has is not known.
pub(super) const DOUBTFUL: u64 = u64::MAX;

impl<E: Entity> Cell<E> {
    fn new(map: Arc<Map<E>>, value: Arc<E>, stage: Stage, epoch: u32, seen: u64) -> Self {
        let loaded = stage.is_mapped().then(|| Arc::clone(&value));
        let journal = Journal::default();
        let inner = Inner { value, loaded, journal, epoch, seen, stage, held: false };
        Self { map, inner: Mutex::new(inner) }
    }

    /// The entity of a row.
    pub(super) fn loaded(map: Arc<Map<E>>, value: E, epoch: u32, seen: u64) -> Self {
        Self::new(map, Arc::new(value), Stage::Persistent, epoch, seen)
    }

    /// An entity that has no row yet.
    pub(super) fn added(map: Arc<Map<E>>, value: E, home: &Home) -> Self {
        let mut cell = Self::new(map, Arc::new(value), Stage::Pending, 0, 0);
        let inner = cell.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        inner.held = true;
        inner.journal = Journal::added(home.level());
        cell
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner<E>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read(&self) -> Arc<E> {
        Arc::clone(&self.lock().value)
    }

    /// Returns the session it belongs to, while that is there.
    pub(super) fn home(&self) -> Option<Arc<Home>> {
        self.map.home.upgrade().filter(|home| !home.is_closed())
    }

    pub(super) fn state(&self) -> EntityState {
        if self.home().is_none() {
            return EntityState::Detached;
        }
        let (stage, value, loaded) = {
            let inner = self.lock();
            (inner.stage, Arc::clone(&inner.value), inner.loaded.clone())
        };
        match stage {
            Stage::Deleting => EntityState::Deleted,
            Stage::Detached => EntityState::Detached,
            Stage::Gone => EntityState::Gone,
            Stage::Pending => EntityState::Pending,
            Stage::Persistent => match loaded {
                Some(loaded) if is_changed(&value, &loaded) => EntityState::Dirty,
                _ => EntityState::Clean,
            },
        }
    }

    /// Reports whether it is as the open transaction sees its row, or was edited since.
    pub(super) fn is_fresh(&self, home: &Home) -> bool {
        let inner = self.lock();
        inner.stage == Stage::Persistent && (inner.is_edited() || home.is_fresh(inner.epoch))
    }

    /// Stores what an edit made of `base`; `true` if the session has to hold the entity from now on.
    pub(super) fn store(&self, home: Option<&Home>, base: &Arc<E>, value: E) -> bool {
        let mut inner = self.lock();
        let value = if Arc::ptr_eq(&inner.value, base) {
            value
        } else {
            // An edit within this one, or a load, has been here meanwhile.
            merge(&**base, value, &*inner.value)
        };
        if let Some(home) = home.filter(|_| inner.stage.is_attached()) {
            inner.save(home);
        }
        let before = mem::replace(&mut inner.value, Arc::new(value));
        let hold = home.is_some() && inner.stage == Stage::Persistent && !inner.held;
        inner.held |= hold;
        drop(inner);
        // The entity's own drop may be anybody's code: it runs without the lock.
        drop(before);
        hold
    }

    /// Takes the values of the row once more.
    pub(super) fn loaded_again(
        &self,
        home: &Home,
        value: E,
        (epoch, seen): (u32, u64),
        discard: bool,
    ) {
        let mut inner = self.lock();
        if inner.stage != Stage::Persistent {
            return;
        }
        if !discard && (inner.is_edited() || !home.is_older(inner.epoch, epoch)) {
            return;
        }
        if inner.loaded.as_deref().is_some_and(|loaded| !discard && !differ(loaded, &value)) {
            if inner.seen == DOUBTFUL {
                inner.seen = seen;
            }
            inner.epoch = epoch;
            return;
        }
        if inner.seen == DOUBTFUL {
            // Nothing that a rollback should bring back.
            inner.seen = seen;
        } else {
            inner.save(home);
        }
        let value = Arc::new(value);
        let before =
            (mem::replace(&mut inner.value, Arc::clone(&value)), inner.loaded.replace(value));
        inner.epoch = epoch;
        drop(inner);
        drop(before);
    }
}

impl<E: Entity> Inner<E> {
    /// Reports whether it may differ from its row.
    pub(super) fn is_edited(&self) -> bool {
        self.loaded.as_ref().is_some_and(|loaded| !Arc::ptr_eq(loaded, &self.value))
    }

    /// Notes what it is, once for each level of the transaction, before it changes.
    pub(super) fn save(&mut self, home: &Home) {
        let level = home.level();
        if self.journal.covers(level) {
            return;
        }
        home.note_touched();
        let saved = Saved {
            level,
            value: Some(Arc::clone(&self.value)),
            loaded: self.loaded.clone(),
            stage: self.stage,
            left: None,
        };
        self.journal.push(saved, || home.levels());
    }
}

/// Reports whether a flush has anything to write for an entity.
pub(super) fn is_changed<E: Entity>(value: &Arc<E>, loaded: &Arc<E>) -> bool {
    !Arc::ptr_eq(value, loaded) && !changed(&**value, &**loaded).is_empty()
}

/// Reports whether any column of two values differs; what cannot be written differs.
fn differ<E: Entity>(value: &E, loaded: &E) -> bool {
    if std::ptr::eq(value, loaded) {
        return false;
    }
    let all = |entity: &E| -> Result<Vec<Value>> {
        let mut values = Vec::with_capacity(E::table().columns.len());
        entity.values(&mut values)?;
        Ok(values)
    };
    match (all(value), all(loaded)) {
        (Ok(value), Ok(loaded)) => !same_values(&value, &loaded),
        _ => true,
    }
}

fn same_values(these: &[Value], those: &[Value]) -> bool {
    these.len() == those.len() && these.iter().zip(those).all(|(this, that)| same(this, that))
}

/// Reports whether two values are the same to a database: zeros of both signs are not.
pub(super) fn same(this: &Value, that: &Value) -> bool {
    match (this, that) {
        (Value::Real(this), Value::Real(that)) => this.to_bits() == that.to_bits(),
        (this, that) => this == that,
    }
}

impl<E: Entity> Drop for Cell<E> {
    fn drop(&mut self) {
        let me: *const Self = self;
        let inner = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        if inner.stage.is_mapped()
            && let Some(loaded) = &inner.loaded
        {
            self.map.forget(&loaded.key(), me);
        }
    }
}
