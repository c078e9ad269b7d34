//! Entities, their columns, and queries over them.

mod cache;
mod column;
/// What `#[derive(Entity)]` writes calls of.
pub mod derived;
mod dialect;
mod entity;
mod expression;
mod functions;
mod keys;
mod node;
mod operators;
mod project;
mod relation;
mod render;
mod select;
mod shape;
mod table;
mod text;

pub use column::{Column, Embed};
pub use dialect::Dialect;
pub use entity::{Embedded, Entity, Key};
pub use expression::{Expr, IntoExpr, Operand, RawExpr, column, null, raw, value};
pub use functions::{Argument, Arguments, Case, case, count, exists, func, not_exists};
pub(crate) use keys::{column_at, has_key};
pub use operators::{Choices, Number, Order, Orders};
pub use project::{Named, Projection, Selected};
pub use relation::{BelongsTo, HasMany, HasOne, ManyToMany};
pub use select::{Select, select};
pub use table::{Action, EntityColumn, EntityIndex, EntityTable, Reference};
pub use text::SqlText;
