//! Where a bulk operation runs: in transactions of its own, or in one that is there.

use std::panic::Location;
use std::sync::Arc;

use crate::driver::Version;
use crate::engine::{AsyncEngine, Transaction};
use crate::error::Result;
use crate::orm::core::Core;
use crate::orm::flush::cascade;
use crate::orm::home::Home;
use crate::orm::item::Item;
use crate::result::Run;

/// Where a bulk operation runs.
pub(super) enum Target<'s> {
    /// Each chunk is a transaction.
    Engine(AsyncEngine),
    /// Each chunk is a savepoint.
    Transaction(Transaction),
    /// Each chunk is a savepoint; the session commits where chunks are asked for.
    Session(&'s mut Core),
}

/// A chunk that has begun: undone as a whole when it is dropped.
pub(super) struct Chunk<'t> {
    run: Run,
    open: Open<'t>,
}

enum Open<'t> {
    Transaction(Transaction),
    Savepoint(Transaction),
    Session(OfSession<'t>),
}

/// A savepoint of a session.
struct OfSession<'t> {
    core: &'t mut Core,
    level: u64,
    is_open: bool,
}

impl Target<'_> {
    /// Returns what the session shares with its entities, if there is a session.
    pub(super) fn home(&self) -> Option<Arc<Home>> {
        match self {
            Self::Session(core) => Some(Arc::clone(&core.home)),
            Self::Engine(_) | Self::Transaction(_) => None,
        }
    }

    pub(super) async fn begin(&mut self, site: &'static Location<'static>) -> Result<Chunk<'_>> {
        match self {
            Self::Engine(engine) => {
                let transaction = engine.begin_at(site).await?;
                Ok(Chunk { run: transaction.runner(), open: Open::Transaction(transaction) })
            }
            Self::Transaction(outer) => {
                let transaction = outer.savepoint_at(site).await?;
                Ok(Chunk { run: transaction.runner(), open: Open::Savepoint(transaction) })
            }
            Self::Session(core) => {
                // What the session has changed is written before its savepoint begins.
                let level = core.savepoint(site).await?;
                let chunk = OfSession { core, level, is_open: true };
                let run = chunk.core.run_as_it_is().await?;
                Ok(Chunk { run, open: Open::Session(chunk) })
            }
        }
    }
}

impl Chunk<'_> {
    pub(super) fn run(&self) -> Run {
        Arc::clone(&self.run)
    }

    /// Commits; within a transaction, and in a session whose chunks were not asked for, makes the chunk a
    /// part of it. The rows of these entities are gone.
    pub(super) async fn commit(
        self,
        gone: Vec<Arc<dyn Item>>,
        is_asked_for: bool,
    ) -> Result<Option<Version>> {
        match self.open {
            Open::Transaction(transaction) => transaction.commit().await.map(Some),
            Open::Savepoint(transaction) => transaction.commit().await.map(|_| None),
            Open::Session(mut chunk) => {
                chunk.is_open = false;
                chunk.core.release(chunk.level).await?;
                show(&chunk.core.home, gone);
                if is_asked_for {
                    return chunk.core.commit().await.map(Some);
                }
                Ok(None)
            }
        }
    }

    pub(super) async fn undo(self) {
        // The error that led here is the one to tell; a rollback that fails has nothing left to undo.
        let _ = match self.open {
            Open::Transaction(transaction) | Open::Savepoint(transaction) => {
                transaction.rollback().await
            }
            Open::Session(mut chunk) => {
                chunk.is_open = false;
                chunk.core.roll_back_to(chunk.level).await
            }
        };
    }
}

impl Drop for OfSession<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.core.drop_savepoint(self.level);
        }
    }
}

/// Shows in the handles of the session what was done to the database.
fn show(home: &Home, gone: Vec<Arc<dyn Item>>) {
    // Whatever was loaded before is read again when it is next met.
    home.note_effect();
    for item in &gone {
        item.vanish(home);
        home.note_gone(Arc::clone(item));
    }
    cascade(home, gone);
}
