//! `Entity`: a struct that is a row of a table.

use std::fmt::Debug;
use std::hash::Hash;

use super::table::{EntityColumn, EntityTable};
use crate::error::Result;
use crate::row::FromRow;
use crate::value::{FromValue, ToValue, Value, ValueRef};

/// A struct that is a row of a table, with a primary key. `#[derive(Entity)]` implements it.
///
/// Columns are named by their positions in [`table`](Self::table), where those of flattened fields stand
/// in the place of the field.
///
/// # Examples
///
/// ```
/// use headwater::{Entity, Value, ValueRef};
///
/// #[derive(Clone, Entity)]
/// #[entity(table = "users")]
/// struct User {
///     #[entity(primary_key, generated)]
///     id: i64,
///     name: String,
/// }
///
/// let mut ada = User { id: 0, name: "Ada".to_owned() };
/// assert!(ada.is_left(User::ID.position()));
/// ada.set(User::ID.position(), ValueRef::Integer(7))?;
/// assert_eq!((ada.key(), ada.value(User::NAME.position())?), (7, Value::Text("Ada".to_owned())));
/// assert_eq!(User::table().name, "users");
/// # Ok::<(), headwater::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entity",
    note = "derive it: `#[derive(headwater::Entity, Clone)]`, with `#[entity(primary_key)]` on its key"
)]
pub trait Entity: FromRow + Clone + Send + Sync + 'static {
    /// The primary key: the type of its field, or a tuple of them.
    type Key: Key;

    /// Describes the table.
    fn table() -> &'static EntityTable;

    /// Returns the primary key.
    fn key(&self) -> Self::Key;

    /// Returns the value of the column at a position.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Bind`](crate::ErrorKind::Bind) when the database cannot hold the value, and for a
    /// position at which there is no column.
    fn value(&self, column: usize) -> Result<Value>;

    /// Appends the values of all columns, in their order.
    ///
    /// # Errors
    ///
    /// As [`value`](Self::value).
    fn values(&self, into: &mut Vec<Value>) -> Result<()>;

    /// Reports whether the field of a column that the database can fill by itself is left to it: a
    /// generated key that is its type's default, a `None` in a column that has a default, and any
    /// column that the database computes.
    fn is_left(&self, column: usize) -> bool;

    /// Puts what the database gave a column into its field.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the value does not fit.
    fn set(&mut self, column: usize, value: ValueRef<'_>) -> Result<()>;

    /// Checks the entity before it is written.
    ///
    /// # Errors
    ///
    /// Whatever the function named by `#[entity(validate = "…")]` returns; there is none by default.
    fn validate(&self) -> Result<()> {
        Ok(())
    }
}

/// A struct without a key of its own, whose columns stand in the tables of the entities that flatten it.
/// `#[derive(Entity)]` with `#[entity(embedded)]` implements it.
///
/// # Examples
///
/// ```
/// use headwater::{Embedded, Entity};
///
/// #[derive(Clone, Entity)]
/// #[entity(embedded)]
/// struct Address {
///     city: String,
///     zip: Option<String>,
/// }
///
/// assert_eq!(Address::COLUMNS, 2);
/// assert_eq!(Address::columns()[0].name, "city");
/// # let _ = (Address::CITY, Address::ZIP);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be flattened into an entity",
    note = "derive `headwater::Entity` for it, with `#[entity(embedded)]`"
)]
pub trait Embedded: FromRow + Clone + Send + Sync + 'static {
    /// The number of its columns.
    const COLUMNS: usize;

    /// Describes its columns, in their order, by their names without a prefix.
    fn columns() -> Vec<EntityColumn>;

    /// Returns the value of the column at a position, counted from its own first.
    ///
    /// # Errors
    ///
    /// As [`Entity::value`].
    fn value(&self, column: usize) -> Result<Value>;

    /// Appends the values of all columns, in their order.
    ///
    /// # Errors
    ///
    /// As [`Entity::value`].
    fn values(&self, into: &mut Vec<Value>) -> Result<()>;

    /// Reports whether the field of a column is left to the database, as [`Entity::is_left`] does.
    fn is_left(&self, column: usize) -> bool;

    /// Puts what the database gave a column into its field.
    ///
    /// # Errors
    ///
    /// As [`Entity::set`].
    fn set(&mut self, column: usize, value: ValueRef<'_>) -> Result<()>;
}

/// What a primary key can be: one value, or a tuple of two to eight.
///
/// # Examples
///
/// ```
/// use headwater::{Key, Value};
///
/// let seat = (3_i64, "B".to_owned());
/// assert_eq!(seat.values()?, [Value::Integer(3), Value::Text("B".to_owned())]);
/// # Ok::<(), headwater::Error>(())
/// ```
pub trait Key: Clone + Eq + Hash + Debug + Send + Sync + 'static {
    /// The number of columns.
    const COLUMNS: usize;

    /// Returns the values, in the order of the key's columns.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Bind`](crate::ErrorKind::Bind) when the database cannot hold one.
    fn values(&self) -> Result<Vec<Value>>;

    /// Makes the key of its values; nothing where they are not those of such a key.
    #[doc(hidden)]
    fn from_values(values: &[Value]) -> Option<Self>;
}

impl<T> Key for T
where
    T: ToValue + for<'r> FromValue<'r> + Clone + Eq + Hash + Debug + Send + Sync + 'static,
{
    const COLUMNS: usize = 1;

    fn values(&self) -> Result<Vec<Value>> {
        Ok(vec![self.to_value()?])
    }

    fn from_values(values: &[Value]) -> Option<Self> {
        match values {
            [value] => T::from_value(value.as_ref()).ok(),
            _ => None,
        }
    }
}

macro_rules! tuples {
    ($count:literal $($name:ident)+) => {
        impl<$($name: Key),+> Key for ($($name,)+)
        where
            $($name: ToValue),+
        {
            const COLUMNS: usize = $count;

            #[allow(non_snake_case, reason = "the names of the type parameters serve for the fields")]
            fn values(&self) -> Result<Vec<Value>> {
                let ($($name,)+) = self;
                Ok(vec![$($name.to_value()?),+])
            }

            fn from_values(values: &[Value]) -> Option<Self> {
                let mut values = values.chunks(1);
                let key = ($($name::from_values(values.next()?)?,)+);
                values.next().is_none().then_some(key)
            }
        }
    };
}

tuples!(2 A B);
tuples!(3 A B C);
tuples!(4 A B C D);
tuples!(5 A B C D E);
tuples!(6 A B C D E F);
tuples!(7 A B C D E F G);
tuples!(8 A B C D E F G H);
