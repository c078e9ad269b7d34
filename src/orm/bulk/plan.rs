//! How entities and keys become rows of statements.

use std::marker::PhantomData;
use std::sync::Arc;

use super::slice::{Shape, Slice};
use super::text::{self, OnConflict};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{Entity, EntityTable, Key};
use crate::orm::cell::Cell;
use crate::orm::home::Home;
use crate::orm::identity::Map;
use crate::orm::item::Item;
use crate::value::Value;

/// Makes rows of what the source gives.
pub(super) trait Plan<T>: Send {
    fn add(&mut self, item: T, slice: &mut Slice) -> Result<()>;

    /// Says what it means for an entity that its row was not met.
    fn missed(&self) -> String;

    /// Takes the entities of the session whose rows have been deleted.
    fn gone(&mut self) -> Vec<Arc<dyn Item>> {
        Vec::new()
    }
}

/// Inserts, also where the row may be there already.
pub(super) struct Inserts<E> {
    conflict: Option<Conflict>,
    /// The columns that an entity may leave to the database.
    may_be_left: Vec<usize>,
    /// Which of those the entity at hand leaves.
    left: Vec<usize>,
    shapes: Vec<Insert>,
    entity: PhantomData<fn() -> E>,
}

/// What an upsert was asked to do.
#[derive(Debug, Default)]
pub(super) struct Conflict {
    pub(super) target: Option<Vec<usize>>,
    pub(super) update: Option<Vec<usize>>,
}

/// The INSERT of those entities that leave the same columns.
struct Insert {
    left: Vec<usize>,
    columns: Vec<usize>,
    shape: Shape,
}

impl<E: Entity> Inserts<E> {
    pub(super) fn new(conflict: Option<Conflict>) -> Result<Self> {
        let table = E::table();
        if let Some(Conflict { target, update }) = &conflict {
            if let Some(target) = target {
                refuse_none(table, target, "the conflict of an upsert")?;
            }
            check_written(table, update.iter().flatten())?;
        }
        let may_be_left = (0..table.columns.len())
            .filter(|column| {
                let column = table.columns.get(*column);
                column.is_some_and(|column| column.generated || column.default.is_some())
            })
            .collect();
        Ok(Self {
            conflict,
            may_be_left,
            left: Vec::new(),
            shapes: Vec::new(),
            entity: PhantomData,
        })
    }

    /// Finds the INSERT for the columns that are left, or makes it.
    fn shape(&mut self) -> usize {
        if let Some(known) = self.shapes.iter().position(|shape| shape.left == self.left) {
            return known;
        }
        let table = E::table();
        let columns: Vec<usize> = (0..table.columns.len())
            .filter(|column| !self.left.contains(column) && !is_computed(table, *column))
            .collect();
        let conflict = self.conflict.as_ref().map(|conflict| conflict.of(table, &columns));
        let text = text::insert(table, &columns, conflict.as_ref());
        let one_each = self.conflict.is_none();
        let shape = Shape { text, one_each };
        self.shapes.push(Insert { left: self.left.clone(), columns, shape });
        self.shapes.len() - 1
    }
}

impl Conflict {
    /// What is updated where all is that was written, and can be.
    fn of(&self, table: &EntityTable, written: &[usize]) -> OnConflict {
        let target = self.target.clone().unwrap_or_else(|| table.primary_key.clone());
        let update = self.update.clone().unwrap_or_else(|| {
            let free = |column: &&usize| {
                !target.contains(column)
                    && !table.primary_key.contains(column)
                    && table.version != Some(**column)
            };
            written.iter().filter(free).copied().collect()
        });
        OnConflict { target, update }
    }
}

impl<E: Entity> Plan<E> for Inserts<E> {
    fn add(&mut self, entity: E, slice: &mut Slice) -> Result<()> {
        entity.validate()?;
        self.left.clear();
        let left = self.may_be_left.iter().copied().filter(|column| entity.is_left(*column));
        self.left.extend(left);
        let number = self.shape();
        let Some(Insert { columns, shape, .. }) = self.shapes.get(number) else {
            return Ok(());
        };
        slice.add(number, shape, |values| {
            if columns.len() == E::table().columns.len() {
                return entity.values(values);
            }
            columns.iter().try_for_each(|column| {
                values.push(entity.value(*column)?);
                Ok(())
            })
        })
    }

    fn missed(&self) -> String {
        "the row was not inserted, as a trigger of its table has it".to_owned()
    }
}

/// Updates of whole rows, or of some columns.
pub(super) struct Updates<E> {
    columns: Vec<usize>,
    shape: Shape,
    entity: PhantomData<fn() -> E>,
}

impl<E: Entity> Updates<E> {
    pub(super) fn new(columns: Option<Vec<usize>>, may_miss: bool) -> Result<Self> {
        let table = E::table();
        check_written(table, columns.iter().flatten())?;
        let columns = columns.unwrap_or_else(|| {
            let free = |column: &usize| {
                !table.primary_key.contains(column)
                    && table.version != Some(*column)
                    && !is_computed(table, *column)
            };
            (0..table.columns.len()).filter(free).collect()
        });
        refuse_none(table, &columns, "an update")?;
        let written: Vec<_> = columns.iter().copied().chain(table.version).collect();
        let text = text::update(table, &written, &found_by(table));
        let one_each = !may_miss || table.version.is_some();
        Ok(Self { columns, shape: Shape { text, one_each }, entity: PhantomData })
    }
}

impl<E: Entity> Plan<E> for Updates<E> {
    fn add(&mut self, entity: E, slice: &mut Slice) -> Result<()> {
        entity.validate()?;
        let table = E::table();
        slice.add(0, &self.shape, |values| {
            for column in &self.columns {
                values.push(entity.value(*column)?);
            }
            let version = version(table, &entity)?;
            values.extend(version.map(|number| Value::Integer(number.wrapping_add(1))));
            for column in &table.primary_key {
                values.push(entity.value(*column)?);
            }
            values.extend(version.map(Value::Integer));
            Ok(())
        })
    }

    fn missed(&self) -> String {
        changed_or_gone(E::table())
    }
}

/// Deletions of entities.
pub(super) struct Deletes<E: Entity> {
    shape: Shape,
    doomed: Doomed<E>,
}

impl<E: Entity> Deletes<E> {
    pub(super) fn new(may_miss: bool, home: Option<Arc<Home>>) -> Self {
        let table = E::table();
        let one_each = !may_miss || table.version.is_some();
        let shape = Shape { text: text::delete(table, &found_by(table)), one_each };
        Self { shape, doomed: Doomed::of(home) }
    }
}

impl<E: Entity> Plan<E> for Deletes<E> {
    fn add(&mut self, entity: E, slice: &mut Slice) -> Result<()> {
        let table = E::table();
        self.doomed.note(|| entity.key());
        slice.add(0, &self.shape, |values| {
            for column in &table.primary_key {
                values.push(entity.value(*column)?);
            }
            values.extend(version(table, &entity)?.map(Value::Integer));
            Ok(())
        })
    }

    fn missed(&self) -> String {
        changed_or_gone(E::table())
    }

    fn gone(&mut self) -> Vec<Arc<dyn Item>> {
        self.doomed.take()
    }
}

/// Deletions by keys, whatever the versions of the rows.
pub(super) struct DeletesByKey<E: Entity> {
    shape: Shape,
    doomed: Doomed<E>,
}

impl<E: Entity> DeletesByKey<E> {
    pub(super) fn new(may_miss: bool, home: Option<Arc<Home>>) -> Self {
        let table = E::table();
        let shape = Shape { text: text::delete(table, &table.primary_key), one_each: !may_miss };
        Self { shape, doomed: Doomed::of(home) }
    }
}

impl<E: Entity> Plan<E::Key> for DeletesByKey<E> {
    fn add(&mut self, key: E::Key, slice: &mut Slice) -> Result<()> {
        self.doomed.note(|| key.clone());
        slice.add(0, &self.shape, |values| {
            values.extend(key.values()?);
            Ok(())
        })
    }

    fn missed(&self) -> String {
        "there is no row of this key".to_owned()
    }

    fn gone(&mut self) -> Vec<Arc<dyn Item>> {
        self.doomed.take()
    }
}

/// Entities of a session whose rows are being deleted: as many as there are handles of, and no more.
struct Doomed<E: Entity> {
    map: Option<Arc<Map<E>>>,
    cells: Vec<Arc<Cell<E>>>,
}

impl<E: Entity> Doomed<E> {
    fn of(home: Option<Arc<Home>>) -> Self {
        Self { map: home.map(|home| home.map::<E>()), cells: Vec::new() }
    }

    fn note(&mut self, key: impl FnOnce() -> E::Key) {
        if let Some(map) = &self.map {
            self.cells.extend(map.find(&key()));
        }
    }

    fn take(&mut self) -> Vec<Arc<dyn Item>> {
        self.cells.drain(..).map(|cell| cell as Arc<dyn Item>).collect()
    }
}

/// The columns that find the row of an entity.
fn found_by(table: &EntityTable) -> Vec<usize> {
    table.primary_key.iter().copied().chain(table.version).collect()
}

fn changed_or_gone(table: &EntityTable) -> String {
    let what = match table.version {
        Some(_) => "the row was changed or deleted since the entity was loaded",
        None => "there is no row of its key",
    };
    what.to_owned()
}

fn version<E: Entity>(table: &EntityTable, entity: &E) -> Result<Option<i64>> {
    let Some(column) = table.version else {
        return Ok(None);
    };
    match entity.value(column)? {
        Value::Integer(number) => Ok(Some(number)),
        _ => Err(misuse(
            table,
            format!("its version, `{}`, is no integer", table.column_name(column)),
        )),
    }
}

fn is_computed(table: &EntityTable, column: usize) -> bool {
    table.columns.get(column).is_some_and(|column| column.computed.is_some())
}

/// Refuses columns that are not for the program to write.
fn check_written<'c>(
    table: &EntityTable,
    columns: impl IntoIterator<Item = &'c usize>,
) -> Result<()> {
    for column in columns {
        let why = if table.primary_key.contains(column) {
            "belongs to its primary key, which finds the row"
        } else if table.version == Some(*column) {
            "is its version, which counts by itself"
        } else if is_computed(table, *column) {
            "is computed by the database"
        } else {
            continue;
        };
        let name = table.column_name(*column);
        return Err(misuse(table, format!("the column `{name}` {why}, and cannot be set")));
    }
    Ok(())
}

fn refuse_none(table: &EntityTable, columns: &[usize], of: &str) -> Result<()> {
    match columns {
        [] => Err(misuse(table, format!("{of} names no column"))),
        _ => Ok(()),
    }
}

#[cold]
fn misuse(table: &EntityTable, what: String) -> Error {
    Error::new(ErrorKind::Entity, format!("{}: {what}", named(table)))
}

/// Names an entity and its table, for messages.
pub(super) fn named(table: &EntityTable) -> String {
    format!("`{}` (table `{}`)", table.entity, table.name)
}
