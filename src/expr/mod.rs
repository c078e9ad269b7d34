//! Entities, their columns, and queries over them.

mod alias;
mod cache;
mod column;
mod conflict;
mod cte;
/// What `#[derive(Entity)]` writes calls of.
pub mod derived;
mod dialect;
mod entity;
mod expression;
mod functions;
mod insert;
mod join;
mod joined;
mod keys;
mod node;
mod operators;
mod page;
mod project;
mod relation;
mod render;
mod returning;
mod select;
mod shape;
mod table;
mod text;
mod update;

pub use alias::{Alias, ReadFrom, alias};
pub(crate) use cache::statement;
pub use column::{Column, Embed};
pub use conflict::{ConflictColumns, OnConflict, excluded};
pub use cte::{Cte, Subquery, cte, raw_table, recursive_cte, subquery};
pub use dialect::Dialect;
pub use entity::{Embedded, Entity, Key};
pub use expression::{Expr, IntoExpr, Literal, Operand, RawExpr, column, null, raw, value};
pub use functions::{Argument, Arguments, Case, case, count, exists, func, not_exists};
pub use insert::{
    Insert, InsertColumns, InsertInto, InsertValues, insert, insert_all, insert_into,
};
pub use join::{JoinPath, Route};
pub use joined::{Append, Joined, Part};
#[allow(unused_imports, reason = "later rooms ask for it")]
pub(crate) use keys::{column_at, has_key};
pub(crate) use node::{
    Chain, From, Join, JoinKind, List, Node, Op, OrderNode, Output, Root, RowList, SelectNode,
    Source,
};
pub use operators::{Choices, Number, Order, Orders};
pub use page::PageOrder;
pub use project::{Named, Projection, Selected};
pub use relation::{BelongsTo, HasMany, HasOne, ManyToMany};
pub use select::{Select, select};
pub use table::{Action, EntityColumn, EntityIndex, EntityTable, Reference};
pub use text::SqlText;
pub use update::{Delete, Update, delete, update};
