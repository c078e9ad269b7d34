//! A row seen as an ordered map from names to values.

use super::{ColumnIndex, Row};
use crate::error::Result;
use crate::value::{FromValue, ValueRef};

/// A row as an ordered map from column names to values.
///
/// With the feature `json` it is `Serialize`: NULL, integers, reals, texts and arrays of bytes. Two
/// columns of one name give a key twice; reals that are not finite are whatever the serializer makes of
/// them (`serde_json` writes `null`).
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
/// let mut mappings = engine.query("SELECT 1 AS a, 'x' AS b").await?.mappings();
/// let mapping = mappings.try_next().await?.unwrap();
/// let names: Vec<&str> = mapping.iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["a", "b"]);
/// assert_eq!(mapping.get::<i64>("a")?, 1);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Mapping {
    row: Row,
}

impl Mapping {
    pub(crate) fn new(row: Row) -> Self {
        Self { row }
    }

    /// Iterates over names and values in the order of the columns.
    pub fn iter(&self) -> impl Iterator<Item = (&str, ValueRef<'_>)> {
        let names = self.row.columns().names().enumerate();
        names.filter_map(|(position, name)| Some((name, self.row.cell(position)?)))
    }

    /// Reads the value of a name or a position.
    ///
    /// # Errors
    ///
    /// As [`Row::get`].
    pub fn get<'r, T: FromValue<'r>>(&'r self, column: impl ColumnIndex) -> Result<T> {
        self.row.get(column)
    }

    /// Returns the number of columns.
    #[must_use]
    pub fn len(&self) -> usize {
        self.row.len()
    }

    /// Reports whether there are no columns.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.row.is_empty()
    }

    /// Returns the row.
    #[must_use]
    pub fn into_row(self) -> Row {
        self.row
    }
}

#[cfg(feature = "json")]
impl serde::Serialize for Mapping {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(feature = "json")]
impl serde::Serialize for ValueRef<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            ValueRef::Null => serializer.serialize_unit(),
            ValueRef::Integer(value) => serializer.serialize_i64(value),
            ValueRef::Real(value) => serializer.serialize_f64(value),
            ValueRef::Text(value) => serializer.serialize_str(value),
            ValueRef::Blob(value) | ValueRef::InvalidText(value) => {
                serializer.serialize_bytes(value)
            }
        }
    }
}
