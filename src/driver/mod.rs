//! The seam: what a database must provide, in the terms of the rooms before this one.
//!
//! An engine sends [`Job`]s to [`Link`]s; a link is one connection, run by its driver. What a link needs
//! from the engine (the right to write, its next work) it asks of its [`Host`].

mod job;
mod lease;
mod notice;
mod origin;
mod pulse;
mod span;
pub(crate) mod sqlite;
mod unit;
mod values;

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

pub(crate) use job::{
    Answer, Begin, Command, Incoming, Job, Native, Permit, Query, Reply, Request, Scope, Wanted,
};
pub(crate) use lease::{Holder, Lease};
pub use notice::Notice;
pub(crate) use origin::{Origin, TaskId};
pub(crate) use pulse::Pulse;
pub(crate) use span::Span;
#[cfg(feature = "tracing")]
pub(crate) use span::TARGET;
pub(crate) use unit::{Keeps, Step, StepDone, Unit, UnitDone};
pub(crate) use values::{Page, Values};

use crate::error::{Error, Result};
use crate::row::Columns;
use crate::statement::Stall;

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

/// What the database says of a statement without running it.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
/// engine.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT)").await?;
/// let insert = engine.describe("INSERT INTO t(name) VALUES (?) RETURNING id").await?;
/// assert_eq!((insert.writes(), insert.parameters()), (true, 1));
/// assert_eq!(insert.columns().names().collect::<Vec<_>>(), ["id"]);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Description {
    pub(crate) columns: Arc<Columns>,
    pub(crate) parameters: usize,
    pub(crate) writes: bool,
}

impl Description {
    /// Returns the columns of its rows; none where it gives no rows.
    #[must_use]
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Returns how many values are to be bound to it.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// Reports whether it may write to the database, and so takes a turn to.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.writes
    }
}

/// How the work of a job ended.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) done: Done,
    /// What was found out about a statement.
    pub(crate) description: Option<Box<Description>>,
    /// The lease that the job was to take out.
    pub(crate) lease: Option<Arc<Lease>>,
    /// What the statements of a unit gave.
    pub(crate) unit: Option<Box<UnitDone>>,
    /// What a native call gave back.
    pub(crate) native: Option<Box<dyn Any + Send>>,
}

impl From<Done> for Outcome {
    fn from(done: Done) -> Self {
        Self { done, ..Self::default() }
    }
}

/// One connection, run by its driver. Nothing here blocks.
pub(crate) trait Link: Send + Sync + fmt::Debug {
    /// How the connection names itself to its host.
    fn id(&self) -> u64;

    /// Begins to open the connection, which then tells its host that it is ready, or why it is not.
    ///
    /// # Errors
    ///
    /// When its thread cannot be started.
    fn start(self: Arc<Self>) -> Result<()>;

    /// Sends a command, or gives it back if the connection is gone, with the error for those who wait.
    fn send(&self, command: Command) -> Result<(), (Command, Error)>;

    /// Takes no more work, and ends when it can: it does not open in time. What waits in it fails.
    fn give_up(&self, error: Error);

    fn pulse(&self) -> &Pulse;
}

/// What a connection asks of the engine it belongs to.
pub(crate) trait Host: Send + Sync {
    /// Gives the right to write if nobody has it or waits for it.
    fn try_permit(&self, job: &Job) -> Option<Permit>;

    /// Keeps a job until it is its turn to write, and then sends it again.
    fn queue_write(&self, job: Box<Job>);

    /// A job that came as one that writes only reads: it runs elsewhere, without the right to write.
    fn queue_read(&self, job: Box<Job>);

    /// A connection is open and takes work; false if nobody waits for it any more.
    fn ready(&self, link: u64) -> bool;

    /// A connection cannot be opened.
    fn failed(&self, link: u64, error: &Error);

    /// A connection has no more work; it is given its next, or kept idle, or told to close. True if it
    /// was given its next, which is in its inbox.
    fn idle(&self, link: u64) -> bool;

    /// A connection takes no more work.
    fn gone(&self, link: u64, why: Loss);

    /// A connection's files are closed.
    fn closed(&self, link: u64);

    /// Jobs that a connection which is gone never began: they need another one, in their order.
    fn again(&self, jobs: Vec<Box<Job>>);

    /// Jobs that were sent together with one that is not quick: they are the next for whoever is free.
    fn give_back(&self, jobs: Vec<Box<Job>>);

    /// A commit became visible.
    fn committed(&self) -> Version;

    /// The version of the newest commit.
    fn version(&self) -> Version;

    /// Tells those who look after the engine.
    fn notice(&self, notice: Notice);

    /// Reports whether anybody listens to notices; cheap while nobody does.
    fn wants_notices(&self) -> bool;
}

/// Why a connection takes no more work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// Its engine wants it no longer.
    Closed,
    /// Its own state was changed by whoever had it.
    Changed,
    /// It could not be made clean.
    Unclean,
    /// An error makes what it would answer doubtful.
    Broken,
    /// Its thread panicked.
    Panicked,
}

impl Loss {
    /// Says what was wrong with the connection, if anything was.
    pub(crate) fn reason(self) -> Option<&'static str> {
        match self {
            Self::Closed => None,
            Self::Changed => {
                Some("its own state was changed (ATTACH, TEMP, PRAGMA, a native call)")
            }
            Self::Unclean => Some("a statement or a transaction on it could not be ended"),
            Self::Broken => Some("reading or writing the file failed on it"),
            Self::Panicked => Some("its thread panicked"),
        }
    }
}

/// What a driver needs to make connections.
pub(crate) trait Driver: Send + Sync + fmt::Debug {
    /// Makes a connection that is not started yet; `id` is how it names itself to its host.
    fn link(&self, id: u64, host: Weak<dyn Host>) -> Arc<dyn Link>;

    /// Whether the database can be written at all.
    fn is_read_only(&self) -> bool;

    /// Whether a text that is not known yet is better asked about where it would write: only the
    /// database itself then tells whether it does.
    fn seems_to_write(&self, text: &str) -> bool;

    /// The size of the log that is not in the database file yet, where there is one.
    fn log_bytes(&self) -> Option<u64>;

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
    pub(crate) stall: Stall,
    /// A wait for a consumer that has lasted for so long is told of.
    pub(crate) stall_notice: Duration,
    /// A statement that has run for so long is told of.
    pub(crate) slow_statement: Duration,
    /// How long a waiter polls by itself.
    pub(crate) patience: Duration,
}
