//! Objects: entities, the schema, typed queries, sessions and relations, one module for each promise area.
#![cfg(all(test, feature = "sqlite", feature = "macros", feature = "orm"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at once, and says why"
)]

#[path = "../it/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "what the other tests need of it is there too")]
mod support;

mod bulk;
mod chinook;
mod entities;
mod events;
mod queries;
mod relations;
mod schema;
mod session;
