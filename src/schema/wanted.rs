//! What an entity wants: its CREATE TABLE and its indexes, in a dialect.

use super::clause::{Clause, ColumnText, ForeignKeyText, TableText, list};
use crate::expr::{Dialect, EntityColumn, EntityIndex, EntityTable, Reference};
use crate::statement::quoted;
use crate::value::SqlType;

/// The longest name that PostgreSQL does not cut off, in bytes.
const LONGEST: usize = 63;

/// How tables are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) dialect: Dialect,
    pub(super) strict: bool,
}

/// An index that an entity wants as one of its own: every one but an unnamed UNIQUE, which is part of the
/// table.
#[derive(Clone, Debug)]
pub(super) struct IndexText {
    pub(super) name: String,
    pub(super) table: &'static str,
    pub(super) columns: Vec<String>,
    pub(super) unique: bool,
}

impl IndexText {
    /// The index of an entity, whether or not it is part of the table.
    pub(super) fn of(table: &'static EntityTable, index: &EntityIndex) -> Self {
        let columns = names(table, &index.columns);
        let name = match index.name {
            Some(name) => name.to_owned(),
            None => made_up(if index.unique { "uq" } else { "ix" }, table.name, &columns),
        };
        Self { name, table: table.name, columns, unique: index.unique }
    }

    /// Writes the CREATE INDEX; `asks` is what goes before the name.
    pub(super) fn sql(&self, asks: &str) -> String {
        let head = if self.unique { "CREATE UNIQUE INDEX" } else { "CREATE INDEX" };
        let (name, table) = (quoted(&self.name), quoted(self.table));
        format!("{head}{asks} {name} ON {table} ({})", list(&self.columns))
    }
}

/// The indexes that are not part of the table.
pub(super) fn indexes(table: &'static EntityTable) -> impl Iterator<Item = IndexText> {
    let own = |index: &&EntityIndex| !index.unique || index.name.is_some();
    table.indexes.iter().filter(own).map(move |index| IndexText::of(table, index))
}

/// The table; the foreign keys at `without` are left out.
pub(super) fn table(table: &'static EntityTable, style: Style, without: &[usize]) -> TableText {
    let columns = (0..).zip(&table.columns);
    let columns = columns.map(|(at, column)| self::column(table, at, column, style, without));
    let mut constraints = Vec::new();
    if table.primary_key.len() > 1 {
        constraints.push(Clause::primary_key(names(table, &table.primary_key)));
    }
    let uniques = table.indexes.iter().filter(|index| index.unique && index.name.is_none());
    let uniques = uniques.filter(|index| index.columns.len() > 1);
    constraints.extend(uniques.map(|index| Clause::unique(names(table, &index.columns))));
    constraints.extend(table.checks.iter().map(|check| Clause::check(check)));
    let keys = kept(table, without).filter(|key| key.columns.len() > 1);
    constraints.extend(keys.map(|key| foreign_key(table, key, true)));
    let strict = style.strict && style.dialect == Dialect::Sqlite;
    let options = if strict { "STRICT" } else { "" };
    TableText {
        name: table.name.to_owned(),
        columns: columns.collect(),
        constraints,
        options: options.to_owned(),
    }
}

/// The foreign keys but for those at `without`.
fn kept<'t>(table: &'t EntityTable, without: &'t [usize]) -> impl Iterator<Item = &'t Reference> {
    let all = table.references.iter().enumerate();
    all.filter(|(at, _)| !without.contains(at)).map(|(_, key)| key)
}

fn column(
    table: &EntityTable,
    at: usize,
    column: &EntityColumn,
    style: Style,
    without: &[usize],
) -> ColumnText {
    let mut clauses = Vec::new();
    let is_key = table.primary_key == [at];
    let is_row_id = is_key && style.dialect == Dialect::Sqlite && is_integer(column);
    if !column.nullable && !is_row_id {
        clauses.push(Clause::not_null());
    }
    clauses.extend(column.default.map(Clause::default));
    clauses.extend(column.computed.map(Clause::generated));
    if is_key {
        clauses.push(Clause::primary_key(Vec::new()));
    }
    let unique =
        |index: &EntityIndex| index.unique && index.name.is_none() && index.columns == [at];
    if table.indexes.iter().any(unique) {
        clauses.push(Clause::unique(Vec::new()));
    }
    let keys = kept(table, without).filter(|key| key.columns == [at]);
    clauses.extend(keys.map(|key| foreign_key(table, key, false)));
    ColumnText {
        name: column.name.clone().into_owned(),
        declared: declared(column, style).to_owned(),
        clauses,
    }
}

fn is_integer(column: &EntityColumn) -> bool {
    column.sql_type == SqlType::Integer
}

/// The type that a column is declared with.
pub(super) fn declared(column: &EntityColumn, style: Style) -> &'static str {
    match (style.dialect, column.sql_type) {
        (Dialect::Sqlite, SqlType::Any) if style.strict => "ANY",
        (_, SqlType::Any) => "",
        (Dialect::Sqlite, SqlType::Blob) => "BLOB",
        (Dialect::Sqlite, SqlType::Integer) => "INTEGER",
        (Dialect::Sqlite, SqlType::Real) => "REAL",
        (_, SqlType::Text) => "TEXT",
        (Dialect::Postgres, SqlType::Blob) => "BYTEA",
        (Dialect::Postgres, SqlType::Integer) if column.is_numbered() => {
            "BIGINT GENERATED BY DEFAULT AS IDENTITY"
        }
        (Dialect::Postgres, SqlType::Integer) => "BIGINT",
        (Dialect::Postgres, SqlType::Real) => "DOUBLE PRECISION",
    }
}

/// A foreign key, as the clause of a column or of the table.
pub(super) fn foreign_key(table: &EntityTable, key: &Reference, of_table: bool) -> Clause {
    let target = (key.target)();
    let text = ForeignKeyText {
        table: target.name,
        columns: names(target, &key.target_columns),
        on_delete: key.on_delete,
        on_update: key.on_update,
        deferred: key.deferred,
    };
    let columns = if of_table { names(table, &key.columns) } else { Vec::new() };
    Clause::references(columns, &text)
}

/// The names of columns, by their positions.
pub(super) fn names(table: &EntityTable, columns: &[usize]) -> Vec<String> {
    columns.iter().map(|column| table.column_name(*column).to_owned()).collect()
}

/// The name of what is not given one: always the same for the same table and columns.
pub(super) fn made_up(prefix: &str, table: &str, columns: &[String]) -> String {
    let name = format!("{prefix}_{table}_{}", columns.join("_"));
    if name.len() <= LONGEST {
        return name;
    }
    let mark = format!("_{:08x}", fingerprint(&name));
    let end = name.floor_char_boundary(LONGEST - mark.len());
    format!("{}{mark}", name.get(..end).unwrap_or_default())
}

/// A number that tells long names apart; it stays what it is in every release (FNV-1a).
fn fingerprint(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_names_are_stable_and_never_too_long() {
        let columns = ["author_id".to_owned(), "at".to_owned()];
        let long = made_up("ix", &"é".repeat(40), &columns);

        assert_eq!(made_up("ix", "posts", &columns), "ix_posts_author_id_at");
        assert_eq!(long, format!("ix_{}_c220e7f9", "é".repeat(25)));
        assert!(long.len() <= LONGEST);
        assert_ne!(long, made_up("ix", &"é".repeat(41), &columns));
    }
}
