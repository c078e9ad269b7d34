//! The schema: the tables that entities need, as text and in a database.

mod builder;
mod check;
mod clause;
mod info;
mod inspect;
mod lex;
mod parse;
mod wanted;

pub use builder::{Schema, schema};
pub use info::{
    Affinity, ColumnInfo, DatabaseInfo, ForeignKeyInfo, IndexInfo, IndexOrigin, IndexPart,
    TableInfo, TableKind, TriggerInfo, ViewInfo,
};
pub use inspect::inspect;
