//! What a text may do where, decided by what SQLite says of it and never by reading it.

use rusqlite::hooks::{AuthAction, AuthContext, TransactionOperation};

use super::errors::several_statements;
use crate::error::{Error, ErrorKind, Result};
use crate::statement::{Kind, Tokens};

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
    /// What SQLite was told to refuse.
    refused: Option<Refused>,
    /// A pragma changes the connection, which it may do while it is prepared.
    pragma: bool,
    /// A pragma asks, or is of the database.
    asks: bool,
    /// The tables that rows are written to, by the text itself or by what it sets off.
    tables: Vec<Written>,
    /// Something is done that is neither reading nor writing rows.
    other: bool,
    /// Functions are called, which may be the caller's and do anything.
    functions: bool,
    /// Something of the text has been seen.
    seen: bool,
    /// A text is being prepared, and not a part of one while it runs.
    recording: bool,
    /// It is prepared for a place whose connection it must not change.
    strict: bool,
}

impl Record {
    /// Begins to note what a text for such a place does.
    pub(super) fn of(place: Place) -> Self {
        Self { recording: true, strict: place.keeps_connection(), ..Self::default() }
    }

    /// Reports whether preparing the text may have changed the connection, whatever came of it.
    pub(super) fn has_changed_connection(&self) -> bool {
        self.pragma
    }

    /// Notes an action; true refuses it.
    pub(super) fn see(&mut self, context: &AuthContext<'_>) -> bool {
        let first = !std::mem::replace(&mut self.seen, true);
        match context.action {
            AuthAction::Insert { table_name } => self.writes_to(table_name, true, false),
            AuthAction::Update { table_name, .. } => self.writes_to(table_name, true, true),
            AuthAction::Delete { table_name } => self.writes_to(table_name, false, true),
            AuthAction::Read { .. } | AuthAction::Select | AuthAction::Recursive => {}
            AuthAction::Function { .. } => self.functions = true,
            _ => self.other = true,
        }
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
            // What is made by the name of the schema is not told apart by its action.
            AuthAction::CreateTable { .. }
            | AuthAction::CreateView { .. }
            | AuthAction::CreateVtable { .. }
            | AuthAction::Analyze { .. }
                if context.database_name.is_some_and(|name| name.eq_ignore_ascii_case("temp")) =>
            {
                self.changes("TEMP");
            }
            AuthAction::Pragma { pragma_name, pragma_value: Some(_) } => {
                if pragma_name.eq_ignore_ascii_case("busy_timeout") {
                    self.refused = Some(Refused::BusyTimeout);
                    return true;
                }
                if !is_of_the_database(pragma_name) {
                    let what = format!("PRAGMA {pragma_name}");
                    self.changes(&what);
                    // SQLite makes such a change when it prepares the text: later is too late to
                    // refuse it. A pragma is a statement of its own, so one that is not the first
                    // thing seen belongs to a second statement.
                    self.refused = match (self.recording, first) {
                        (true, false) => Some(Refused::SecondStatement),
                        (true, true) if self.strict => Some(Refused::Change(what)),
                        _ => None,
                    };
                    self.pragma |= self.refused.is_none();
                    return self.refused.is_some();
                }
                self.asks = true;
            }
            AuthAction::Pragma { pragma_value: None, .. } => self.asks = true,
            _ => {}
        }
        false
    }

    fn writes_to(&mut self, table: &str, adds: bool, removes: bool) {
        if !self.recording {
            return;
        }
        match self.tables.iter_mut().find(|known| *known.table == *table) {
            Some(known) => {
                known.adds |= adds;
                known.removes |= removes;
            }
            None => self.tables.push(Written { table: table.into(), adds, removes }),
        }
    }

    fn changes(&mut self, what: &str) {
        if self.state.is_none() {
            self.state = Some(what.into());
        }
    }
}

/// A table that a statement writes rows to.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) table: Box<str>,
    /// Rows come, or come to have other values.
    pub(super) adds: bool,
    /// Rows go, or lose the values that they had.
    pub(super) removes: bool,
}

/// Why SQLite was told to refuse a text.
#[derive(Clone, Debug)]
enum Refused {
    BusyTimeout,
    Change(String),
    SecondStatement,
}

/// Pragmas that, given an argument, ask about the database or change it rather than the connection.
fn is_of_the_database(pragma: &str) -> bool {
    const OF_THE_DATABASE: [&str; 14] = [
        "application_id",
        "foreign_key_check",
        "foreign_key_list",
        "incremental_vacuum",
        "index_info",
        "index_list",
        "index_xinfo",
        "integrity_check",
        "optimize",
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
    /// It writes rows and does nothing else, so it may share a transaction with others of its kind.
    pub(super) joins: bool,
    /// It calls no function, so that it took as long before as it will.
    pub(super) plain: bool,
    /// What it gives was in part decided as it was prepared, by the schema as the connection knew it.
    pub(super) shows_schema: bool,
    /// It changes the connection itself: the connection is closed when its lease ends.
    pub(super) state: Option<Box<str>>,
    /// The tables that it writes rows to.
    pub(super) tables: Box<[Written]>,
}

impl Place {
    /// Reports whether the connection must be as it was when the statement is over.
    fn keeps_connection(self) -> bool {
        matches!(self, Self::Engine | Self::Snapshot)
    }
}

impl Verdict {
    pub(super) fn new(text: &str, record: Record, readonly: bool, explain: bool) -> Self {
        let Record { transaction, ends, state, pragma, asks, mut tables, other, functions, .. } =
            record;
        if explain {
            // A pragma that is only explained has been prepared all the same.
            let state = state.filter(|_| pragma);
            return Self { state, shows_schema: true, ..Self::default() };
        }
        // A conflict clause that rolls the whole transaction back is seen in the text alone. A text that
        // only looks like one runs alone for nothing, and one that is missed makes its group run again.
        let joins = !tables.is_empty() && !other && !readonly && !mentions(text, "ROLLBACK");
        // What REPLACE takes away is not told.
        let replaces = mentions(text, "REPLACE");
        tables.iter_mut().for_each(|written| written.removes |= replaces);
        Self {
            writes: !readonly && !transaction,
            transaction,
            ends,
            joins,
            plain: !functions && !other,
            shows_schema: asks,
            state,
            tables: tables.into(),
        }
    }

    /// Refuses what the place does not allow, before anything of it runs.
    pub(super) fn check(&self, place: Place) -> Result<()> {
        match (place, &self.state) {
            (place, Some(what)) if place.keeps_connection() => {
                return Err(changes_connection(what));
            }
            _ if !self.transaction => {}
            (Place::Engine, _) => {
                return Err(refused(
                    "BEGIN, COMMIT, ROLLBACK and SAVEPOINT need a connection of one's own here; call `begin()` or `transaction()`, or run the text on `connect()`",
                ));
            }
            (Place::Transaction | Place::Snapshot, _) => {
                return Err(refused(
                    "a transaction is ended by its handle; call `commit()`, `rollback()` or `savepoint()` instead of running the words as text",
                ));
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
    Some(match record.refused.as_ref()? {
        Refused::BusyTimeout => Error::new(
            ErrorKind::Statement,
            "PRAGMA busy_timeout would replace the engine's own waiting; set `busy_timeout` in the URL or the builder",
        ),
        Refused::Change(what) => changes_connection(what),
        Refused::SecondStatement => several_statements(),
    })
}

fn mentions(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// Guesses whether a text writes, from its words: only which connection is asked first depends on it.
///
/// A wrong guess costs the text its place among its caller's writes, no more.
pub(super) fn seems_to_write(text: &str) -> bool {
    const WRITE: [&str; 10] = [
        "INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "DROP", "ALTER", "ANALYZE", "REINDEX",
        "VACUUM",
    ];
    const READ: [&str; 2] = ["SELECT", "VALUES"];
    let is_in = |known: &[&str], word: &str| known.iter().any(|one| one.eq_ignore_ascii_case(word));
    let mut words = outer_words(text);
    match words.next() {
        // What it does comes after its common tables, whose bodies are in parentheses.
        Some(first) if first.eq_ignore_ascii_case("WITH") => words
            .find(|word| is_in(&READ, word) || is_in(&WRITE, word))
            .is_some_and(|word| is_in(&WRITE, word)),
        Some(first) => is_in(&WRITE, first),
        None => false,
    }
}

/// The words of a text that are not in parentheses, strings, quoted names or remarks.
fn outer_words(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    Tokens::new(text).filter_map(move |token| match (token.kind, token.text) {
        (Kind::Word, word) => (depth == 0).then_some(word),
        (Kind::Other, "(") => {
            depth += 1;
            None
        }
        (Kind::Other, ")") => {
            depth = depth.saturating_sub(1);
            None
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_looks_behind_remarks_and_common_tables() {
        for text in [
            "INSERT INTO t VALUES (1)",
            "  -- SELECT\n /* SELECT */ ;delete from t",
            "/*/ SELECT */ UPDATE t SET a = 1",
            "WITH a AS (SELECT 1), b(x) AS MATERIALIZED (SELECT ')') INSERT INTO t SELECT * FROM a",
            "with recursive \"select\" as (select 1), 'it''s select' as (select 2) replace into t values (1)",
            "WITH [select] AS (SELECT 1) UPDATE t SET a = 1",
        ] {
            assert!(seems_to_write(text), "{text}");
        }
        for text in [
            "",
            "SELECT 'INSERT'",
            "-- INSERT",
            "/* INSERT",
            "WITH a AS (DELETE FROM t) SELECT * FROM a",
            "WITH a AS (SELECT 1) VALUES (1)",
            "EXPLAIN INSERT INTO t VALUES (1)",
            "'",
            "\u{e9}INSERT",
        ] {
            assert!(!seems_to_write(text), "{text}");
        }
    }
}
