//! Bringing together what an edit and something else have made of one entity.

use super::cell::same;
use crate::expr::Entity;

/// Puts those columns of `current` into `edited` that the edit has left as they were in `base`.
pub(super) fn merge<E: Entity>(base: &E, mut edited: E, current: &E) -> E {
    for column in 0..E::table().columns.len() {
        let (Ok(before), Ok(after), Ok(now)) =
            (base.value(column), edited.value(column), current.value(column))
        else {
            continue;
        };
        if same(&before, &after) && !same(&after, &now) {
            // What was read from a field goes back into the same field.
            let _ = edited.set(column, now.as_ref());
        }
    }
    edited
}
