//! The seam: what a database must provide, in the terms of the rooms before this one.
//!
//! An engine sends [`Job`]s to [`Link`]s; a link is one connection, run by its driver. What a link needs
//! from the engine (the right to write, its next work) it asks of its [`Host`].

mod origin;
pub(crate) mod sqlite;

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use origin::{Origin, TaskId};

use crate::clock::Timer;
use crate::error::{Error, Result};
use crate::flow::{Receiver, Sender};
use crate::row::RowBatch;
use crate::statement::{Statement, Text};
use crate::value::Value;

/// The state of a database after a commit; a later commit has a greater one.
///
/// Versions count the commits of this process to one database since an engine of this process opened
/// the file while no other had it open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub(crate) u64);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a statement did, known when it has ended.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
/// engine.execute("CREATE TABLE t(id INTEGER PRIMARY KEY)").await?;
/// let done = engine.execute("INSERT INTO t DEFAULT VALUES").await?;
/// assert_eq!((done.rows_affected(), done.last_insert_id()), (1, 1));
/// assert!(done.version().is_some());
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    pub(crate) rows_affected: u64,
    pub(crate) last_insert_id: i64,
    pub(crate) version: Option<Version>,
}

impl Done {
    /// Returns how many rows the statement inserted, updated or deleted itself; those changed by
    /// triggers and foreign keys are not counted, and a statement that only reads has none.
    #[must_use]
    pub fn rows_affected(&self) -> u64 {
        self.rows_affected
    }

    /// Returns the rowid of the connection's last successful INSERT; 0 if there was none, and after a
    /// query that only reads.
    #[must_use]
    pub fn last_insert_id(&self) -> i64 {
        self.last_insert_id
    }

    /// Returns the version that the statement's own commit made; `None` for one that only reads, and
    /// inside a transaction, whose commit tells.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.version
    }
}

/// How the work of a job ended.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) done: Done,
    /// The lease that the job was to take out.
    pub(crate) lease: Option<Arc<Lease>>,
    /// What a native call gave back.
    pub(crate) native: Option<Box<dyn Any + Send>>,
}

impl From<Done> for Outcome {
    fn from(done: Done) -> Self {
        Self { done, ..Self::default() }
    }
}

/// The producer's end of a job's answer.
pub(crate) type Reply = Sender<RowBatch, Outcome>;
/// The consumer's end of a job's answer.
pub(crate) type Answer = Receiver<RowBatch, Outcome>;

/// The rows of parameters of one statement, in chunks, on their way to the connection.
pub(crate) type Incoming = Receiver<Vec<Vec<Value>>, ()>;

/// What a connection is asked to do.
pub(crate) enum Request {
    /// Run a statement and send its rows.
    Query(Query),
    /// Run a statement once for each row of parameters, all or nothing.
    Many { statement: Statement, rows: Incoming },
    /// Run a script of several statements.
    Script(Text),
    /// Take the connection for several jobs.
    Lease(Begin),
    /// Begin a transaction on a leased connection.
    Begin(Scope),
    /// Begin a savepoint in a transaction.
    Savepoint(Scope),
    /// Commit a transaction, or release a savepoint.
    Commit(Scope),
    /// Roll back a transaction, or to a savepoint.
    Rollback(Scope),
    /// Run code of the caller's on the driver's own connection.
    Native(Native),
    /// Nothing: what was asked is being done.
    Taken,
}

/// A query and what is wanted of it.
pub(crate) struct Query {
    pub(crate) statement: Statement,
    /// Stop after so many rows.
    pub(crate) limit: Option<u64>,
    pub(crate) wanted: Wanted,
}

/// What is wanted of the rows of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Nothing: the statement is run for its effect.
    Nothing,
    /// All of them, in as few messages as may be.
    Together,
    /// One batch after the other, and the columns and the first row at once.
    Streamed,
}

/// Code that runs on the driver's own connection.
pub(crate) type Native = Box<dyn FnOnce(&dyn Any) -> Box<dyn Any + Send> + Send>;

/// What a lease begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Begin {
    /// Nothing.
    Plain,
    /// A transaction that may write.
    Write(Scope),
    /// A transaction that reads one state.
    Snapshot(Scope),
}

/// One transaction, or one savepoint in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) transaction: u64,
    /// 0 is the transaction itself.
    pub(crate) savepoint: u64,
}

/// A request on its way to a connection, with all it needs there.
pub(crate) struct Job {
    pub(crate) request: Request,
    pub(crate) reply: Reply,
    /// Who asked for it.
    pub(crate) origin: Origin,
    /// The transaction that the job belongs to.
    pub(crate) scope: Option<Scope>,
    /// The connection that it runs on; it goes back to its pool with the last who holds this.
    pub(crate) lease: Option<Arc<Lease>>,
    /// The right to write, once it has been given.
    pub(crate) permit: Option<Permit>,
    /// Whether the engine runs it on whatever connection is free.
    pub(crate) one_shot: bool,
    /// The deadline of its statement.
    pub(crate) deadline: Option<Timer>,
    /// The bound on its waiting for a connection or for the right to write.
    pub(crate) wait: Option<Timer>,
    /// What must not close before the job is done: it may have outlived the handle it was made from.
    pub(crate) keeps: Option<Arc<dyn Any + Send + Sync>>,
}

impl Job {
    pub(crate) fn new(request: Request, reply: Reply, origin: Origin) -> Box<Self> {
        Box::new(Self {
            request,
            reply,
            origin,
            scope: None,
            lease: None,
            permit: None,
            one_shot: false,
            deadline: None,
            wait: None,
            keeps: None,
        })
    }

    pub(crate) fn fail(self: Box<Self>, error: Error) {
        let Self { reply, lease, permit, .. } = *self;
        // What the job holds is free before the caller hears of it.
        drop((permit, lease));
        reply.finish(Err(error));
    }

    /// Reports whether it is run for what it does and not for its rows, so that it probably writes.
    pub(crate) fn is_for_effect(&self) -> bool {
        match &self.request {
            Request::Query(query) => query.wanted == Wanted::Nothing,
            Request::Many { .. } => true,
            _ => false,
        }
    }

    /// Returns the text of its statement.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.request {
            Request::Query(query) => Some(query.statement.text()),
            Request::Many { statement, .. } => Some(statement.text()),
            _ => None,
        }
    }

    /// Returns what it runs, to be kept for messages.
    pub(crate) fn shown(&self) -> Option<Text> {
        match &self.request {
            Request::Query(query) => Some(query.statement.shared_text()),
            Request::Many { statement, .. } => Some(statement.shared_text()),
            Request::Script(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("text", &self.text())
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// The right to write, given back when it is dropped.
pub(crate) type Permit = Box<dyn Any + Send>;

/// What a connection is told.
#[derive(Debug)]
pub(crate) enum Command {
    Run(Box<Job>),
    /// The last holder of the lease of this id is gone.
    CheckIn(u64),
    /// The handle of this transaction or savepoint is gone.
    Abandon(Scope),
    /// Close when idle.
    Close,
    /// End everything and close.
    Abort,
}

/// One connection, run by its driver. Nothing here blocks.
pub(crate) trait Link: Send + Sync + fmt::Debug {
    /// Sends a command; a job for a connection that is gone fails by itself.
    fn send(&self, command: Command);
}

/// What a connection asks of the engine it belongs to.
pub(crate) trait Host: Send + Sync {
    /// Gives the right to write if nobody has it or waits for it.
    fn try_permit(&self) -> Option<Permit>;

    /// Keeps a job until it is its turn to write, and then sends it again.
    fn queue_write(&self, job: Box<Job>);

    /// A connection has no more work; it is given its next, or kept idle, or told to close.
    fn idle(&self, link: u64);

    /// A connection takes no more work.
    fn gone(&self, link: u64);

    /// A connection's files are closed.
    fn closed(&self, link: u64);

    /// A job that a connection which is gone never began: it needs another one.
    fn again(&self, job: Box<Job>);

    /// A commit became visible.
    fn committed(&self) -> Version;

    /// The version of the newest commit.
    fn version(&self) -> Version;
}

/// What a driver needs to start a connection.
pub(crate) trait Driver: Send + Sync + fmt::Debug {
    /// Starts a connection; `id` is how it names itself to its host.
    ///
    /// # Errors
    ///
    /// When its thread cannot be started. What fails in opening fails the first job.
    fn start(&self, id: u64, host: std::sync::Weak<dyn Host>) -> Result<Arc<dyn Link>>;

    /// Whether the database can be written at all.
    fn is_read_only(&self) -> bool;

    /// The engine is closed for good and no connection is open: what was there for them alone can go.
    fn discard(&self);
}

/// The bounds of results, with the engine's defaults.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) batch_rows: usize,
    pub(crate) batch_bytes: usize,
    /// How many batches wait between producer and consumer.
    pub(crate) batches: usize,
    pub(crate) spill_memory: usize,
    pub(crate) spill_limit: u64,
    /// How long a waiter polls by itself.
    pub(crate) patience: Duration,
}

/// A connection taken out of its pool; it goes back when the last who holds this lets go.
#[derive(Debug)]
pub(crate) struct Lease {
    id: u64,
    link: Option<Arc<dyn Link>>,
}

impl Lease {
    pub(crate) fn new(id: u64, link: Arc<dyn Link>) -> Self {
        Self { id, link: Some(link) }
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn send(&self, command: Command) {
        if let Some(link) = &self.link {
            link.send(command);
        }
    }

    /// Ends the lease without a word to the connection, for the connection itself.
    pub(crate) fn end(mut self) -> u64 {
        self.link = None;
        self.id
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(link) = self.link.take() {
            link.send(Command::CheckIn(self.id));
        }
    }
}
