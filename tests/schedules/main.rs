//! The engine under shuttle: real SQLite and many schedules of its threads and its callers', each of
//! which can be replayed. That a schedule ends at all is what most of them show: a lost wake-up is a
//! deadlock.
//!
//! ```text
//! RUSTFLAGS='--cfg headwater_shuttle' cargo test --profile checked --test schedules
//! ```
//!
//! `HEADWATER_SCHEDULES` says how many of each kind a test runs. One that fails prints its schedule; put
//! into a file, and the file's name into `HEADWATER_SCHEDULE`, the test runs that one alone.
#![cfg(all(test, headwater_shuttle, feature = "sqlite"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at once, and says why"
)]

mod closing;
mod drops;
mod ends;
mod fairness;
mod support;
