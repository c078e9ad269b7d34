//! The statements of bulk operations.

use std::borrow::Cow;

use crate::expr::EntityTable;
use crate::statement::{Text, quoted};

/// What an upsert does with a row that is there already.
#[derive(Clone, Debug)]
pub(super) struct OnConflict {
    /// The columns whose values no two rows share.
    pub(super) target: Vec<usize>,
    /// The columns that take the new values; without any the row stays as it is.
    pub(super) update: Vec<usize>,
}

pub(super) fn insert(
    table: &EntityTable,
    columns: &[usize],
    conflict: Option<&OnConflict>,
) -> Text {
    let name = quoted(table.name);
    let mut text = if columns.is_empty() {
        format!("INSERT INTO {name} DEFAULT VALUES")
    } else {
        let places = vec!["?"; columns.len()].join(", ");
        format!("INSERT INTO {name} ({}) VALUES ({places})", names(table, columns))
    };
    if let Some(conflict) = conflict {
        text.push_str(&on_conflict(table, conflict));
    }
    shared(text)
}

fn on_conflict(table: &EntityTable, conflict: &OnConflict) -> String {
    let target = names(table, &conflict.target);
    if conflict.update.is_empty() {
        return format!(" ON CONFLICT ({target}) DO NOTHING");
    }
    let mut sets: Vec<_> = conflict
        .update
        .iter()
        .map(|column| quoted(table.column_name(*column)))
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    // Whoever has loaded the row has to see that it is another.
    sets.extend(table.version.map(|version| {
        let name = quoted(table.column_name(version));
        format!("{name} = {}.{name} + 1", quoted(table.name))
    }));
    format!(" ON CONFLICT ({target}) DO UPDATE SET {}", sets.join(", "))
}

/// Writes the UPDATE of some columns of one row: its values are theirs, then those that find the row.
pub(super) fn update(table: &EntityTable, columns: &[usize], found_by: &[usize]) -> Text {
    let sets: Vec<_> =
        columns.iter().map(|column| quoted(table.column_name(*column)) + " = ?").collect();
    shared(format!(
        "UPDATE {} SET {} WHERE {}",
        quoted(table.name),
        sets.join(", "),
        found(table, found_by)
    ))
}

pub(super) fn delete(table: &EntityTable, found_by: &[usize]) -> Text {
    shared(format!("DELETE FROM {} WHERE {}", quoted(table.name), found(table, found_by)))
}

fn found(table: &EntityTable, columns: &[usize]) -> String {
    let parts: Vec<_> =
        columns.iter().map(|column| quoted(table.column_name(*column)) + " = ?").collect();
    parts.join(" AND ")
}

pub(super) fn names(table: &EntityTable, columns: &[usize]) -> String {
    let names: Vec<_> = columns.iter().map(|column| quoted(table.column_name(*column))).collect();
    names.join(", ")
}

fn shared(text: String) -> Text {
    Cow::<'static, str>::Owned(text).into()
}
