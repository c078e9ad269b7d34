//! Entities, their columns, and queries over them.

mod column;
/// What `#[derive(Entity)]` writes calls of.
pub mod derived;
mod dialect;
mod entity;
mod relation;
mod table;

pub use column::{Column, Embed};
pub use dialect::Dialect;
pub use entity::{Embedded, Entity, Key};
pub use relation::{BelongsTo, HasMany, HasOne, ManyToMany};
pub use table::{Action, EntityColumn, EntityIndex, EntityTable, Reference};
