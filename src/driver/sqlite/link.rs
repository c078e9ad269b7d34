//! The handle on a connection thread, and the driver that starts them.

use std::fmt;

use super::config::{Config, Place};
use super::interrupt::Interrupter;
use super::thread::serve;
use super::verdict;
use crate::driver::{Command, Driver, Host, Lease, Link, Pulse};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::sync::{Arc, OnceLock, Weak, thread};
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
    fn link(&self, id: u64, host: Weak<dyn Host>) -> Arc<dyn Link> {
        let bell = Arc::new(Bell::default());
        Arc::new(SqliteLink {
            id,
            inbox: Inbox::new(Arc::clone(&bell)),
            bell,
            host,
            config: Arc::clone(&self.config),
            interrupter: Arc::default(),
            pulse: Arc::default(),
            refusal: OnceLock::new(),
        })
    }

    fn is_read_only(&self) -> bool {
        self.config.mode.only_reads()
    }

    fn seems_to_write(&self, text: &str) -> bool {
        verdict::seems_to_write(text)
    }

    fn log_bytes(&self) -> Option<u64> {
        let mut log = self.config.place.path().as_os_str().to_owned();
        log.push("-wal");
        std::fs::metadata(log).ok().map(|log| log.len())
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
    pub(super) bell: Arc<Bell>,
    pub(super) host: Weak<dyn Host>,
    pub(super) config: Arc<Config>,
    pub(super) interrupter: Arc<Interrupter>,
    pub(super) pulse: Arc<Pulse>,
    /// Why the connection could not be opened, for jobs that come after its thread has ended.
    refusal: OnceLock<Error>,
}

impl SqliteLink {
    /// Answers all that wait, and will, with the error that kept the connection from working.
    pub(super) fn refuse(&self, error: Error) {
        let error = self.refusal.get_or_init(|| error);
        for command in self.inbox.close() {
            let jobs = match command {
                Command::Run(job) => vec![job],
                Command::Group(jobs) | Command::Reads(jobs) => jobs,
                _ => Vec::new(),
            };
            // The connection that the lease is of is no more.
            let mut failed = Vec::with_capacity(jobs.len());
            for mut job in jobs {
                let lease = job.lease.take();
                let _ = lease.and_then(Arc::into_inner).map(Lease::end);
                failed.push(job);
            }
            for job in failed {
                job.fail(error.same());
            }
        }
    }
}

impl Link for SqliteLink {
    fn id(&self) -> u64 {
        self.id
    }

    fn start(self: Arc<Self>) -> Result<()> {
        thread::Builder::new()
            .name(format!("headwater-{}", self.id))
            .stack_size(STACK)
            .spawn(move || serve(&self))
            .map(drop)
            .map_err(|error| {
                Error::new(ErrorKind::CannotOpen, "the thread of a connection cannot be started")
                    .with_source(error)
            })
    }

    fn send(&self, command: Command) -> Result<(), (Command, Error)> {
        // What stands in the way of an end is told at once; the command itself waits for its turn.
        match &command {
            Command::Abandon(scope) if scope.savepoint == 0 => {
                self.interrupter.stop_transaction(scope.transaction);
            }
            Command::Abort => self.interrupter.stop_any(),
            _ => {}
        }
        let put = self.inbox.put(command);
        put.map_err(|command| (command, self.refusal.get().map_or_else(closed, Error::same)))
    }

    fn give_up(&self, error: Error) {
        self.refuse(error);
    }

    fn pulse(&self) -> &Pulse {
        &self.pulse
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
