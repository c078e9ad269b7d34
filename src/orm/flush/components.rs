//! Which rows of a flush have to be ordered among each other: those of types that refer to each other.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::mem;

use super::circles::Circles;
use super::plan::Planned;
use crate::expr::{Action, EntityTable, Reference};

/// Parts the rows by types that do not refer to each other in a circle, parents first.
pub(super) fn components(rows: Vec<Planned>, reach: Reach) -> Vec<Vec<Planned>> {
    let Some(first) = rows.first().map(|row| row.table().id()) else {
        return Vec::new();
    };
    if rows.iter().all(|row| row.table().id() == first) {
        return vec![rows];
    }
    let mut tables: Vec<&'static EntityTable> = Vec::new();
    let mut by_table: Vec<Vec<(usize, Planned)>> = Vec::new();
    let mut places = HashMap::new();
    for (number, row) in rows.into_iter().enumerate() {
        let place = *places.entry(row.table().id()).or_insert_with(|| {
            tables.push(row.table());
            by_table.push(Vec::new());
            tables.len() - 1
        });
        if let Some(rows) = by_table.get_mut(place) {
            rows.push((number, row));
        }
    }
    let parents: Vec<Vec<usize>> =
        tables.iter().map(|table| reach.parents(table, &places)).collect();
    let mut parts = Vec::new();
    for component in Circles::of(&parents) {
        let mut rows: Vec<_> = component
            .into_iter()
            .filter_map(|place| by_table.get_mut(place).map(mem::take))
            .flatten()
            .collect();
        rows.sort_by_key(|(number, _)| *number);
        parts.push(rows.into_iter().map(|(_, row)| row).collect());
    }
    parts
}

/// Which types come before a type.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Reach {
    /// Those that it refers to.
    Parents,
    /// Also those whose rows take its own along, by way of tables that nothing is deleted from otherwise.
    Cascades,
}

impl Reach {
    fn parents(self, table: &EntityTable, places: &HashMap<TypeId, usize>) -> Vec<usize> {
        let mut parents = Vec::new();
        let mut seen = HashSet::new();
        let mut open: Vec<&Reference> = table.references.iter().collect();
        while let Some(reference) = open.pop() {
            let target = (reference.target)();
            if let Some(place) = places.get(&target.id()) {
                parents.push(*place);
            } else if self == Self::Cascades
                && reference.on_delete == Action::Cascade
                && seen.insert(target.id())
            {
                let further = target.references.iter();
                open.extend(further.filter(|next| next.on_delete == Action::Cascade));
            }
        }
        parents
    }
}

/// Marks the rows that the database may have deleted by then, as it deletes others that they go with by way
/// of rows that the session does not know: others of these, and of the tables that rows are deleted from
/// before.
pub(super) fn mark(rows: &mut [Planned], before: &HashSet<TypeId>) {
    let mut tables: Vec<&'static EntityTable> = Vec::new();
    for row in rows.iter() {
        if !tables.iter().any(|table| table.id() == row.table().id()) {
            tables.push(row.table());
        }
    }
    let mut deleted = before.clone();
    if rows.len() > 1 {
        deleted.extend(tables.iter().map(|table| table.id()));
    }
    // Where there is a version, who misses the row may have missed a change.
    tables.retain(|table| table.version.is_none() && goes_with(table, &deleted));
    if tables.is_empty() {
        return;
    }
    for row in rows {
        row.may_be_gone = tables.iter().any(|table| table.id() == row.table().id());
    }
}

/// Reports whether rows of a table go where rows of some tables do.
fn goes_with(table: &EntityTable, deleted: &HashSet<TypeId>) -> bool {
    let mut seen = HashSet::new();
    let mut open: Vec<&Reference> = table.references.iter().collect();
    while let Some(reference) = open.pop() {
        let target = (reference.target)();
        if reference.on_delete != Action::Cascade {
            continue;
        }
        if deleted.contains(&target.id()) {
            return true;
        }
        if seen.insert(target.id()) {
            open.extend(&target.references);
        }
    }
    false
}
