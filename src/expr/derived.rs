//! What the code of `#[derive(Entity)]` calls.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::marker::PhantomData;

use super::column::Column;
use super::entity::Embedded;
use super::table::EntityColumn;
use crate::error::{Error, ErrorKind, Result};
use crate::row::misfit;
use crate::value::{ColumnType, FromValue, Mismatch, SqlType, ValueRef};
#[cfg(feature = "json")]
use crate::value::{Json, ToValue, Value};

/// Reports whether a generated key is left to the database.
#[inline]
pub fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Reads what the database gave a column.
pub fn given<'v, T: FromValue<'v>>(value: ValueRef<'v>, entity: &str, column: &str) -> Result<T> {
    T::from_value(value).map_err(|why| unfit::<T>(value, entity, column, &why))
}

#[cold]
fn unfit<T>(value: ValueRef<'_>, entity: &str, column: &str, why: &Mismatch) -> Error {
    let place = format!("column `{column}` of `{entity}`: {}", value.sql_type());
    misfit::<T>(&place, value, why)
}

/// Reads a column that would borrow, as one that owns.
pub fn owned_given<'a, B>(value: ValueRef<'_>, entity: &str, column: &str) -> Result<Cow<'a, B>>
where
    B: ToOwned + ?Sized,
    B::Owned: for<'v> FromValue<'v>,
{
    given(value, entity, column).map(Cow::Owned)
}

/// Reads a column as [`owned_given`] does, where it is not NULL.
pub fn owned_option_given<'a, B>(
    value: ValueRef<'_>,
    entity: &str,
    column: &str,
) -> Result<Option<Cow<'a, B>>>
where
    B: ToOwned + ?Sized,
    B::Owned: for<'v> FromValue<'v>,
{
    let owned: Option<B::Owned> = given(value, entity, column)?;
    Ok(owned.map(Cow::Owned))
}

/// Reads a column that is JSON.
#[cfg(feature = "json")]
pub fn json_given<T>(value: ValueRef<'_>, entity: &str, column: &str) -> Result<T>
where
    T: serde::de::DeserializeOwned,
{
    given(value, entity, column).map(|Json(value)| value)
}

/// Reads a column as [`json_given`] does, where it is not NULL.
#[cfg(feature = "json")]
pub fn json_option_given<T>(value: ValueRef<'_>, entity: &str, column: &str) -> Result<Option<T>>
where
    T: serde::de::DeserializeOwned,
{
    if value.is_null() {
        return Ok(None);
    }
    json_given(value, entity, column)
}

/// Writes a field that is JSON.
#[cfg(feature = "json")]
pub fn json_value<T: serde::Serialize>(value: &T) -> Result<Value> {
    Json(value).to_value()
}

/// Writes a field as [`json_value`] does, where it is not `None`.
#[cfg(feature = "json")]
pub fn json_option_value<T: serde::Serialize>(value: &Option<T>) -> Result<Value> {
    value.as_ref().map(Json).to_value()
}

/// The columns of an embedded type, in the table of an entity.
#[must_use]
pub fn embedded<T: Embedded>(prefix: &str, field: &str) -> Vec<EntityColumn> {
    T::columns().into_iter().map(|column| column.within(prefix, field)).collect()
}

/// The columns of fields and of embedded types, in the order of the fields.
#[must_use]
pub fn joined(columns: Vec<Vec<EntityColumn>>) -> Vec<EntityColumn> {
    columns.into_iter().flatten().collect()
}

/// There is no column at the position.
#[cold]
#[must_use]
pub fn no_column(entity: &str, position: usize) -> Error {
    Error::new(ErrorKind::Bind, format!("`{entity}` has no column {position}"))
}

/// What a validation refused an entity with: an error of this crate as it is, and any other one wrapped.
#[cold]
pub fn invalid(why: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    why.into().downcast::<Error>().map_or_else(Error::other, |error| *error)
}

/// Two columns of the same type, but for an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "a column of type `{Self}` cannot refer to one of type `{T}`",
    label = "this column is of type `{T}`",
    note = "give both fields one type; the one that refers may be an `Option` of it"
)]
pub trait Fits<T> {}

impl<T> Fits<T> for T {}

/// The types of a column that refers and of one that is referred to.
///
/// Two steps make both types known before they are compared: else the compiler takes the one for the other,
/// and finds fault with that in words of its own.
#[derive(Debug)]
pub struct Referring<F, T>(PhantomData<fn() -> (F, T)>);

/// Takes the types of two columns.
#[must_use]
pub const fn refers<C, F: ColumnType, P, T: ColumnType>(
    _: Column<C, F>,
    _: Column<P, T>,
) -> Referring<F::Base, T::Base> {
    Referring(PhantomData)
}

impl<F, T> Referring<F, T> {
    /// Holds that they are one.
    pub const fn fits(self)
    where
        F: Fits<T>,
    {
    }
}

/// Holds that a primary key takes no NULL.
pub const fn is_key<T: ColumnType>() {
    hold(!T::NULLABLE, "a primary key is never NULL, and this type takes it");
}

/// Holds that the database can number rows by itself.
pub const fn is_generated<T: ColumnType>() {
    hold(
        matches!(T::SQL_TYPE, SqlType::Integer),
        "the database numbers the rows of an integer key only: leave out `generated`, \
         or say with `default = \"SQL\"` what it gives this one",
    );
}

/// Holds that a column can count.
pub const fn is_version<T: ColumnType>() {
    hold(
        matches!(T::SQL_TYPE, SqlType::Integer) && !T::NULLABLE,
        "a version counts the changes of a row: give it an integer type, as `i64`",
    );
}

/// Fails the compilation where it does not hold.
#[track_caller]
#[expect(
    clippy::expect_used,
    reason = "it is called when the program is compiled, and never when it runs"
)]
const fn hold(it: bool, why: &str) {
    let held = if it { Some(()) } else { None };
    held.expect(why);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_does_not_fit_is_told_with_entity_and_column() {
        let of_type = given::<i64>(ValueRef::Text("secret"), "User", "age").unwrap_err();
        let null = given::<i64>(ValueRef::Null, "User", "age").unwrap_err();

        assert_eq!(of_type.kind(), ErrorKind::Decode);
        assert_eq!(of_type.to_string(), "column `age` of `User`: TEXT cannot be read as i64");
        assert_eq!(
            null.to_string(),
            "column `age` of `User`: NULL cannot be read as i64; read it as an Option"
        );
    }

    #[test]
    fn an_error_of_this_crate_stays_what_it_is() {
        let own = invalid(Error::new(ErrorKind::Bind, "no"));
        let other = invalid("too young");

        assert_eq!((own.kind(), own.to_string()), (ErrorKind::Bind, "no".to_owned()));
        assert_eq!((other.kind(), other.to_string()), (ErrorKind::Other, "too young".to_owned()));
    }
}
