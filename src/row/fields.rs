//! What a derived decoder reads a field with, beyond a plain value.

use std::borrow::Cow;
use std::error::Error as StdError;

use super::{FromRow, Positions, Row, type_name};
use crate::error::{Error, ErrorKind, Result};
#[cfg(feature = "json")]
use crate::value::Json;
use crate::value::{FromValue, ValueRef};

impl Row {
    /// Reads a type that [`Positions::with_nested`] resolved, by its place among those; what derived
    /// decoders call.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] when a value does not fit.
    #[inline]
    pub fn get_nested<T: FromRow>(&self, positions: &Positions, place: usize) -> Result<T> {
        T::from_row(self, positions.nested(place))
    }

    /// Reads what the other side of a left join gave: `None` where all columns of `T` are NULL.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] when a value does not fit, and when only some are NULL that `T` does not
    /// take as such.
    pub fn get_nested_option<T: FromRow>(
        &self,
        positions: &Positions,
        place: usize,
    ) -> Result<Option<T>> {
        if positions.nested(place).are_null(self) {
            return Ok(None);
        }
        self.get_nested(positions, place).map(Some)
    }
}

/// Reads a field as a `V`, and makes a `T` of it.
pub fn convert_at<'r, V, T>(row: &'r Row, positions: &Positions, field: usize) -> Result<T>
where
    V: FromValue<'r>,
    T: TryFrom<V>,
    T::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let value = row.get_at::<V>(positions, field)?;
    T::try_from(value).map_err(|why| unconverted::<V, T>(row, positions.at(field), why.into()))
}

/// Reads a field as [`convert_at`] does, where it is not NULL.
pub fn convert_option_at<'r, V, T>(
    row: &'r Row,
    positions: &Positions,
    field: usize,
) -> Result<Option<T>>
where
    V: FromValue<'r>,
    T: TryFrom<V>,
    T::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    if row.get_at::<ValueRef<'_>>(positions, field)?.is_null() {
        return Ok(None);
    }
    convert_at(row, positions, field).map(Some)
}

#[cold]
fn unconverted<V, T>(row: &Row, position: usize, why: Box<dyn StdError + Send + Sync>) -> Error {
    let (via, target) = (type_name::<V>(), type_name::<T>());
    let place = row.place(position);
    let message = format!("{place}, read as {via}, does not become {target}: {why}");
    Error::new(ErrorKind::Decode, message).wrapping(why)
}

/// Reads a field that would borrow, as one that owns.
pub fn owned_at<'a, B>(row: &Row, positions: &Positions, field: usize) -> Result<Cow<'a, B>>
where
    B: ToOwned + ?Sized,
    B::Owned: for<'r> FromValue<'r>,
{
    row.get_at(positions, field).map(Cow::Owned)
}

/// Reads a field as [`owned_at`] does, where it is not NULL.
pub fn owned_option_at<'a, B>(
    row: &Row,
    positions: &Positions,
    field: usize,
) -> Result<Option<Cow<'a, B>>>
where
    B: ToOwned + ?Sized,
    B::Owned: for<'r> FromValue<'r>,
{
    let owned: Option<B::Owned> = row.get_at(positions, field)?;
    Ok(owned.map(Cow::Owned))
}

/// Reads a field that is JSON, as [`Json`] is read.
#[cfg(feature = "json")]
pub fn json_at<T>(row: &Row, positions: &Positions, field: usize) -> Result<T>
where
    T: serde::de::DeserializeOwned,
{
    row.get_at(positions, field).map(|Json(value)| value)
}

/// Reads a field as [`json_at`] does, where it is not NULL; the `null` of JSON is none either.
#[cfg(feature = "json")]
pub fn json_option_at<T>(row: &Row, positions: &Positions, field: usize) -> Result<Option<T>>
where
    T: serde::de::DeserializeOwned,
{
    if row.get_at::<ValueRef<'_>>(positions, field)?.is_null() {
        return Ok(None);
    }
    json_at(row, positions, field)
}
