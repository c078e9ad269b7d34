//! What is known of texts: the database is asked about each once, and then it is remembered.

use std::collections::HashMap;

use crate::flow::sync::{PoisonError, RwLock};

/// How many texts are remembered; beyond, the memory begins anew.
const MOST: usize = 4_096;

/// Texts that were asked about, each with whether it writes.
#[derive(Debug, Default)]
pub(super) struct Texts {
    known: RwLock<HashMap<Box<str>, bool>>,
}

impl Texts {
    /// Tells whether a text writes, if that is known.
    pub(super) fn writes(&self, text: &str) -> Option<bool> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(text).copied()
    }

    pub(super) fn remember(&self, text: &str, writes: bool) {
        if self.writes(text) == Some(writes) {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(text.into(), writes);
    }
}
