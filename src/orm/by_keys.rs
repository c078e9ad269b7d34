//! Selecting rows by their keys.

use std::borrow::Cow;

use crate::expr::EntityTable;
use crate::statement::{Statement, quoted};
use crate::value::Value;

/// How many values one statement asks for.
const MOST_VALUES: usize = 16_384;

/// How many keys of so many columns one statement asks for.
pub(super) fn most(columns: usize) -> usize {
    (MOST_VALUES / columns.max(1)).max(1)
}

/// Selects columns of a table.
pub(super) fn columns(table: &EntityTable, columns: &[usize]) -> String {
    let columns: Vec<_> = columns.iter().map(|column| quoted(table.column_name(*column))).collect();
    format!("SELECT {} FROM {}", columns.join(", "), quoted(table.name))
}

/// Selects columns of the rows of keys, whose number is rounded up so that there are few texts.
pub(super) fn select(table: &EntityTable, wanted: &[usize], keys: &[Vec<Value>]) -> Statement {
    let names: Vec<_> =
        table.primary_key.iter().map(|column| quoted(table.column_name(*column))).collect();
    let places = vec!["?"; names.len()].join(", ");
    let count = keys.len().next_power_of_two();
    let (found, list) = match names.len() {
        1 => (names.concat(), vec![&*places; count].join(", ")),
        _ => {
            let row = format!("({places})");
            (format!("({})", names.join(", ")), format!("VALUES {}", vec![&*row; count].join(", ")))
        }
    };
    // To IN it does not matter that a key is there again.
    let padded = keys.iter().chain(keys.last().into_iter().cycle()).take(count);
    let values = padded.flatten().cloned().collect();
    let text = format!("{} WHERE {found} IN ({list})", columns(table, wanted));
    Statement::with_values(Cow::<str>::Owned(text).into(), values)
}
