//! The table of what was applied.

use std::time::Duration;

use super::list::Migration;
use crate::engine::{Executor, Transaction};
use crate::error::{Error, ErrorKind, Result};
use crate::statement::sql;

/// The format of the table's rows. Whatever a later release changes, it keeps this column.
const FORMAT: i64 = 1;

/// What has its name: for SQLite, a name is the same in any case, and a table's may not be a view's or an index's.
const NAMED: &str = "SELECT type FROM main.sqlite_schema \
                     WHERE name = '_headwater_migrations' COLLATE NOCASE AND type <> 'trigger'";
const NEWEST_FORMAT: &str = "SELECT coalesce(max(format), 0) FROM main._headwater_migrations";
const READ: &str = "SELECT version, name, checksum, applied_at, elapsed_us FROM main._headwater_migrations \
                    ORDER BY version";
const CREATE: &str = "CREATE TABLE IF NOT EXISTS main._headwater_migrations(
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at TEXT NOT NULL,
    elapsed_us INTEGER NOT NULL,
    format INTEGER NOT NULL
) STRICT";
const INSERT: &str = "INSERT INTO main._headwater_migrations(version, name, checksum, applied_at, elapsed_us, format) \
                      VALUES (?, ?, ?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?, ?)";
const DELETE: &str = "DELETE FROM main._headwater_migrations WHERE version = ?";

/// A migration that was applied.
#[derive(Debug)]
pub(super) struct Applied {
    pub(super) version: i64,
    pub(super) name: String,
    pub(super) checksum: String,
    pub(super) at: String,
    pub(super) elapsed: Duration,
}

/// Reads what was applied, in the order of the versions; nothing where there is no table.
pub(super) async fn read(db: &impl Executor) -> Result<Vec<Applied>> {
    match db.query(NAMED).scalars::<String>().one_or_none().await? {
        None => return Ok(Vec::new()),
        Some(table) if table == "table" => {}
        Some(other) => {
            return Err(Error::new(
                ErrorKind::Migration,
                format!(
                    "`_headwater_migrations` is not the table that headwater makes: somebody else has made \
                     it, and it is of the type {other}"
                ),
            ));
        }
    }
    let newest = db.query(NEWEST_FORMAT).scalar_one::<i64>().await.map_err(foreign)?;
    if newest > FORMAT {
        return Err(Error::new(
            ErrorKind::Migration,
            format!(
                "`_headwater_migrations` has rows of format {newest}, written by a later release of \
                 headwater; this one knows format {FORMAT}"
            ),
        ));
    }
    type Row = (i64, String, String, String, i64);
    let rows: Vec<Row> = db.query(READ).scalars().all().await.map_err(foreign)?;
    let rows = rows.into_iter().map(|(version, name, checksum, at, elapsed)| {
        let elapsed = Duration::from_micros(u64::try_from(elapsed).unwrap_or_default());
        Applied { version, name, checksum, at, elapsed }
    });
    Ok(rows.collect())
}

/// A table of that name that is not ours, or not whole.
#[cold]
fn foreign(error: Error) -> Error {
    if !matches!(error.kind(), ErrorKind::Syntax | ErrorKind::Decode) {
        return error;
    }
    let message = "`_headwater_migrations` is not as headwater makes it: somebody else has made or changed it";
    Error::new(ErrorKind::Migration, message).with_source(error)
}

/// Makes the table, if it is not there.
pub(super) async fn create(tx: &Transaction) -> Result<()> {
    tx.execute(CREATE).await.map(drop)
}

pub(super) async fn insert(
    tx: &Transaction,
    migration: &Migration,
    elapsed: Duration,
) -> Result<()> {
    let elapsed = i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX);
    let row = sql(INSERT)
        .bind(migration.version())
        .bind(migration.name())
        .bind(migration.checksum())
        .bind(elapsed)
        .bind(FORMAT);
    tx.execute(row).await.map(drop)
}

pub(super) async fn delete(tx: &Transaction, version: i64) -> Result<()> {
    tx.execute(sql(DELETE).bind(version)).await.map(drop)
}
