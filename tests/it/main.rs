//! The promises, one module for each area.
#![cfg(all(test, feature = "sqlite", feature = "macros"))]

mod support;

mod cancellation;
mod engine;
mod hostile_sql;
mod hostile_values;
mod house;
mod memory_database;
mod opening;
mod results;
mod rows;
mod runtimes;
mod statements;
mod streaming;
mod transactions;
mod turns;
mod writing;
