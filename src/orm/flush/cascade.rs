//! What a delete does to the rows that refer to the deleted one, as the entities declare it.

use std::any::TypeId;
use std::collections::HashSet;
use std::sync::Arc;

use super::order::{Place, of};
use crate::expr::{Action, EntityTable, Reference};
use crate::orm::home::Home;
use crate::orm::item::Item;
use crate::value::Value;

/// Entities of one type that a cascade may have reached.
pub(in crate::orm) type Uncertain = (&'static EntityTable, Vec<Arc<dyn Item>>);

/// Shows in the handles of a session what the database has done to the rows that referred to deleted ones.
///
/// Gives those that a cascade may have reached through rows that the session does not know.
pub(in crate::orm) fn cascade(home: &Home, mut deleted: Vec<Arc<dyn Item>>) -> Vec<Uncertain> {
    let types: HashSet<TypeId> = deleted.iter().map(|item| item.table().id()).collect();
    while !deleted.is_empty() {
        let mut next = Vec::new();
        for map in home.all_maps() {
            for reference in &map.table().references {
                let gone = gone(&deleted, reference);
                if gone.is_empty()
                    || matches!(reference.on_delete, Action::NoAction | Action::Restrict)
                {
                    continue;
                }
                let target = (reference.target)();
                for child in map.living() {
                    let values = child.row_values(&reference.columns);
                    if values.is_some_and(|values| gone.contains(&of(target, &values))) {
                        act(home, reference, child, &mut next);
                    }
                }
            }
        }
        deleted = next;
    }
    if types.is_empty() {
        return Vec::new();
    }
    let maps = home.all_maps().into_iter();
    let reached = maps.filter(|map| leads(map.table(), &types, 0, &mut HashSet::new()));
    let uncertain = reached.map(|map| (map.table(), map.living()));
    uncertain.filter(|(_, items)| !items.is_empty()).collect()
}

/// Reports whether rows of a table can be reached from deleted rows of some types, but not directly.
fn leads(
    table: &'static EntityTable,
    types: &HashSet<TypeId>,
    depth: usize,
    seen: &mut HashSet<TypeId>,
) -> bool {
    table.references.iter().any(|reference| {
        let goes_on = match reference.on_delete {
            Action::Cascade => true,
            Action::SetNull | Action::SetDefault => depth == 0,
            Action::NoAction | Action::Restrict => false,
        };
        let target = (reference.target)();
        goes_on
            && ((depth > 0 && types.contains(&target.id()))
                || (seen.insert(target.id()) && leads(target, types, depth + 1, seen)))
    })
}

/// Takes those entities for gone whose keys are not among those that are there.
pub(in crate::orm) fn keep(home: &Home, (table, items): Uncertain, there: &[Vec<Value>]) {
    let there: HashSet<Place> = there.iter().map(|key| of(table, key)).collect();
    for item in items {
        match item.row_values(&table.primary_key) {
            Some(key) if !there.contains(&of(table, &key)) => {
                item.vanish(home);
                home.note_gone(item);
            }
            // It may have been changed.
            _ => item.expire(),
        }
    }
}

/// What the deleted rows were referred to by.
fn gone(deleted: &[Arc<dyn Item>], reference: &Reference) -> HashSet<Place> {
    let target = (reference.target)();
    let rows = deleted.iter().filter(|item| item.table().id() == target.id());
    let values = rows.filter_map(|item| item.row_values(&reference.target_columns));
    values.map(|values| of(target, &values)).collect()
}

fn act(home: &Home, reference: &Reference, child: Arc<dyn Item>, next: &mut Vec<Arc<dyn Item>>) {
    match reference.on_delete {
        Action::Cascade => {
            child.vanish(home);
            home.note_gone(Arc::clone(&child));
            next.push(child);
        }
        Action::SetNull => child.nullify(home, &reference.columns),
        Action::SetDefault => child.expire(),
        Action::NoAction | Action::Restrict => {}
    }
}
