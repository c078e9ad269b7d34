//! SQLite: each connection is a thread that owns it for life and runs its statements in turns.

mod aside;
mod commands;
mod config;
mod cursor;
mod errors;
mod explain;
mod group;
mod hooks;
mod interrupt;
mod link;
mod memory;
mod open;
mod packer;
mod prepare;
mod reads;
mod registry;
mod state;
mod thread;
mod transactions;
mod unit;
mod verdict;
mod watch;
mod whole;
mod writes;

pub(crate) use config::{Config, OnConnect, Place};
pub use config::{JournalMode, Mode, Synchronous};
pub(crate) use link::Sqlite;
pub(crate) use memory::MemoryPlace;
