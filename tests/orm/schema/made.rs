//! `Made`: entities whose tables a test makes as it runs.

use std::cell::RefCell;
use std::collections::HashMap;

use headwater::{
    Columns, Entity, FromRow, Positions, Result, Row, Value, ValueRef,
    entity::{EntityColumn, EntityIndex, EntityTable, Reference},
};

thread_local! {
    static TABLES: RefCell<HashMap<usize, &'static EntityTable>> = RefCell::default();
}

/// The entity of the table that this thread has put at `N`.
#[derive(Clone, Debug)]
pub(super) struct Made<const N: usize>;

/// Makes a table, whose first column is its primary key.
pub(super) fn table<const N: usize>(
    name: &'static str,
    entity: &'static str,
    columns: impl IntoIterator<Item = EntityColumn>,
) -> EntityTable {
    EntityTable::new::<Made<N>>(name, entity, columns.into_iter().collect(), vec![0])
}

/// Puts a table at `N`.
pub(super) fn put<const N: usize>(table: EntityTable) {
    let table: &'static EntityTable = Box::leak(Box::new(table));
    TABLES.with_borrow_mut(|tables| tables.insert(N, table));
}

/// A generated key.
pub(super) fn id() -> EntityColumn {
    let mut id = EntityColumn::new::<i64>("id", "id");
    id.generated = true;
    id
}

pub(super) fn column<T: headwater::ColumnType>(name: &'static str) -> EntityColumn {
    EntityColumn::new::<T>(name, name)
}

pub(super) fn with_default(mut column: EntityColumn, default: &'static str) -> EntityColumn {
    column.default = Some(default);
    column
}

pub(super) fn computed(mut column: EntityColumn, expression: &'static str) -> EntityColumn {
    column.computed = Some(expression);
    column
}

pub(super) fn index(columns: &[usize]) -> EntityIndex {
    EntityIndex::on(columns.to_vec(), false, None)
}

pub(super) fn unique(columns: &[usize]) -> EntityIndex {
    EntityIndex::on(columns.to_vec(), true, None)
}

pub(super) fn to<const N: usize>(columns: &[usize], target: &[usize]) -> Reference {
    Reference::to::<Made<N>>(columns.to_vec(), target.to_vec())
}

impl<const N: usize> FromRow for Made<N> {
    fn positions(_: &Columns) -> Result<Positions> {
        Ok(Positions::default())
    }

    fn from_row(_: &Row, _: &Positions) -> Result<Self> {
        Ok(Self)
    }
}

impl<const N: usize> Entity for Made<N> {
    type Key = i64;

    fn table() -> &'static EntityTable {
        TABLES.with_borrow(|tables| tables[&N])
    }

    fn key(&self) -> i64 {
        unreachable!("no row of it is made")
    }

    fn value(&self, _: usize) -> Result<Value> {
        unreachable!("no row of it is made")
    }

    fn values(&self, _: &mut Vec<Value>) -> Result<()> {
        unreachable!("no row of it is made")
    }

    fn is_left(&self, _: usize) -> bool {
        unreachable!("no row of it is made")
    }

    fn set(&mut self, _: usize, _: ValueRef<'_>) -> Result<()> {
        unreachable!("no row of it is made")
    }
}
