//! What a text may do where, decided by what SQLite says of it and never by reading it.

use rusqlite::hooks::{AuthAction, AuthContext, TransactionOperation};

use crate::error::{Error, ErrorKind, Result};

/// SQLite's code for the authorizer's COMMIT, which the driver's typed action leaves unknown.
const TRANSACTION: i32 = rusqlite::ffi::SQLITE_TRANSACTION;

/// What the authorizer saw while a statement was prepared.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    /// BEGIN, COMMIT, ROLLBACK, SAVEPOINT or RELEASE.
    transaction: bool,
    /// One of them that is not BEGIN or SAVEPOINT.
    ends: bool,
    /// What would change the connection itself.
    state: Option<Box<str>>,
    /// A pragma that is refused everywhere.
    refused: bool,
}

impl Record {
    /// Notes an action; true refuses it.
    pub(super) fn see(&mut self, context: &AuthContext<'_>) -> bool {
        match context.action {
            AuthAction::Transaction { operation } | AuthAction::Savepoint { operation, .. } => {
                self.transaction = true;
                self.ends |= operation != TransactionOperation::Begin;
            }
            AuthAction::Unknown { code: TRANSACTION, .. } => {
                self.transaction = true;
                self.ends = true;
            }
            AuthAction::Attach { .. } => self.changes("ATTACH"),
            AuthAction::Detach { .. } => self.changes("DETACH"),
            AuthAction::CreateTempIndex { .. }
            | AuthAction::CreateTempTable { .. }
            | AuthAction::CreateTempTrigger { .. }
            | AuthAction::CreateTempView { .. }
            | AuthAction::DropTempIndex { .. }
            | AuthAction::DropTempTable { .. }
            | AuthAction::DropTempTrigger { .. }
            | AuthAction::DropTempView { .. } => self.changes("TEMP"),
            AuthAction::Pragma { pragma_name, pragma_value: Some(_) } => {
                if pragma_name.eq_ignore_ascii_case("busy_timeout") {
                    self.refused = true;
                    return true;
                }
                if !is_of_the_database(pragma_name) {
                    self.changes(&format!("PRAGMA {pragma_name}"));
                }
            }
            _ => {}
        }
        false
    }

    fn changes(&mut self, what: &str) {
        if self.state.is_none() {
            self.state = Some(what.into());
        }
    }
}

/// Pragmas that, given an argument, ask about the database or change it rather than the connection.
fn is_of_the_database(pragma: &str) -> bool {
    const OF_THE_DATABASE: [&str; 17] = [
        "application_id",
        "auto_vacuum",
        "encoding",
        "foreign_key_check",
        "foreign_key_list",
        "incremental_vacuum",
        "index_info",
        "index_list",
        "index_xinfo",
        "integrity_check",
        "optimize",
        "page_size",
        "quick_check",
        "table_info",
        "table_list",
        "table_xinfo",
        "user_version",
    ];
    pragma.eq_ignore_ascii_case("wal_checkpoint")
        || OF_THE_DATABASE.iter().any(|known| known.eq_ignore_ascii_case(pragma))
}

/// Where a statement is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On whatever connection is free: it must leave no trace on it.
    Engine,
    /// On a connection of the caller's.
    Connection,
    /// In a transaction of the caller's.
    Transaction,
    /// In a transaction that only reads.
    Snapshot,
}

/// What is known of a prepared text.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdict {
    /// It may write to the database.
    pub(super) writes: bool,
    /// It begins or ends a transaction.
    pub(super) transaction: bool,
    /// It ends one, or a part of one.
    pub(super) ends: bool,
    /// It changes the connection itself: the connection is closed when its lease ends.
    pub(super) state: Option<Box<str>>,
}

impl Verdict {
    pub(super) fn new(record: Record, readonly: bool, explain: bool) -> Self {
        if explain {
            return Self::default();
        }
        let Record { transaction, ends, state, .. } = record;
        Self { writes: !readonly && !transaction, transaction, ends, state }
    }

    /// Refuses what the place does not allow, before anything of it runs.
    pub(super) fn check(&self, place: Place) -> Result<()> {
        match (place, &self.state) {
            (Place::Engine | Place::Snapshot, Some(what)) => return Err(changes_connection(what)),
            _ if !self.transaction => {}
            (Place::Engine, _) => {
                return Err(refused("BEGIN, COMMIT, ROLLBACK and SAVEPOINT need a connection of one's own here; call `begin()` or `transaction()`, or run the text on `connect()`"));
            }
            (Place::Transaction | Place::Snapshot, _) => {
                return Err(refused("a transaction is ended by its handle; call `commit()`, `rollback()` or `savepoint()` instead of running the words as text"));
            }
            (Place::Connection, _) => {}
        }
        if place == Place::Snapshot && self.writes {
            return Err(Error::new(
                ErrorKind::ReadOnly,
                "a snapshot only reads; call `begin()` for a transaction that writes",
            ));
        }
        Ok(())
    }
}

#[cold]
fn refused(why: &'static str) -> Error {
    Error::new(ErrorKind::Statement, why)
}

#[cold]
fn changes_connection(what: &str) -> Error {
    Error::new(
        ErrorKind::Statement,
        format!(
            "{what} changes one connection of many; do it in `on_connect` for all of them, or on a \
             connection of your own from `connect()`"
        ),
    )
}

/// Says why SQLite was told to refuse a text, if it was by us.
pub(super) fn why_refused(record: &Record) -> Option<Error> {
    record.refused.then(|| {
        Error::new(
            ErrorKind::Statement,
            "PRAGMA busy_timeout would replace the engine's own waiting; set `busy_timeout` in the URL or the builder",
        )
    })
}
