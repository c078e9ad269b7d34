//! Opening a connection: checked, hardened, configured, proved to be a database.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::Place;
use super::config::{Config, JournalMode, Mode, Synchronous};
use super::errors::translate;
use super::hooks;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::sync::lock;

/// SQLite counts the milliseconds of its own waiting in 32 bits.
const LONGEST_WAIT: Duration = Duration::from_millis(i32::MAX as u64);

/// Opens a connection.
pub(super) fn open(config: &Config) -> Result<Connection> {
    let path = config.place.path();
    check_path(path, config.mode)?;
    let explained = |error| explain(error, path, config.mode);
    let mut connection = connect(path, config.mode).map_err(explained)?;
    configure(&connection, config).map_err(explained)?;
    for on_connect in &config.on_connect {
        // Nothing of the connection is used after a panic: it is dropped.
        let called = catch_unwind(AssertUnwindSafe(|| on_connect(&mut connection)));
        called.map_err(|_| Error::new(ErrorKind::Panicked, "`on_connect` panicked"))?.map_err(
            |error| {
                Error::new(ErrorKind::CannotOpen, format!("`on_connect` failed: {error}"))
                    .with_source(error)
            },
        )?;
    }
    hooks::install(&mut connection, config.busy_timeout).map_err(explained)?;
    Ok(connection)
}

fn connect(path: &Path, mode: Mode) -> rusqlite::Result<Connection> {
    match mode {
        Mode::Immutable => Connection::open_with_flags(immutable(path), flags(mode)),
        _ => Connection::open_with_flags(path, flags(mode)),
    }
}

/// Writes a path as the URI by which alone SQLite can be told that a file does not change.
fn immutable(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(*byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    // Two slashes at the beginning would be taken for those before a host.
    let uri = uri.replacen("file://", "file:////", 1);
    uri + "?immutable=1"
}

fn flags(mode: Mode) -> OpenFlags {
    // Elsewhere SQLITE_OPEN_URI stays out: a name that begins with `file:` is a name.
    let access = match mode {
        Mode::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Mode::Immutable => OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
        Mode::ReadWrite => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Mode::ReadWriteCreate => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE
}

/// Finds what SQLite would report as no more than "unable to open database file".
fn check_path(path: &Path, mode: Mode) -> Result<()> {
    let shown = path.display();
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            Err(cannot_open(format!("{shown} is a directory, not a database file")))
        }
        Ok(_) if mode == Mode::Immutable => check_complete(path),
        Ok(_) => Ok(()),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(cannot_open(format!("{shown} cannot be read")).with_source(error))
        }
        Err(_) if mode != Mode::ReadWriteCreate => {
            Err(cannot_open(format!("{shown} does not exist, and the mode does not create it")))
        }
        Err(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            match folder {
                Some(folder) if !folder.is_dir() => Err(cannot_open(format!(
                    "the folder {} does not exist; create it first",
                    folder.display()
                ))),
                _ => Ok(()),
            }
        }
    }
}

/// Refuses a file that is not all of its database: what is beside it would be passed over.
fn check_complete(path: &Path) -> Result<()> {
    for beside in ["-wal", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(beside);
        if fs::metadata(&name).is_ok_and(|found| found.len() > 0) {
            return Err(cannot_open(format!(
                "{} is not complete without {}, which the mode `immutable` does not read; open it in a folder that can be written",
                path.display(),
                Path::new(&name).display()
            )));
        }
    }
    Ok(())
}

#[cold]
fn cannot_open(message: String) -> Error {
    Error::new(ErrorKind::CannotOpen, message)
}

#[cold]
fn explain(error: rusqlite::Error, path: &Path, mode: Mode) -> Error {
    let translated = translate(error, None);
    let shown = path.display();
    let message = match translated.kind() {
        ErrorKind::NotADatabase => format!("{shown} is not a SQLite database"),
        ErrorKind::ReadOnly if mode.only_reads() => format!(
            "{shown} has a write-ahead log, which even a reader has to make in its folder, and that cannot be written; if nobody writes the file, open it with `mode=immutable`"
        ),
        ErrorKind::ReadOnly => format!(
            "{shown} or its folder cannot be written, which the write-ahead log needs; open it with `mode=ro`"
        ),
        ErrorKind::CannotOpen => format!(
            "{shown} cannot be opened: its folder, or a file beside it, cannot be read or written"
        ),
        _ => format!("{shown} cannot be opened: {translated}"),
    };
    let explained = Error::new(translated.kind(), message);
    match translated.sqlite_code() {
        Some(code) => explained.with_code(code).with_source(translated),
        None => explained.with_source(translated),
    }
}

fn configure(connection: &Connection, config: &Config) -> rusqlite::Result<()> {
    // Until our own hooks are in, SQLite waits by itself.
    connection.busy_timeout(config.busy_timeout.clamp(Duration::from_millis(1), LONGEST_WAIT))?;
    connection.set_prepared_statement_cache_capacity(0);
    let switches = [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, config.defensive),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, config.trusted_schema),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, config.double_quoted_strings),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, config.double_quoted_strings),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE, config.attach_create),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, config.foreign_keys),
    ];
    for (switch, on) in switches {
        connection.set_db_config(switch, on)?;
    }
    // Reading the schema is what shows that the file is a database.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    pragma(connection, "cell_size_check", u8::from(config.cell_size_check))?;
    pragma(connection, "mmap_size", config.mmap_size)?;
    pragma(connection, "cache_size", -i64::from(config.cache_size_kib))?;
    let private = matches!(config.place, Place::Memory(_));
    let synchronous = if private { Synchronous::Off } else { config.synchronous };
    pragma(connection, "synchronous", synchronous.name())?;
    if !config.mode.only_reads() {
        set_journal_mode(connection, config)?;
    }
    Ok(())
}

/// The mode is a property of the file; it is written only when it is another.
fn set_journal_mode(connection: &Connection, config: &Config) -> rusqlite::Result<()> {
    let is_busy = |error: &rusqlite::Error| {
        error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
    };
    let mut count = 0;
    loop {
        let set = turn_to(connection, config.journal_mode);
        // SQLite asks no busy handler here: of two that turn the same file, each has to let go first. So
        // the handler is asked for it.
        if !set.as_ref().is_err_and(is_busy) || !hooks::wait_for_lock(count, config.busy_timeout) {
            return set;
        }
        count += 1;
    }
}

fn turn_to(connection: &Connection, wanted: JournalMode) -> rusqlite::Result<()> {
    if journal_mode(connection)?.eq_ignore_ascii_case(wanted.name()) {
        return Ok(());
    }
    pragma(connection, "journal_mode", wanted.name())
}

fn journal_mode(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))
}

/// Reports whether the file is in the mode in which readers go on while another connection writes; one
/// that is only read may be in another than was asked for.
pub(super) fn is_wal(connection: &Connection) -> bool {
    journal_mode(connection).is_ok_and(|mode| mode.eq_ignore_ascii_case(JournalMode::Wal.name()))
}

fn pragma(
    connection: &Connection,
    name: &str,
    value: impl std::fmt::Display,
) -> rusqlite::Result<()> {
    // Names and values are ours: numbers and fixed words.
    let mut statement = connection.prepare(&format!("PRAGMA {name}={value}"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

/// Lets SQLite note, before it closes, what its planner would gain from.
pub(super) fn close(connection: Connection, config: &Config) {
    if config.optimize_on_close && !config.mode.only_reads() {
        // Where another process writes, it is not worth waiting for.
        let _ = connection.busy_timeout(Duration::ZERO);
        // It is advice, bounded in time by SQLite itself; that it fails is no loss.
        let _ = connection.execute_batch("PRAGMA analysis_limit=400; PRAGMA optimize");
    }
    let _one_at_a_time = lock(&config.closing);
    // With no statement left this closes the file; an error would mean that one is, and dropping the
    // connection then finalises nothing more than this did.
    drop(connection.close());
}
