//! `AsyncConnection`: one connection for several statements.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

#[cfg(feature = "orm")]
use futures::future::BoxFuture;

use super::executor::executor_methods;
use super::pool::{Pool, next_id};
use super::transaction::{Transaction, begin_on, transaction};
use crate::clock::Clock;
use crate::driver::{Bounds, Job, Lease, Request, Scope};
use crate::error::{Error, Result};
#[cfg(feature = "orm")]
use crate::result::OneState;
use crate::result::{Run, Runner, ask};

/// One connection, taken out of the engine's pool: several statements run on it at once, and its state
/// (TEMP tables, ATTACH, PRAGMAs, a BEGIN run as text) stays for as long as it is held.
///
/// It goes back when it is dropped and the results read from it are gone: clean, or, if its own state
/// was changed, closed and replaced. A transaction that is still open then is rolled back.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
/// let connection = engine.connect().await?;
/// connection.execute("CREATE TEMP TABLE seen(id INTEGER PRIMARY KEY)").await?;
/// connection.execute("INSERT INTO seen VALUES (1)").await?;
/// assert_eq!(connection.query("SELECT id FROM seen").scalar_one::<i64>().await?, 1);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub struct AsyncConnection {
    inner: Arc<Inner>,
}

struct Inner {
    lease: Arc<Lease>,
    pool: Arc<Pool>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncConnection").field("lease", &self.lease.id()).finish_non_exhaustive()
    }
}

impl Runner for Inner {
    fn submit(&self, mut job: Box<Job>) {
        job.lease = Some(Arc::clone(&self.lease));
        job.keeps = Some(Arc::clone(&self.pool) as _);
        self.lease.run(job);
    }

    fn bounds(&self) -> &Bounds {
        &self.pool.settings().bounds
    }

    fn clock(&self) -> &Clock {
        &self.pool.settings().clock
    }

    #[cfg(feature = "orm")]
    fn one_state(
        self: Arc<Self>,
        site: &'static Location<'static>,
    ) -> BoxFuture<'static, Result<OneState>> {
        Box::pin(OneState::anchored(self, site))
    }
}

impl AsyncConnection {
    pub(super) fn new(lease: Arc<Lease>, pool: Arc<Pool>) -> Self {
        Self { inner: Arc::new(Inner { lease, pool }) }
    }

    pub(super) fn runner(&self) -> Run {
        Arc::clone(&self.inner) as Run
    }

    executor_methods!();

    /// Begins a transaction that may write, when it is its turn to; dropping it rolls it back.
    ///
    /// Until it ends, statements of this connection run in it.
    ///
    /// # Errors
    ///
    /// As [`AsyncEngine::begin`](super::AsyncEngine::begin), and
    /// [`ErrorKind::Statement`](crate::ErrorKind::Statement) when a transaction is open already.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the place in the queue, or rolls back.
    #[track_caller]
    pub fn begin(&self) -> impl Future<Output = Result<Transaction>> + Send + use<> {
        self.begin_at(Location::caller())
    }

    pub(super) fn begin_at(
        &self,
        site: &'static Location<'static>,
    ) -> impl Future<Output = Result<Transaction>> + Send + use<> {
        let inner = Arc::clone(&self.inner);
        async move {
            let scope = Scope { transaction: next_id(), savepoint: 0 };
            let Inner { lease, pool } = &*inner;
            begin_on(&*inner, Arc::clone(lease), Arc::clone(pool), scope, site).await
        }
    }

    /// Runs `body` in a transaction, as
    /// [`AsyncEngine::transaction`](super::AsyncEngine::transaction) does.
    ///
    /// # Errors
    ///
    /// The error of `body`, else that of [`begin`](Self::begin) or of the commit.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future rolls back; dropped while the commit runs, the outcome is not known.
    #[track_caller]
    pub fn transaction<T, F>(&self, body: F) -> impl Future<Output = Result<T>>
    where
        F: AsyncFnOnce(Transaction) -> Result<T>,
    {
        self.try_transaction(body)
    }

    /// Runs `body` in a transaction, with an error type of the caller's.
    ///
    /// # Errors
    ///
    /// As [`transaction`](Self::transaction).
    ///
    /// # Cancel safety
    ///
    /// As [`transaction`](Self::transaction).
    #[track_caller]
    pub fn try_transaction<T, E, F>(&self, body: F) -> impl Future<Output = Result<T, E>>
    where
        E: From<Error>,
        F: AsyncFnOnce(Transaction) -> Result<T, E>,
    {
        let begin = self.begin();
        async move { transaction(begin.await?, body).await }
    }

    /// Runs code on the driver's own connection, on the connection's thread, when awaited.
    ///
    /// It must not keep anything of the connection, and must leave it without an open transaction or
    /// statement that it began. The connection is closed when it goes back, as what was done to it is
    /// not known. Its type is that of `rusqlite` 0.41, which a program adds itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Panicked`](crate::ErrorKind::Panicked) when `call` panics: the connection is lost then.
    /// [`ErrorKind::Disconnected`](crate::ErrorKind::Disconnected) or
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed) when the connection was lost or closed before the
    /// call began.
    ///
    /// # Cancel safety
    ///
    /// Dropped before the call has begun, it does not run; dropped later, it runs to its end, and
    /// statements in it are stopped.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
    /// let connection = engine.connect().await?;
    /// let changes = connection.with_sqlite(|c| c.total_changes()).await?;
    /// assert_eq!(changes, 0);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn with_sqlite<R, F>(&self, call: F) -> impl Future<Output = Result<R>> + Send + use<R, F>
    where
        R: Send + 'static,
        F: FnOnce(&rusqlite::Connection) -> R + Send + 'static,
    {
        let (inner, site) = (Arc::clone(&self.inner), Location::caller());
        let native: crate::driver::Native = Box::new(move |connection| {
            let answer = connection.downcast_ref::<rusqlite::Connection>().map(call);
            Box::new(answer)
        });
        async move {
            let outcome = ask(&*inner, Request::Native(native), site).await?;
            let answer = outcome.native.and_then(|answer| answer.downcast::<Option<R>>().ok());
            answer.and_then(|answer| *answer).ok_or_else(|| {
                Error::new(crate::error::ErrorKind::Other, "the connection is not one of SQLite's")
            })
        }
    }
}

impl fmt::Debug for AsyncConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
