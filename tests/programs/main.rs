//! The example programs, run as a user runs them: as processes, by their arguments, output and exit code.
#![cfg(all(test, feature = "sqlite", feature = "macros"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at once, and says why"
)]

mod support;

mod export;
#[cfg(feature = "orm")]
mod orm;
#[cfg(feature = "json")]
mod web;
