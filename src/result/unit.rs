//! A unit of work on its way to the connection.

use std::panic::Location;

use super::run::{Run, ask};
use crate::driver::{Request, Unit, UnitDone};
use crate::error::Result;

/// Runs a unit in the transaction of its runner: all of it or nothing. Of a failure the error tells the
/// statement and the row.
///
/// Dropped before it has ended, it is undone as a whole, or the transaction is over.
pub(crate) async fn run_unit(
    run: &Run,
    unit: Unit,
    site: &'static Location<'static>,
) -> Result<UnitDone> {
    let outcome = ask(&**run, Request::Unit(unit), site).await?;
    Ok(outcome.unit.map(|unit| *unit).unwrap_or_default())
}
