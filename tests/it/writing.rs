//! Statements that write: one, many, scripts, RETURNING, and the driver's own connection.

mod batches;
mod execute;
mod group;
mod many;
mod native;
mod reading_beside;
mod returning;
mod streams;
