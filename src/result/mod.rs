//! Results as streams, and the queries that they come from.

mod adapters;
mod describe;
mod execute;
mod items;
mod many;
mod query;
mod rows;
mod run;
mod scalars;
mod trace;
#[cfg(feature = "orm")]
mod unit;

pub use adapters::{Batches, Mappings, Partitions, UniqueBy};
pub use describe::Describe;
pub use execute::Execute;
pub use many::{ByIterator, ByStream, ExecuteMany, IntoRows};
pub use query::{Opening, Query, Shape};
pub use rows::AsyncResult;
pub use scalars::AsyncScalars;

#[cfg(feature = "orm")]
pub(crate) use items::Items;
pub(crate) use many::insert_text;
#[cfg(feature = "orm")]
pub(crate) use query::sealed;
#[cfg(feature = "orm")]
pub(crate) use run::OneState;
pub(crate) use run::{Run, Runner, ask};
#[cfg(feature = "orm")]
pub(crate) use unit::run_unit;
