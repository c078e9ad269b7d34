//! `EntityState`: where a tracked entity stands between the program and the database.

/// Where a tracked entity stands, as [`Tracked::state`](crate::Tracked::state) tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EntityState {
    /// It is as the session knows its row.
    Clean,
    /// It is to be deleted by the next flush.
    Deleted,
    /// It belongs to no session: the session is gone, it was expunged, or what added it was rolled back.
    Detached,
    /// Some of its columns differ from the row; the next flush writes these.
    Dirty,
    /// Its row has been deleted, by the session or by a cascade that the entities declare, or was not
    /// there any more when the session looked for it.
    Gone,
    /// It was added, and is to be inserted by the next flush.
    Pending,
}

/// What is kept of it: whether it is dirty is found by comparing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Deleting,
    Detached,
    Gone,
    Pending,
    Persistent,
}

impl Stage {
    /// Reports whether the identity map has the entity.
    pub(super) fn is_mapped(self) -> bool {
        matches!(self, Self::Persistent | Self::Deleting)
    }
}
