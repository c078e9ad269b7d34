//! `Journal`: what an entity was before the open transaction and each of its savepoints.
//!
//! Levels have rising numbers: the transaction's, then those of its savepoints. A rollback to a level
//! restores the first that was noted in it or later, so that nothing has to be done where a savepoint is
//! released.

use std::sync::Arc;

use super::state::Stage;
use crate::value::Value;

#[derive(Debug)]
pub(super) struct Journal<E> {
    /// In the order of their levels.
    entries: Vec<Saved<E>>,
}

/// What an entity was when a level first changed it.
#[derive(Debug)]
pub(super) struct Saved<E> {
    pub(super) level: u64,
    /// Nothing where it was not in the session.
    pub(super) value: Option<Arc<E>>,
    pub(super) loaded: Option<Arc<E>>,
    pub(super) stage: Stage,
    /// The columns that the database has filled since, as they were.
    pub(super) left: Option<Left>,
}

/// Columns that were left to the database, with what their fields were.
pub(super) type Left = Arc<[(usize, Value)]>;

impl<E> Saved<E> {
    /// It was not in the session.
    pub(super) fn absent(level: u64) -> Self {
        let stage = Stage::Detached;
        Self { level, value: None, loaded: None, stage, left: None }
    }
}

impl<E> Journal<E> {
    pub(super) fn of(saved: Saved<E>) -> Self {
        Self { entries: vec![saved] }
    }

    /// Reports whether it knows what the entity was when the level began.
    pub(super) fn covers(&self, level: u64) -> bool {
        self.entries.last().is_some_and(|last| last.level >= level)
    }

    pub(super) fn push(&mut self, saved: Saved<E>, open: &[u64]) {
        self.entries.push(saved);
        self.prune(open);
    }

    /// Drops what no rollback can ask for: of those between two open levels the first is enough.
    fn prune(&mut self, open: &[u64]) {
        let within = |level: u64| open.partition_point(|begun| *begun <= level);
        let mut last = 0;
        self.entries.retain(|entry| {
            let place = within(entry.level);
            let first = place > last;
            last = last.max(place);
            first
        });
    }

    /// Takes what the entity was when the level began, if it has changed since.
    pub(super) fn take(&mut self, level: u64) -> Option<Saved<E>> {
        let first = self.entries.partition_point(|entry| entry.level < level);
        self.entries.drain(first..).next()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Notes what the columns were that the database has filled.
    pub(super) fn note_left(&mut self, left: &Left) {
        if let Some(last) = self.entries.last_mut()
            && last.value.is_none()
        {
            last.left = Some(Arc::clone(left));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(level: u64, value: &str) -> Saved<String> {
        let value = Arc::new(value.to_owned());
        Saved { value: Some(value), stage: Stage::Persistent, ..Saved::absent(level) }
    }

    fn value(saved: Option<Saved<String>>) -> Option<String> {
        saved.and_then(|saved| saved.value).map(|value| (*value).clone())
    }

    #[test]
    fn a_rollback_takes_the_first_that_was_noted_since() {
        let mut journal = Journal::of(saved(1, "a"));
        journal.push(saved(3, "b"), &[1, 3]);
        journal.push(saved(4, "c"), &[1, 3, 4]);

        assert_eq!(value(journal.take(2)), Some("b".to_owned()));
        assert_eq!(value(journal.take(2)), None);
        assert_eq!(value(journal.take(1)), Some("a".to_owned()));
        assert!(journal.is_empty());
    }

    #[test]
    fn what_released_savepoints_noted_goes_with_the_next() {
        let mut journal = Journal::of(saved(1, "a"));
        for level in 2..100 {
            journal.push(saved(level, "b"), &[1, level]);
        }

        assert_eq!(journal.entries.len(), 2);
    }

    #[test]
    fn what_an_ended_transaction_noted_goes_with_the_next() {
        let mut journal = Journal::of(saved(1, "a"));

        journal.push(saved(5, "b"), &[5]);

        assert_eq!(value(journal.take(0)), Some("b".to_owned()));
    }
}
