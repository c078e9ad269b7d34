//! `SessionSavepoint`: a part of a session's transaction that can be rolled back alone.

use std::fmt;
use std::ops::{Deref, DerefMut};

use super::session::AsyncSession;
use crate::error::Result;

/// A savepoint of a session, made by [`AsyncSession::savepoint`]: it is the session until it ends.
///
/// [`commit`](Self::commit) makes what was done in it part of what is around it; dropping it rolls back:
/// the rows and the tracked entities are what they were when it began.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// # use headwater::{AsyncEngine, AsyncSessionmaker, Entity};
/// # #[derive(Entity, Clone, Debug)]
/// # #[entity(table = "users")]
/// # struct User { #[entity(primary_key)] id: i64, #[entity(unique)] name: String }
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT UNIQUE)").await?;
/// # let mut session = AsyncSessionmaker::new(&engine).session();
/// session.add(User { id: 1, name: "Ada".into() });
///
/// let mut savepoint = session.savepoint().await?;
/// savepoint.add(User { id: 2, name: "Ada".into() });
/// assert!(savepoint.flush().await.unwrap_err().is_unique_violation());
/// savepoint.rollback().await?;
///
/// session.commit().await?;
/// # assert_eq!(engine.query("SELECT count(*) FROM users").scalar_one::<i64>().await?, 1);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[must_use = "a savepoint that is dropped is rolled back"]
pub struct SessionSavepoint<'s> {
    session: &'s mut AsyncSession,
    level: u64,
}

impl<'s> SessionSavepoint<'s> {
    pub(super) fn new(session: &'s mut AsyncSession, level: u64) -> Self {
        Self { session, level }
    }

    /// Writes what has changed, and makes what was done in the savepoint part of what is around it.
    ///
    /// # Errors
    ///
    /// As [`AsyncSession::flush`]; then it is rolled back.
    /// [`ErrorKind::TransactionEnded`](crate::ErrorKind::TransactionEnded) when the session was committed or
    /// rolled back within it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future rolls the savepoint back, or, once it has begun to end, lets it end; the session
    /// waits for that.
    pub async fn commit(self) -> Result<()> {
        self.session.core().release(self.level).await
    }

    /// Rolls back to where the savepoint began, rows and tracked entities.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TransactionEnded`](crate::ErrorKind::TransactionEnded) when the transaction is over.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future rolls back too.
    pub async fn rollback(self) -> Result<()> {
        self.session.core().roll_back_to(self.level).await
    }
}

impl Drop for SessionSavepoint<'_> {
    fn drop(&mut self) {
        // One that has ended, or has begun to, is not found any more.
        self.session.core().drop_savepoint(self.level);
    }
}

impl Deref for SessionSavepoint<'_> {
    type Target = AsyncSession;

    fn deref(&self) -> &AsyncSession {
        self.session
    }
}

impl DerefMut for SessionSavepoint<'_> {
    fn deref_mut(&mut self) -> &mut AsyncSession {
        self.session
    }
}

impl fmt::Debug for SessionSavepoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionSavepoint").field("session", &self.session).finish_non_exhaustive()
    }
}
