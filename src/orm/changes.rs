//! `Changes`: what the next flush of a session has to write.

use std::fmt;
use std::sync::Arc;

use super::cell::Cell;
use super::home::Home;
use super::item::Item;
use super::state::EntityState;
use super::tracked::Tracked;
use crate::expr::{Entity, EntityTable};

/// What the next flush of a session has to write, as
/// [`AsyncSession::changes`](crate::AsyncSession::changes) finds it.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// # use headwater::{AsyncEngine, AsyncSessionmaker, Entity};
/// # #[derive(Entity, Clone, Debug)]
/// # #[entity(table = "users")]
/// # struct User { #[entity(primary_key, generated)] id: i64, name: String }
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # let mut session = AsyncSessionmaker::new(&engine).session();
/// let ada = session.add(User { id: 0, name: "Ada".into() });
///
/// let changes = session.changes();
/// assert_eq!((changes.new.len(), changes.dirty.len(), changes.deleted.len()), (1, 0, 0));
/// let new = changes.new[0].downcast::<User>().unwrap();
/// assert!(new.is(&ada));
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Changes {
    /// What was added, in its order.
    pub new: Vec<AnyTracked>,
    /// What differs from its row, in the order of the first edits.
    pub dirty: Vec<AnyTracked>,
    /// What is to be deleted, in its order.
    pub deleted: Vec<AnyTracked>,
}

impl Changes {
    pub(super) fn of(home: &Home) -> Self {
        let mut changes = Self::default();
        for item in home.held() {
            let list = match item.state() {
                EntityState::Pending => &mut changes.new,
                EntityState::Dirty => &mut changes.dirty,
                EntityState::Deleted => &mut changes.deleted,
                EntityState::Clean | EntityState::Detached | EntityState::Gone => continue,
            };
            list.push(AnyTracked { item });
        }
        changes
    }

    /// Reports whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.dirty.is_empty() && self.deleted.is_empty()
    }
}

/// A handle of an entity of any type.
#[derive(Clone)]
pub struct AnyTracked {
    item: Arc<dyn Item>,
}

impl AnyTracked {
    /// Describes the entity's table.
    #[must_use]
    pub fn table(&self) -> &'static EntityTable {
        self.item.table()
    }

    /// Returns where the entity stands between the program and the database.
    #[must_use]
    pub fn state(&self) -> EntityState {
        self.item.state()
    }

    /// Names the columns in which the entity differs from its row.
    #[must_use]
    pub fn changed_columns(&self) -> Vec<&'static str> {
        let table = self.item.table();
        self.item.changed().into_iter().map(|column| table.column_name(column)).collect()
    }

    /// Gives the handle of its type, if the entity is an `E`.
    #[must_use]
    pub fn downcast<E: Entity>(&self) -> Option<Tracked<E>> {
        Arc::clone(&self.item).into_any().downcast::<Cell<E>>().ok().map(Tracked::new)
    }
}

impl fmt::Debug for AnyTracked {
    /// Shows the entity's type and state, and no value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyTracked")
            .field("entity", &self.table().entity)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
