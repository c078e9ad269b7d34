//! `AsyncSessionmaker`: how sessions are made.

use std::future::Future;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::core::{Access, Core, Settings, Source};
use super::events::{Flushing, Hooks};
use super::session::{AsyncSession, Scope};
use crate::driver::Version;
use crate::engine::{AsyncEngine, Transaction};
use crate::error::{Error, ErrorKind, Result};

/// Makes sessions that are alike: on one engine, with the same options and hooks.
///
/// It is cheap to clone, `Send` and `Sync`. A program has one for each engine.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, AsyncSessionmaker, Entity};
///
/// #[derive(Entity, Clone, Debug)]
/// #[entity(table = "notes")]
/// struct Note {
///     #[entity(primary_key, generated)]
///     id: i64,
///     text: String,
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT NOT NULL)").await?;
/// let sessions = AsyncSessionmaker::new(&engine);
/// let id = sessions
///     .transaction(async |mut session| {
///         let note = session.add(Note { id: 0, text: "tea".into() });
///         session.flush().await?;
///         Ok(note.key())
///     })
///     .await?;
/// assert_eq!(id, 1);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct AsyncSessionmaker {
    settings: Arc<Settings>,
}

impl AsyncSessionmaker {
    /// Makes sessions on an engine, each of which has a transaction of its own.
    #[must_use]
    pub fn new(engine: &AsyncEngine) -> Self {
        let settings = Settings {
            source: Source::Engine(engine.clone()),
            autoflush: true,
            access: Access::Write,
            hooks: Hooks::default(),
        };
        Self { settings: Arc::new(settings) }
    }

    /// Makes sessions of the same kind in a transaction that is there already: each works in a savepoint of
    /// it, so that its commit releases the savepoint and its rollback rolls back to it.
    ///
    /// Sessions that work in it at the same time stand within each other, in the order in which they began,
    /// as their savepoints do: let the one that began last end first. Whoever has the transaction ends it;
    /// when it is rolled back, so is what the sessions have committed.
    ///
    /// # Examples
    ///
    /// A test that leaves nothing behind:
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # use headwater::{AsyncEngine, AsyncSessionmaker, Entity};
    /// # #[derive(Entity, Clone, Debug)]
    /// # #[entity(table = "notes")]
    /// # struct Note { #[entity(primary_key, generated)] id: i64, text: String }
    /// # let engine = AsyncEngine::open("sqlite::memory:").await?;
    /// # engine.execute("CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT NOT NULL)").await?;
    /// let sessions = AsyncSessionmaker::new(&engine);
    /// let tx = engine.begin().await?;
    /// let mut session = sessions.on(&tx).session();
    /// session.add(Note { id: 0, text: "tea".into() });
    /// session.commit().await?;
    /// tx.rollback().await?;
    /// assert_eq!(engine.query("SELECT count(*) FROM notes").scalar_one::<i64>().await?, 0);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn on(&self, transaction: &Transaction) -> Self {
        let outer = Arc::new(transaction.second());
        self.with(|settings| settings.source = Source::Transaction(outer))
    }

    /// Sets whether queries write first what has changed, so that they find it; true by default.
    #[must_use]
    pub fn autoflush(self, autoflush: bool) -> Self {
        self.with(|settings| settings.autoflush = autoflush)
    }

    /// Sets whether the sessions only read: they refuse changes, wait for no turn to write, and each of their
    /// queries sees the newest state. False by default.
    #[must_use]
    pub fn read_only(self, read_only: bool) -> Self {
        let access = if read_only { Access::Read } else { Access::Write };
        self.with(|settings| settings.access = access)
    }

    /// Sets whether the sessions read one state of the database, that of their first query, until they
    /// commit, roll back or end; they refuse changes, and wait for no turn to write. False by default.
    #[must_use]
    pub fn snapshot(self, snapshot: bool) -> Self {
        let access = if snapshot { Access::Snapshot } else { Access::Write };
        self.with(|settings| settings.access = access)
    }

    /// Calls a function before each flush that may have something to write. It may look at what has changed
    /// and add to it; when it fails, the flush fails with its error and has sent nothing. Whatever a flush
    /// that sends nothing fails with, what was changed in the session by its hooks is undone, so that the
    /// next flush does not find it twice.
    #[must_use]
    pub fn before_flush(
        self,
        hook: impl Fn(&mut Flushing<'_>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.with(|settings| settings.hooks.before_flush.push(Arc::new(hook)))
    }

    /// Calls a function after each flush that has written something. When it fails, so does the flush, but
    /// what was written stays written, for a rollback to undo.
    #[must_use]
    pub fn after_flush(self, hook: impl Fn() -> Result<()> + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.hooks.after_flush.push(Arc::new(hook)))
    }

    /// Calls a function after each commit of a transaction, with the version that it made.
    #[must_use]
    pub fn after_commit(self, hook: impl Fn(Version) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.hooks.after_commit.push(Arc::new(hook)))
    }

    /// Calls a function after each rollback that was asked for, and after a commit that failed. A session that
    /// is dropped calls nothing.
    #[must_use]
    pub fn after_rollback(self, hook: impl Fn() + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.hooks.after_rollback.push(Arc::new(hook)))
    }

    fn with(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::clone(&self.settings);
        change(&mut settings);
        Self { settings: Arc::new(settings) }
    }

    /// Makes a session. It takes a connection with its first statement.
    #[track_caller]
    pub fn session(&self) -> AsyncSession {
        self.session_at(Location::caller())
    }

    fn session_at(&self, site: &'static Location<'static>) -> AsyncSession {
        AsyncSession::new(Settings::clone(&self.settings), site)
    }

    /// Runs `body` in a session: committed when it gives `Ok`, rolled back when it gives `Err`, panics or is
    /// dropped.
    ///
    /// The session that is handed in may be dropped or kept by `body` until it returns; what decides is what
    /// it returns.
    ///
    /// # Errors
    ///
    /// The error of `body`, else that of the flush or of the commit. [`ErrorKind::Entity`] when `body` has
    /// given the session away, so that it lives on: then nothing is committed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future rolls back; dropped while the commit runs, the outcome is not known.
    #[track_caller]
    pub fn transaction<T, F>(&self, body: F) -> impl Future<Output = Result<T>>
    where
        F: AsyncFnOnce(AsyncSession) -> Result<T>,
    {
        self.try_transaction(body)
    }

    /// Runs `body` in a session, as [`transaction`](Self::transaction) does, with an error type of the
    /// caller's.
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
        F: AsyncFnOnce(AsyncSession) -> Result<T, E>,
    {
        let session = self.session();
        async move { scoped(session, body).await }
    }

    /// Runs `body` in a session, and again in a new one, up to `attempts` times in all, when it or its commit
    /// fails with an error that [`is_retryable`](Error::is_retryable), or that is an
    /// [`ErrorKind::StaleEntity`].
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
    /// # engine.execute("CREATE TABLE t(a)").await?;
    /// # let sessions = headwater::AsyncSessionmaker::new(&engine);
    /// sessions
    ///     .transaction_retry(5, |mut session| async move {
    ///         session.execute("INSERT INTO t VALUES (1)").await?;
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
        F: FnMut(AsyncSession) -> B,
        B: Future<Output = Result<T>>,
    {
        let (maker, site) = (self.clone(), Location::caller());
        async move {
            let mut pause = Duration::from_millis(1);
            let mut left = attempts.max(1);
            loop {
                left -= 1;
                let session = maker.session_at(site);
                match scoped(session, async |session| body(session).await).await {
                    Err(error) if left > 0 && is_worth_another_try(&error) => {
                        maker.wait(pause).await?;
                        pause = (pause * 2).min(Duration::from_secs(1));
                    }
                    end => return end,
                }
            }
        }
    }

    async fn wait(&self, pause: Duration) -> Result<()> {
        match &self.settings.source {
            Source::Engine(engine) => engine.clock().sleep(pause).await,
            // In a transaction that goes on nobody else can get done what this one waits for.
            Source::Transaction(_) => Ok(()),
        }
    }
}

fn is_worth_another_try(error: &Error) -> bool {
    error.is_retryable() || error.kind() == ErrorKind::StaleEntity
}

/// Runs a body in a session, and ends it as the body did.
async fn scoped<T, E, F>(session: AsyncSession, body: F) -> Result<T, E>
where
    E: From<Error>,
    F: AsyncFnOnce(AsyncSession) -> Result<T, E>,
{
    let scope = Arc::<Scope>::default();
    let end = body(session.within(&scope)).await;
    let core = scope.take();
    match (end, core) {
        (Ok(value), Some(mut core)) => {
            core.commit().await?;
            Ok(value)
        }
        (Ok(_), None) => Err(outlived().into()),
        (Err(error), core) => {
            if let Some(mut core) = core {
                // The body's error is the one to tell; a rollback that fails has nothing left to undo.
                let _ = Core::rollback(&mut core).await;
            }
            Err(error)
        }
    }
}

#[cold]
fn outlived() -> Error {
    Error::new(
        ErrorKind::Entity,
        "the session was given away and lives on after its scope: nothing is committed",
    )
}
