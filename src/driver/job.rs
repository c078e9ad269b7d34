//! `Job`: what a connection is asked to do, with all that it needs there.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use super::lease::Last;
use super::{Lease, Origin, Outcome, Span, Unit};
use crate::clock::Timer;
use crate::error::Error;
use crate::flow::{Receiver, Sender};
use crate::row::RowBatch;
use crate::statement::{Statement, Text};
use crate::value::Value;

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
    /// Prepare a statement, and run nothing of it.
    Describe(Statement),
    /// Run a statement once for each row of parameters, all or nothing.
    Many { statement: Statement, rows: Incoming },
    /// Run several statements for many rows of values, all or nothing, in a transaction.
    Unit(Unit),
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

impl Begin {
    /// What is held when it has begun, for messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "a connection",
            Self::Write(_) => "a transaction",
            Self::Snapshot(_) => "a snapshot",
        }
    }
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
    /// What its warnings belong to, for who traces.
    pub(crate) span: Span,
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
    /// Since when it has waited for a connection or for the right to write, once it had to.
    pub(crate) since: Option<Instant>,
    /// Where the statements are noted that a lease is used for.
    pub(crate) last: Option<Arc<Last>>,
    /// What must not close before the job is done: it may have outlived the handle it was made from.
    pub(crate) keeps: Option<Arc<dyn Any + Send + Sync>>,
}

impl Job {
    pub(crate) fn new(request: Request, reply: Reply, origin: Origin) -> Box<Self> {
        let last = matches!(request, Request::Lease(_)).then(Arc::default);
        Box::new(Self {
            request,
            reply,
            origin,
            span: Span::default(),
            last,
            scope: None,
            lease: None,
            permit: None,
            one_shot: false,
            deadline: None,
            since: None,
            keeps: None,
        })
    }

    pub(crate) fn fail(self: Box<Self>, error: Error) {
        let Self { reply, lease, permit, .. } = *self;
        // What the job holds is free before the caller hears of it.
        drop((permit, lease));
        reply.finish(Err(error));
    }

    /// Reports whether it may share a commit with others: one statement of the engine's, whose rows are
    /// not wanted one by one.
    pub(crate) fn may_join(&self) -> bool {
        let Request::Query(query) = &self.request else {
            return false;
        };
        self.one_shot && query.wanted != Wanted::Streamed
    }

    /// Reports whether it is run for what it does and not for its rows, so that it probably writes.
    pub(crate) fn is_for_effect(&self) -> bool {
        match &self.request {
            Request::Query(query) => query.wanted == Wanted::Nothing,
            Request::Many { .. } | Request::Unit(_) => true,
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
            Request::Many { statement, .. } | Request::Describe(statement) => {
                Some(statement.shared_text())
            }
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
    /// Run several one-shot jobs, in their order, in as few commits as may be. The first has the right to
    /// write.
    Group(Vec<Box<Job>>),
    /// Run several one-shot jobs that only read, in their order, as long as they are quick.
    Reads(Vec<Box<Job>>),
    /// The last holder of the lease of this id is gone.
    CheckIn(u64),
    /// The handle of this transaction or savepoint is gone.
    Abandon(Scope),
    /// Close when idle.
    Close,
    /// End everything and close.
    Abort,
}
