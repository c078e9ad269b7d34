//! The state of one connection, shared by the tasks of its thread.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use rusqlite::{Connection, FileControl};

use super::config::{Config, Mode};
use super::errors::translate;
use super::hooks;
use super::interrupt::Interrupter;
use super::link::SqliteLink;
use super::open;
use super::prepare::{Cache, Prepared};
use super::registry::Registry;
use super::verdict::Place;
use crate::driver::{Host, Job, Lease, Loss, Permit, Pulse, Scope, Version};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::sync::{Arc, Weak};
use crate::flow::{Stop, Ticket, yield_now};

/// What the tasks of a connection share.
pub(super) struct State<'c> {
    pub(super) connection: &'c Connection,
    pub(super) config: &'c Config,
    pub(super) cache: Cache<'c>,
    pub(super) cursors: Registry,
    pub(super) interrupter: Arc<Interrupter>,
    pub(super) link: u64,
    pub(super) host: Weak<dyn Host>,
    /// What is shown of it outside.
    pulse: Arc<Pulse>,
    /// Whether a state of the database is held in view, as the pulse shows it.
    reading: Cell<bool>,
    /// An error makes what it would answer from now on doubtful.
    broken: Cell<bool>,
    /// The right to write, held from the first write until the transaction is over.
    permit: RefCell<Option<Permit>>,
    /// The transaction of a handle, if one is open.
    pub(super) transaction: RefCell<Option<Transaction>>,
    /// Whether the pool has sent the next job at the last check-in.
    more: Cell<bool>,
    /// Who has leased the connection.
    pub(super) owner: Cell<Option<u64>>,
    /// The connection itself was changed: it is closed when its lease ends.
    pub(super) changed: Rc<Cell<bool>>,
    /// Whether readers go on while another connection writes.
    pub(super) wal: bool,
    /// The moment at which a transaction that text began has begun.
    pub(super) text_mark: Cell<u64>,
    /// Many rows are being written, in a savepoint or in a transaction of that statement's own.
    pub(super) writes_many: Cell<Option<Many>>,
    /// The ticket of those rows.
    pub(super) many_ticket: RefCell<Option<Arc<Ticket>>>,
    /// Transactions and savepoints whose handles are gone and which are not undone yet.
    abandoned: Cell<u32>,
    /// Tasks that write, and need the right to for as long as they do.
    writing: Cell<u32>,
    /// Statements that have written, and whose rows are only to be handed over: counted, in a circle.
    pub(super) written: Cell<u32>,
    /// How long the last commit of a group took.
    pub(super) commit_took: Cell<Duration>,
    data_version: Cell<u32>,
}

/// What the many rows that are being written are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Many {
    /// A savepoint of the transaction that is open.
    Savepoint,
    /// A transaction of that statement's own.
    Transaction,
}

/// An open transaction.
pub(super) struct Transaction {
    pub(super) id: u64,
    pub(super) read_only: bool,
    /// Whether the lease was taken for it alone and ends with it.
    pub(super) owns_lease: bool,
    /// The moment it began.
    pub(super) mark: u64,
    /// Its open savepoints, each with the moment it began.
    pub(super) savepoints: Vec<(u64, u64)>,
}

impl<'c> State<'c> {
    pub(super) fn new(connection: &'c Connection, link: &'c SqliteLink) -> Self {
        let config = &*link.config;
        let changed = Rc::new(Cell::new(false));
        let state = Self {
            connection,
            config,
            cache: Cache::new(connection, config.statement_cache, Rc::clone(&changed)),
            cursors: Registry::default(),
            interrupter: Arc::clone(&link.interrupter),
            link: link.id,
            host: Weak::clone(&link.host),
            pulse: Arc::clone(&link.pulse),
            reading: Cell::new(false),
            broken: Cell::new(false),
            permit: RefCell::default(),
            transaction: RefCell::default(),
            more: Cell::new(false),
            owner: Cell::new(None),
            changed,
            // Readers of a file that nobody changes keep no writer waiting either.
            wal: config.mode == Mode::Immutable || open::is_wal(connection),
            text_mark: Cell::new(0),
            writes_many: Cell::new(None),
            many_ticket: RefCell::default(),
            abandoned: Cell::new(0),
            writing: Cell::new(0),
            written: Cell::new(0),
            commit_took: Cell::default(),
            data_version: Cell::new(0),
        };
        state.note_data_version();
        state
    }

    // Runs of steps ----------------------------------------------------------------------------

    /// Begins a run of steps that the ticket can stop.
    pub(super) fn enter(&self, ticket: &Arc<Ticket>, alone: bool) -> Running<'_> {
        self.enter_since(ticket, alone, u64::MAX)
    }

    /// Begins a run of steps of a statement that was opened at a moment: the end of a transaction does
    /// not stop one that is older.
    pub(super) fn enter_since(
        &self,
        ticket: &Arc<Ticket>,
        alone: bool,
        opened: u64,
    ) -> Running<'_> {
        let transaction = self.transaction.borrow();
        let transaction = transaction.as_ref().filter(|transaction| opened > transaction.mark);
        let transaction = transaction.map(|transaction| transaction.id);
        ticket.runs_on(&self.interrupter);
        hooks::watch(ticket);
        self.interrupter.enter(ticket, alone, transaction);
        Running(&self.interrupter)
    }

    // The right to write -----------------------------------------------------------------------

    pub(super) fn has_permit(&self) -> bool {
        self.permit.borrow().is_some()
    }

    /// Keeps the right that came with a job.
    pub(super) fn keep_permit(&self, job: &mut Job) {
        if let Some(permit) = job.permit.take() {
            // What others have committed until now is not what this connection will be asked about.
            self.note_data_version();
            self.permit.replace(Some(permit));
        }
    }

    /// Keeps the right to write for a task that may wait in between, until the guard goes.
    pub(super) fn write_on(&self) -> Counted<'_> {
        self.writing.set(self.writing.get() + 1);
        Counted(&self.writing)
    }

    /// After anything that may have written: tells of a commit, and gives the right back once no
    /// transaction is open.
    pub(super) fn settle(&self) -> Option<Version> {
        self.show();
        if !self.connection.is_autocommit() {
            return None;
        }
        let version = self.has_permit().then(|| self.publish());
        if self.writing.get() == 0 {
            self.permit.take();
        }
        version.flatten()
    }

    /// Tells the host of a commit, if there was one since the last call.
    fn publish(&self) -> Option<Version> {
        let before = self.data_version.get();
        self.note_data_version();
        let host = self.host.upgrade()?;
        if self.data_version.get() == before {
            return Some(host.version());
        }
        Some(host.committed())
    }

    /// Tells the host of a commit that was made without the right to write, by the caller's own code.
    pub(super) fn publish_foreign(&self) {
        if self.connection.is_autocommit() {
            self.publish();
        }
    }

    /// The file's own count of commits, which moves for every commit of this connection, whatever made
    /// it (schema changes and VACUUM too).
    fn note_data_version(&self) {
        let mut version = 0;
        let asked =
            self.connection.file_control(None::<&str>, FileControl::DataVersion(&mut version));
        if asked.is_ok() {
            self.data_version.set(version);
        }
    }

    // Transactions -----------------------------------------------------------------------------

    /// Says where a job runs, or that its transaction is over.
    pub(super) fn place(&self, job: &Job) -> Result<Place> {
        let Some(scope) = job.scope else {
            return Ok(if job.one_shot { Place::Engine } else { Place::Connection });
        };
        if !self.is_open(scope) {
            return Err(transaction_ended());
        }
        let transaction = self.transaction.borrow();
        let read_only = transaction.as_ref().is_some_and(|transaction| transaction.read_only);
        Ok(if read_only { Place::Snapshot } else { Place::Transaction })
    }

    /// Reports whether a transaction or savepoint is open.
    pub(super) fn is_open(&self, scope: Scope) -> bool {
        let transaction = self.transaction.borrow();
        let open = transaction.as_ref().is_some_and(|transaction| transaction.includes(scope));
        open && !self.connection.is_autocommit()
    }

    /// After a statement that may have ended the transaction by itself: ends what belonged to it.
    pub(super) async fn after_write(&self) -> Option<Version> {
        if self.connection.is_autocommit() {
            let ended = self.transaction.take();
            if let Some(ended) = ended {
                self.cursors.end_since(ended.mark).await;
                return self.end_transaction(&ended);
            }
        }
        self.settle()
    }

    /// Gives back what a transaction that is over has held.
    pub(super) fn end_transaction(&self, ended: &Transaction) -> Option<Version> {
        let version = self.settle();
        if ended.owns_lease
            && let Some(owner) = self.owner.get()
        {
            self.check_in(owner);
        }
        version
    }

    /// Ends a transaction without regard to anybody.
    pub(super) fn roll_back(&self) {
        if !self.connection.is_autocommit() {
            // A rollback that fails has nothing left to roll back: SQLite has done so by itself.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        self.transaction.take();
        self.settle();
    }

    /// Notes that many rows are being written, and how that is stopped.
    pub(super) fn begin_many(&self, many: Many, ticket: &Arc<Ticket>) {
        self.writes_many.set(Some(many));
        self.many_ticket.replace(Some(Arc::clone(ticket)));
    }

    pub(super) fn end_many(&self) {
        self.writes_many.set(None);
        self.many_ticket.take();
    }

    /// Waits until rows that nobody wants any more are undone, so that what comes after their drop
    /// neither sees them nor is undone with them.
    pub(super) async fn until_many_undone(&self) {
        while self.many_ticket.borrow().as_ref().is_some_and(|ticket| ticket.stopped().is_some()) {
            yield_now().await;
        }
    }

    /// Waits until no statement or script that has the connection's right to write is under way, so that
    /// a transaction does not begin in the middle of it.
    pub(super) async fn until_written(&self) {
        while self.writing.get() > 0 {
            yield_now().await;
        }
    }

    /// Notes that the handle of an open transaction is gone, until the guard goes.
    pub(super) fn abandon(&self) -> Counted<'_> {
        self.abandoned.set(self.abandoned.get() + 1);
        Counted(&self.abandoned)
    }

    /// Waits until what was abandoned is undone, so that what was asked after it is no part of it.
    pub(super) async fn until_abandoned(&self) {
        while self.abandoned.get() > 0 {
            yield_now().await;
        }
    }

    /// Fails when the transaction or savepoint that something belongs to has ended meanwhile.
    pub(super) fn still_open(&self, scope: Option<Scope>) -> Result<()> {
        match scope {
            Some(scope) if !self.is_open(scope) => Err(transaction_ended()),
            _ => Ok(()),
        }
    }

    // Leases -----------------------------------------------------------------------------------

    /// Makes a lease the owner of the connection, if it has none.
    pub(super) fn own(&self, lease: Option<&Arc<Lease>>) {
        if let Some(lease) = lease
            && self.owner.get().is_none()
        {
            self.owner.set(Some(lease.id()));
        }
    }

    /// Lets go of a job's lease; the last one checks the connection in before anybody hears of it.
    pub(super) fn release(&self, lease: Option<Arc<Lease>>) {
        if let Some(lease) = lease.and_then(Arc::into_inner) {
            self.check_in(lease.end());
        }
    }

    /// Ends a lease: the connection goes back clean, or not at all.
    pub(super) fn check_in(&self, lease: u64) {
        if self.owner.get() != Some(lease) {
            return;
        }
        self.roll_back();
        self.owner.set(None);
        let Some(host) = self.host.upgrade() else {
            return;
        };
        let clean = self.connection.is_autocommit() && self.cursors.len() == 0;
        if clean && !self.changed.get() && !self.broken.get() {
            self.more.set(host.idle(self.link));
        } else {
            let why = if clean { self.loss() } else { Loss::Unclean };
            self.changed.set(true);
            host.gone(self.link, why);
        }
    }

    /// Reports whether the pool has sent the next job at the last check-in.
    pub(super) fn takes_more(&self) -> bool {
        self.more.replace(false)
    }

    /// Why the connection takes no more work, if it is not its engine that says so.
    pub(super) fn loss(&self) -> Loss {
        match (self.broken.get(), self.changed.get()) {
            (true, _) => Loss::Broken,
            (false, true) => Loss::Changed,
            (false, false) => Loss::Closed,
        }
    }

    /// Notes how a job ended, before its connection goes back.
    pub(super) fn note_end<T>(&self, end: &Result<T>) {
        if let Err(error) = end {
            self.note_error(error);
        }
    }

    /// Notes an error that makes what the connection would answer from now on doubtful.
    pub(super) fn note_error(&self, error: &Error) {
        let doubtful = matches!(
            error.kind(),
            ErrorKind::Io | ErrorKind::Corrupt | ErrorKind::NotADatabase | ErrorKind::FileMoved
        );
        if doubtful {
            self.broken.set(true);
        }
    }

    /// Shows outside whether a state of the database is held in view, and by how many results.
    pub(super) fn show(&self) {
        let results = self.cursors.len();
        self.pulse.set_results(results);
        let reads = results > 0 || !self.connection.is_autocommit();
        if self.reading.replace(reads) != reads {
            self.pulse.set_reading(reads.then(|| self.config.clock.now()));
        }
    }

    /// Reports whether the connection has to be closed once nothing runs on it.
    pub(super) fn is_spent(&self) -> bool {
        self.changed.get() && self.owner.get().is_none()
    }

    // Statements -------------------------------------------------------------------------------

    /// Runs one of our own texts.
    pub(super) fn run(&self, text: &str) -> Result<()> {
        let mut prepared = self.cache.take(text, Place::Connection)?;
        let run = {
            let mut rows = prepared.statement.raw_query();
            loop {
                match rows.next() {
                    Ok(Some(_)) => {}
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(translate(error, Some(text))),
                }
            }
        };
        self.cache.put(prepared);
        run
    }

    /// Notes what a statement that was allowed to run does to the connection.
    pub(super) fn note(&self, prepared: &Prepared<'_>) {
        if prepared.verdict.state.is_some() {
            self.changed.set(true);
        }
    }
}

impl Transaction {
    fn includes(&self, scope: Scope) -> bool {
        let savepoint = scope.savepoint;
        self.id == scope.transaction
            && (savepoint == 0 || self.savepoints.iter().any(|(open, _)| *open == savepoint))
    }
}

/// Counts one more for as long as it lives.
pub(super) struct Counted<'s>(&'s Cell<u32>);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

/// A run of steps; when it ends, no interrupt comes any more.
pub(super) struct Running<'i>(&'i Interrupter);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.leave();
        hooks::unwatch();
    }
}

#[cold]
pub(super) fn transaction_ended() -> Error {
    Error::new(
        ErrorKind::TransactionEnded,
        "the transaction is over: it was committed or rolled back, by its handle, by SQL or by the database itself; \
         begin another one",
    )
}

/// The error of a statement that was stopped.
#[cold]
pub(super) fn stopped(why: Stop) -> Error {
    match why {
        Stop::Dropped => Error::new(ErrorKind::Interrupted, "the statement was stopped"),
        Stop::Deadline => {
            Error::new(ErrorKind::Timeout, "the statement did not end within its timeout")
        }
        Stop::Closed => Error::new(
            ErrorKind::Closed,
            "the engine, connection or transaction that the statement belonged to is closed",
        ),
    }
}
