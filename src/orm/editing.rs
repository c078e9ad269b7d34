//! `Editing`: whose turn it is to edit an entity.
//!
//! The closure of an edit runs under no lock, so that it may read and edit what it likes. Two threads that
//! edit one entity take turns all the same, since the second has to see what the first has made of it.
//!
//! An edit within another waits for nobody: two threads that edit the same two entities, each within the
//! other, would wait forever. It is brought together with what else is edited, column by column.

use std::cell::Cell;
use std::sync::PoisonError;
use std::thread::ThreadId;

use crate::flow::sync::{Condvar, Mutex, MutexGuard};

thread_local! {
    /// How many edits of this thread stand within each other.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

#[derive(Debug, Default)]
pub(super) struct Editing {
    /// The entities that are being edited, by their addresses, and by whom.
    turns: Mutex<Vec<(usize, ThreadId)>>,
    over: Condvar,
}

impl Editing {
    /// Waits until no other thread edits the entity, unless this one edits another already.
    pub(super) fn enter(&self, entity: usize) -> Turn<'_> {
        let me = std::thread::current().id();
        let is_outermost = DEPTH.get() == 0;
        let mut turns = self.turns();
        while is_outermost && turns.iter().any(|(other, thread)| *other == entity && *thread != me)
        {
            turns = self.over.wait(turns).unwrap_or_else(PoisonError::into_inner);
        }
        turns.push((entity, me));
        DEPTH.set(DEPTH.get() + 1);
        Turn { editing: self, turn: (entity, me) }
    }

    fn turns(&self) -> MutexGuard<'_, Vec<(usize, ThreadId)>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn to edit an entity, over when this is dropped.
pub(super) struct Turn<'e> {
    editing: &'e Editing,
    turn: (usize, ThreadId),
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get().saturating_sub(1));
        let mut turns = self.editing.turns();
        // Of edits within edits the innermost ends first.
        if let Some(last) = turns.iter().rposition(|turn| *turn == self.turn) {
            turns.remove(last);
        }
        drop(turns);
        self.editing.over.notify_all();
    }
}
