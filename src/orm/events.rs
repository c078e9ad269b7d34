//! What a program can hang into the life of a session.

use std::fmt;
use std::sync::Arc;

use super::changes::Changes;
use super::home::Home;
use super::tracked::Tracked;
use super::trial::Trial;
use super::work;
use crate::driver::Version;
use crate::error::Result;
use crate::expr::Entity;

/// What [`before_flush`](crate::AsyncSessionmaker::before_flush) is called with: the changes that are to be
/// written, to look at and to add to.
///
/// Handles that are edited here are written by the same flush.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// # use headwater::{AsyncEngine, AsyncSessionmaker, Entity};
/// #[derive(Entity, Clone, Debug)]
/// #[entity(table = "posts")]
/// struct Post {
///     #[entity(primary_key, generated)]
///     id: i64,
///     title: String,
///     edits: i64,
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE posts(id INTEGER PRIMARY KEY, title TEXT, edits INTEGER)").await?;
/// let sessions = AsyncSessionmaker::new(&engine).before_flush(|flush| {
///     for post in flush.changes().dirty.iter().filter_map(|any| any.downcast::<Post>()) {
///         post.edit(|post| post.edits += 1);
///     }
///     Ok(())
/// });
///
/// let mut session = sessions.session();
/// let post = session.add(Post { id: 0, title: "Nots".into(), edits: 0 });
/// session.commit().await?;
/// post.edit(|post| post.title = "Notes".into());
/// session.commit().await?;
/// assert_eq!(post.read().edits, 1);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct Flushing<'s> {
    home: &'s Arc<Home>,
}

impl Flushing<'_> {
    /// Finds what is to be written.
    #[must_use]
    pub fn changes(&self) -> Changes {
        Changes::of(self.home)
    }

    /// Adds an entity, as [`AsyncSession::add`](crate::AsyncSession::add) does.
    pub fn add<E: Entity>(&mut self, entity: E) -> Tracked<E> {
        Tracked::new(self.home.add(entity))
    }

    /// Marks an entity to be deleted, as [`AsyncSession::delete`](crate::AsyncSession::delete) does.
    pub fn delete<E: Entity>(&mut self, entity: &Tracked<E>) {
        work::delete(self.home, entity);
    }
}

type BeforeFlush = Arc<dyn Fn(&mut Flushing<'_>) -> Result<()> + Send + Sync>;
type AfterFlush = Arc<dyn Fn() -> Result<()> + Send + Sync>;
type AfterCommit = Arc<dyn Fn(Version) + Send + Sync>;
type AfterRollback = Arc<dyn Fn() + Send + Sync>;

/// What is called, in the order in which it was given.
#[derive(Clone, Default)]
pub(super) struct Hooks {
    pub(super) before_flush: Vec<BeforeFlush>,
    pub(super) after_flush: Vec<AfterFlush>,
    pub(super) after_commit: Vec<AfterCommit>,
    pub(super) after_rollback: Vec<AfterRollback>,
}

impl Hooks {
    pub(super) fn before_flush(&self, home: &Arc<Home>) -> Result<Trial> {
        if self.before_flush.is_empty() {
            return Ok(Trial::of_nothing());
        }
        let trial = Trial::begin(home);
        self.before_flush.iter().try_for_each(|hook| hook(&mut Flushing { home }))?;
        Ok(trial)
    }

    pub(super) fn after_flush(&self) -> Result<()> {
        self.after_flush.iter().try_for_each(|hook| hook())
    }

    pub(super) fn after_commit(&self, version: Version) {
        for hook in &self.after_commit {
            hook(version);
        }
    }

    pub(super) fn after_rollback(&self) {
        for hook in &self.after_rollback {
            hook();
        }
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("before_flush", &self.before_flush.len())
            .field("after_flush", &self.after_flush.len())
            .field("after_commit", &self.after_commit.len())
            .field("after_rollback", &self.after_rollback.len())
            .finish()
    }
}
