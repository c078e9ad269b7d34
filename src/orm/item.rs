//! `Item`: an entity of any type, as a unit of work sees it.

use std::any::Any;
use std::sync::Arc;

use super::cell::{Cell, DOUBTFUL, Inner, is_changed};
use super::flush::{Given, Kind, Planned, changed, named, plan_delete, plan_insert, plan_update};
use super::home::Home;
use super::state::{EntityState, Stage};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{Entity, EntityTable};
use crate::value::{Value, ValueRef};

/// An entity of a session, whatever its type.
pub(super) trait Item: Send + Sync {
    fn table(&self) -> &'static EntityTable;

    fn state(&self) -> EntityState;

    /// The columns in which it differs from its row.
    fn changed(&self) -> Vec<usize>;

    /// Says what a flush has to write for it, if anything.
    fn plan(self: Arc<Self>) -> Result<Option<Planned>>;

    /// Makes room for as many entities of its type as a flush has inserted.
    fn make_room(&self, inserted: usize);

    /// Takes what a flush has written for it.
    fn apply(
        self: Arc<Self>,
        home: &Home,
        planned: &mut Planned,
        given: &mut Given<'_>,
    ) -> Result<()>;

    /// Returns what its row has in some columns; nothing where it has no row.
    fn row_values(&self, columns: &[usize]) -> Option<Vec<Value>>;

    /// Its row is gone.
    fn vanish(&self, home: &Home);

    /// The database has put NULL into these columns.
    fn nullify(&self, home: &Home, columns: &[usize]);

    /// Its row is to be read again before it is believed.
    fn expire(&self);

    /// It belongs to no session any more.
    fn detach(&self);

    /// Becomes what it was when the level began; `true` if it is to be put into the identity map.
    fn restore(&self, home: &Home, level: u64) -> bool;

    /// Goes back into the identity map.
    fn put_back(self: Arc<Self>);

    /// Reports whether the session holds it.
    fn is_held(&self) -> bool;

    /// Reports whether the session has to hold it on, and if not, that it does not.
    fn keeps_held(&self) -> bool;

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<E: Entity> Cell<E> {
    /// Takes it out of the identity map, for a row that is not there any more or not its own.
    fn leave(&self, stage: Stage, home: Option<&Home>) {
        let mut inner = self.lock();
        if inner.stage == stage {
            return;
        }
        let key = inner.loaded.as_ref().filter(|_| inner.stage.is_mapped()).map(|row| row.key());
        if let Some(home) = home {
            inner.save(home);
        }
        inner.stage = stage;
        drop(inner);
        if let Some(key) = key {
            self.map.forget(&key, self);
        }
    }

    fn inserted(
        self: Arc<Self>,
        home: &Home,
        planned: &mut Planned,
        given: &mut Given<'_>,
    ) -> Result<()> {
        let mut inner = self.lock();
        inner.save(home);
        inner.journal.note_left(planned.shape.left());
        let key = self.written(&mut inner, home, planned, |row| {
            given.read(|column, value| row.set(column, value))
        })?;
        inner.stage = Stage::Persistent;
        drop(inner);
        if let Some(other) = self.map.put(key, &self) {
            // The row of a handle that is still there was deleted behind the session's back.
            other.leave(Stage::Gone, Some(home));
            home.note_gone(other);
        }
        Ok(())
    }

    fn updated(&self, home: &Home, planned: &mut Planned, given: &mut Given<'_>) -> Result<()> {
        let version = planned.version;
        let mut inner = self.lock();
        inner.save(home);
        self.written(&mut inner, home, planned, |row| {
            if let Some((column, number)) = version {
                row.set(column, ValueRef::Integer(number))?;
            }
            given.read(|column, value| row.set(column, value))
        })?;
        Ok(())
    }

    /// Takes what was sent as what the row is, with what the database has added to it.
    fn written(
        &self,
        inner: &mut Inner<E>,
        home: &Home,
        planned: &mut Planned,
        mut complete: impl FnMut(&mut E) -> Result<()>,
    ) -> Result<E::Key> {
        let sent = planned.sent.take().and_then(|sent| sent.downcast::<E>().ok());
        let mut row = sent.unwrap_or_else(|| Arc::clone(&inner.value));
        if Arc::ptr_eq(&row, &inner.value) {
            // With one owner left the value is completed in its place.
            drop(row);
            inner.loaded = None;
            complete(Arc::make_mut(&mut inner.value))?;
            inner.loaded = Some(Arc::clone(&inner.value));
        } else {
            // It was edited while it was written: that is for the next flush.
            complete(Arc::make_mut(&mut row))?;
            complete(Arc::make_mut(&mut inner.value))?;
            inner.loaded = Some(row);
        }
        inner.epoch = home.epoch();
        Ok(inner.loaded.as_ref().unwrap_or(&inner.value).key())
    }
}

impl<E: Entity> Item for Cell<E> {
    fn table(&self) -> &'static EntityTable {
        E::table()
    }

    fn state(&self) -> EntityState {
        Self::state(self)
    }

    fn changed(&self) -> Vec<usize> {
        let (value, loaded) = {
            let inner = self.lock();
            (Arc::clone(&inner.value), inner.loaded.clone())
        };
        loaded.map_or_else(Vec::new, |loaded| changed(&*value, &*loaded))
    }

    fn plan(self: Arc<Self>) -> Result<Option<Planned>> {
        let (stage, value, loaded, seen) = {
            let inner = self.lock();
            (inner.stage, Arc::clone(&inner.value), inner.loaded.clone(), inner.seen)
        };
        let item = || Arc::clone(&self) as Arc<dyn Item>;
        match (stage, loaded) {
            (Stage::Pending, _) => plan_insert(&self.map, value, item()).map(Some),
            (Stage::Persistent, Some(loaded)) if !Arc::ptr_eq(&value, &loaded) => {
                if seen == DOUBTFUL {
                    return Err(doubtful::<E>());
                }
                plan_update(&self.map, value, &*loaded, item())
            }
            (Stage::Deleting, Some(loaded)) => plan_delete(&self.map, &*loaded, item()).map(Some),
            _ => Ok(None),
        }
    }

    fn apply(
        self: Arc<Self>,
        home: &Home,
        planned: &mut Planned,
        given: &mut Given<'_>,
    ) -> Result<()> {
        match planned.shape.kind() {
            Kind::Insert => self.inserted(home, planned, given),
            Kind::Update => self.updated(home, planned, given),
            Kind::Delete => {
                self.leave(Stage::Gone, Some(home));
                home.note_gone(self);
                Ok(())
            }
            Kind::Link => Ok(()),
        }
    }

    fn make_room(&self, inserted: usize) {
        self.map.reserve(inserted);
    }

    fn row_values(&self, columns: &[usize]) -> Option<Vec<Value>> {
        let loaded = self.lock().loaded.clone()?;
        columns.iter().map(|column| loaded.value(*column)).collect::<Result<_>>().ok()
    }

    fn vanish(&self, home: &Home) {
        self.leave(Stage::Gone, Some(home));
    }

    fn nullify(&self, home: &Home, columns: &[usize]) {
        let mut inner = self.lock();
        inner.save(home);
        inner.epoch = 0;
        let set = |entity: &mut Arc<E>| {
            let entity = Arc::make_mut(entity);
            for column in columns {
                // A field that cannot be NULL keeps its value, until the row is read again.
                let _ = entity.set(*column, ValueRef::Null);
            }
        };
        let edited = inner.is_edited();
        set(&mut inner.value);
        match &mut inner.loaded {
            Some(loaded) if edited => set(loaded),
            _ => inner.loaded = Some(Arc::clone(&inner.value)),
        }
    }

    fn expire(&self) {
        self.lock().epoch = 0;
    }

    fn detach(&self) {
        self.leave(Stage::Detached, None);
        let mut inner = self.lock();
        inner.held = false;
        // A rollback does not bring it back.
        let journal = std::mem::take(&mut inner.journal);
        drop(inner);
        drop(journal);
    }

    fn restore(&self, _: &Home, level: u64) -> bool {
        let mut inner = self.lock();
        if inner.seen >= level {
            inner.seen = DOUBTFUL;
        }
        let Some(saved) = inner.journal.take(level) else {
            return false;
        };
        let key = |inner: &Inner<E>| {
            let row = inner.loaded.as_ref().filter(|_| inner.stage.is_mapped())?;
            Some(row.key())
        };
        let before = key(&inner);
        match saved.value {
            Some(value) => inner.value = value,
            None => {
                for (column, value) in saved.left.iter().flat_map(|left| left.iter()) {
                    // It was read from the same field.
                    let _ = Arc::make_mut(&mut inner.value).set(*column, value.as_ref());
                }
            }
        }
        inner.loaded = saved.loaded;
        inner.stage = saved.stage;
        inner.epoch = 0;
        inner.held = false;
        let after = key(&inner);
        drop(inner);
        if let Some(before) = before
            && after.as_ref() != Some(&before)
        {
            self.map.forget(&before, self);
        }
        after.is_some()
    }

    fn put_back(self: Arc<Self>) {
        let key = self.lock().loaded.as_ref().map(|row| row.key());
        if let Some(key) = key
            && let Some(other) = self.map.put(key, &self)
        {
            // What was loaded from a row that is not there any more gives way.
            other.leave(Stage::Detached, None);
        }
    }

    fn is_held(&self) -> bool {
        self.lock().held
    }

    fn keeps_held(&self) -> bool {
        let mut inner = self.lock();
        let keeps = match (&inner.loaded, inner.stage) {
            (_, Stage::Pending | Stage::Deleting) => true,
            (Some(loaded), Stage::Persistent) => is_changed(&inner.value, loaded),
            _ => false,
        };
        inner.held = keeps;
        if !keeps
            && inner.stage == Stage::Persistent
            && let Some(loaded) = inner.loaded.clone()
        {
            // What was edited to no effect is as it was loaded.
            inner.value = loaded;
        }
        keeps
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// Its values may be such as were rolled back, so nobody can tell what an edit of them has changed.
#[cold]
fn doubtful<E: Entity>() -> Error {
    Error::new(
        ErrorKind::Entity,
        format!(
            "{} was edited, but what was read of it has been rolled back since; refresh it and edit it again",
            named(E::table())
        ),
    )
}
