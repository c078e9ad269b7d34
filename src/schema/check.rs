//! What cannot be a schema: each is told before anything runs, with the entities and columns it is about.

use std::collections::HashMap;
use std::fmt::Display;

use super::wanted::{IndexText, names};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{Action, EntityIndex, EntityTable, Reference};
use crate::value::SqlType;

/// Checks all that can be told of entities without a database.
pub(super) fn check(entities: &[&'static EntityTable]) -> Result<()> {
    one_entity_for_each_table(entities)?;
    for table in entities {
        check_names(table)?;
        check_positions(table)?;
        check_primary_key(table)?;
        check_columns(table)?;
        for key in &table.references {
            check_reference(entities, table, key)?;
        }
    }
    check_index_names(entities)
}

fn one_entity_for_each_table(entities: &[&'static EntityTable]) -> Result<()> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for table in entities {
        if let Some(other) = seen.insert(table.name.to_ascii_lowercase(), table.entity) {
            let (entity, name) = (table.entity, table.name);
            return Err(wrong(format!("`{other}` and `{entity}` are both of the table `{name}`"))
                .with_hint("a schema has one entity for each table; leave one of them out"));
        }
    }
    Ok(())
}

fn check_names(table: &EntityTable) -> Result<()> {
    let of_table = [("the table", table.name)];
    let of_columns = table.columns.iter().map(|column| ("a column", &*column.name));
    let of_indexes = table.indexes.iter().filter_map(|index| index.name);
    let of_indexes = of_indexes.map(|name| ("an index", name));
    for (what, name) in of_table.into_iter().chain(of_columns).chain(of_indexes) {
        let why = if name.is_empty() {
            "has an empty name"
        } else if name.contains('\0') {
            "has a name with a NUL in it"
        } else if what != "a column" && is_reserved(name) {
            "has a name that begins with `sqlite_`, which SQLite keeps to itself"
        } else {
            continue;
        };
        return Err(wrong(format!("`{}`: {what} {why}", table.entity)));
    }
    let mut seen: HashMap<String, &str> = HashMap::new();
    for column in &table.columns {
        if let Some(other) = seen.insert(column.name.to_ascii_lowercase(), &column.field) {
            return Err(wrong(format!(
                "`{}`: the fields `{other}` and `{}` are both of the column `{}`",
                table.entity, column.field, column.name
            )));
        }
    }
    Ok(())
}

pub(super) fn is_reserved(name: &str) -> bool {
    name.get(.."sqlite_".len()).is_some_and(|start| start.eq_ignore_ascii_case("sqlite_"))
}

/// What the derive writes always holds; what is written by hand may not.
fn check_positions(table: &EntityTable) -> Result<()> {
    let lists = [&table.primary_key].into_iter();
    let lists = lists.chain(table.indexes.iter().map(|index| &index.columns));
    let lists = lists.chain(table.references.iter().map(|key| &key.columns));
    for list in lists {
        if list.is_empty() || list.iter().any(|position| *position >= table.columns.len()) {
            return Err(wrong(format!(
                "`{}`: a key or an index has no columns, or one that there is not",
                table.entity
            )));
        }
    }
    Ok(())
}

fn check_primary_key(table: &EntityTable) -> Result<()> {
    for (at, column) in table.columns.iter().enumerate().filter(|(_, one)| one.is_numbered()) {
        let what = of(table, &column.name);
        if table.primary_key != [at] {
            return Err(wrong(format!("{what} is generated, and is not the whole primary key"))
                .with_hint("only a primary key of one column can be generated"));
        }
        if column.sql_type != SqlType::Integer {
            return Err(wrong(format!("{what} is generated, and is no integer"))
                .with_hint("make it an i64, or leave `generated` out and give each entity a key"));
        }
        if column.nullable {
            return Err(wrong(format!("{what} is generated, and is an Option"))
                .with_hint("make it an i64, which is left to the database where it is 0"));
        }
    }
    Ok(())
}

fn check_columns(table: &EntityTable) -> Result<()> {
    for (at, column) in table.columns.iter().enumerate().filter(|(_, one)| one.computed.is_some()) {
        let what = of(table, &column.name);
        if column.default.is_some() {
            return Err(wrong(format!("{what} is computed, and has a default")));
        }
        if table.primary_key.contains(&at) {
            return Err(wrong(format!("{what} is computed, and is in the primary key")));
        }
    }
    Ok(())
}

fn check_reference(
    entities: &[&'static EntityTable],
    table: &EntityTable,
    key: &Reference,
) -> Result<()> {
    let target = (key.target)();
    let what = of(table, names(table, &key.columns).join(", "));
    if !entities.iter().any(|one| one.id() == target.id()) {
        return Err(wrong(format!(
            "{what} refers to `{}`, which is not in the schema",
            target.entity
        ))
        .with_hint(format!("add `.entity::<{}>()`", target.entity)));
    }
    let columns = &key.target_columns;
    if columns.len() != key.columns.len() || columns.iter().any(|at| *at >= target.columns.len()) {
        return Err(wrong(format!(
            "{what} refers to {} columns of `{}`, and is {}",
            columns.len(),
            target.entity,
            key.columns.len()
        )));
    }
    if !is_unique(target, columns) {
        let target_columns = of(target, names(target, columns).join(", "));
        return Err(wrong(format!(
            "{what} refers to {target_columns}, which is neither the primary key nor unique"
        )));
    }
    check_actions(table, key, &what)
}

fn check_actions(table: &EntityTable, key: &Reference, what: &str) -> Result<()> {
    if ![key.on_delete, key.on_update].contains(&Action::SetNull) {
        return Ok(());
    }
    let nullable = |at: &usize| table.columns.get(*at).is_some_and(|column| column.nullable);
    match key.columns.iter().all(nullable) {
        true => Ok(()),
        false => Err(wrong(format!("{what} is to become NULL, and cannot be NULL"))
            .with_hint("make it an Option, or choose another action")),
    }
}

/// Reports whether no two rows have the same values there, which SQLite demands of what is referred to.
fn is_unique(table: &EntityTable, columns: &[usize]) -> bool {
    let same = |other: &[usize]| {
        other.len() == columns.len() && columns.iter().all(|column| other.contains(column))
    };
    let unique = |index: &EntityIndex| index.unique && same(&index.columns);
    same(&table.primary_key) || table.indexes.iter().any(unique)
}

/// Tables and indexes share their names.
fn check_index_names(entities: &[&'static EntityTable]) -> Result<()> {
    let mut seen: HashMap<String, String> = HashMap::new();
    for table in entities {
        seen.insert(table.name.to_ascii_lowercase(), format!("the table of `{}`", table.entity));
    }
    for table in entities {
        for index in &table.indexes {
            let text = IndexText::of(table, index);
            let what = format!("an index of `{}` on `{}`", table.entity, text.columns.join(", "));
            if let Some(other) = seen.insert(text.name.to_ascii_lowercase(), what.clone()) {
                let message = format!("{other} and {what} are both named `{}`", text.name);
                return Err(
                    wrong(message).with_hint("give one of them another with `name = \"…\"`")
                );
            }
        }
    }
    Ok(())
}

fn of(table: &EntityTable, column: impl Display) -> String {
    format!("`{}.{column}` (table `{}`)", table.entity, table.name)
}

#[cold]
pub(super) fn wrong(message: String) -> Error {
    Error::new(ErrorKind::Entity, message)
}
