//! What differs between a table as its entity wants it and a table as it is.

use super::difference::Difference;
use super::info::{
    Affinity, ColumnInfo, DatabaseInfo, ForeignKeyInfo, IndexInfo, IndexOrigin, TableInfo,
    TableKind, is_of_time, same_columns, same_name,
};
use super::lex::same_sql;
use super::wanted::{IndexText, names};
use crate::expr::{EntityColumn, EntityTable, Reference};
use crate::value::SqlType;

/// What is asked of the rows, as it decides whether a column can be added or made NOT NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Whether the table has rows.
    Rows(String),
    /// Whether rows have NULL in the column.
    Nulls(String, String),
}

/// Answers questions about the rows.
pub(super) type Ask<'a> = &'a dyn Fn(Question) -> bool;

/// Compares all; tables that are there and that no entity speaks of come last.
pub(super) fn compare(
    tables: &[&'static EntityTable],
    database: &DatabaseInfo,
    ask: Ask<'_>,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    for table in tables {
        differences.extend(match database.table(table.name) {
            Some(info) if info.kind == TableKind::Plain => Pair { table, info }.compare(ask),
            Some(info) => other_kind(table, &info.columns),
            None => match database.view(table.name) {
                Some(view) => other_kind(table, &view.columns),
                None => vec![Difference::MissingTable { table: table.name.to_owned() }],
            },
        });
    }
    let known = |name: &str| tables.iter().any(|table| same_name(table.name, name));
    let ours = |name: &str| same_name(name, "_headwater_migrations");
    let extra = database
        .tables
        .iter()
        .filter(|info| info.kind != TableKind::Shadow && !known(&info.name) && !ours(&info.name));
    differences.extend(extra.map(|info| Difference::ExtraTable { table: info.name.clone() }));
    differences
}

/// Of views and virtual tables only the names of columns can be compared.
fn other_kind(table: &EntityTable, columns: &[ColumnInfo]) -> Vec<Difference> {
    let is_there =
        |wanted: &&EntityColumn| columns.iter().any(|column| same_name(&column.name, &wanted.name));
    let missing = table.columns.iter().filter(|wanted| !is_there(wanted));
    let missing = missing.map(|column| Difference::NotATable {
        table: table.name.to_owned(),
        column: column.name.clone().into_owned(),
    });
    missing.collect()
}

/// A table as its entity wants it, and as it is.
#[derive(Clone, Copy)]
pub(super) struct Pair<'p> {
    pub(super) table: &'static EntityTable,
    pub(super) info: &'p TableInfo,
}

impl Pair<'_> {
    fn name(&self) -> String {
        self.info.name.clone()
    }

    fn compare(self, ask: Ask<'_>) -> Vec<Difference> {
        let mut differences = Vec::new();
        for (at, column) in self.table.columns.iter().enumerate() {
            match self.info.column(&column.name) {
                Some(found) => self.column(at, column, found, ask, &mut differences),
                None => differences.push(self.missing(column, ask)),
            }
        }
        let wanted = names(self.table, &self.table.primary_key);
        if !same_columns(&wanted, &self.info.primary_key) {
            let found = self.info.primary_key.clone();
            differences.push(Difference::PrimaryKey { table: self.name(), wanted, found });
        }
        self.indexes(&mut differences);
        self.foreign_keys(&mut differences);
        self.checks(&mut differences);
        self.extra_columns(&mut differences);
        differences
    }

    fn missing(&self, column: &EntityColumn, ask: Ask<'_>) -> Difference {
        let needs_value = !column.nullable
            && !column.generated
            && column.default.is_none()
            && column.computed.is_none();
        Difference::MissingColumn {
            table: self.name(),
            column: column.name.clone().into_owned(),
            blocked: needs_value && ask(Question::Rows(self.name())),
        }
    }

    fn column(
        &self,
        at: usize,
        wanted: &EntityColumn,
        found: &ColumnInfo,
        ask: Ask<'_>,
        differences: &mut Vec<Difference>,
    ) {
        let (table, column) = (self.name(), found.name.clone());
        let is_key = self.table.primary_key.contains(&at) && found.primary_key.is_some();
        let is_row_id = self.info.row_id().is_some_and(|key| key.name == found.name);
        let not_generated = wanted.is_numbered() && is_key && !is_row_id;
        if not_generated || !keeps(found, wanted.sql_type, self.info.strict) {
            differences.push(Difference::Type {
                table: table.clone(),
                column: column.clone(),
                wanted: wanted.sql_type,
                found: found.declared_type.clone(),
            });
        }
        // What SQLite says of the columns of a key is not what is meant.
        if !is_key && wanted.nullable != found.nullable {
            let question = || Question::Nulls(table.clone(), column.clone());
            let blocked = !wanted.nullable
                && wanted.default.is_none()
                && wanted.computed.is_none()
                && ask(question());
            differences.push(Difference::Nullability {
                table: table.clone(),
                column: column.clone(),
                nullable: wanted.nullable,
                blocked,
            });
        }
        differences.extend(self.default(wanted, found));
        if !same_option(wanted.computed, found.computed.as_deref()) {
            differences.push(Difference::Computed {
                table,
                column,
                wanted: wanted.computed.map(str::to_owned),
                found: found.computed.clone(),
            });
        }
    }

    fn default(&self, wanted: &EntityColumn, found: &ColumnInfo) -> Option<Difference> {
        if same_option(wanted.default, found.default.as_deref()) {
            return None;
        }
        let (table, column) = (self.name(), found.name.clone());
        match (wanted.default, found.default.clone()) {
            (Some(wanted), found) => {
                Some(Difference::Default { table, column, wanted: wanted.to_owned(), found })
            }
            (None, Some(found)) => Some(Difference::ExtraDefault { table, column, found }),
            (None, None) => None,
        }
    }

    fn extra_columns(&self, differences: &mut Vec<Difference>) {
        let known = |column: &&ColumnInfo| {
            self.table.columns.iter().any(|wanted| same_name(&wanted.name, &column.name))
        };
        let extra = self.info.columns.iter().filter(|column| !column.hidden && !known(column));
        differences.extend(extra.map(|column| Difference::ExtraColumn {
            table: self.name(),
            column: column.name.clone(),
            required: !column.nullable
                && column.default.is_none()
                && column.computed.is_none()
                && self.info.row_id() != Some(column),
        }));
    }

    fn indexes(&self, differences: &mut Vec<Difference>) {
        let table = self.table;
        let wanted: Vec<_> =
            table.indexes.iter().map(|index| IndexText::of(table, index)).collect();
        // One whose name is wanted for other columns makes room, whatever else it would serve.
        let makes_room = |found: &IndexInfo| {
            wanted.iter().any(|index| same_name(&index.name, &found.name) && !serves(found, index))
        };
        let is_there = |index: &&IndexText| {
            let mut stay = self.info.indexes.iter().filter(|found| !makes_room(found));
            stay.any(|found| serves(found, index)) || is_primary_key(self.info, index)
        };
        let missing: Vec<_> = wanted.iter().filter(|index| !is_there(index)).collect();
        differences.extend(missing.iter().map(|index| Difference::MissingIndex {
            table: self.name(),
            index: index.name.clone(),
            columns: index.columns.clone(),
            unique: index.unique,
        }));
        let meant = |found: &&IndexInfo| {
            missing.iter().any(|index| same_name(&index.name, &found.name))
                || wanted.iter().any(|index| serves(found, index))
        };
        for found in self.info.indexes.iter().filter(|found| !meant(found)) {
            match (found.origin, found.columns()) {
                (IndexOrigin::Created, _) => differences
                    .push(Difference::ExtraIndex { table: self.name(), index: found.name.clone() }),
                (IndexOrigin::Unique, Some(columns)) => {
                    differences.push(Difference::ExtraUnique { table: self.name(), columns });
                }
                _ => {}
            }
        }
    }

    fn foreign_keys(&self, differences: &mut Vec<Difference>) {
        for wanted in &self.table.references {
            let columns = names(self.table, &wanted.columns);
            let target = (wanted.target)().name.to_owned();
            let table = self.name();
            match self.info.foreign_keys.iter().find(|found| self.is_same_key(wanted, found)) {
                None => {
                    differences.push(Difference::MissingForeignKey { table, columns, target });
                }
                Some(found) if !acts_alike(wanted, found) => {
                    differences.push(Difference::ForeignKey { table, columns, target });
                }
                Some(_) => {}
            }
        }
        for found in &self.info.foreign_keys {
            if !self.table.references.iter().any(|wanted| self.is_same_key(wanted, found)) {
                differences.push(Difference::ExtraForeignKey {
                    table: self.name(),
                    columns: found.columns.clone(),
                    target: found.target.clone(),
                });
            }
        }
    }

    /// Reports whether a foreign key is from the same columns to the same columns.
    pub(super) fn is_same_key(&self, wanted: &Reference, found: &ForeignKeyInfo) -> bool {
        let target = (wanted.target)();
        let pairs = || {
            let columns = names(self.table, &wanted.columns);
            columns.into_iter().zip(names(target, &wanted.target_columns))
        };
        let found_pairs = || found.columns.iter().zip(&found.target_columns);
        same_name(target.name, &found.target)
            && found.columns.len() == wanted.columns.len()
            && pairs().all(|(from, to)| {
                found_pairs().any(|(other, at)| same_name(&from, other) && same_name(&to, at))
            })
    }

    fn checks(&self, differences: &mut Vec<Difference>) {
        let (wanted, found) = (&self.table.checks, &self.info.checks);
        for expression in wanted {
            if !found.iter().any(|found| same_sql(found, expression)) {
                let expression = (*expression).to_owned();
                differences.push(Difference::MissingCheck { table: self.name(), expression });
            }
        }
        for expression in found {
            if !wanted.iter().any(|wanted| same_sql(wanted, expression)) {
                let expression = expression.clone();
                differences.push(Difference::ExtraCheck { table: self.name(), expression });
            }
        }
    }
}

fn same_option(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => same_sql(one, other),
        (None, None) => true,
        // A default of NULL is none.
        (one, other) => one.or(other).is_some_and(|said| same_sql(said, "NULL")),
    }
}

pub(super) fn acts_alike(wanted: &Reference, found: &ForeignKeyInfo) -> bool {
    wanted.on_delete == found.on_delete
        && wanted.on_update == found.on_update
        && wanted.deferred == found.deferred
}

/// Reports whether a column keeps values of a type as they are written.
fn keeps(found: &ColumnInfo, wanted: SqlType, strict: bool) -> bool {
    if strict && found.declared_type.eq_ignore_ascii_case("ANY") {
        return true;
    }
    match wanted {
        SqlType::Any => true,
        SqlType::Blob => found.affinity == Affinity::Blob,
        SqlType::Integer => matches!(found.affinity, Affinity::Integer | Affinity::Numeric),
        SqlType::Real => matches!(found.affinity, Affinity::Numeric | Affinity::Real),
        SqlType::Text => {
            found.affinity == Affinity::Text
                || found.affinity == Affinity::Numeric && is_of_time(&found.declared_type)
        }
    }
}

/// Reports whether an index does what another is wanted for.
fn serves(found: &IndexInfo, wanted: &IndexText) -> bool {
    let Some(columns) = found.columns() else {
        return false;
    };
    let in_order = columns.iter().zip(&wanted.columns).all(|(one, other)| same_name(one, other));
    let same = match wanted.unique {
        // Which comes first does not matter to what is unique.
        true => found.unique && same_columns(&columns, &wanted.columns),
        false => in_order && columns.len() == wanted.columns.len(),
    };
    found.condition.is_none() && same
}

/// A primary key that is the rowid has no index of its own. What is looked for by its first columns is found by
/// one of that order only.
fn is_primary_key(info: &TableInfo, wanted: &IndexText) -> bool {
    let mut pairs = info.primary_key.iter().zip(&wanted.columns);
    same_columns(&info.primary_key, &wanted.columns)
        && (wanted.unique || pairs.all(|(one, other)| same_name(one, other)))
}
