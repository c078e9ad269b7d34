//! The promises, one module for each area.
#![cfg(all(test, feature = "sqlite", feature = "macros"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at once, and says why"
)]

mod support;

mod agreement;
mod cancellation;
mod documents;
mod engine;
mod errors;
mod hostile_sql;
mod hostile_values;
mod house;
mod memory_database;
mod migrations;
mod opening;
mod pool;
mod results;
mod rows;
mod runtimes;
mod stalls;
mod statements;
mod streaming;
mod transactions;
mod turns;
mod values;
mod writing;
