//! An entity that is written by hand, as `#[derive(Entity)]` would.

use std::sync::OnceLock;

use headwater::{
    Column, Columns, Entity, EntityColumn, EntityTable, FromRow, Positions, Result, Row, ToValue,
    Value, ValueRef,
};

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) age: Option<i32>,
}

impl User {
    pub(crate) const ID: Column<Self, i64> = Column::at(0);
    pub(crate) const NAME: Column<Self, String> = Column::at(1);
    pub(crate) const AGE: Column<Self, Option<i32>> = Column::at(2);
}

impl FromRow for User {
    fn positions(columns: &Columns) -> Result<Positions> {
        Positions::by_name(columns, &["id", "name", "age"], "User")
    }

    fn from_row(row: &Row, positions: &Positions) -> Result<Self> {
        Ok(Self {
            id: row.get_at(positions, 0)?,
            name: row.get_at(positions, 1)?,
            age: row.get_at(positions, 2)?,
        })
    }
}

impl Entity for User {
    type Key = i64;

    fn table() -> &'static EntityTable {
        static TABLE: OnceLock<EntityTable> = OnceLock::new();
        TABLE.get_or_init(|| {
            let columns = vec![
                EntityColumn::new::<i64>("id", "id"),
                EntityColumn::new::<String>("name", "name"),
                EntityColumn::new::<Option<i32>>("age", "age"),
            ];
            EntityTable::new::<User>("users", "User", columns, vec![0])
        })
    }

    fn key(&self) -> i64 {
        self.id
    }

    fn value(&self, column: usize) -> Result<Value> {
        match column {
            0 => self.id.to_value(),
            1 => self.name.to_value(),
            _ => self.age.to_value(),
        }
    }

    fn values(&self, into: &mut Vec<Value>) -> Result<()> {
        for column in 0..3 {
            into.push(self.value(column)?);
        }
        Ok(())
    }

    fn is_left(&self, _: usize) -> bool {
        false
    }

    fn set(&mut self, _: usize, _: ValueRef<'_>) -> Result<()> {
        Ok(())
    }
}
