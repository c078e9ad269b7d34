//! The engine: its builder and URL, its pool of connections, its write gate, and the handles on them.

mod builder;
mod connection;
mod executor;
mod gate;
mod handle;
mod notices;
mod pool;
mod prepare_all;
mod transaction;
mod url;

pub use builder::EngineBuilder;
pub use connection::AsyncConnection;
pub use executor::Executor;
pub use handle::{AsyncEngine, EngineStatus};
pub use notices::Notices;
pub use prepare_all::{Listed, PreparedAll, Unprepared, prepare_all};
pub use transaction::{Snapshot, Transaction};
