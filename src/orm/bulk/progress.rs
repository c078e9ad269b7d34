//! How far a bulk operation has come, and what it has done.

use std::fmt;
use std::sync::Arc;

use crate::driver::Version;
use crate::flow::sync::{AtomicBool, AtomicU64, Ordering};

/// How far a bulk operation has come: a cheap handle to look at while it runs.
///
/// Its figures only rise while the operation succeeds. Of an operation that failed they say how far it
/// had come: what [`committed`](Self::committed) counts stays, what [`rows`](Self::rows) counts beyond it
/// was undone.
#[derive(Clone, Default)]
pub struct Progress {
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    rows: AtomicU64,
    committed: AtomicU64,
    chunks: AtomicU64,
    over: AtomicBool,
}

impl Progress {
    /// Returns how many entities have been written, also in the chunk that is not committed yet.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.counts.rows.load(Ordering::Acquire)
    }

    /// Returns how many entities are in chunks that have been committed; without
    /// [chunks](super::BulkInsert::chunks) of one's own, in the one that is the whole.
    ///
    /// Where the operation was dropped while a chunk was committed, that one is not counted and may be there.
    #[must_use]
    pub fn committed(&self) -> u64 {
        self.counts.committed.load(Ordering::Acquire)
    }

    /// Returns how many chunks have been committed.
    #[must_use]
    pub fn chunks(&self) -> u64 {
        self.counts.chunks.load(Ordering::Acquire)
    }

    /// Reports whether the operation has ended, well or not, or was dropped.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.counts.over.load(Ordering::Acquire)
    }

    pub(super) fn note_rows(&self, rows: u64) {
        self.counts.rows.fetch_add(rows, Ordering::AcqRel);
    }

    pub(super) fn note_commit(&self, rows: u64) {
        self.counts.committed.fetch_add(rows, Ordering::AcqRel);
        self.counts.chunks.fetch_add(1, Ordering::AcqRel);
    }

    /// Is over when what is returned is dropped.
    pub(super) fn watched(&self) -> Watch {
        Watch(self.clone())
    }
}

/// Notes the end of an operation, however it ends.
pub(super) struct Watch(Progress);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.counts.over.store(true, Ordering::Release);
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress")
            .field("rows", &self.rows())
            .field("committed", &self.committed())
            .field("chunks", &self.chunks())
            .field("over", &self.is_over())
            .finish()
    }
}

/// What a bulk operation has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BulkDone {
    pub(super) rows: u64,
    pub(super) affected: u64,
    pub(super) chunks: u64,
    pub(super) version: Option<Version>,
}

impl BulkDone {
    /// Returns how many entities or keys were taken from the source; of a deletion by a filter, how many
    /// rows it met.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns how many rows were inserted, updated or deleted, those of cascades and triggers included.
    #[must_use]
    pub fn rows_affected(&self) -> u64 {
        self.affected
    }

    /// Returns how many chunks were committed: one, or none, where it was done as a whole.
    #[must_use]
    pub fn chunks(&self) -> u64 {
        self.chunks
    }

    /// Returns the version that the last commit made; nothing within a transaction that is still open.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.version
    }
}
