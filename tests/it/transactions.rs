//! Transactions: begun, nested, committed, rolled back, ended by others, and the gate before them.

mod begin;
mod conclusion;
mod cursors;
mod gate;
mod neighbours;
mod savepoints;
mod scopes;
mod snapshots;
mod text;
