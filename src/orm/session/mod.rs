//! `AsyncSession`: a unit of work.

mod end;
mod load;
mod run;

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, PoisonError};

use super::changes::Changes;
use super::core::{Core, Settings};
use super::tracked::Tracked;
use super::work;
use crate::error::Result;
use crate::expr::Entity;
use crate::flow::sync::Mutex;

/// A unit of work in one transaction: it hands out tracked entities, finds what has changed in them, and
/// writes that in one go.
///
/// The transaction begins by itself with the first statement, as one that writes
/// ([`AsyncEngine::begin`](crate::AsyncEngine::begin)), and ends with [`commit`](Self::commit) or
/// [`rollback`](Self::rollback); then the session can be used again. Dropping the session rolls back. It is
/// an owned handle, `'static + Send`; its streams do not borrow it.
///
/// **Identity.** For each primary key there is one entity while any handle of it lives, whatever loaded it.
/// The session holds only what is to be written, so a million entities can pass through it. An entity that
/// was read in this transaction stays as it is when its row is met again; one that was read in an earlier
/// one, or before a statement was [executed](Self::execute), takes the row's values when it is met again,
/// unless it was edited meanwhile.
///
/// **Writing.** [`flush`](Self::flush) writes what was added, edited and deleted; queries and commits flush
/// first. It is one message to the connection, all or nothing. What is wrong before anything is sent, such
/// as an entity that does not validate, is an error that leaves the session as it was. When the database
/// refuses something, the session can only be rolled back, or the savepoint that it is in.
///
/// **After a rollback** the entities are what they were when the transaction (or the savepoint) began: values
/// and states. What was added since is [`Detached`](crate::EntityState::Detached).
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, AsyncSessionmaker, Entity};
///
/// #[derive(Entity, Clone, Debug)]
/// #[entity(table = "users")]
/// struct User {
///     #[entity(primary_key, generated)]
///     id: i64,
///     name: String,
///     age: Option<i32>,
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INT)").await?;
/// let sessions = AsyncSessionmaker::new(&engine);
/// let mut session = sessions.session();
/// let ada = session.add(User { id: 0, name: "Ada".into(), age: None });
/// session.flush().await?;
///
/// ada.edit(|user| user.age = Some(36));
/// let same = session.get::<User>(ada.key()).await?.unwrap();
/// assert!(same.is(&ada));
/// session.commit().await?;
///
/// session.delete(&ada);
/// session.rollback().await?;
/// assert_eq!(ada.read().age, Some(36));
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[must_use = "a session that is dropped is rolled back"]
pub struct AsyncSession {
    core: Core,
    /// Where the transaction goes when this is dropped, for a scope that decides.
    scope: Option<Arc<Scope>>,
}

/// What decides over the session that it has handed in.
#[derive(Debug, Default)]
pub(super) struct Scope {
    given_back: Mutex<Option<Core>>,
}

impl Scope {
    pub(super) fn take(&self) -> Option<Core> {
        self.given_back.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl AsyncSession {
    pub(super) fn new(settings: Settings, site: &'static Location<'static>) -> Self {
        Self { core: Core::new(settings, site), scope: None }
    }

    /// Makes a session whose transaction goes back to the scope that it was handed in by.
    pub(super) fn within(mut self, scope: &Arc<Scope>) -> Self {
        self.scope = Some(Arc::clone(scope));
        self
    }

    pub(super) fn core(&mut self) -> &mut Core {
        &mut self.core
    }

    /// Adds an entity, for the next flush to insert. Its handle is pending until then.
    ///
    /// A generated key that is its type's default is given by the database; any other value is inserted as
    /// it is. What else the database fills, such as defaults of columns that are `None` and computed columns,
    /// is in the handle after the flush, too. Entities of one type are inserted in the order in which they
    /// were added.
    pub fn add<E: Entity>(&mut self, entity: E) -> Tracked<E> {
        Tracked::new(self.core.home.add(entity))
    }

    /// Adds entities, as [`add`](Self::add) does, and gives their handles in the same order.
    pub fn add_all<E: Entity>(&mut self, entities: impl IntoIterator<Item = E>) -> Vec<Tracked<E>> {
        let added = self.core.home.add_all(entities.into_iter());
        added.into_iter().map(Tracked::new).collect()
    }

    /// Marks an entity, for the next flush to delete its row.
    ///
    /// One that is pending is only forgotten. To mark one twice is to mark it once. What cannot be deleted,
    /// because it belongs to another session or to none or its row is gone, is an
    /// [`ErrorKind::Entity`](crate::ErrorKind::Entity) of the next flush, before that has sent anything.
    pub fn delete<E: Entity>(&mut self, entity: &Tracked<E>) {
        work::delete(&self.core.home, entity);
    }

    /// Takes an entity out of the session: what has changed in it is not written. The handle is detached.
    ///
    /// A rollback does not bring it back.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Entity`](crate::ErrorKind::Entity) when it is not one of this session's.
    pub fn expunge<E: Entity>(&mut self, entity: &Tracked<E>) -> Result<()> {
        work::expunge(&self.core.home, entity)
    }

    /// Finds what the next flush has to write.
    #[must_use]
    pub fn changes(&self) -> Changes {
        Changes::of(&self.core.home)
    }

    /// Reports whether the session is in a transaction that has begun.
    #[must_use]
    pub fn is_in_transaction(&self) -> bool {
        self.core.is_open()
    }

    /// Counts the entities of which there are handles and that have rows.
    #[must_use]
    pub fn tracked_count(&self) -> usize {
        self.core.home.counts().0
    }

    /// Calls a function before each flush of this session that may have something to write, after those of
    /// its maker; see [`AsyncSessionmaker::before_flush`](crate::AsyncSessionmaker::before_flush).
    pub fn before_flush(
        &mut self,
        hook: impl Fn(&mut super::events::Flushing<'_>) -> Result<()> + Send + Sync + 'static,
    ) {
        self.core.settings.hooks.before_flush.push(Arc::new(hook));
    }

    /// Calls a function after each flush of this session that has written something, after those of its
    /// maker; see [`AsyncSessionmaker::after_flush`](crate::AsyncSessionmaker::after_flush).
    pub fn after_flush(&mut self, hook: impl Fn() -> Result<()> + Send + Sync + 'static) {
        self.core.settings.hooks.after_flush.push(Arc::new(hook));
    }

    /// Calls a function after each commit of this session, after those of its maker; see
    /// [`AsyncSessionmaker::after_commit`](crate::AsyncSessionmaker::after_commit).
    pub fn after_commit(&mut self, hook: impl Fn(crate::driver::Version) + Send + Sync + 'static) {
        self.core.settings.hooks.after_commit.push(Arc::new(hook));
    }

    /// Calls a function after each rollback of this session, after those of its maker; see
    /// [`AsyncSessionmaker::after_rollback`](crate::AsyncSessionmaker::after_rollback).
    pub fn after_rollback(&mut self, hook: impl Fn() + Send + Sync + 'static) {
        self.core.settings.hooks.after_rollback.push(Arc::new(hook));
    }
}

impl Drop for AsyncSession {
    fn drop(&mut self) {
        if let Some(scope) = &self.scope {
            let core = self.core.take();
            *scope.given_back.lock().unwrap_or_else(PoisonError::into_inner) = Some(core);
        }
    }
}

impl fmt::Debug for AsyncSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.core.fmt(f)
    }
}
