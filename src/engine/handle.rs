//! `AsyncEngine`: the handle that everything begins with.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::{Arc, Weak};
use std::time::Duration;

#[cfg(feature = "orm")]
use futures::future::BoxFuture;
use futures::future::{Either, select};

use super::builder::EngineBuilder;
use super::connection::AsyncConnection;
use super::executor::executor_methods;
use super::notices::Notices;
use super::pool::{Pool, next_id};
use super::transaction::{Snapshot, Transaction, begin, transaction};
use crate::clock::Clock;
use crate::driver::{Begin, Bounds, Job, Lease, Request, Scope};
use crate::error::{Error, ErrorKind, Result};
#[cfg(feature = "orm")]
use crate::result::OneState;
use crate::result::{Run, Runner, ask};

/// After its deadline, `close` waits so long for what it has stopped.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// A database: connections that are opened on demand, and statements that run on them.
///
/// It is cheap to clone, `Send` and `Sync`; all clones are one engine, and its connections are closed
/// when the last clone and what was made from it are gone, or by [`close`](Self::close). It needs no
/// async runtime: the work is done on threads of its own.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, sql};
///
/// let engine = AsyncEngine::open("sqlite::memory:").await?;
/// engine.execute("CREATE TABLE users(name TEXT, age INTEGER)").await?;
/// engine.execute_many("INSERT INTO users VALUES (?, ?)", [("Ada", 36), ("Alan", 41)]).await?;
///
/// let mut result = engine.query(sql("SELECT name FROM users WHERE age > ?").bind(40)).await?;
/// while let Some(row) = result.try_next().await? {
///     let name: &str = row.get("name")?;
///     assert_eq!(name, "Alan");
/// }
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct AsyncEngine {
    inner: Arc<Inner>,
}

struct Inner {
    me: Weak<Self>,
    pool: Arc<Pool>,
    shown: String,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.pool.retire();
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncEngine").field("database", &self.shown).finish_non_exhaustive()
    }
}

impl Runner for Inner {
    fn submit(&self, mut job: Box<Job>) {
        job.keeps = self.me.upgrade().map(|inner| inner as _);
        self.pool.submit(job);
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
        Box::pin(async move {
            let snapshot = snapshot_of(&self, site).await?;
            Ok(OneState::of(snapshot.runner()))
        })
    }
}

impl AsyncEngine {
    /// Opens a database with the defaults; short for `builder(url).open()`.
    ///
    /// A URL is `sqlite://relative.db`, `sqlite:///absolute.db` or `sqlite::memory:`, with options after
    /// a `?`; [`EngineBuilder`] lists them.
    ///
    /// # Errors
    ///
    /// As [`EngineBuilder::open`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes what was opened.
    pub async fn open(url: impl AsRef<str>) -> Result<Self> {
        Self::builder(url).open().await
    }

    /// Begins to configure an engine.
    pub fn builder(url: impl AsRef<str>) -> EngineBuilder {
        EngineBuilder::new(url.as_ref())
    }

    pub(super) fn new(pool: Arc<Pool>, shown: String) -> Self {
        Self { inner: Arc::new_cyclic(|me| Inner { me: Weak::clone(me), pool, shown }) }
    }

    pub(super) fn runner(&self) -> Run {
        Arc::clone(&self.inner) as Run
    }

    fn pool(&self) -> &Arc<Pool> {
        &self.inner.pool
    }

    executor_methods!();

    /// Takes a connection for several statements.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PoolTimeout`] when none becomes free within `acquire_timeout`: it names all who hold
    /// one, with their statement, for how long and since which call, and says whether the task that
    /// waits is one of them. [`ErrorKind::CannotOpen`] and its like when a new one cannot be opened, or
    /// not within `connect_timeout`, and [`ErrorKind::Closed`] when the engine is closed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the place in the queue, or the connection.
    #[track_caller]
    pub fn connect(&self) -> impl Future<Output = Result<AsyncConnection>> + Send + use<> {
        self.connect_at(Location::caller())
    }

    /// Takes a connection for whoever called at `site`.
    pub(crate) fn connect_at(
        &self,
        site: &'static Location<'static>,
    ) -> impl Future<Output = Result<AsyncConnection>> + Send + use<> {
        let inner = Arc::clone(&self.inner);
        async move {
            let lease = lease(&*inner, Begin::Plain, site).await?;
            Ok(AsyncConnection::new(lease, Arc::clone(&inner.pool)))
        }
    }

    /// Begins a transaction that may write, when it is its turn to.
    ///
    /// Dropping the transaction rolls it back.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Busy`] when other writers of this process are not done within `acquire_timeout`, in
    /// which case it names who has the turn, or another process within `busy_timeout`;
    /// [`ErrorKind::CannotOpen`] and its like when the connection that writes cannot be opened;
    /// [`ErrorKind::Closed`] when the engine is closed. In mode `ro` it is [`ErrorKind::ReadOnly`], from
    /// the first statement that writes at the latest.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the place in the queue, or rolls back.
    #[track_caller]
    pub fn begin(&self) -> impl Future<Output = Result<Transaction>> + Send + use<> {
        self.begin_at(Location::caller())
    }

    /// Begins a transaction for whoever called at `site`.
    pub(crate) fn begin_at(
        &self,
        site: &'static Location<'static>,
    ) -> impl Future<Output = Result<Transaction>> + Send + use<> {
        begin_at(Arc::clone(&self.inner), site)
    }

    /// Takes one state of the database for many queries, while writers go on.
    ///
    /// The state is the one at the time of the call. It is held until the snapshot and the results read
    /// from it are gone; for as long, the write-ahead log cannot be emptied.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the place in the queue, or the connection.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
    /// engine.execute("CREATE TABLE t(a)").await?;
    /// let snapshot = engine.snapshot().await?;
    /// engine.execute("INSERT INTO t VALUES (1)").await?;
    /// assert_eq!(snapshot.query("SELECT count(*) FROM t").scalar_one::<i64>().await?, 0);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn snapshot(&self) -> impl Future<Output = Result<Snapshot>> + Send + use<> {
        self.snapshot_at(Location::caller())
    }

    /// Takes a snapshot for whoever called at `site`.
    pub(crate) fn snapshot_at(
        &self,
        site: &'static Location<'static>,
    ) -> impl Future<Output = Result<Snapshot>> + Send + use<> {
        let inner = Arc::clone(&self.inner);
        async move { snapshot_of(&inner, site).await }
    }

    /// Runs `body` in a transaction: committed when it gives `Ok`, rolled back when it gives `Err`, panics
    /// or is dropped.
    ///
    /// The transaction handed in is a second handle: dropping it does nothing.
    ///
    /// # Errors
    ///
    /// The error of `body`, else that of [`begin`](Self::begin) or of the commit.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future rolls back; dropped while the commit runs, the outcome is not known.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
    /// engine.execute("CREATE TABLE t(a)").await?;
    /// let count: i64 = engine
    ///     .transaction(async |tx| {
    ///         tx.execute("INSERT INTO t VALUES (1)").await?;
    ///         tx.query("SELECT count(*) FROM t").scalar_one().await
    ///     })
    ///     .await?;
    /// assert_eq!(count, 1);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn transaction<T, F>(&self, body: F) -> impl Future<Output = Result<T>>
    where
        F: AsyncFnOnce(Transaction) -> Result<T>,
    {
        self.try_transaction(body)
    }

    /// Runs `body` in a transaction, as [`transaction`](Self::transaction) does, with an error type of
    /// the caller's.
    ///
    /// # Errors
    ///
    /// The error of `body`, else that of [`begin`](Self::begin) or of the commit.
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

    /// Runs `body` in a transaction, and again, up to `attempts` times in all, when it or its commit fails
    /// with an error that [`is_retryable`](Error::is_retryable).
    ///
    /// Between attempts it waits, from a millisecond on, twice as long each time.
    ///
    /// # Errors
    ///
    /// The error of the last attempt.
    ///
    /// # Cancel safety
    ///
    /// As [`transaction`](Self::transaction).
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
    /// engine.execute("CREATE TABLE t(a)").await?;
    /// engine
    ///     .transaction_retry(5, |tx| async move {
    ///         tx.execute("INSERT INTO t VALUES (1)").await?;
    ///         Ok(())
    ///     })
    ///     .await?;
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn transaction_retry<T, F, B>(
        &self,
        attempts: u32,
        mut body: F,
    ) -> impl Future<Output = Result<T>>
    where
        F: FnMut(Transaction) -> B,
        B: Future<Output = Result<T>>,
    {
        let (inner, site) = (Arc::clone(&self.inner), Location::caller());
        async move {
            let mut pause = Duration::from_millis(1);
            let mut left = attempts.max(1);
            loop {
                left -= 1;
                let begun = begin_at(Arc::clone(&inner), site).await;
                let end = match begun {
                    Ok(begun) => transaction(begun, async |tx| body(tx).await).await,
                    Err(error) => Err(error),
                };
                match end {
                    Err(error) if error.is_retryable() && left > 0 => {
                        inner.clock().sleep(pause).await?;
                        pause = (pause * 2).min(Duration::from_secs(1));
                    }
                    end => return end,
                }
            }
        }
    }

    /// Refuses new work, waits up to `deadline` for what runs, stops the rest, and returns when the last
    /// file is closed.
    ///
    /// It is final, and may be called again. What was asked of the engine and still waits, for a
    /// connection or for its turn to write, ends with [`ErrorKind::Closed`] at once, and what is stopped
    /// ends with it too. Connections and transactions that are held go on until the deadline.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Timeout`] when a connection does not end within 5 s of being stopped, for example in
    /// a function that neither returns nor looks; its file is closed when it does.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the engine closing: nothing new is taken, what runs goes on.
    pub async fn close(&self, deadline: Duration) -> Result<()> {
        let pool = self.pool();
        pool.retire();
        if self.is_closed_within(deadline).await? {
            return Ok(());
        }
        pool.abort();
        if self.is_closed_within(LAST_WAIT).await? {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Timeout,
            format!(
                "{} connections do not end although they were stopped",
                self.status().connections
            ),
        ))
    }

    /// Closes the engine: the name that SQLAlchemy has for [`close`](Self::close).
    ///
    /// # Errors
    ///
    /// As [`close`](Self::close).
    ///
    /// # Cancel safety
    ///
    /// As [`close`](Self::close).
    pub async fn dispose(&self, deadline: Duration) -> Result<()> {
        self.close(deadline).await
    }

    pub(crate) fn clock(&self) -> &Clock {
        self.inner.clock()
    }

    async fn is_closed_within(&self, limit: Duration) -> Result<bool> {
        let closed = std::pin::pin!(self.pool().closed());
        let late = self.inner.clock().sleep(limit);
        match select(closed, late).await {
            Either::Left(_) => Ok(true),
            Either::Right((late, _)) => late.map(|()| false),
        }
    }

    /// Listens to what whoever looks after the engine may want to know: results whose consumers stall, slow
    /// statements, replaced connections, callers that wait.
    ///
    /// What comes about from now on is told, to each listener; while there is none, nothing of it costs
    /// anything. A wait that had begun before anybody listened is not told of.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
    /// let mut notices = engine.notices();
    /// let log = std::thread::spawn(move || {
    ///     futures::executor::block_on(async {
    ///         while let Some(notice) = notices.next().await {
    ///             eprintln!("{notice}");
    ///         }
    ///     })
    /// });
    /// # drop(engine);
    /// # log.join().unwrap();
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    pub fn notices(&self) -> Notices {
        self.pool().hub().listen()
    }

    /// Returns what the engine's connections are doing now. It waits for none of them.
    #[must_use]
    pub fn status(&self) -> EngineStatus {
        let counts = self.pool().counts();
        EngineStatus {
            connections: counts.connections,
            idle: counts.idle,
            waiting: counts.waiting,
            waiting_to_write: counts.waiting_to_write,
            open_results: counts.open_results,
            oldest_snapshot: counts.oldest_snapshot,
            wal_bytes: counts.log_bytes,
        }
    }
}

/// Takes a connection for several jobs.
async fn lease(
    run: &dyn Runner,
    begin: Begin,
    site: &'static Location<'static>,
) -> Result<Arc<Lease>> {
    ask(run, Request::Lease(begin), site).await?.lease.ok_or_else(no_lease)
}

async fn snapshot_of(inner: &Inner, site: &'static Location<'static>) -> Result<Snapshot> {
    snapshot_by(inner, Arc::clone(&inner.pool), site).await
}

/// Takes a snapshot of what a pool has the connections of.
pub(super) async fn snapshot_by(
    run: &dyn Runner,
    pool: Arc<Pool>,
    site: &'static Location<'static>,
) -> Result<Snapshot> {
    let scope = Scope { transaction: next_id(), savepoint: 0 };
    let lease = lease(run, Begin::Snapshot(scope), site).await?;
    Ok(Snapshot::new(lease, pool, scope, site))
}

async fn begin_at(inner: Arc<Inner>, site: &'static Location<'static>) -> Result<Transaction> {
    let scope = Scope { transaction: next_id(), savepoint: 0 };
    let lease = lease(&*inner, Begin::Write(scope), site).await?;
    Ok(begin(lease, Arc::clone(&inner.pool), scope, site))
}

#[cold]
fn no_lease() -> Error {
    Error::new(ErrorKind::Other, "the connection gave no lease")
}

impl fmt::Debug for AsyncEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// What the connections of an engine are doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineStatus {
    /// Connections whose files are open, are being opened or are being closed: those that read, and the
    /// one that writes.
    pub connections: usize,
    /// Reading connections without work.
    pub idle: usize,
    /// Those who wait for a connection: to become free, or to be opened.
    pub waiting: usize,
    /// Statements and transactions that wait for their turn to write this file, of other engines of the
    /// process too.
    pub waiting_to_write: usize,
    /// Results whose statement is open: streams, and what is being collected.
    pub open_results: usize,
    /// For how long the oldest open read or transaction has held its state of the database in view; for
    /// as long, the write-ahead log cannot be emptied.
    pub oldest_snapshot: Option<Duration>,
    /// The size of the write-ahead log in bytes, where the file has one. It is asked of the file system.
    pub wal_bytes: Option<u64>,
}
