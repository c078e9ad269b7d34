//! `Editing`: whose turn it is to edit an entity.
//!
//! The closure of an edit runs under no lock, so that it may read and edit what it likes. Two threads that
//! edit one entity take turns all the same, since the second has to see what the first has made of it; on
//! one thread an edit may stand within another.

use std::sync::PoisonError;
use std::thread::ThreadId;

use crate::flow::sync::{Condvar, Mutex, MutexGuard};

#[derive(Debug, Default)]
pub(super) struct Editing {
    /// The entities that are being edited, by their addresses, and by whom.
    turns: Mutex<Vec<(usize, ThreadId)>>,
    over: Condvar,
}

impl Editing {
    /// Waits until no other thread edits the entity.
    pub(super) fn enter(&self, entity: usize) -> Turn<'_> {
        let me = std::thread::current().id();
        let mut turns = self.turns();
        while turns.iter().any(|(other, thread)| *other == entity && *thread != me) {
            turns = self.over.wait(turns).unwrap_or_else(PoisonError::into_inner);
        }
        turns.push((entity, me));
        Turn { editing: self, entity }
    }

    fn turns(&self) -> MutexGuard<'_, Vec<(usize, ThreadId)>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn to edit an entity, over when this is dropped.
pub(super) struct Turn<'e> {
    editing: &'e Editing,
    entity: usize,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut turns = self.editing.turns();
        // Of edits within edits the innermost ends first.
        if let Some(last) = turns.iter().rposition(|(entity, _)| *entity == self.entity) {
            turns.remove(last);
        }
        drop(turns);
        self.editing.over.notify_all();
    }
}
