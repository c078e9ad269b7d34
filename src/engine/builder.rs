//! The builder of an engine: every option by name, each also an option of the URL.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::gate::Gate;
use super::handle::AsyncEngine;
use super::pool::{Pool, Settings};
use super::url::{self, Url, bad_url, duration, duration_or_never, stall, switch, value};
use crate::clock::Clock;
use crate::driver::Bounds;
use crate::driver::sqlite::{
    Config, JournalMode, MemoryPlace, Mode, OnConnect, Place, Sqlite, Synchronous,
};
use crate::error::Result;
use crate::statement::Stall;

/// Configures an engine.
///
/// Each option has a twin of the same name in the URL, as in `sqlite://app.db?max_connections=4`; what
/// the builder says wins. Durations in a URL are written `20us`, `250ms` or `5s` (a bare number is
/// milliseconds), switches `on` and `off`.
///
/// The options of the pool say which names they have in SQLAlchemy, sqlx and r2d2. There is no
/// `pool_pre_ping` or `test_before_acquire`: a connection that turns out to be broken is replaced, and
/// one goes back only when it is clean.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use std::time::Duration;
/// use headwater::AsyncEngine;
///
/// let engine = AsyncEngine::builder("sqlite::memory:?busy_timeout=2s")
///     .max_connections(4)
///     .acquire_timeout(Duration::from_secs(5))
///     .open()
///     .await?;
/// assert_eq!(engine.query("PRAGMA foreign_keys").scalar_one::<i64>().await?, 1);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[must_use = "a builder does nothing until `open` is awaited"]
pub struct EngineBuilder {
    url: Result<Url>,
    options: Options,
    clock: Clock,
    on_connect: Vec<OnConnect>,
}

macro_rules! options {
    ($(
        $(#[$doc:meta])*
        $(#sqlite $marker:ident)? $name:ident: $type:ty = $default:expr, $wanted:literal, $read:expr;
    )*) => {
        /// What was said of each option.
        #[derive(Clone, Debug, Default)]
        struct Options {
            $($name: Option<$type>,)*
        }

        impl Options {
            /// Takes an option of a URL.
            fn set(&mut self, name: &str, text: &str) -> Result<()> {
                match name {
                    $(stringify!($name) => {
                        self.$name = Some(value(name, text, $wanted, $read)?);
                    })*
                    _ => {
                        let known = [$(stringify!($name)),*].join(", ");
                        return Err(bad_url(format!("there is no option `{name}`: there are {known}")));
                    }
                }
                Ok(())
            }

            /// Takes from `other` what is not said here.
            fn or(self, other: Self) -> Self {
                Self { $($name: self.$name.or(other.$name),)* }
            }

            $(fn $name(&self) -> $type {
                self.$name.unwrap_or($default)
            })*
        }

        impl EngineBuilder {
            $(
                $(#[$doc])*
                pub fn $name(mut self, $name: $type) -> Self {
                    self.options.$name = Some($name);
                    self
                }
            )*
        }
    };
}

fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn mode(text: &str) -> Option<Mode> {
    match text {
        "ro" => Some(Mode::ReadOnly),
        "immutable" => Some(Mode::Immutable),
        "rw" => Some(Mode::ReadWrite),
        "rwc" => Some(Mode::ReadWriteCreate),
        _ => None,
    }
}

fn journal_mode(text: &str) -> Option<JournalMode> {
    match text {
        "delete" => Some(JournalMode::Delete),
        "truncate" => Some(JournalMode::Truncate),
        "persist" => Some(JournalMode::Persist),
        "memory" => Some(JournalMode::Memory),
        "wal" => Some(JournalMode::Wal),
        _ => None,
    }
}

fn synchronous(text: &str) -> Option<Synchronous> {
    match text {
        "off" => Some(Synchronous::Off),
        "normal" => Some(Synchronous::Normal),
        "full" => Some(Synchronous::Full),
        "extra" => Some(Synchronous::Extra),
        _ => None,
    }
}

options! {
    /// Opens up to this many connections that read (8); the one that writes comes in addition.
    ///
    /// They are opened on demand. Zero counts as one. SQLAlchemy: `pool_size` with `max_overflow`; sqlx:
    /// `max_connections`; r2d2: `max_size`.
    max_connections: usize = 8, "a number", number;

    /// Waits up to so long (30 s) for a connection, and for the turn to write.
    ///
    /// Waiting is fair: who came first is first. Whoever a connection is being opened for waits for that,
    /// bounded by [`connect_timeout`](Self::connect_timeout). SQLAlchemy: `pool_timeout`; sqlx:
    /// `acquire_timeout`; r2d2: `connection_timeout`.
    acquire_timeout: Duration = Duration::from_secs(30), "a duration", duration;

    /// Waits up to so long (10 s) for a new connection to open, `on_connect` included.
    ///
    /// One that takes longer is given up: who waited for it is told, its slot is free for another, and if
    /// it opens after all it is closed. When as many were given up as there may be (two at the least) and
    /// none of them has ended, no more are opened.
    connect_timeout: Duration = Duration::from_secs(10), "a duration", duration;

    /// Keeps at least so many connections (0) that read open without work, ready for whoever comes.
    ///
    /// They are opened with the engine, and do not retire for being idle. r2d2: `min_idle`; sqlx:
    /// `min_connections`, which counts those in use too.
    min_idle: usize = 0, "a number", number;

    /// Closes a connection that has had no work for so long (10 minutes); [`Duration::MAX`], in the URL
    /// `never`, keeps it.
    ///
    /// The one that writes retires too. sqlx, r2d2: `idle_timeout`.
    idle_timeout: Duration = Duration::from_secs(600), "a duration or `never`", duration_or_never;

    /// Closes a connection that is so old when it has no work, and opens another one on demand;
    /// [`Duration::MAX`], in the URL `never`, lets it grow old (the default).
    ///
    /// SQLAlchemy: `pool_recycle`; sqlx, r2d2: `max_lifetime`.
    max_lifetime: Duration = Duration::MAX, "a duration or `never`", duration_or_never;

    /// Lets the engine's one-shot writes that wait while another one runs share a commit (`on`).
    ///
    /// They run in the order in which they came, each is answered only after the commit, and one that
    /// fails fails alone. Where the commit cannot be made for all, each runs again alone. Never shared
    /// is the commit of a change of the schema, a PRAGMA, OR ROLLBACK, a statement with deferred foreign
    /// keys, a stream, a script, a transaction and an `execute_many`.
    group_commit: bool = true, "`on` or `off`", switch;

    /// Closes a batch at so many rows (4,096).
    batch_rows: usize = 4_096, "a number", number;

    /// Closes a batch at so many bytes (256 KiB), although a single row may have more.
    batch_bytes: usize = 256 << 10, "a number of bytes", number;

    /// Lets so many batches wait between the database and the consumer of a result (2).
    batches: usize = 2, "a number", number;

    /// Keeps so many bytes (4 MiB) of a result that is read aside in memory; what is beyond goes to a
    /// private temporary file.
    spill_memory: usize = 4 << 20, "a number of bytes", number;

    /// Reads up to so many bytes (1 GiB) of a result aside.
    ///
    /// Beyond it the result ends with [`TooLarge`](crate::ErrorKind::TooLarge), or the write that needed
    /// it with [`BusySnapshot`](crate::ErrorKind::BusySnapshot); RETURNING rows have no such limit.
    spill_limit: u64 = 1 << 30, "a number of bytes", number;

    /// Sets what a statement does while the consumer of its result takes nothing (`park`).
    stall: Stall = Stall::default(), "`park`, `spill:64MiB` (a number of bytes, KiB, MiB or GiB) or `abort:30s` (a duration)", stall;

    /// Tells, as a [`Notice`](crate::Notice), of a statement that has waited for its consumer for so long
    /// (10 s), once for each wait; [`Duration::MAX`], in the URL `never`, tells of none.
    stall_notice: Duration = Duration::from_secs(10), "a duration or `never`", duration_or_never;

    /// Tells, as a [`Notice`](crate::Notice), of a statement that has run for so long (1 s), waiting not
    /// counted; [`Duration::MAX`], in the URL `never`, tells of none.
    slow_statement: Duration = Duration::from_secs(1), "a duration or `never`", duration_or_never;

    /// Lets a waiter poll by itself for so long (20 µs) before it sleeps, while it is the only one;
    /// zero never does. It saves the cost of waking a core, which is several times that of a lookup.
    patience: Duration = Duration::from_micros(20), "a duration", duration;

    /// Sets how the file is opened (`rwc`).
    mode: Mode = Mode::default(), "`ro`, `rw`, `rwc` or `immutable`", mode;

    /// Sets the journal mode (`wal`).
    ///
    /// In another mode than WAL a writer and readers exclude each other, and results are read aside
    /// when their consumer is slower than the database. Without effect in the modes `ro` and `immutable`.
    journal_mode: JournalMode = JournalMode::default(), "`wal`, `delete`, `truncate`, `persist` or `memory`", journal_mode;

    /// Sets when SQLite waits for the disk (`normal`). An in-memory database is never synced.
    synchronous: Synchronous = Synchronous::default(), "`off`, `normal`, `full` or `extra`", synchronous;

    /// Waits up to so long (5 s) for the lock of another process. To drop what waits, or its
    /// [`timeout`](crate::Statement::timeout), ends the wait.
    busy_timeout: Duration = Duration::from_secs(5), "a duration", duration;

    /// Enforces foreign keys (`on`).
    foreign_keys: bool = true, "`on` or `off`", switch;

    /// Lets each connection keep so many KiB of pages in memory (2,048).
    ///
    /// It bounds a sort's chunk too, inside which a statement cannot be stopped.
    cache_size_kib: u32 = 2_048, "a number of KiB", number;

    /// Keeps so many prepared statements for each connection (100).
    statement_cache: usize = 100, "a number", number;

    /// Refuses texts that could damage the file, such as writes to the schema table (`on`).
    defensive: bool = true, "`on` or `off`", switch;

    /// Lets the schema call functions that are not known to be harmless (`off`).
    trusted_schema: bool = false, "`on` or `off`", switch;

    /// Takes a name in double quotes that does not exist as a string (`off`).
    double_quoted_strings: bool = false, "`on` or `off`", switch;

    /// Checks every page's cells when they are read (`on`).
    cell_size_check: bool = true, "`on` or `off`", switch;

    /// Maps up to so many bytes of the file into memory (0).
    mmap_size: u64 = 0, "a number of bytes", number;

    /// Lets ATTACH create a file (`off`).
    attach_create: bool = false, "`on` or `off`", switch;

    /// Runs `PRAGMA optimize` before a connection closes (`on`).
    optimize_on_close: bool = true, "`on` or `off`", switch;
}

impl EngineBuilder {
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: Url::parse(url),
            options: Options::default(),
            clock: Clock::system(),
            on_connect: Vec::new(),
        }
    }

    /// Takes deadlines from another clock than the system's, for tests.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

impl EngineBuilder {
    /// Begins to configure an engine on a file, named by its path instead of a URL.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # let folder = tempfile::tempdir().unwrap();
    /// let path = folder.path().join("100 % odd?name.db");
    /// let engine = headwater::EngineBuilder::file(&path).open().await?;
    /// engine.execute("CREATE TABLE t(a)").await?;
    /// assert!(path.exists());
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let url = Url { place: url::Place::File(path.into()), options: Vec::new() };
        Self { url: Ok(url), ..Self::new("sqlite::memory:") }
    }

    /// Runs `hook` on every new connection, after the engine's own settings and before its own hooks;
    /// several run in their order.
    ///
    /// It is the place for functions, collations, attached files and settings that all connections
    /// share. Its error is the error of whoever needed the connection. Progress and busy handlers,
    /// commit hooks and authorizers that it sets are replaced by the engine's.
    ///
    /// `hook` takes the connection of `rusqlite` 0.41, which a program adds itself, with the features
    /// that it needs (`functions`, for example).
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let engine = headwater::AsyncEngine::builder("sqlite::memory:")
    ///     .on_connect(|c| c.pragma_update(None, "recursive_triggers", true))
    ///     .open()
    ///     .await?;
    /// assert_eq!(engine.query("PRAGMA recursive_triggers").scalar_one::<i64>().await?, 1);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    pub fn on_connect<F>(mut self, hook: F) -> Self
    where
        F: Fn(&mut rusqlite::Connection) -> rusqlite::Result<()> + Send + Sync + 'static,
    {
        self.on_connect.push(Arc::new(hook));
        self
    }

    /// Opens the database: one connection is made, and reads the file to prove that it is one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadUrl`](crate::ErrorKind::BadUrl) for a URL with an unknown scheme or option,
    /// [`ErrorKind::CannotOpen`](crate::ErrorKind::CannotOpen) for a missing folder or a directory,
    /// [`ErrorKind::NotADatabase`](crate::ErrorKind::NotADatabase) for another file, and
    /// [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly) where the file cannot be written and the mode
    /// is not `ro`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes what was opened.
    pub async fn open(self) -> Result<AsyncEngine> {
        let url = self.url?;
        let mut of_url = Options::default();
        for (name, text) in &url.options {
            of_url.set(name, text)?;
        }
        let options = self.options.or(of_url);
        let (place, shown) = match url.place {
            url::Place::Memory => {
                (Place::Memory(Arc::new(MemoryPlace::new()?)), ":memory:".to_owned())
            }
            url::Place::File(path) => {
                let shown = path.display().to_string();
                (Place::File(path), shown)
            }
        };
        let path = place.path().to_owned();
        let bounds = bounds(&options);
        let settings = Settings {
            max_connections: options.max_connections().max(1),
            min_idle: options.min_idle(),
            acquire_timeout: options.acquire_timeout(),
            connect_timeout: options.connect_timeout(),
            idle_timeout: finite(options.idle_timeout()),
            max_lifetime: finite(options.max_lifetime()),
            group_commit: options.group_commit(),
            bounds,
            clock: self.clock.clone(),
        };
        let config = config(&options, place, self.on_connect, bounds, self.clock);
        let pool = Pool::new(Box::new(Sqlite::new(config)), settings);
        let engine = AsyncEngine::new(Arc::clone(&pool), shown);
        engine.query("SELECT 1").scalar_one::<i64>().await?;
        pool.set_gate(Gate::of(&path));
        pool.fill();
        Ok(engine)
    }
}

/// A bound on time, unless it is for ever.
fn finite(limit: Duration) -> Option<Duration> {
    (limit != Duration::MAX).then_some(limit)
}

fn bounds(options: &Options) -> Bounds {
    Bounds {
        batch_rows: options.batch_rows().max(1),
        batch_bytes: options.batch_bytes().max(1),
        batches: options.batches().max(1),
        spill_memory: options.spill_memory(),
        spill_limit: options.spill_limit(),
        stall: options.stall(),
        stall_notice: options.stall_notice(),
        slow_statement: options.slow_statement(),
        patience: options.patience(),
    }
}

fn config(
    options: &Options,
    place: Place,
    on_connect: Vec<OnConnect>,
    bounds: Bounds,
    clock: Clock,
) -> Config {
    Config {
        place,
        mode: options.mode(),
        journal_mode: options.journal_mode(),
        synchronous: options.synchronous(),
        foreign_keys: options.foreign_keys(),
        busy_timeout: options.busy_timeout(),
        cache_size_kib: options.cache_size_kib(),
        statement_cache: options.statement_cache(),
        defensive: options.defensive(),
        trusted_schema: options.trusted_schema(),
        double_quoted_strings: options.double_quoted_strings(),
        cell_size_check: options.cell_size_check(),
        mmap_size: options.mmap_size(),
        attach_create: options.attach_create(),
        optimize_on_close: options.optimize_on_close(),
        on_connect,
        bounds,
        clock,
        closing: Arc::default(),
    }
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineBuilder").field("options", &self.options).finish_non_exhaustive()
    }
}
