//! Which rows have to be deleted before others are inserted and updated: those whose keys and unique values
//! are taken again.

use std::collections::{HashMap, HashSet};

use super::order::{Place, of};
use super::plan::Planned;
use crate::expr::EntityTable;

/// Some columns of a row, by which others find it.
type Named<'c> = (Place, &'c [usize]);

/// Parts the rows that are deleted in those that have to be early, and the others.
///
/// What is deleted early is deleted before references to it are written anew. So only what has to be early
/// is, and the deleted rows that refer to it.
pub(super) fn freed(
    deletes: Vec<Planned>,
    added: &HashSet<Place>,
    written: &[&[Planned]],
) -> (Vec<Planned>, Vec<Planned>) {
    if deletes.is_empty() {
        return (Vec::new(), deletes);
    }
    let taken = taken(&deletes, written);
    let is_taken = |row: &Planned| {
        row.key.as_ref().is_some_and(|key| added.contains(&of(row.table(), key)))
            || uniques(row.table()).any(|columns| {
                let values = row.reference(columns);
                values.is_some_and(|values| taken.contains(&(of(row.table(), &values), columns)))
            })
    };
    let mut early: Vec<bool> = deletes.iter().map(is_taken).collect();
    if !early.contains(&true) {
        return (Vec::new(), deletes);
    }
    with_children(&deletes, &mut early);
    let mut early = early.into_iter();
    deletes.into_iter().partition(|_| early.next().unwrap_or_default())
}

/// The unique values that written rows will have, of tables of which rows are deleted.
fn taken(deletes: &[Planned], written: &[&[Planned]]) -> HashSet<Named<'static>> {
    let tables: HashSet<_> = deletes.iter().map(|row| row.table().id()).collect();
    let rows = written.iter().copied().flatten();
    let rows = rows.filter(|row| tables.contains(&row.table().id()));
    let values = rows.flat_map(|row| {
        uniques(row.table())
            .filter_map(|columns| Some((of(row.table(), &row.taken(columns)?), columns)))
    });
    values.collect()
}

fn uniques(table: &'static EntityTable) -> impl Iterator<Item = &'static [usize]> {
    table.indexes.iter().filter(|index| index.unique).map(|index| &index.columns[..])
}

/// Marks the rows that refer to those that are marked.
fn with_children(rows: &[Planned], early: &mut [bool]) {
    let mut children: HashMap<Named<'static>, Vec<usize>> = HashMap::new();
    for (number, row) in rows.iter().enumerate() {
        for reference in &row.table().references {
            if let Some(values) = row.reference(&reference.columns) {
                let parent = of((reference.target)(), &values);
                children.entry((parent, &reference.target_columns)).or_default().push(number);
            }
        }
    }
    let names: HashSet<(_, &[usize])> =
        children.keys().map(|((table, _), columns)| (*table, *columns)).collect();
    let mut open: Vec<usize> =
        (0..rows.len()).filter(|row| early.get(*row) == Some(&true)).collect();
    while let Some(row) = open.pop().and_then(|row| rows.get(row)) {
        for (_, columns) in names.iter().filter(|(table, _)| *table == row.table().id()) {
            let found = row.reference(columns).map(|values| (of(row.table(), &values), *columns));
            for child in found.and_then(|found| children.remove(&found)).unwrap_or_default() {
                if let Some(early) = early.get_mut(child)
                    && !*early
                {
                    *early = true;
                    open.push(child);
                }
            }
        }
    }
}
