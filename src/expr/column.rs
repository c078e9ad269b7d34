//! `Column`: a column of an entity, with its type.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use super::entity::{Embedded, Entity};
use crate::statement::{Fragment, Statement, quoted, sealed, sql};

/// A column of the entity `E` whose field is a `T`: what `#[derive(Entity)]` makes of each field, as a
/// constant (`User::AGE`).
///
/// # Examples
///
/// ```
/// use headwater::{Column, Entity};
///
/// #[derive(Clone, Entity)]
/// struct User {
///     #[entity(primary_key)]
///     id: i64,
///     age: Option<i32>,
/// }
///
/// let age: Column<User, Option<i32>> = User::AGE;
/// assert_eq!((age.name(), age.position()), ("age", 1));
/// # assert_eq!(User { id: 1, age: None }.id, 1);
/// ```
pub struct Column<E, T> {
    position: usize,
    marker: PhantomData<fn() -> (E, T)>,
}

impl<E, T> Column<E, T> {
    /// The column at a position; what the derive writes.
    #[doc(hidden)]
    #[must_use]
    pub const fn at(position: usize) -> Self {
        Self { position, marker: PhantomData }
    }

    /// Returns the position among the columns of the entity, from 0.
    #[must_use]
    pub const fn position(self) -> usize {
        self.position
    }
}

impl<E: Entity, T> Column<E, T> {
    /// Returns the name in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        E::table().column_name(self.position)
    }
}

impl<E, T> Clone for Column<E, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, T> Copy for Column<E, T> {}

impl<E, T> fmt::Debug for Column<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Column").field(&self.position).finish()
    }
}

/// A flattened field of `E`: the columns of an embedded `T`.
///
/// # Examples
///
/// ```
/// use headwater::{Column, Embed, Entity};
///
/// #[derive(Clone, Entity)]
/// #[entity(embedded)]
/// struct Address {
///     city: String,
/// }
///
/// #[derive(Clone, Entity)]
/// struct User {
///     #[entity(primary_key)]
///     id: i64,
///     #[entity(flatten, prefix = "home_")]
///     home: Address,
/// }
///
/// let home: Embed<User, Address> = User::HOME;
/// let city: Column<User, String> = home.column(Address::CITY);
/// assert_eq!(city.name(), "home_city");
/// ```
pub struct Embed<E, T> {
    first: usize,
    marker: PhantomData<fn() -> (E, T)>,
}

impl<E, T: Embedded> Embed<E, T> {
    /// The flattened field whose first column is at a position; what the derive writes.
    #[doc(hidden)]
    #[must_use]
    pub const fn at(first: usize) -> Self {
        Self { first, marker: PhantomData }
    }

    /// Returns the column of the entity that holds one of the embedded type.
    #[must_use]
    pub const fn column<V>(self, column: Column<T, V>) -> Column<E, V> {
        Column::at(self.first + column.position())
    }
}

impl<E, T> Clone for Embed<E, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, T> Copy for Embed<E, T> {}

impl<E, T> fmt::Debug for Embed<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Embed").field(&self.first).finish()
    }
}

impl<E: Entity, T> sealed::Sealed for Column<E, T> {}

impl<E: Entity, T> Fragment for Column<E, T> {
    fn statement(&self) -> Option<Cow<'_, Statement>> {
        let text = format!("{}.{}", quoted(E::table().name), quoted(self.name()));
        Some(Cow::Owned(sql(text)))
    }
}
