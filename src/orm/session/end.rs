//! How the work of a session is written and ends.

use std::panic::Location;

use super::AsyncSession;
use crate::driver::Version;
use crate::error::Result;
use crate::orm::query::SessionFuture;
use crate::orm::savepoint::SessionSavepoint;

impl AsyncSession {
    /// Writes what was added, edited and deleted, in one message to the connection: all of it or nothing.
    ///
    /// Rows are inserted parents first and deleted children first, as the foreign keys of the entities say.
    /// An UPDATE names the columns that differ from the row, and an entity in which none does is not
    /// written. Each UPDATE and DELETE has to meet its row, by its key and, where the entity has one, its
    /// version.
    ///
    /// A row that refers to one of the same flush needs its key: an entity whose key is generated is
    /// flushed before others are given its [`key`](crate::Tracked::key). Rows that refer to each other in
    /// a circle can be written where one of their references is deferred or may be NULL.
    ///
    /// Inserts come first, then updates, then deletes. A key or a unique value that a deleted row gives up
    /// and another takes in the same flush is deleted first. One that an update gives up, or two updates
    /// exchange, is not free for the others of its flush: flush in between.
    ///
    /// # Errors
    ///
    /// Before anything is sent, and then the session is as it was: whatever a `validate` or a `before_flush`
    /// returns; [`ErrorKind::Entity`](crate::ErrorKind::Entity) for a changed primary key, a key that another
    /// entity of the session has, a deleted entity that is none of this session's, and a circle that
    /// cannot be opened; [`ErrorKind::Bind`](crate::ErrorKind::Bind) for a value that the database cannot
    /// hold; [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly) when the session only reads; and what
    /// [`AsyncEngine::begin`](crate::AsyncEngine::begin) fails with.
    ///
    /// From the database, and then nothing of the flush is written and the session can only be rolled back:
    /// [`ErrorKind::StaleEntity`](crate::ErrorKind::StaleEntity) where a row has another version or is not
    /// there any more, and the violations of its constraints.
    ///
    /// # Cancel safety
    ///
    /// Dropped before anything is sent, it has done nothing. Dropped later, nothing of it is written or all
    /// of it, in a transaction that can only be rolled back.
    pub async fn flush(&mut self) -> Result<()> {
        self.core().flush().await
    }

    /// Writes what has changed and commits; gives the version that the commit made. The session can be used
    /// again, in its next transaction, and its entities keep their values.
    ///
    /// Others may change the rows from then on. An entity is read again when it is next met by a query or
    /// asked for by its key; one that is edited without that is written over what others have written, column
    /// by column, unless it has a `version`.
    ///
    /// A session [on a transaction](crate::AsyncSessionmaker::on) releases its savepoint.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush), and as [`Transaction::commit`](crate::Transaction::commit): a commit that
    /// fails has rolled back, the entities too.
    ///
    /// # Cancel safety
    ///
    /// Dropped before the commit has begun, as [`flush`](Self::flush). Dropped later, the commit goes on; the
    /// next call of the session waits for it, and fails if it has failed.
    pub async fn commit(&mut self) -> Result<Version> {
        self.core().commit().await
    }

    /// Rolls back: the database and the entities are what they were when the transaction began. The session
    /// can be used again.
    ///
    /// # Errors
    ///
    /// None that leaves anything to undo: the transaction is over.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future, once it was polled, rolls back too.
    pub async fn rollback(&mut self) -> Result<()> {
        self.core().rollback().await
    }

    /// Writes what has changed, and begins a savepoint: what follows can be rolled back alone. They nest.
    ///
    /// The guard is the session until it is committed, rolled back or dropped, which rolls back.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush), and [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly) when the session
    /// only reads.
    ///
    /// # Cancel safety
    ///
    /// As [`flush`](Self::flush); dropped later, it leaves no savepoint.
    #[track_caller]
    pub fn savepoint(&mut self) -> SessionFuture<'_, SessionSavepoint<'_>> {
        let site = Location::caller();
        SessionFuture::new(async move {
            let level = self.core().savepoint(site).await?;
            Ok(SessionSavepoint::new(self, level))
        })
    }

    /// Rolls back and ends the session, when the connection is free. Dropping the session does the same
    /// without waiting. The handles are detached.
    ///
    /// # Errors
    ///
    /// As [`rollback`](Self::rollback).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future rolls back too.
    pub async fn close(mut self) -> Result<()> {
        self.core().rollback().await
    }
}
