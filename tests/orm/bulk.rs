//! Bulk operations: many entities from a source, in bounded memory.

mod chunks;
mod dropped;
mod handles;
mod refused;
mod shop;
mod writes;
