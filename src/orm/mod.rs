//! Sessions: tracked entities, the identity map, and the unit of work that writes what has changed.

mod cell;
mod changes;
mod core;
mod editing;
mod events;
mod flush;
mod home;
mod identity;
mod item;
mod journal;
mod loading;
mod maker;
mod merge;
mod query;
mod savepoint;
mod session;
mod state;
mod tracked;
mod work;

pub use changes::{AnyTracked, Changes};
pub use events::Flushing;
pub use maker::AsyncSessionmaker;
pub use query::{SessionFuture, SessionQuery, SessionStatement};
pub use savepoint::SessionSavepoint;
pub use session::AsyncSession;
pub use state::EntityState;
pub use tracked::Tracked;
