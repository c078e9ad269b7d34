//! SQLite's errors in our terms.

use rusqlite::ffi;

use crate::error::{Constraint, Error, ErrorKind};

/// Translates an error of the driver; `sql` is the text that was run, where there is one.
#[cold]
pub(super) fn translate(error: rusqlite::Error, sql: Option<&str>) -> Error {
    let translated = match &error {
        rusqlite::Error::SqliteFailure(failure, message) => {
            failed(failure.extended_code, message.as_deref())
        }
        rusqlite::Error::SqlInputError { error: failure, msg, sql: rest, offset } => {
            // Of a script SQLite is given what is left of it.
            let before = sql.map_or(0, |text| text.len().saturating_sub(rest.len()));
            let translated = failed(failure.extended_code, Some(msg));
            match usize::try_from(*offset) {
                Ok(offset) => translated.with_offset(before + offset),
                Err(_) => translated,
            }
        }
        rusqlite::Error::MultipleStatement => several_statements(),
        other => Error::new(ErrorKind::Other, other.to_string()),
    };
    let translated = match sql {
        Some(sql) => translated.with_sql(sql),
        None => translated,
    };
    translated.wrapping(error)
}

#[cold]
pub(super) fn several_statements() -> Error {
    Error::new(
        ErrorKind::Statement,
        "the text holds several statements; run them one by one, or all with `execute_batch`",
    )
}

#[cold]
fn failed(code: i32, message: Option<&str>) -> Error {
    let message = message.unwrap_or_else(|| ffi::code_to_str(code));
    let kind = kind_of(code, message);
    let mut error = Error::new(kind, message.to_owned()).with_code(code);
    if let Some(constraint) = constraint_of(kind, message) {
        error = error.with_constraint(constraint);
    }
    match hint(kind, code) {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

fn kind_of(code: i32, message: &str) -> ErrorKind {
    match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_ROWID => return ErrorKind::UniqueViolation,
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => return ErrorKind::ForeignKeyViolation,
        // What RESTRICT refuses is raised as if by a trigger.
        ffi::SQLITE_CONSTRAINT_TRIGGER if message == "FOREIGN KEY constraint failed" => {
            return ErrorKind::ForeignKeyViolation;
        }
        ffi::SQLITE_CONSTRAINT_CHECK
        | ffi::SQLITE_CONSTRAINT_DATATYPE
        | ffi::SQLITE_CONSTRAINT_TRIGGER => return ErrorKind::CheckViolation,
        ffi::SQLITE_CONSTRAINT_NOTNULL => return ErrorKind::NotNullViolation,
        ffi::SQLITE_BUSY_SNAPSHOT => return ErrorKind::BusySnapshot,
        ffi::SQLITE_READONLY_DBMOVED => return ErrorKind::FileMoved,
        _ => {}
    }
    match code & 0xff {
        ffi::SQLITE_BUSY | ffi::SQLITE_PROTOCOL => ErrorKind::Busy,
        ffi::SQLITE_LOCKED => ErrorKind::Locked,
        ffi::SQLITE_INTERRUPT => ErrorKind::Interrupted,
        ffi::SQLITE_READONLY => ErrorKind::ReadOnly,
        ffi::SQLITE_CANTOPEN | ffi::SQLITE_PERM => ErrorKind::CannotOpen,
        ffi::SQLITE_MISMATCH => ErrorKind::CheckViolation,
        ffi::SQLITE_NOTADB => ErrorKind::NotADatabase,
        ffi::SQLITE_CORRUPT => ErrorKind::Corrupt,
        ffi::SQLITE_FULL => ErrorKind::DiskFull,
        ffi::SQLITE_TOOBIG => ErrorKind::TooLarge,
        ffi::SQLITE_NOMEM => ErrorKind::OutOfMemory,
        ffi::SQLITE_IOERR => ErrorKind::Io,
        ffi::SQLITE_AUTH => ErrorKind::Statement,
        ffi::SQLITE_RANGE => ErrorKind::Bind,
        ffi::SQLITE_ERROR if is_over_parameters(message) => ErrorKind::Bind,
        ffi::SQLITE_ERROR if is_over_limits(message) => ErrorKind::TooLarge,
        ffi::SQLITE_ERROR if is_syntax(message) => ErrorKind::Syntax,
        _ => ErrorKind::Other,
    }
}

/// SQLite has one code for all that is wrong with a text and for errors that a running statement
/// raises; the former have fixed beginnings or ends.
fn is_syntax(message: &str) -> bool {
    const BEGINS: [&str; 6] = [
        "no such ",
        "near \"",
        "unrecognized token",
        "incomplete input",
        "ambiguous column name",
        "wrong number of arguments",
    ];
    message.ends_with("syntax error")
        || message.contains(" already exists")
        || message.contains("has no column named")
        || BEGINS.iter().any(|begin| message.starts_with(begin))
}

/// More parameters than SQLite has numbers for.
fn is_over_parameters(message: &str) -> bool {
    message.starts_with("variable number must be between") || message == "too many SQL variables"
}

/// A text, or a pattern in it, beyond one of SQLite's limits.
fn is_over_limits(message: &str) -> bool {
    message.starts_with("Expression tree is too large")
        || message.starts_with("Recursion limit")
        || message.starts_with("parser stack overflow")
        || message.starts_with("too many ")
        || message == "LIKE or GLOB pattern too complex"
}

/// What to do, where it can be said without a look into the schema.
fn hint(kind: ErrorKind, code: i32) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::BusySnapshot => {
            "what the transaction has read is out of date: run it again from its beginning"
        }
        ErrorKind::Busy => "another process writes: try again, or raise `busy_timeout`",
        ErrorKind::CheckViolation if code == ffi::SQLITE_MISMATCH => {
            "an INTEGER PRIMARY KEY takes integers only"
        }
        ErrorKind::Corrupt => "the file is damaged: restore it from a backup",
        ErrorKind::DiskFull => "nothing of it is kept: free some space and run it again",
        ErrorKind::ForeignKeyViolation => {
            "the row that is referred to is missing, or the row that goes is referred to"
        }
        ErrorKind::Locked => {
            "another statement of this process uses the table: end or drop it, then try again"
        }
        ErrorKind::NotADatabase => "it is a file of another kind, or it is encrypted",
        ErrorKind::NotNullViolation => "give it a value that is not NULL, or the column a default",
        ErrorKind::ReadOnly => {
            "it was opened with `mode=ro`, or the file or its folder may not be written"
        }
        ErrorKind::UniqueViolation => {
            "a row has that value already: choose another, or say what to do with ON CONFLICT"
        }
        _ => return None,
    })
}

/// SQLite names tables and columns in its message: `UNIQUE constraint failed: t.a, t.b`.
fn constraint_of(kind: ErrorKind, message: &str) -> Option<Constraint> {
    let named = message.split_once("constraint failed: ").map(|(_, named)| named);
    let mut constraint = Constraint { table: None, columns: Vec::new(), name: None };
    match kind {
        ErrorKind::UniqueViolation | ErrorKind::NotNullViolation => {
            let named = named?;
            if let Some(index) = named.strip_prefix("index '") {
                constraint.name = Some(index.trim_end_matches('\'').to_owned());
                return Some(constraint);
            }
            for column in named.split(", ") {
                // Names with points in them cannot be told apart.
                let parts = column.split_once('.').filter(|(_, column)| !column.contains('.'));
                let (table, column) = parts?;
                if constraint.table.as_deref().is_some_and(|known| known != table) {
                    return None;
                }
                constraint.table = Some(table.to_owned());
                constraint.columns.push(column.to_owned());
            }
            Some(constraint)
        }
        ErrorKind::CheckViolation => {
            // `cannot store TEXT value in INTEGER column t.a`
            let typed = message.split_once(" column ").and_then(|(before, column)| {
                before.starts_with("cannot store ").then(|| column.split_once('.'))?
            });
            match typed {
                Some((table, column)) => {
                    constraint.table = Some(table.to_owned());
                    constraint.columns.push(column.to_owned());
                }
                None => constraint.name = named.map(str::to_owned),
            }
            Some(constraint)
        }
        ErrorKind::ForeignKeyViolation => Some(constraint),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unique_violation_names_its_table_and_columns() {
        let error =
            failed(ffi::SQLITE_CONSTRAINT_UNIQUE, Some("UNIQUE constraint failed: t.a, t.b"));

        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        let constraint = error.constraint().unwrap();
        assert_eq!(constraint.table.as_deref(), Some("t"));
        assert_eq!(constraint.columns, ["a", "b"]);
    }
}
