//! What a flush has to write for one entity.

use std::any::Any;
use std::sync::Arc;

use super::shape::{Kind, Shape};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{Entity, EntityTable};
use crate::orm::cell::same;
use crate::orm::identity::Map;
use crate::orm::item::Item;
use crate::orm::journal::Left;
use crate::orm::state::Stage;
use crate::value::Value;

/// Reads the values of a row, behind those that are there.
type Read = fn(&Planned, &mut Vec<Value>) -> Result<()>;

/// One row of a flush.
pub(in crate::orm) struct Planned {
    pub(in crate::orm) item: Arc<dyn Item>,
    pub(in crate::orm) shape: Arc<Shape>,
    /// What the entity was when it was read for the flush.
    pub(in crate::orm) sent: Option<Arc<dyn Any + Send + Sync>>,
    /// The version column and its new number.
    pub(in crate::orm) version: Option<(usize, i64)>,
    /// The values of the columns that are written, then those that find the row; nothing as long as they
    /// are still to be read.
    pub(super) values: Vec<Value>,
    /// Reads the values from what is sent.
    unread: Option<Read>,
    /// What the row refers to, and what others refer to it by: read from the entity, or from its row.
    pub(super) lookup: fn(&Self, usize) -> Option<Value>,
    /// The key, of a row that is inserted with one or deleted.
    pub(super) key: Option<Vec<Value>>,
    /// Whether the database may have deleted the row by then, because of another of the same flush.
    pub(super) may_be_gone: bool,
}

impl Planned {
    pub(super) fn table(&self) -> &'static EntityTable {
        self.shape.table()
    }

    /// Appends the values, which are read now if they are not yet.
    pub(super) fn append_to(&mut self, values: &mut Vec<Value>) -> Result<()> {
        match self.unread.take() {
            Some(read) => read(self, values),
            None => {
                values.append(&mut self.values);
                Ok(())
            }
        }
    }

    /// Reads the values, for who changes them.
    pub(super) fn values(&mut self) -> Result<&mut Vec<Value>> {
        if let Some(read) = self.unread.take() {
            let mut values = Vec::with_capacity(self.shape.columns().len());
            read(self, &mut values)?;
            self.values = values;
        }
        Ok(&mut self.values)
    }

    /// Writes some columns of a row that others of the flush leave out.
    pub(super) fn link(&self, shape: Shape, values: Vec<Value>) -> Self {
        Self {
            item: Arc::clone(&self.item),
            shape: Arc::new(shape),
            sent: None,
            version: None,
            values,
            unread: None,
            lookup: self.lookup,
            key: None,
            may_be_gone: false,
        }
    }

    /// Returns values of the row; nothing where one is NULL or not known yet.
    pub(super) fn reference(&self, columns: &[usize]) -> Option<Vec<Value>> {
        let value =
            |column: &usize| (self.lookup)(self, *column).filter(|value| *value != Value::Null);
        columns.iter().map(value).collect()
    }

    /// Returns what the row will have in columns when it is written; nothing where one is NULL or not known
    /// yet.
    pub(super) fn taken(&self, columns: &[usize]) -> Option<Vec<Value>> {
        let value = |column: &usize| {
            let written = self.shape.columns().iter().position(|written| written == column);
            match written.and_then(|place| self.values.get(place)) {
                Some(value) => Some(value.clone()).filter(|value| *value != Value::Null),
                None => (self.lookup)(self, *column).filter(|value| *value != Value::Null),
            }
        };
        columns.iter().map(value).collect()
    }
}

/// Reads a column of the entity that is inserted, unless the database gives it.
fn of_entity<E: Entity>(planned: &Planned, column: usize) -> Option<Value> {
    let entity = planned.sent.as_ref()?.downcast_ref::<E>()?;
    if entity.is_left(column) { None } else { entity.value(column).ok() }
}

/// Reads what is inserted: behind each other for all rows of a statement, so that no row has a list of its own.
fn read_entity<E: Entity>(planned: &Planned, values: &mut Vec<Value>) -> Result<()> {
    let entity = planned.sent.as_ref().and_then(|sent| sent.downcast_ref::<E>());
    // It was put there with this function.
    let Some(entity) = entity else { return Ok(()) };
    for column in planned.shape.columns() {
        values.push(entity.value(*column)?);
    }
    Ok(())
}

/// Reads a column of the row as it was loaded.
fn of_row(planned: &Planned, column: usize) -> Option<Value> {
    planned.item.row_values(&[column])?.pop()
}

/// Plans the INSERT of a new entity.
pub(in crate::orm) fn plan_insert<E: Entity>(
    map: &Map<E>,
    entity: Arc<E>,
    item: Arc<dyn Item>,
) -> Result<Planned> {
    entity.validate()?;
    let table = E::table();
    let columns = || 0..table.columns.len();
    let shape = map.shapes.find(
        |shape| {
            let mut written = shape.columns().iter().copied().peekable();
            shape.kind() == Kind::Insert
                && columns()
                    .all(|column| written.next_if_eq(&column).is_none() == entity.is_left(column))
        },
        || {
            let (left, written): (Vec<_>, Vec<_>) =
                columns().partition(|column| entity.is_left(*column));
            let filled = left.iter().filter(|column| !is_computed(table, **column));
            let filled: Left =
                filled.filter_map(|column| Some((*column, entity.value(*column).ok()?))).collect();
            Shape::new(Kind::Insert, table, written, left, filled)
        },
    );
    let is_known = table.primary_key.iter().all(|column| !entity.is_left(*column));
    let key = if is_known {
        let key: Result<Vec<_>> =
            table.primary_key.iter().map(|column| entity.value(*column)).collect();
        refuse_known(map, &*entity)?;
        Some(key?)
    } else {
        None
    };
    let sent = Some(entity as Arc<dyn Any + Send + Sync>);
    Ok(Planned {
        item,
        shape,
        sent,
        version: None,
        values: Vec::new(),
        unread: Some(read_entity::<E>),
        lookup: of_entity::<E>,
        key,
        may_be_gone: false,
    })
}

/// Plans the UPDATE of an entity, of the columns that have changed.
pub(in crate::orm) fn plan_update<E: Entity>(
    map: &Map<E>,
    entity: Arc<E>,
    row: &E,
    item: Arc<dyn Item>,
) -> Result<Option<Planned>> {
    let table = E::table();
    let mut columns = changed(&*entity, row);
    if columns.is_empty() {
        return Ok(None);
    }
    if columns.iter().any(|column| table.primary_key.contains(column)) {
        return Err(changed_key(table));
    }
    entity.validate()?;
    let version = version(table, row)?;
    let mut values = Vec::with_capacity(columns.len() + table.primary_key.len() + 2);
    for column in &columns {
        values.push(entity.value(*column)?);
    }
    let next = version.map(|(column, number)| (column, number.wrapping_add(1)));
    if let Some((column, number)) = next {
        columns.push(column);
        values.push(Value::Integer(number));
    }
    find(&mut values, table, row, version)?;
    let shape = map.shapes.find(
        |shape| shape.kind() == Kind::Update && shape.columns() == columns,
        || {
            let computed = (0..table.columns.len()).filter(|column| is_computed(table, *column));
            Shape::new(Kind::Update, table, columns.clone(), computed.collect(), Left::default())
        },
    );
    let sent = Some(entity as Arc<dyn Any + Send + Sync>);
    Ok(Some(Planned {
        item,
        shape,
        sent,
        version: next,
        values,
        unread: None,
        lookup: of_row,
        key: None,
        may_be_gone: false,
    }))
}

/// Plans the DELETE of an entity.
pub(in crate::orm) fn plan_delete<E: Entity>(
    map: &Map<E>,
    row: &E,
    item: Arc<dyn Item>,
) -> Result<Planned> {
    let table = E::table();
    let mut values = Vec::new();
    find(&mut values, table, row, version(table, row)?)?;
    let shape = map.shapes.find(
        |shape| shape.kind() == Kind::Delete,
        || Shape::new(Kind::Delete, table, Vec::new(), Vec::new(), Left::default()),
    );
    let key = values.get(..table.primary_key.len()).map(<[_]>::to_vec);
    Ok(Planned {
        item,
        shape,
        sent: None,
        version: None,
        values,
        unread: None,
        lookup: of_row,
        key,
        may_be_gone: false,
    })
}

/// Lists the columns in which an entity differs from its row, without those that only the database or the
/// session sets.
pub(in crate::orm) fn changed<E: Entity>(entity: &E, row: &E) -> Vec<usize> {
    let table = E::table();
    let columns = (0..table.columns.len())
        .filter(|column| Some(*column) != table.version && !is_computed(table, *column));
    let differs = |column: &usize| match (entity.value(*column), row.value(*column)) {
        (Ok(now), Ok(before)) => !same(&now, &before),
        // What cannot be written is told when it is.
        _ => true,
    };
    columns.filter(differs).collect()
}

fn is_computed(table: &EntityTable, column: usize) -> bool {
    table.columns.get(column).is_some_and(|column| column.computed.is_some())
}

/// Appends the values that find the row.
fn find<E: Entity>(
    values: &mut Vec<Value>,
    table: &EntityTable,
    row: &E,
    version: Option<(usize, i64)>,
) -> Result<()> {
    for column in &table.primary_key {
        values.push(row.value(*column)?);
    }
    values.extend(version.map(|(_, number)| Value::Integer(number)));
    Ok(())
}

fn version<E: Entity>(table: &EntityTable, row: &E) -> Result<Option<(usize, i64)>> {
    let Some(column) = table.version else {
        return Ok(None);
    };
    match row.value(column)? {
        Value::Integer(number) => Ok(Some((column, number))),
        _ => Err(Error::new(
            ErrorKind::Entity,
            format!(
                "the version column `{}` of {} is no integer",
                table.column_name(column),
                named(table)
            ),
        )),
    }
}

/// Names an entity and its table, for messages.
pub(in crate::orm) fn named(table: &EntityTable) -> String {
    format!("`{}` (table `{}`)", table.entity, table.name)
}

/// A key that another entity of the session has is not free, unless that one is to be deleted.
fn refuse_known<E: Entity>(map: &Map<E>, entity: &E) -> Result<()> {
    match map.find(&entity.key()).map(|other| other.lock().stage) {
        Some(Stage::Persistent) => Err(Error::new(
            ErrorKind::Entity,
            format!(
                "a new {} has the primary key of one that the session has loaded; edit that one, or use `merge`",
                named(E::table())
            ),
        )),
        _ => Ok(()),
    }
}

#[cold]
fn changed_key(table: &EntityTable) -> Error {
    Error::new(
        ErrorKind::Entity,
        format!(
            "the primary key of a tracked {} was changed; delete it and add another one instead",
            named(table)
        ),
    )
}
