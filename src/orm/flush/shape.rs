//! `Shape`: what the rows of one statement have in common.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError};

use crate::expr::EntityTable;
use crate::flow::sync::{AtomicBool, Mutex, Ordering};
use crate::orm::journal::Left;
use crate::statement::{Text, quoted};

/// What a statement of a flush does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::orm) enum Kind {
    Insert,
    Update,
    Delete,
    /// Writes a foreign key that could not be written with its row, or takes one away that is in the way
    /// of a delete.
    Link,
}

/// An operation on some columns of a table: one statement.
#[derive(Debug)]
pub(in crate::orm) struct Shape {
    kind: Kind,
    table: &'static EntityTable,
    /// The columns that are written.
    columns: Vec<usize>,
    /// The columns that the database fills, which are read back.
    returning: Vec<usize>,
    left: Left,
    /// The columns that find the row.
    keys: Vec<usize>,
    text: Text,
    /// Whether the rowids that it gave were seen to be keys.
    looked: AtomicBool,
}

impl Shape {
    pub(super) fn new(
        kind: Kind,
        table: &'static EntityTable,
        columns: Vec<usize>,
        returning: Vec<usize>,
        left: Left,
    ) -> Self {
        let mut keys = Vec::new();
        if kind != Kind::Insert {
            keys.clone_from(&table.primary_key);
        }
        if matches!(kind, Kind::Update | Kind::Delete) {
            keys.extend(table.version);
        }
        let mut shape = Self {
            kind,
            table,
            columns,
            returning,
            left,
            keys,
            text: Text::Static(""),
            looked: AtomicBool::new(false),
        };
        shape.text = Cow::<str>::Owned(shape.render()).into();
        shape
    }

    pub(in crate::orm) fn kind(&self) -> Kind {
        self.kind
    }

    pub(in crate::orm) fn left(&self) -> &Left {
        &self.left
    }

    pub(super) fn table(&self) -> &'static EntityTable {
        self.table
    }

    pub(super) fn columns(&self) -> &[usize] {
        &self.columns
    }

    pub(super) fn returning(&self) -> &[usize] {
        &self.returning
    }

    pub(super) fn text(&self) -> Text {
        self.text.clone()
    }

    /// Reports whether all that comes back is the rowid of the new row.
    pub(super) fn gives_row_id(&self) -> bool {
        let table = self.table;
        let [column] = self.returning[..] else {
            return false;
        };
        let is_row_id = |column: &crate::expr::EntityColumn| {
            column.generated && column.sql_type == crate::value::SqlType::Integer
        };
        self.kind == Kind::Insert
            && table.primary_key == [column]
            && table.columns.get(column).is_some_and(is_row_id)
    }

    /// Returns what finds the row that was inserted last by its key, as long as that was not seen to work.
    pub(super) fn look(&self) -> Option<Text> {
        if !self.gives_row_id() || self.looked.load(Ordering::Relaxed) {
            return None;
        }
        let table = self.table;
        let key = table.primary_key.iter().map(|column| quoted(table.column_name(*column)));
        let text = format!(
            "SELECT 1 FROM {} WHERE {} = last_insert_rowid()",
            quoted(table.name),
            key.collect::<String>()
        );
        Some(Cow::<str>::Owned(text).into())
    }

    pub(super) fn note_looked(&self) {
        self.looked.store(true, Ordering::Relaxed);
    }

    fn render(&self) -> String {
        let table = quoted(self.table.name);
        let names = |columns: &[usize], after: &str, between: &str| {
            let names =
                columns.iter().map(|column| quoted(self.table.column_name(*column)) + after);
            names.collect::<Vec<_>>().join(between)
        };
        let found = names(&self.keys, " = ?", " AND ");
        let mut text = match self.kind {
            Kind::Insert if self.columns.is_empty() => {
                format!("INSERT INTO {table} DEFAULT VALUES")
            }
            Kind::Insert => {
                let places = vec!["?"; self.columns.len()].join(", ");
                format!(
                    "INSERT INTO {table} ({}) VALUES ({places})",
                    names(&self.columns, "", ", ")
                )
            }
            Kind::Update | Kind::Link => {
                format!("UPDATE {table} SET {} WHERE {found}", names(&self.columns, " = ?", ", "))
            }
            Kind::Delete => format!("DELETE FROM {table} WHERE {found}"),
        };
        if !self.returning.is_empty() && !self.gives_row_id() {
            text.push_str(" RETURNING ");
            text.push_str(&names(&self.returning, "", ", "));
        }
        text
    }
}

/// The shapes that one entity type was written in, each made once.
#[derive(Debug, Default)]
pub(in crate::orm) struct Shapes {
    known: Mutex<Vec<Arc<Shape>>>,
}

impl Shapes {
    /// How many are kept: there may be as many as there are sets of columns.
    const KEPT: usize = 64;

    /// Finds the shape that fits, or makes it.
    pub(super) fn find(
        &self,
        mut fits: impl FnMut(&Shape) -> bool,
        make: impl FnOnce() -> Shape,
    ) -> Arc<Shape> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // The last that was made is the likeliest.
        if let Some(shape) = known.iter().rev().find(|shape| fits(shape)) {
            return Arc::clone(shape);
        }
        let shape = Arc::new(make());
        if known.len() >= Self::KEPT {
            known.remove(0);
        }
        known.push(Arc::clone(&shape));
        shape
    }
}
