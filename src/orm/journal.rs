//! `Journal`: what an entity was before the open transaction and each of its savepoints.
//!
//! Levels have rising numbers: the transaction's, then those of its savepoints. A rollback to a level
//! restores the first that was noted in it or later, so that nothing has to be done where a savepoint is
//! released.

use std::sync::Arc;

use super::state::Stage;
use crate::value::Value;

#[derive(Debug)]
pub(super) enum Journal<E> {
    /// In the order of their levels; none where nothing has changed since the last transaction.
    Changed(Vec<Saved<E>>),
    /// Of what was new then: of these there may be many at once.
    Added { level: u64, left: Option<Left> },
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

impl<E> Default for Journal<E> {
    fn default() -> Self {
        Self::Changed(Vec::new())
    }
}

impl<E> Journal<E> {
    /// It was not in the session before the level.
    pub(super) fn added(level: u64) -> Self {
        Self::Added { level, left: None }
    }

    /// Reports whether it knows what the entity was when the level began.
    pub(super) fn covers(&self, begun: u64) -> bool {
        match self {
            Self::Changed(entries) => entries.last().is_some_and(|last| last.level >= begun),
            Self::Added { level, .. } => *level >= begun,
        }
    }

    /// Notes what the entity is; `open` tells which levels are open.
    pub(super) fn push(&mut self, saved: Saved<E>, open: impl FnOnce() -> Vec<u64>) {
        let mut entries = self.take_list();
        let is_first = entries.is_empty();
        entries.push(saved);
        if !is_first {
            prune(&mut entries, &open());
        }
        *self = Self::Changed(entries);
    }

    /// Takes what the entity was when the level began, if it has changed since.
    pub(super) fn take(&mut self, level: u64) -> Option<Saved<E>> {
        let mut entries = self.take_list();
        let first = entries.partition_point(|entry| entry.level < level);
        let saved = entries.drain(first..).next();
        if !entries.is_empty() {
            *self = Self::Changed(entries);
        }
        saved
    }

    /// Notes what the columns were that the database has filled.
    pub(super) fn note_left(&mut self, filled: &Left) {
        match self {
            Self::Added { left, .. } => *left = Some(Arc::clone(filled)),
            Self::Changed(entries) => {
                if let Some(last) = entries.last_mut().filter(|last| last.value.is_none()) {
                    last.left = Some(Arc::clone(filled));
                }
            }
        }
    }

    /// Takes it out as a list, to which others can be added.
    fn take_list(&mut self) -> Vec<Saved<E>> {
        match std::mem::take(self) {
            Self::Changed(entries) => entries,
            Self::Added { level, left } => {
                vec![Saved { level, value: None, loaded: None, stage: Stage::Detached, left }]
            }
        }
    }
}

/// Drops what no rollback can ask for: of those between two open levels the first is enough.
fn prune<E>(entries: &mut Vec<Saved<E>>, open: &[u64]) {
    let within = |level: u64| open.partition_point(|begun| *begun <= level);
    let mut last = 0;
    entries.retain(|entry| {
        let place = within(entry.level);
        let first = place > last;
        last = last.max(place);
        first
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(level: u64, value: &str) -> Saved<String> {
        let value = Some(Arc::new(value.to_owned()));
        Saved { level, value, loaded: None, stage: Stage::Persistent, left: None }
    }

    /// One in which something was noted when only that level was open.
    fn journal(level: u64, value: &str) -> Journal<String> {
        let mut journal = Journal::default();
        journal.push(saved(level, value), Vec::new);
        journal
    }

    fn value(saved: Option<Saved<String>>) -> Option<String> {
        saved.and_then(|saved| saved.value).map(|value| (*value).clone())
    }

    #[test]
    fn a_rollback_takes_the_first_that_was_noted_since() {
        let mut journal = journal(1, "a");
        journal.push(saved(3, "b"), || vec![1, 3]);
        journal.push(saved(4, "c"), || vec![1, 3, 4]);

        assert_eq!(value(journal.take(2)), Some("b".to_owned()));
        assert_eq!(value(journal.take(2)), None);
        assert_eq!(value(journal.take(1)), Some("a".to_owned()));
        assert!(journal.take_list().is_empty());
    }

    #[test]
    fn what_released_savepoints_noted_goes_with_the_next() {
        let mut journal = journal(1, "a");
        for level in 2..100 {
            journal.push(saved(level, "b"), || vec![1, level]);
        }

        assert_eq!(journal.take_list().len(), 2);
    }

    #[test]
    fn what_an_ended_transaction_noted_goes_with_the_next() {
        let mut journal = journal(1, "a");

        journal.push(saved(5, "b"), || vec![5]);

        assert_eq!(value(journal.take(0)), Some("b".to_owned()));
    }

    #[test]
    fn what_was_added_was_not_there_before() {
        let mut journal = Journal::added(2);
        journal.push(saved(3, "a"), || vec![1, 2, 3]);

        assert_eq!(value(journal.take(3)), Some("a".to_owned()));
        assert!(journal.covers(2) && !journal.covers(3));
        assert!(journal.take(1).is_some_and(|saved| saved.value.is_none()));
        assert!(journal.take(1).is_none());
    }
}
