//! Sessions: tracked entities, the identity map, and the unit of work that writes what has changed; and
//! relations, which are loaded with a session or without one.

mod bulk;
mod by_keys;
mod cell;
mod changes;
mod core;
mod eager;
mod eager_load;
mod editing;
mod events;
mod flush;
mod hasher;
mod home;
mod identity;
mod item;
mod journal;
mod loading;
mod maker;
mod merge;
mod query;
mod related;
mod relation;
mod relation_keys;
mod relation_link;
mod savepoint;
mod session;
mod state;
mod tracked;
mod trial;
mod work;

pub use bulk::{
    BulkDelete, BulkDeleteKeys, BulkDone, BulkInsert, BulkUpdate, BulkUpsert, IntoEntities,
    IntoEntity, IntoKey, IntoKeys, Progress,
};
pub use changes::{AnyTracked, Changes};
pub use eager::{AsyncEager, Eager, With};
pub use events::Flushing;
pub use maker::AsyncSessionmaker;
pub use query::{SessionFuture, SessionQuery, SessionStatement};
pub use related::InSession;
pub use relation::{And, Form, Gives, Many, One, Plain, Related, RelatedBy, Relation, Relations};
pub use savepoint::SessionSavepoint;
pub use session::AsyncSession;
pub use state::EntityState;
pub use tracked::Tracked;
