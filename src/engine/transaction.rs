//! `Transaction`, with savepoints as transactions in it, and `Snapshot`.

use std::fmt;
use std::future::Future;
#[cfg(feature = "orm")]
use std::future::ready;
use std::panic::Location;
use std::sync::Arc;

#[cfg(feature = "orm")]
use futures::future::BoxFuture;

use super::executor::executor_methods;
use super::pool::{Pool, next_id};
use crate::clock::Clock;
use crate::driver::{Bounds, Command, Job, Lease, Request, Scope, Version};
use crate::error::{Error, Result};
#[cfg(feature = "orm")]
use crate::result::OneState;
use crate::result::{Run, Runner, ask};

/// A transaction, or a savepoint in one: an owned handle, on which several statements run at once.
///
/// [`commit`](Self::commit) and [`rollback`](Self::rollback) consume it; dropping it rolls back. With
/// it end the results read from it: one that is still open gives what was already sent, and then
/// [`ErrorKind::Closed`](crate::ErrorKind::Closed). If SQLite ends the transaction by itself (a full disk,
/// ON CONFLICT ROLLBACK, a write stopped in its step), everything that follows fails with
/// [`ErrorKind::TransactionEnded`](crate::ErrorKind::TransactionEnded).
///
/// # Examples
///
/// Streaming and writing in the same transaction:
///
/// ```
/// # futures::executor::block_on(async {
/// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE orders(id INTEGER PRIMARY KEY, total REAL, tax REAL)").await?;
/// # engine.execute("INSERT INTO orders(total) VALUES (10.0), (20.0)").await?;
/// use headwater::sql;
///
/// let tx = engine.begin().await?;
/// let mut orders = tx.query("SELECT id, total FROM orders").scalars::<(i64, f64)>().await?;
/// while let Some((id, total)) = orders.try_next().await? {
///     tx.execute(sql("UPDATE orders SET tax = ? WHERE id = ?").bind(total * 0.2).bind(id)).await?;
/// }
/// tx.commit().await?;
/// # assert_eq!(engine.query("SELECT sum(tax) FROM orders").scalar_one::<f64>().await?, 6.0);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction {
    inner: Arc<Inner>,
    /// Whether this is the handle whose drop rolls back.
    decides: bool,
}

struct Inner {
    lease: Arc<Lease>,
    pool: Arc<Pool>,
    scope: Scope,
    /// Where in the caller's program it was begun.
    site: &'static Location<'static>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl Runner for Inner {
    fn submit(&self, mut job: Box<Job>) {
        job.scope = Some(self.scope);
        job.lease = Some(Arc::clone(&self.lease));
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
        _: &'static Location<'static>,
    ) -> BoxFuture<'static, Result<OneState>> {
        Box::pin(ready(Ok(OneState::of(self))))
    }
}

/// Makes the handle of a transaction that has begun.
pub(super) fn begin(
    lease: Arc<Lease>,
    pool: Arc<Pool>,
    scope: Scope,
    site: &'static Location<'static>,
) -> Transaction {
    Transaction { inner: Arc::new(Inner { lease, pool, scope, site }), decides: true }
}

/// Begins a transaction on a connection that is held already.
pub(super) async fn begin_on(
    connection: &dyn Runner,
    lease: Arc<Lease>,
    pool: Arc<Pool>,
    scope: Scope,
    site: &'static Location<'static>,
) -> Result<Transaction> {
    // The handle is there before BEGIN is, so that a drop in between rolls back.
    let transaction = begin(lease, pool, scope, site);
    ask(connection, Request::Begin(scope), site).await?;
    Ok(transaction)
}

/// Runs a body in a transaction that has begun, and ends it as the body did.
pub(super) async fn transaction<T, E, F>(transaction: Transaction, body: F) -> Result<T, E>
where
    E: From<Error>,
    F: AsyncFnOnce(Transaction) -> Result<T, E>,
{
    let handed_in = Transaction { inner: Arc::clone(&transaction.inner), decides: false };
    match body(handed_in).await {
        Ok(value) => {
            transaction.commit().await?;
            Ok(value)
        }
        Err(error) => {
            // The body's error is the one to tell; a rollback that fails has nothing left to undo.
            let _ = transaction.rollback().await;
            Err(error)
        }
    }
}

impl Transaction {
    pub(crate) fn runner(&self) -> Run {
        Arc::clone(&self.inner) as Run
    }

    /// Makes a second handle, whose drop does nothing.
    #[cfg(feature = "orm")]
    pub(crate) fn second(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), decides: false }
    }

    executor_methods!();

    /// Commits, and returns the version that the commit made. A savepoint is released: what it did is
    /// part of the transaction around it, and the version is that of the last commit.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TransactionEnded`](crate::ErrorKind::TransactionEnded) when SQLite has ended the
    /// transaction before; a deferred constraint that does not hold; a disk that is full. A commit that
    /// failed has rolled back before it returns.
    ///
    /// # Cancel safety
    ///
    /// Dropped before the commit has begun, it rolls back; dropped later, the commit runs to its end and
    /// its outcome is not known.
    pub async fn commit(mut self) -> Result<Version> {
        let ended = ask(&*self.inner, Request::Commit(self.inner.scope), self.inner.site).await;
        self.decides = false;
        Ok(ended?.done.version.unwrap_or_default())
    }

    /// Rolls back.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TransactionEnded`](crate::ErrorKind::TransactionEnded) when SQLite has done so
    /// before.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future rolls back too.
    pub async fn rollback(mut self) -> Result<()> {
        let ended = ask(&*self.inner, Request::Rollback(self.inner.scope), self.inner.site).await;
        self.decides = false;
        ended.map(drop)
    }

    /// Begins a savepoint: a transaction in this one, that can be rolled back alone. They nest.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TransactionEnded`](crate::ErrorKind::TransactionEnded) when the transaction is over.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves no savepoint.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
    /// # engine.execute("CREATE TABLE t(a)").await?;
    /// let tx = engine.begin().await?;
    /// let savepoint = tx.savepoint().await?;
    /// savepoint.execute("INSERT INTO t VALUES (1)").await?;
    /// savepoint.rollback().await?;
    /// tx.commit().await?;
    /// assert_eq!(engine.query("SELECT count(*) FROM t").scalar_one::<i64>().await?, 0);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn savepoint(&self) -> impl Future<Output = Result<Self>> + Send + use<> {
        self.savepoint_at(Location::caller())
    }

    /// Begins a savepoint for whoever called at `site`.
    pub(crate) fn savepoint_at(
        &self,
        site: &'static Location<'static>,
    ) -> impl Future<Output = Result<Self>> + Send + use<> {
        let outer = Arc::clone(&self.inner);
        async move {
            let Inner { lease, pool, scope, .. } = &*outer;
            let inner_scope = Scope { savepoint: next_id(), ..*scope };
            let savepoint = begin(Arc::clone(lease), Arc::clone(pool), inner_scope, site);
            // Asked of the outer one, since the savepoint is not there yet.
            ask(&*outer, Request::Savepoint(inner_scope), site).await?;
            Ok(savepoint)
        }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.decides {
            // A commit that was dropped half-way may have ended the scope: then this finds nothing to undo.
            self.inner.lease.tell(Command::Abandon(self.inner.scope));
        }
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// One state of the database for many queries; made by
/// [`AsyncEngine::snapshot`](super::AsyncEngine::snapshot).
///
/// It only reads: a statement that writes is an
/// [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly). Results that are still open keep it alive.
pub struct Snapshot {
    inner: Arc<Inner>,
}

impl Snapshot {
    pub(super) fn new(
        lease: Arc<Lease>,
        pool: Arc<Pool>,
        scope: Scope,
        site: &'static Location<'static>,
    ) -> Self {
        Self { inner: Arc::new(Inner { lease, pool, scope, site }) }
    }

    pub(crate) fn runner(&self) -> Run {
        Arc::clone(&self.inner) as Run
    }

    executor_methods!();
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("scope", &self.inner.scope).finish_non_exhaustive()
    }
}
