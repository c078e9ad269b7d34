//! `Trial`: what hooks change before a flush belongs to that flush.

use std::sync::Arc;

use super::home::Home;

/// Undoes what has changed in a session since it began, unless it is kept: a flush that has sent nothing
/// leaves the session as it was, and what its hooks have added is not added once more by the next one.
#[must_use = "a trial that is dropped is undone"]
pub(super) struct Trial {
    begun: Option<(Arc<Home>, u64)>,
}

impl Trial {
    pub(super) fn begin(home: &Arc<Home>) -> Self {
        Self { begun: Some((Arc::clone(home), home.open_level())) }
    }

    /// Where nothing was called there is nothing to undo.
    pub(super) fn of_nothing() -> Self {
        Self { begun: None }
    }

    /// What has changed becomes a part of what is around it.
    pub(super) fn keep(mut self) {
        if let Some((home, level)) = self.begun.take() {
            home.close_level(level);
        }
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if let Some((home, level)) = self.begun.take() {
            home.restore(level);
            home.close_level(level);
        }
    }
}
