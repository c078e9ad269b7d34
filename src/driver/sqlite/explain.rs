//! What an error says beyond SQLite's own words, looked up in the schema: which table and columns a
//! constraint is about, and which name was probably meant.
//!
//! Whatever cannot be looked up is left out: an error is never replaced by another one.

use rusqlite::Connection;
use rusqlite::types::FromSql;

use super::hooks;
use super::verdict::Written;
use crate::error::{Constraint, Error, ErrorKind};
use crate::statement::{Kind, Tokens};

/// At which look at its ticket the search for rows that violate a foreign key is given up: after some tens
/// of milliseconds.
const LOOKS: u32 = 250;

/// A foreign key of the schema.
struct ForeignKey {
    table: String,
    columns: Vec<String>,
    parent: String,
    parent_columns: Vec<String>,
}

/// Completes the error of a statement that wrote to `tables`.
#[cold]
pub(super) fn refused(connection: &Connection, error: Error, tables: &[Written]) -> Error {
    match error.kind() {
        ErrorKind::CheckViolation => check(connection, error, tables),
        ErrorKind::UniqueViolation => of_an_index(connection, error),
        ErrorKind::ForeignKeyViolation if tables.is_empty() => commit(connection, error),
        ErrorKind::ForeignKeyViolation => foreign_key(connection, error, tables),
        _ => error,
    }
}

/// Completes the error of a COMMIT, whose transaction is still open.
#[cold]
pub(super) fn commit(connection: &Connection, error: Error) -> Error {
    if error.kind() != ErrorKind::ForeignKeyViolation {
        return error;
    }
    hooks::bound_looks(Some(LOOKS));
    let found = violating(connection);
    hooks::bound_looks(None);
    match found {
        Some(key) => told(error, &key, Side::Row),
        None => error,
    }
}

/// Suggests a name of the schema in the place of one that it does not have.
#[cold]
pub(super) fn unknown_name(connection: &Connection, error: Error) -> Error {
    let Some((what, name)) = wanted(error.message()) else {
        return error;
    };
    let name = name.rsplit('.').next().unwrap_or(name).trim_matches('"');
    let text = match what {
        Named::Table => {
            "SELECT name FROM pragma_table_list WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        }
        Named::Column => {
            "SELECT DISTINCT c.name FROM pragma_table_list t, pragma_table_xinfo(t.name) c \
             WHERE t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' LIMIT 10000"
        }
    };
    let known: Vec<String> = column(connection, text, ());
    match closest(name, &known) {
        Some(close) => {
            let hint = format!("perhaps `{close}` is meant");
            error.with_hint(hint)
        }
        None => error,
    }
}

enum Named {
    Table,
    Column,
}

/// The name that SQLite's message says is missing.
fn wanted(message: &str) -> Option<(Named, &str)> {
    if let Some(name) = message.strip_prefix("no such table: ") {
        return Some((Named::Table, name));
    }
    if let Some(name) = message.strip_prefix("no such column: ") {
        return Some((Named::Column, name.split(" - ").next().unwrap_or(name)));
    }
    let (_, name) = message.split_once(" has no column named ")?;
    Some((Named::Column, name))
}

/// The name that differs in the fewest letters, if those are few.
fn closest<'k>(name: &str, known: &'k [String]) -> Option<&'k str> {
    let bound = match name.chars().count() {
        0..3 => return None,
        3..6 => 1,
        _ => 2,
    };
    let near = known.iter().map(|known| (distance(name, known), known));
    let (distance, close) = near.min_by_key(|(distance, _)| *distance)?;
    (1..=bound).contains(&distance).then_some(close)
}

/// How many letters have to be put in, left out, changed or swapped with the next (Damerau's distance, of
/// which each part changes once), without regard to ASCII case.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().map(|c| c.to_ascii_lowercase()).collect();
    let other: Vec<char> = other.chars().map(|c| c.to_ascii_lowercase()).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, other_letter) in other.iter().enumerate() {
            let at = |of: &[usize], place: usize| of.get(place).copied().unwrap_or(usize::MAX / 2);
            let changed = at(&last, column) + usize::from(letter != other_letter);
            let mut least = changed.min(at(&last, column + 1) + 1).min(at(&next, column) + 1);
            let swapped = row > 0
                && column > 0
                && one.get(row - 1) == Some(other_letter)
                && other.get(column - 1) == Some(letter);
            if swapped {
                least = least.min(at(&before, column - 1) + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut last, next);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

/// An index on expressions is told by its name alone.
fn of_an_index(connection: &Connection, error: Error) -> Error {
    let Some(mut known) = error.constraint().filter(|known| known.table.is_none()).cloned() else {
        return error;
    };
    let text = "SELECT tbl_name FROM sqlite_schema WHERE type = 'index' AND name = ?1";
    known.table = column(connection, text, [known.name.as_deref()]).pop();
    error.with_constraint(known)
}

/// A CHECK is told by its name or its expression: the table is the one of those that the statement writes
/// that has such a one, if no other has.
fn check(connection: &Connection, error: Error, tables: &[Written]) -> Error {
    let Some(constraint) = error.constraint().cloned() else {
        return error;
    };
    let Some(name) = constraint.name.as_deref().filter(|_| constraint.table.is_none()) else {
        return error;
    };
    let mut found = tables.iter().filter_map(|Written { table, .. }| {
        let text =
            "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE";
        let create: String = column(connection, text, [table]).pop()?;
        let words = words(&create);
        let expression = match expression_of(&words, name) {
            Some(expression) => expression,
            None if contains_words(&words, name) => self::words(name),
            None => return None,
        };
        let text = "SELECT name FROM pragma_table_xinfo(?1)";
        let mut columns: Vec<String> = column(connection, text, [table]);
        columns.retain(|column| names_column(&expression, column));
        Some((table, columns))
    });
    match (found.next(), found.next()) {
        (Some((table, columns)), None) => error.with_constraint(Constraint {
            table: Some(table.to_string()),
            columns,
            name: constraint.name.clone(),
        }),
        _ => error,
    }
}

/// Reports whether an expression names a column, and not a function or a type of that name.
fn names_column(expression: &[&str], column: &str) -> bool {
    expression.iter().enumerate().any(|(at, word)| {
        let is_called = expression.get(at + 1) == Some(&"(");
        let before = at.checked_sub(1).and_then(|before| expression.get(before));
        let is_type = before.is_some_and(|word| {
            ["AS", "COLLATE"].iter().any(|known| known.eq_ignore_ascii_case(word))
        });
        !is_called && !is_type && word.eq_ignore_ascii_case(column)
    })
}

/// The words and signs of a part of SQL, names without their quotes.
fn words(text: &str) -> Vec<&str> {
    let tokens = Tokens::new(text).filter(|token| token.kind != Kind::Blank);
    tokens.map(|token| token.text.trim_matches(['"', '`', '[', ']'])).collect()
}

/// What stands in the parentheses of `CONSTRAINT name CHECK (…)`.
fn expression_of<'t>(words: &[&'t str], name: &str) -> Option<Vec<&'t str>> {
    let at = words.windows(3).position(|three| {
        matches!(three, [constraint, named, check]
            if constraint.eq_ignore_ascii_case("CONSTRAINT")
                && named.eq_ignore_ascii_case(name)
                && check.eq_ignore_ascii_case("CHECK"))
    })?;
    let mut depth = 0_usize;
    let expression = words.get(at + 3..)?.iter().take_while(|word| {
        match **word {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > 0
    });
    Some(expression.copied().collect())
}

fn contains_words(words: &[&str], part: &str) -> bool {
    let part = self::words(part);
    !part.is_empty() && words.windows(part.len()).any(|window| window == part)
}

/// Tells the foreign key that refused a statement, or those that it may have been.
fn foreign_key(connection: &Connection, error: Error, tables: &[Written]) -> Error {
    let adds = |name: &str| tables.iter().any(|to| to.adds && to.table.eq_ignore_ascii_case(name));
    // A conflict clause of the table, or of a trigger on it, takes rows away as REPLACE does.
    let replaces = tables.iter().any(|Written { table, .. }| {
        let text = "SELECT 1 FROM sqlite_schema WHERE tbl_name = ?1 COLLATE NOCASE AND sql LIKE '%REPLACE%'";
        !column::<i64>(connection, text, [table]).is_empty()
    });
    let removes = |name: &str| {
        let of = |to: &Written| (to.removes || replaces) && to.table.eq_ignore_ascii_case(name);
        tables.iter().any(of)
    };
    let mut keys = all_foreign_keys(connection);
    keys.retain(|key| adds(&key.table) || removes(&key.parent));
    match keys.as_slice() {
        [] => error,
        [key] => {
            let side = match (adds(&key.table), removes(&key.parent)) {
                (true, true) => Side::Either,
                (true, false) => Side::Child,
                _ => Side::Parent,
            };
            told(error, key, side)
        }
        several => {
            let mut list: Vec<String> = several.iter().take(4).map(ForeignKey::shown).collect();
            if several.len() > 4 {
                list.push(format!("{} more", several.len() - 4));
            }
            error.with_hint(format!(
                "the row that is referred to is missing, or the row that goes is referred to, by one \
                 of {}",
                list.join(", ")
            ))
        }
    }
}

/// What is known to be wrong with a foreign key.
enum Side {
    /// What was written refers to nothing.
    Child,
    /// What was written over or taken away is referred to.
    Parent,
    /// It is one of the two.
    Either,
    /// A row was found that refers to nothing.
    Row,
}

/// Names a foreign key in an error.
fn told(error: Error, key: &ForeignKey, side: Side) -> Error {
    let shown = key.shown();
    let ForeignKey { table, parent, .. } = key;
    let what = match side {
        Side::Child => format!("write the row of {parent} first, or refer to one that is there"),
        Side::Parent => {
            format!("rows of {table} still refer to the row; change or delete them first")
        }
        Side::Either => {
            "the row that is referred to is missing, or the row that goes is referred to".to_owned()
        }
        Side::Row => format!("a row of {table} refers to no row of {parent}"),
    };
    let hint = format!("{shown} is violated: {what}");
    let constraint =
        Constraint { table: Some(key.table.clone()), columns: key.columns.clone(), name: None };
    error.with_hint(hint).with_constraint(constraint)
}

impl ForeignKey {
    fn shown(&self) -> String {
        let parent = match self.parent_columns.is_empty() {
            true => self.parent.clone(),
            false => format!("{}({})", self.parent, self.parent_columns.join(", ")),
        };
        format!("{}({}) -> {parent}", self.table, self.columns.join(", "))
    }
}

fn all_foreign_keys(connection: &Connection) -> Vec<ForeignKey> {
    let text = "SELECT DISTINCT name FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let tables: Vec<String> = column(connection, text, ());
    tables.iter().flat_map(|table| foreign_keys(connection, table)).collect()
}

/// The foreign keys of a table, in the order of their numbers.
fn foreign_keys(connection: &Connection, table: &str) -> Vec<ForeignKey> {
    read_foreign_keys(connection, table)
        .unwrap_or_default()
        .into_iter()
        .map(|(_, key)| key)
        .collect()
}

fn read_foreign_keys(
    connection: &Connection,
    table: &str,
) -> rusqlite::Result<Vec<(i64, ForeignKey)>> {
    let text =
        "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?1) ORDER BY id, seq";
    let mut prepared = connection.prepare(text)?;
    let mut rows = prepared.query([table])?;
    let mut keys: Vec<(i64, ForeignKey)> = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        if keys.last().is_none_or(|(last, _)| *last != id) {
            let key = ForeignKey {
                table: table.to_owned(),
                columns: Vec::new(),
                parent: row.get(1)?,
                parent_columns: Vec::new(),
            };
            keys.push((id, key));
        }
        if let Some((_, key)) = keys.last_mut() {
            key.columns.push(row.get(2)?);
            key.parent_columns.extend(row.get::<_, Option<String>>(3)?);
        }
    }
    Ok(keys)
}

/// Looks for rows that refer to none. Where they violate more than one key it is not known which of them
/// the transaction is to blame for: some may have been there before.
fn violating(connection: &Connection) -> Option<ForeignKey> {
    let mut prepared = connection.prepare("PRAGMA foreign_key_check").ok()?;
    let mut rows = prepared.query(()).ok()?;
    let mut found: Option<(String, i64)> = None;
    while let Some(row) = rows.next().ok()? {
        let next = (row.get(0).ok()?, row.get(3).ok()?);
        if found.as_ref().is_some_and(|found| *found != next) {
            return None;
        }
        found = Some(next);
    }
    let (table, id) = found?;
    let keys = read_foreign_keys(connection, &table).ok()?;
    keys.into_iter().find(|(key, _)| *key == id).map(|(_, key)| key)
}

fn column<T: FromSql>(
    connection: &Connection,
    text: &str,
    parameters: impl rusqlite::Params,
) -> Vec<T> {
    let read = || -> rusqlite::Result<Vec<T>> {
        let mut prepared = connection.prepare(text)?;
        let rows = prepared.query_map(parameters, |row| row.get(0))?;
        rows.collect()
    };
    read().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_suggested_where_few_letters_differ() {
        let known = ["users".to_owned(), "orders".to_owned(), "id".to_owned()];

        assert_eq!(closest("user", &known), Some("users"));
        assert_eq!(closest("usres", &known), Some("users"));
        assert_eq!(closest("Oder", &known), None);
        assert_eq!(closest("Odrers", &known), Some("orders"));
        assert_eq!(closest("ix", &known), None);
        assert_eq!(closest("users", &known), None);
    }

    #[test]
    fn a_named_check_is_found_in_its_table() {
        let create = "CREATE TABLE t(a INTEGER, \"b c\" TEXT, CONSTRAINT late CHECK (a > (1) AND \"b c\" <> 'x'), d)";

        let found = expression_of(&words(create), "late").unwrap();

        assert!(found.contains(&"a") && found.contains(&"b c") && !found.contains(&"d"));
        assert!(expression_of(&words(create), "early").is_none());
        assert!(contains_words(&words(create), "a>(1)"));
    }
}
