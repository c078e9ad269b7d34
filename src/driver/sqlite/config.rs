//! What a connection to SQLite is opened with.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::memory::MemoryPlace;
use crate::clock::Clock;
use crate::driver::Bounds;
use crate::flow::sync::{Arc, Mutex};

/// Where the database is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    File(PathBuf),
    /// A private file that is gone with its last connection.
    Memory(Arc<MemoryPlace>),
}

impl Place {
    pub(crate) fn path(&self) -> &std::path::Path {
        match self {
            Self::File(path) => path,
            Self::Memory(place) => place.path(),
        }
    }
}

/// Whether a SQLite file is read, written or also created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// `mode=ro`: only read; the file must exist.
    ReadOnly,
    /// `mode=immutable`: only read, as the file is, which nobody changes while it is open.
    ///
    /// Nothing is locked, and nothing is made beside the file: so a database in write-ahead log mode can
    /// be read in a folder that cannot be written. Where somebody changes it all the same, answers are
    /// wrong. A log that still holds commits is refused, since they would not be seen.
    Immutable,
    /// `mode=rw`: read and write; the file must exist.
    ReadWrite,
    /// `mode=rwc`, the default: read and write, and create the file if there is none.
    #[default]
    ReadWriteCreate,
}

impl Mode {
    pub(super) fn only_reads(self) -> bool {
        matches!(self, Self::ReadOnly | Self::Immutable)
    }
}

/// How SQLite keeps a transaction apart from the file until it is committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum JournalMode {
    /// `journal_mode=delete`: a rollback journal; writers and readers exclude each other.
    Delete,
    /// `journal_mode=truncate`: as delete, but the journal is cut instead of removed.
    Truncate,
    /// `journal_mode=persist`: as delete, but the journal stays.
    Persist,
    /// `journal_mode=memory`: the journal is in memory; a crash in a commit damages the file.
    Memory,
    /// `journal_mode=wal`, the default: a write-ahead log; readers go on while one writes.
    #[default]
    Wal,
}

impl JournalMode {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Truncate => "truncate",
            Self::Persist => "persist",
            Self::Memory => "memory",
            Self::Wal => "wal",
        }
    }
}

/// When SQLite waits for the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Synchronous {
    /// `synchronous=off`: never; a crash of the system may damage the file.
    Off,
    /// `synchronous=normal`, the default: at checkpoints; a crash of the system may lose the last
    /// commits, a crash of the process none.
    #[default]
    Normal,
    /// `synchronous=full`: at every commit.
    Full,
    /// `synchronous=extra`: at every commit, and the folder after a journal is removed.
    Extra,
}

impl Synchronous {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Normal => "normal",
            Self::Full => "full",
            Self::Extra => "extra",
        }
    }
}

/// What the caller does to each new connection.
pub(crate) type OnConnect =
    Arc<dyn Fn(&mut rusqlite::Connection) -> rusqlite::Result<()> + Send + Sync>;

/// Everything a connection is opened with.
#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) place: Place,
    pub(crate) mode: Mode,
    pub(crate) journal_mode: JournalMode,
    pub(crate) synchronous: Synchronous,
    pub(crate) foreign_keys: bool,
    pub(crate) busy_timeout: Duration,
    pub(crate) cache_size_kib: u32,
    pub(crate) statement_cache: usize,
    pub(crate) defensive: bool,
    pub(crate) trusted_schema: bool,
    pub(crate) double_quoted_strings: bool,
    pub(crate) cell_size_check: bool,
    pub(crate) mmap_size: u64,
    pub(crate) attach_create: bool,
    pub(crate) optimize_on_close: bool,
    pub(crate) on_connect: Vec<OnConnect>,
    pub(crate) bounds: Bounds,
    pub(crate) clock: Clock,
    /// Held by the connection that closes: the last one removes the write-ahead log, and of two that
    /// close at once neither finds itself the last.
    pub(crate) closing: Arc<Mutex<()>>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("place", &self.place)
            .field("mode", &self.mode)
            .field("journal_mode", &self.journal_mode)
            .finish_non_exhaustive()
    }
}
