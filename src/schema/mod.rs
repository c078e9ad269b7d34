//! The schema: the tables that entities need, as text and in a database.

mod builder;
mod check;
mod clause;
mod wanted;

pub use builder::{Schema, schema};
