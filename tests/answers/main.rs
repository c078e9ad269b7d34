//! Answers: what plain SQLite answers, Headwater answers, however the result is read.
//!
//! Two public suites run where the environment variable `HEADWATER_DATA` names their folder: all of them
//! in a release build, a sample in a debug build. A suite of our own always runs, and on plain SQLite
//! beside it.
#![cfg(all(test, feature = "sqlite"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test stops at once, says why, and tells what it counted"
)]

mod answer;
mod own;
mod public;
mod questions;
mod refused;
mod render;
mod run;
mod slt;
mod subject;
mod typed;
