//! Headwater is a streaming-first, reactive query library: a query is a [`Stream`](futures::Stream).
#![forbid(unsafe_code)]
#![cfg_attr(not(feature = "sqlite"), allow(dead_code, unused_imports, unused_macros, reason = "without a driver much has no caller"))]

// What the derives and `sql!` write names this crate from outside.
extern crate self as headwater;

mod clock;
mod driver;
mod engine;
mod error;
mod flow;
mod result;
mod row;
mod statement;
mod value;

pub use clock::Clock;
#[cfg(feature = "sqlite")]
pub use driver::sqlite::{JournalMode, Mode, Synchronous};
pub use driver::{Done, Version};
pub use engine::{
    AsyncConnection, AsyncEngine, EngineBuilder, EngineStatus, Executor, Snapshot, Transaction,
};
pub use error::{Constraint, Error, ErrorKind, OptionalRow, Result};
pub use result::{
    AsyncResult, AsyncScalars, Batches, Execute, ExecuteMany, FromIterator, FromStream, IntoRows,
    Mappings, Opening, Partitions, Query, Shape, UniqueBy,
};
pub use row::{ColumnIndex, Columns, FromRow, Mapping, Positions, Row};
pub use statement::{IntoStatement, Params, Rows, Scalars, Statement, sql};
pub use value::{FromValue, Mismatch, ToValue, Value, ValueRef};

#[cfg(feature = "macros")]
pub use headwater_derive::{FromRow, sql};

/// What `sql!` expands to.
#[doc(hidden)]
pub mod __private {
    pub use crate::statement::{Template, template};
}
