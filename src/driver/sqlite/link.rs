//! The handle on a connection thread, and the driver that starts them.

use std::fmt;
use std::sync::{Arc, OnceLock, Weak};
use std::thread;

use super::config::{Config, Mode, Place};
use super::interrupt::Interrupter;
use super::thread::serve;
use crate::driver::{Command, Driver, Host, Link};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Bell, Inbox};

/// A deep expression needs a deep stack: on 1 MiB SQLite's own limits still hold, below that an
/// unoptimised build overflows.
const STACK: usize = 4 << 20;

/// The SQLite driver of one engine.
#[derive(Debug)]
pub(crate) struct Sqlite {
    config: Arc<Config>,
}

impl Sqlite {
    pub(crate) fn new(config: Config) -> Self {
        Self { config: Arc::new(config) }
    }
}

impl Driver for Sqlite {
    fn start(&self, id: u64, host: Weak<dyn Host>) -> Result<Arc<dyn Link>> {
        let bell = Arc::new(Bell::default());
        let link = Arc::new(SqliteLink {
            id,
            inbox: Inbox::new(Arc::clone(&bell)),
            interrupter: Arc::new(Interrupter::default()),
            refusal: OnceLock::new(),
        });
        let served = Arc::clone(&link);
        let config = Arc::clone(&self.config);
        thread::Builder::new()
            .name(format!("headwater-{id}"))
            .stack_size(STACK)
            .spawn(move || serve(&served, &bell, &config, host))
            .map_err(|error| {
                Error::new(ErrorKind::CannotOpen, "the thread of a connection cannot be started")
                    .with_source(error)
            })?;
        Ok(link)
    }

    fn is_read_only(&self) -> bool {
        self.config.mode == Mode::ReadOnly
    }

    fn discard(&self) {
        if let Place::Memory(place) = &self.config.place {
            place.remove();
        }
    }
}

/// One connection thread, seen from outside.
pub(super) struct SqliteLink {
    pub(super) id: u64,
    pub(super) inbox: Inbox<Command>,
    pub(super) interrupter: Arc<Interrupter>,
    /// Why the connection could not be opened, for jobs that come after its thread has ended.
    pub(super) refusal: OnceLock<Error>,
}

impl Link for SqliteLink {
    fn send(&self, command: Command) {
        // What stands in the way of an end is told at once; the command itself waits for its turn.
        match &command {
            Command::Abandon(scope) if scope.savepoint == 0 => {
                self.interrupter.stop_transaction(scope.transaction);
            }
            Command::Abort => self.interrupter.stop_any(),
            _ => {}
        }
        if let Err(Command::Run(job)) = self.inbox.put(command) {
            job.fail(self.refusal.get().map_or_else(closed, Error::same));
        }
    }
}

#[cold]
fn closed() -> Error {
    Error::new(
        ErrorKind::Closed,
        "the connection is closed: its engine was closed, or it failed before",
    )
}

impl fmt::Debug for SqliteLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteLink").field("id", &self.id).finish_non_exhaustive()
    }
}
