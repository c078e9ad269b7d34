//! `Tracked`: a handle of one entity of a session.

use std::fmt;
use std::sync::Arc;

use super::cell::Cell;
use super::home::Home;
use super::item::Item;
use super::state::{EntityState, Stage};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::Entity;

/// A shared handle of one entity of one session: cheap to clone, and all clones are the same entity.
///
/// For each primary key a session has one entity while any handle of it lives; whatever loads the row
/// gives a handle of that one. The session holds what is to be written until the next flush, and nothing
/// else: the last handle of an unchanged entity takes it out of the session.
///
/// [`read`](Self::read) gives the value as it is now, and [`edit`](Self::edit) changes it in memory. What was
/// changed is found by comparing, column by column, when the session flushes.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, AsyncSessionmaker, Entity, EntityState};
///
/// #[derive(Entity, Clone, Debug)]
/// #[entity(table = "users")]
/// struct User {
///     #[entity(primary_key, generated)]
///     id: i64,
///     name: String,
/// }
///
/// let engine = AsyncEngine::open("sqlite::memory:").await?;
/// engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL)").await?;
/// let mut session = AsyncSessionmaker::new(&engine).session();
///
/// let ada = session.add(User { id: 0, name: "Ada".into() });
/// assert_eq!(ada.state(), EntityState::Pending);
/// session.flush().await?;
/// assert_eq!((ada.key(), ada.state()), (1, EntityState::Clean));
///
/// ada.edit(|user| user.name = "Ada Lovelace".into());
/// assert_eq!(ada.changed_columns(), ["name"]);
/// session.commit().await?;
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub struct Tracked<E: Entity> {
    cell: Arc<Cell<E>>,
}

impl<E: Entity> Tracked<E> {
    pub(super) fn new(cell: Arc<Cell<E>>) -> Self {
        Self { cell }
    }

    pub(super) fn cell(&self) -> &Arc<Cell<E>> {
        &self.cell
    }

    /// Returns the entity as it is now. What is edited later does not show in it.
    #[must_use]
    pub fn read(&self) -> Arc<E> {
        self.cell.read()
    }

    /// Changes the entity in memory; the next flush of its session writes the columns that differ.
    ///
    /// The closure gets a copy, which takes the place of the value when it returns; if it panics nothing has
    /// changed. It may read and edit any handle, this one too. Threads that edit the same entity take
    /// turns; an edit within another waits for nobody, and is brought together with what is edited
    /// meanwhile, column by column.
    ///
    /// An entity that is to be deleted, is gone or is detached is changed in memory alone. The primary key
    /// of an entity that has a row cannot be changed: the next flush says so. A version column is the
    /// session's own, and a computed one the database's: what is put there is not written.
    pub fn edit<R>(&self, change: impl FnOnce(&mut E) -> R) -> R {
        let cell = &*self.cell;
        let _turn = cell.map.editing.enter(std::ptr::from_ref(cell).addr());
        let base = cell.read();
        let mut value = E::clone(&base);
        let returned = change(&mut value);
        let home = cell.home();
        if cell.store(home.as_deref(), &base, value)
            && let Some(home) = home
        {
            home.hold(Arc::clone(&self.cell) as Arc<dyn Item>);
        }
        returned
    }

    /// Returns the primary key. A generated one is its type's default before it is inserted.
    #[must_use]
    pub fn key(&self) -> E::Key {
        self.read().key()
    }

    /// Returns where the entity stands between the program and the database.
    #[must_use]
    pub fn state(&self) -> EntityState {
        self.cell.state()
    }

    /// Returns what the session knows of the row: the entity without what was edited since. `None` where it
    /// has no row yet.
    #[must_use]
    pub fn original(&self) -> Option<Arc<E>> {
        self.cell.lock().loaded.clone()
    }

    /// Names the columns in which the entity differs from its row: those that a flush would write.
    #[must_use]
    pub fn changed_columns(&self) -> Vec<&'static str> {
        let table = E::table();
        self.cell.changed().into_iter().map(|column| table.column_name(column)).collect()
    }

    /// Reports whether both are handles of the same entity of the same session.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.cell, &other.cell)
    }

    /// Checks that the entity is one of this session's.
    pub(super) fn check(&self, home: &Arc<Home>, what: &str) -> Result<Stage> {
        let stage = self.cell.lock().stage;
        let is_here = std::ptr::eq(self.cell.map.home.as_ptr(), Arc::as_ptr(home));
        let why = match stage {
            _ if !is_here && self.state() == EntityState::Detached => "it belongs to no session",
            _ if !is_here => "it belongs to another session",
            Stage::Detached => "it belongs to no session",
            Stage::Gone => "its row is deleted",
            stage => return Ok(stage),
        };
        let entity = super::flush::named(E::table());
        Err(Error::new(ErrorKind::Entity, format!("{entity} cannot be {what}: {why}")))
    }
}

impl<E: Entity> Clone for Tracked<E> {
    fn clone(&self) -> Self {
        Self { cell: Arc::clone(&self.cell) }
    }
}

impl<E: Entity> fmt::Debug for Tracked<E> {
    /// Shows the entity's type and state, and no value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracked")
            .field("entity", &E::table().entity)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
