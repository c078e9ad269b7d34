//! The schema: the tables that entities need, as text and in a database.

mod builder;
mod change;
mod check;
mod clause;
mod compare;
mod diff;
mod difference;
mod info;
mod inspect;
mod lex;
mod parse;
mod rebuild;
mod wanted;

pub use builder::{Schema, schema};
pub use difference::{Diff, Difference};
pub use info::{
    Affinity, ColumnInfo, DatabaseInfo, ForeignKeyInfo, IndexInfo, IndexOrigin, IndexPart,
    TableInfo, TableKind, TriggerInfo, ViewInfo,
};
pub use inspect::inspect;
