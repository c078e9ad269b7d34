//! A row as a cheap handle into its batch, its columns, and the trait that decodes it.

mod batch;
mod columns;
mod companion;
mod decode;
mod fields;
mod mapping;
mod positions;

pub use columns::{ColumnIndex, Columns};
pub use decode::FromRow;
pub use mapping::Mapping;
pub use positions::Positions;

pub use fields::{convert_at, convert_option_at, owned_at, owned_option_at};
#[cfg(feature = "json")]
pub use fields::{json_at, json_option_at};

pub(crate) use batch::{Bin, Buffers, RowBatch};
#[cfg(feature = "sqlite")]
pub(crate) use companion::Companion;

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::value::{FromValue, Mismatch, ValueRef};

/// One row of a result: a cheap, owned handle into the batch that it came with.
///
/// As long as any row of a batch lives, so does the batch (256 KiB or 4,096 rows by default); to keep
/// a few of many rows, keep what [`detach`](Self::detach) gives.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::AsyncEngine;
///
/// let engine = AsyncEngine::open("sqlite::memory:").await?;
/// let row = engine.query("SELECT 1 AS id, 'Ada' AS name").one().await?;
/// let name: &str = row.get("name")?;
/// let id: i64 = row.get(0)?;
/// assert_eq!((id, name), (1, "Ada"));
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Row {
    batch: Arc<RowBatch>,
    index: usize,
}

impl Row {
    /// Reads the column at a position (from 0) or of a name, borrowing from the row where `T` does.
    ///
    /// A name is first looked for as it is written, then without regard to ASCII case.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ColumnNotFound`] for a position or a name that the result does not have, and for
    /// a name that several columns have; [`ErrorKind::Decode`] when the value is not a `T`.
    #[inline]
    pub fn get<'r, T: FromValue<'r>>(&'r self, column: impl ColumnIndex) -> Result<T> {
        let position = column.position(self.columns())?;
        self.read(position)
    }

    /// Reads the field of a struct at its resolved position; what derived decoders call.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] when the value is not a `T`.
    #[inline]
    pub fn get_at<'r, T: FromValue<'r>>(
        &'r self,
        positions: &Positions,
        field: usize,
    ) -> Result<T> {
        self.read(positions.at(field))
    }

    /// Borrows the value of a column as the database has it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ColumnNotFound`], as [`get`](Self::get).
    pub fn value(&self, column: impl ColumnIndex) -> Result<ValueRef<'_>> {
        let position = column.position(self.columns())?;
        self.cell(position).ok_or_else(|| self.columns().no_position(position))
    }

    /// Decodes the whole row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ColumnNotFound`] and [`ErrorKind::Decode`], as [`get`](Self::get).
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
    /// let row = engine.query("SELECT 1, 'Ada'").one().await?;
    /// assert_eq!(row.decode::<(i64, String)>()?, (1, "Ada".to_owned()));
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    pub fn decode<T: FromRow>(&self) -> Result<T> {
        T::from_row(self, &T::positions(self.columns())?)
    }

    /// Returns the columns of the result.
    #[must_use]
    pub fn columns(&self) -> &Columns {
        self.batch.columns()
    }

    /// Returns the number of columns.
    #[must_use]
    pub fn len(&self) -> usize {
        self.batch.width()
    }

    /// Reports whether the row has no columns; no row of a database is so.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the row's place in its result, counted from 0.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.batch.first_row() + self.index as u64
    }

    /// Copies the row out of its batch, so that keeping it keeps nothing else.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self { batch: Arc::new(self.batch.only(self.index)), index: 0 }
    }

    pub(crate) fn new(batch: Arc<RowBatch>, index: usize) -> Self {
        Self { batch, index }
    }

    /// Moves to the next row of the same batch.
    pub(crate) fn advance(&mut self) -> bool {
        self.index += 1;
        self.index < self.batch.len()
    }

    pub(crate) fn batch(&self) -> &Arc<RowBatch> {
        &self.batch
    }

    pub(crate) fn remaining(&self) -> usize {
        self.batch.len().saturating_sub(self.index)
    }

    #[inline]
    fn cell(&self, position: usize) -> Option<ValueRef<'_>> {
        self.batch.value(self.index, position)
    }

    #[inline]
    fn read<'r, T: FromValue<'r>>(&'r self, position: usize) -> Result<T> {
        let Some(value) = self.cell(position) else {
            return Err(self.columns().no_position(position));
        };
        T::from_value(value).map_err(|why| self.misfit::<T>(position, value, &why))
    }

    #[cold]
    fn misfit<T>(&self, position: usize, value: ValueRef<'_>, why: &Mismatch) -> Error {
        misfit::<T>(&self.place(position), value, why)
    }

    /// Says where a value stands, and its SQL type.
    fn place(&self, position: usize) -> String {
        let name = self.columns().name(position).unwrap_or_default();
        let sql_type = self.cell(position).map_or("nothing", |value| value.sql_type());
        format!("row {}, column {position} (`{name}`): {sql_type}", self.number())
    }
}

impl fmt::Debug for Row {
    /// Shows the columns' names and types, and no value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (position, name) in self.columns().names().enumerate() {
            let sql_type = self.cell(position).map_or("?", |value| value.sql_type());
            map.entry(&name, &format_args!("{sql_type}"));
        }
        map.finish()
    }
}

/// A value that is not a `T`, after words for where it stands and what it is.
#[cold]
pub(crate) fn misfit<T>(place: &str, value: ValueRef<'_>, why: &Mismatch) -> Error {
    let because = match &why.why {
        Some(why) => format!(" does not fit {}: {why}", type_name::<T>()),
        None => format!(" cannot be read as {}", type_name::<T>()),
    };
    let hint = match value {
        ValueRef::Null if why.why.is_none() => "; read it as an Option",
        _ => "",
    };
    Error::new(ErrorKind::Decode, format!("{place}{because}{hint}"))
}

/// The type's name without the paths of its modules.
fn type_name<T>() -> String {
    let full = std::any::type_name::<T>();
    let mut short = String::with_capacity(full.len());
    for word in full.split_inclusive(|letter: char| {
        !(letter.is_alphanumeric() || matches!(letter, '_' | ':' | '{' | '}'))
    }) {
        short.push_str(word.rsplit("::").next().unwrap_or(word));
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_named_without_its_modules() {
        assert_eq!(type_name::<Option<String>>(), "Option<String>");
        assert_eq!(type_name::<&str>(), "&str");
        let within = || {
            struct Local;
            type_name::<Option<Local>>()
        };
        assert_eq!(within(), "Option<Local>");
    }
}
