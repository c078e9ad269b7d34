//! The shape of a query: what its text depends on, and the values that stand in it.
//!
//! Taking the shape takes the values out of the tree and leaves their numbers in their places. Two
//! queries of one shape have equal keys, and the same numbers at the same places.

mod nodes;
mod statements;

use super::dialect::Dialect;
use super::node::{Defect, Name, Root, Source};
use super::table::EntityTable;
use crate::error::ErrorKind;
use crate::value::Value;

/// How deep expressions and queries stand in each other at most. They are rendered by recursion, which has to fit
/// the stack of any thread; SQLite's own limit is not much higher.
const DEEPEST: usize = 256;

/// How deep a query goes, in expressions: rendering one takes as much of the stack.
const QUERY: usize = 8;

/// What was taken out of a query.
pub(crate) struct Shape {
    /// What the text depends on.
    pub(crate) key: Vec<u8>,
    pub(crate) values: Vec<Value>,
    pub(crate) defect: Option<Defect>,
    /// How many values are bound once more to round lists up.
    pub(crate) padding: usize,
    /// In how many expressions and queries the next one stands.
    depth: usize,
    /// The column that was seen last, to name it with a value that cannot be bound.
    near: Option<(&'static EntityTable, usize)>,
}

impl Shape {
    pub(crate) fn of(root: &mut Root, dialect: Dialect) -> Self {
        let mut shape = Self {
            key: Vec::with_capacity(128),
            values: Vec::new(),
            defect: None,
            padding: 0,
            depth: 0,
            near: None,
        };
        shape.tag(dialect as u8);
        root.fold(&mut shape);
        shape
    }

    fn tag(&mut self, tag: u8) {
        self.key.push(tag);
    }

    fn number(&mut self, number: usize) {
        self.key.extend_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.key.extend_from_slice(text.as_bytes());
    }

    /// There is one description for each entity, so that its place tells it from the others.
    fn table(&mut self, table: &'static EntityTable) {
        self.number(std::ptr::from_ref(table).addr());
    }

    /// Goes on within an expression or a query, unless it stands too deep.
    fn within(&mut self, steps: usize, fold: impl FnOnce(&mut Self)) {
        self.depth += steps;
        if self.depth <= DEEPEST {
            fold(self);
        } else {
            self.note(misuse(format!(
                "the query has an expression that is nested more than {DEEPEST} deep, a query within another counting as \
                 {QUERY}: a chain of only `&` or only `|` may be of any length, and so may a list for `in_`"
            )));
        }
        self.depth -= steps;
    }

    fn take(&mut self, value: &mut Value) {
        let number = i64::try_from(self.values.len()).unwrap_or(i64::MAX);
        self.values.push(std::mem::replace(value, Value::Integer(number)));
    }

    fn note(&mut self, defect: Defect) {
        self.defect.get_or_insert(defect);
    }

    fn refused(&mut self, defect: &Defect) {
        let (kind, what) = defect;
        if *kind != ErrorKind::Bind {
            return self.note(defect.clone());
        }
        let place = self.near.map(|(table, column)| {
            let (name, entity) = (table.column_name(column), table.entity);
            format!(" for the column `{name}` of `{entity}`")
        });
        let place = place.unwrap_or_default();
        self.note((*kind, format!("a value{place} cannot be bound: {what}")));
    }
}

/// What has a shape.
trait Fold {
    fn fold(&mut self, shape: &mut Shape);
}

impl<T: Fold> Fold for Vec<T> {
    fn fold(&mut self, shape: &mut Shape) {
        shape.number(self.len());
        for item in self {
            item.fold(shape);
        }
    }
}

impl<T: Fold> Fold for Option<T> {
    fn fold(&mut self, shape: &mut Shape) {
        shape.tag(u8::from(self.is_some()));
        if let Some(item) = self {
            item.fold(shape);
        }
    }
}

impl<T: Fold> Fold for Box<T> {
    fn fold(&mut self, shape: &mut Shape) {
        (**self).fold(shape);
    }
}

impl<A: Fold, B: Fold> Fold for (A, B) {
    fn fold(&mut self, shape: &mut Shape) {
        self.0.fold(shape);
        self.1.fold(shape);
    }
}

impl Fold for usize {
    fn fold(&mut self, shape: &mut Shape) {
        shape.number(*self);
    }
}

impl Fold for bool {
    fn fold(&mut self, shape: &mut Shape) {
        shape.tag(u8::from(*self));
    }
}

impl Fold for Name {
    fn fold(&mut self, shape: &mut Shape) {
        shape.text(self);
    }
}

impl Fold for Defect {
    fn fold(&mut self, shape: &mut Shape) {
        shape.note(self.clone());
    }
}

impl Fold for Source {
    fn fold(&mut self, shape: &mut Shape) {
        match self {
            Self::Table(table) => {
                shape.tag(0);
                shape.table(table);
            }
            Self::Alias(table, name) => {
                shape.tag(1);
                shape.table(table);
                name.fold(shape);
            }
            Self::Excluded(table) => {
                shape.tag(2);
                shape.table(table);
            }
        }
    }
}

/// What a query is told of that cannot be built.
pub(crate) fn misuse(what: impl Into<String>) -> Defect {
    (ErrorKind::Entity, what.into())
}
