//! Bulk operations: entities from an iterator or a stream, of any number, written in bounded memory.
//!
//! They are beside the unit of work: no handles are made, and each entity is let go of when it has been
//! written. In a session they come after what it has changed, which is flushed first; what it has loaded is
//! read again when it is next met, and handles of entities whose rows they delete are
//! [`Gone`](crate::EntityState::Gone).

mod handles;
mod operations;
mod plan;
mod progress;
mod pump;
mod slice;
mod source;
mod target;
mod text;

pub use operations::{BulkDelete, BulkDeleteKeys, BulkInsert, BulkUpdate, BulkUpsert};
pub use progress::{BulkDone, Progress};
pub use source::{IntoEntities, IntoEntity, IntoKey, IntoKeys};
