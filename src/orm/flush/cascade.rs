//! What a delete does to the rows that refer to the deleted one, as the entities declare it.

use std::collections::HashSet;
use std::sync::Arc;

use super::order::{Place, of};
use crate::expr::{Action, Reference};
use crate::orm::home::Home;
use crate::orm::item::Item;

/// Shows in the handles of a session what the database has done to the rows that referred to deleted ones.
pub(in crate::orm) fn cascade(home: &Home, mut deleted: Vec<Arc<dyn Item>>) {
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
