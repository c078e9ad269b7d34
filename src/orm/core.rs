//! `Core`: the transaction of a session, and what it may do in it.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};

use super::by_keys;
use super::events::Hooks;
use super::flush::{Flush, Uncertain, keep};
use super::home::Home;
use super::loading::Loading;
use crate::driver::Version;
use crate::engine::{AsyncEngine, Snapshot, Transaction};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::sync::Mutex;
use crate::result::{Describe, Query, Run, run_unit};
use crate::row::Companion;
use crate::statement::{Rows, Statement};
use crate::value::Value;

/// What sessions are made with.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) source: Source,
    pub(super) autoflush: bool,
    pub(super) access: Access,
    pub(super) hooks: Hooks,
}

/// Where a session takes its transaction from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Engine(AsyncEngine),
    /// A savepoint of a transaction that somebody else ends.
    Transaction(Arc<Transaction>),
}

/// What a session does with the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Write,
    /// Each query sees the newest state.
    Read,
    /// All queries see one state.
    Snapshot,
}

/// The transaction of a session, and what it may do in it.
pub(super) struct Core {
    pub(super) home: Arc<Home>,
    pub(super) settings: Settings,
    open: Option<Open>,
    /// The savepoints that are open in the transaction, the innermost last.
    savepoints: Vec<Savepoint>,
    /// A commit that has begun.
    ending: Option<Ending>,
    /// Why only a rollback is of use.
    broken: Option<Broken>,
    site: &'static Location<'static>,
}

/// What statements run in.
enum Open {
    Transaction(Transaction),
    Snapshot(Snapshot),
}

struct Savepoint {
    level: u64,
    transaction: Transaction,
}

/// A commit that has begun. It belongs to the session and not to the future that waits for it, so that its
/// outcome is known even where that future is dropped.
struct Ending {
    /// Of a savepoint, its level.
    level: Option<u64>,
    /// The lock is never waited for: it makes the session `Sync`.
    commit: Mutex<Pin<Box<dyn Future<Output = Result<Version>> + Send>>>,
    /// They end with the transaction around them, and not before.
    _savepoints: Vec<Savepoint>,
}

/// Why a session can only be rolled back.
enum Broken {
    /// A flush failed, or the commit of a savepoint.
    Failed(String),
    /// The future of a flush was dropped before its end.
    Dropped,
}

impl Core {
    pub(super) fn new(settings: Settings, site: &'static Location<'static>) -> Self {
        let home = Home::new(settings.access == Access::Read);
        Self {
            home,
            settings,
            open: None,
            savepoints: Vec::new(),
            ending: None,
            broken: None,
            site,
        }
    }

    /// Takes the transaction out, for whoever goes on with it.
    pub(super) fn take(&mut self) -> Self {
        let rest = Self::new(self.settings.clone(), self.site);
        std::mem::replace(self, rest)
    }

    /// Reports whether nothing has to be waited for, and nothing stands in the way.
    pub(super) fn is_usable(&self) -> bool {
        self.broken.is_none() && self.ending.is_none()
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn depth(&self) -> usize {
        self.savepoints.len()
    }

    /// Makes sure that the session can go on.
    async fn ready(&mut self) -> Result<()> {
        self.settle().await?;
        let Some(broken) = &self.broken else {
            return Ok(());
        };
        let why = match broken {
            Broken::Failed(why) => format!("its last flush failed ({why})"),
            Broken::Dropped => "the future of its last flush was dropped before its end".to_owned(),
        };
        Err(Error::new(
            ErrorKind::TransactionEnded,
            format!("the session has to be rolled back: {why}"),
        ))
    }

    /// Gives what statements run on, in the transaction, which begins if there is none.
    async fn begin(&mut self) -> Result<Run> {
        if let Some(innermost) = self.savepoints.last() {
            return Ok(innermost.transaction.runner());
        }
        match &self.open {
            Some(Open::Transaction(transaction)) => return Ok(transaction.runner()),
            Some(Open::Snapshot(snapshot)) => return Ok(snapshot.runner()),
            None => {}
        }
        let open = match (&self.settings.source, self.settings.access) {
            (Source::Engine(engine), Access::Write) => {
                Open::Transaction(engine.begin_at(self.site).await?)
            }
            (Source::Engine(engine), Access::Snapshot) => {
                Open::Snapshot(engine.snapshot_at(self.site).await?)
            }
            // Each query has a snapshot of its own, so that it sees the newest state and cannot write.
            (Source::Engine(engine), Access::Read) => {
                return Ok(engine.snapshot_at(self.site).await?.runner());
            }
            (Source::Transaction(outer), _) => {
                Open::Transaction(outer.savepoint_at(self.site).await?)
            }
        };
        let run = match &open {
            Open::Transaction(transaction) => transaction.runner(),
            Open::Snapshot(snapshot) => snapshot.runner(),
        };
        self.open = Some(open);
        // What was loaded before is of another state of the database.
        self.home.new_epoch();
        Ok(run)
    }

    /// Gives what a statement of the program's runs on; what has changed is written first.
    pub(super) async fn run(&mut self) -> Result<Run> {
        if self.settings.autoflush {
            self.flush().await?;
        } else {
            self.ready().await?;
        }
        self.begin().await
    }

    /// Gives what a statement runs on, and writes nothing first.
    pub(super) async fn run_as_it_is(&mut self) -> Result<Run> {
        self.ready().await?;
        self.begin().await
    }

    /// With what the rows of a query are read.
    pub(super) fn loading(&self, afresh: bool) -> Companion {
        Loading::companion(&self.home, afresh)
    }

    /// Fails where the session must not write.
    pub(super) fn check_writable(&self) -> Result<()> {
        if self.settings.access == Access::Write {
            return Ok(());
        }
        Err(Error::new(ErrorKind::ReadOnly, "the session only reads: it was made to"))
    }

    /// Fails where a statement writes and the session must not, but its transaction may.
    pub(super) async fn check_reads(
        &self,
        run: &Run,
        statement: &Statement,
        site: &'static Location<'static>,
    ) -> Result<()> {
        let may = matches!(self.settings.source, Source::Transaction(_));
        if !may || self.settings.access == Access::Write {
            return Ok(());
        }
        match Describe::new(Arc::clone(run), statement.clone(), site).await?.writes() {
            true => self.check_writable(),
            false => Ok(()),
        }
    }

    /// Writes what has changed.
    pub(super) async fn flush(&mut self) -> Result<()> {
        self.ready().await?;
        if !self.home.has_work() {
            return Ok(());
        }
        let hooked = self.settings.hooks.before_flush(&self.home)?;
        let flush = Flush::plan(&self.home)?;
        if flush.is_empty() {
            hooked.keep();
            self.home.let_go();
            return Ok(());
        }
        self.check_writable()?;
        let run = self.begin().await?;
        hooked.keep();
        // Whoever drops the future from here on leaves a session whose state is not that of the database.
        self.broken = Some(Broken::Dropped);
        if let Err(error) = self.write(&run, flush).await {
            self.broken = Some(Broken::Failed(error.message().to_owned()));
            return Err(error);
        }
        self.broken = None;
        self.home.let_go();
        self.settings.hooks.after_flush()
    }

    async fn write(&self, run: &Run, mut flush: Flush) -> Result<()> {
        let done = run_unit(run, flush.unit(), self.site).await;
        let done = done.map_err(|error| flush.explain(error))?;
        self.home.note_flush();
        for uncertain in flush.apply(&self.home, done)? {
            self.look_for(run, uncertain).await?;
        }
        Ok(())
    }

    /// Asks which rows are still there.
    async fn look_for(&self, run: &Run, uncertain: Uncertain) -> Result<()> {
        let (table, items) = &uncertain;
        let key = &table.primary_key;
        let keys: Vec<_> = items.iter().filter_map(|item| item.row_values(key)).collect();
        let mut there = Vec::with_capacity(keys.len());
        for some in keys.chunks(by_keys::most(key.len())) {
            let query =
                Query::<Rows>::new(Arc::clone(run), by_keys::select(table, key, some), self.site);
            for row in query.all().await? {
                there.push(
                    (0..key.len()).map(|place| row.get(place)).collect::<Result<Vec<Value>>>()?,
                );
            }
        }
        keep(&self.home, uncertain, &there);
        Ok(())
    }

    /// Writes what has changed, and commits.
    pub(super) async fn commit(&mut self) -> Result<Version> {
        let settled = self.settle().await?;
        self.flush().await?;
        let savepoints = std::mem::take(&mut self.savepoints);
        match self.open.take() {
            Some(Open::Transaction(transaction)) => {
                let commit = Mutex::new(Box::pin(transaction.commit()) as Pin<Box<_>>);
                self.ending = Some(Ending { level: None, commit, _savepoints: savepoints });
                Ok(self.settle().await?.unwrap_or_default())
            }
            Some(Open::Snapshot(_)) | None => {
                if settled.is_none() {
                    self.home.committed();
                }
                Ok(settled.unwrap_or_default())
            }
        }
    }

    /// Waits for the end of a commit that has begun, and takes over its outcome.
    async fn settle(&mut self) -> Result<Option<Version>> {
        let Some(ending) = &mut self.ending else {
            return Ok(None);
        };
        let level = ending.level;
        let end = ending.commit.get_mut().unwrap_or_else(PoisonError::into_inner).await;
        self.ending = None;
        match (end, level) {
            (Ok(version), None) => {
                self.home.committed();
                self.settings.hooks.after_commit(version);
                Ok(Some(version))
            }
            (Ok(_), Some(level)) => {
                self.home.close_level(level);
                Ok(None)
            }
            (Err(error), None) => {
                // A commit that failed has rolled back.
                self.rolled_back();
                self.settings.hooks.after_rollback();
                Err(error)
            }
            (Err(error), Some(_)) => {
                self.broken = Some(Broken::Failed(error.message().to_owned()));
                Err(error)
            }
        }
    }

    fn rolled_back(&mut self) {
        self.broken = None;
        self.savepoints.clear();
        self.home.rolled_back();
    }

    /// Rolls back.
    pub(super) async fn rollback(&mut self) -> Result<()> {
        // A commit that is under way cannot be taken back; if it fails there is nothing left to undo.
        let _ = self.settle().await;
        // The state is what it was before anything is awaited: whoever drops this future has rolled back.
        self.rolled_back();
        let ended = match self.open.take() {
            Some(Open::Transaction(transaction)) => transaction.rollback().await,
            Some(Open::Snapshot(_)) | None => Ok(()),
        };
        self.settings.hooks.after_rollback();
        match ended {
            // SQLite has rolled back by itself.
            Err(error) if error.kind() == ErrorKind::TransactionEnded => Ok(()),
            ended => ended,
        }
    }

    /// Writes what has changed, and begins a savepoint.
    pub(super) async fn savepoint(&mut self, site: &'static Location<'static>) -> Result<u64> {
        self.check_writable()?;
        self.flush().await?;
        self.begin().await?;
        let outer = match (self.savepoints.last(), &self.open) {
            (Some(innermost), _) => &innermost.transaction,
            (None, Some(Open::Transaction(transaction))) => transaction,
            (None, _) => return Err(Error::new(ErrorKind::ReadOnly, "the session only reads")),
        };
        let transaction = outer.savepoint_at(site).await?;
        let level = self.home.open_level();
        self.savepoints.push(Savepoint { level, transaction });
        Ok(level)
    }

    /// Writes what has changed, and makes it part of what is around the savepoint.
    pub(super) async fn release(&mut self, level: u64) -> Result<()> {
        self.flush().await?;
        let place = self.place(level)?;
        let mut savepoints = self.savepoints.split_off(place);
        if savepoints.is_empty() {
            return Ok(());
        }
        let Savepoint { transaction, .. } = savepoints.remove(0);
        let commit = Mutex::new(Box::pin(transaction.commit()) as Pin<Box<_>>);
        self.ending = Some(Ending { level: Some(level), commit, _savepoints: savepoints });
        self.settle().await.map(drop)
    }

    /// Rolls back to a savepoint.
    pub(super) async fn roll_back_to(&mut self, level: u64) -> Result<()> {
        let _ = self.settle().await;
        let place = self.place(level)?;
        match self.abandon(place) {
            Some(transaction) => transaction.rollback().await,
            None => Ok(()),
        }
    }

    /// Rolls back to a savepoint without waiting for it.
    pub(super) fn drop_savepoint(&mut self, level: u64) {
        if let Ok(place) = self.place(level) {
            drop(self.abandon(place));
        }
    }

    /// Makes everything what it was when the savepoint at a place began; gives its transaction.
    fn abandon(&mut self, place: usize) -> Option<Transaction> {
        self.broken = None;
        let mut savepoints = self.savepoints.split_off(place);
        let level = savepoints.first()?.level;
        self.home.undo(level);
        self.home.close_level(level);
        let outermost = savepoints.remove(0);
        // The inner ones are told to end first.
        while savepoints.pop().is_some() {}
        Some(outermost.transaction)
    }

    fn place(&self, level: u64) -> Result<usize> {
        self.savepoints.iter().position(|open| open.level == level).ok_or_else(|| {
            Error::new(
                ErrorKind::TransactionEnded,
                "the savepoint is over: the session was committed or rolled back within it",
            )
        })
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        // The handle of the transaction, which is dropped now, rolls back.
        self.home.close();
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (entities, changed) = self.home.counts();
        f.debug_struct("AsyncSession")
            .field("entities", &entities)
            .field("changed", &changed)
            .field("in_transaction", &self.is_open())
            .field("savepoints", &self.depth())
            .finish_non_exhaustive()
    }
}
