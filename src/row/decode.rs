//! `FromRow`: what a whole row can be read as.

use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroIsize, NonZeroU8, NonZeroU16, NonZeroU32,
    NonZeroU64, NonZeroUsize,
};
use std::sync::Arc;

use super::{Columns, Positions, Row};
use crate::error::Result;
use crate::value::{FromValue, Value};

/// A type that a row can be read as.
///
/// Primitives, the types of optional features and `Option`s of them read the first column, tuples of up to 16 read by position, and
/// structs with `#[derive(FromRow)]` read by name. Where the columns are is found out once for a
/// result, in [`positions`](Self::positions).
///
/// # Examples
///
/// ```
/// use headwater::{Columns, FromRow, Positions, Result, Row};
///
/// struct Point(f64, f64);
///
/// impl FromRow for Point {
///     fn positions(columns: &Columns) -> Result<Positions> {
///         Positions::by_name(columns, &["x", "y"], "Point")
///     }
///
///     fn from_row(row: &Row, positions: &Positions) -> Result<Self> {
///         Ok(Self(row.get_at(positions, 0)?, row.get_at(positions, 1)?))
///     }
/// }
/// # futures::executor::block_on(async {
/// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
/// let Point(x, y) = engine.query("SELECT 2.0 AS y, 1.0 AS x").scalars().one().await?;
/// assert_eq!((x, y), (1.0, 2.0));
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "a row cannot be read as `{Self}`",
    note = "derive it for a struct: `#[derive(headwater::FromRow)]`; derive `headwater::Value` for a type of one column; read several columns as a tuple"
)]
pub trait FromRow: Sized {
    /// Finds the columns that the type reads.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ColumnNotFound`](crate::ErrorKind::ColumnNotFound) when one is missing.
    fn positions(columns: &Columns) -> Result<Positions>;

    /// Reads the row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when a value does not fit.
    fn from_row(row: &Row, positions: &Positions) -> Result<Self>;
}

impl FromRow for Row {
    fn positions(_: &Columns) -> Result<Positions> {
        Ok(Positions::default())
    }

    fn from_row(row: &Row, _: &Positions) -> Result<Self> {
        Ok(row.clone())
    }
}

macro_rules! first_column {
    ($($single:ty),* $(,)?) => {$(
        impl FromRow for $single {
            fn positions(columns: &Columns) -> Result<Positions> {
                Positions::by_index(columns, 1, stringify!($single))
            }

            #[inline]
            fn from_row(row: &Row, _: &Positions) -> Result<Self> {
                row.read(0)
            }
        }
    )*};
}

first_column!(
    bool,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    f32,
    f64,
    String,
    Box<str>,
    Arc<str>,
    Vec<u8>,
    Box<[u8]>,
    Arc<[u8]>,
    Value,
    char,
    NonZeroI8,
    NonZeroI16,
    NonZeroI32,
    NonZeroI64,
    NonZeroIsize,
    NonZeroU8,
    NonZeroU16,
    NonZeroU32,
    NonZeroU64,
    NonZeroUsize,
);

#[cfg(feature = "chrono")]
first_column!(
    chrono::DateTime<chrono::FixedOffset>,
    chrono::DateTime<chrono::Utc>,
    chrono::NaiveDate,
    chrono::NaiveDateTime,
    chrono::NaiveTime,
);

#[cfg(feature = "decimal")]
first_column!(rust_decimal::Decimal);

#[cfg(feature = "jiff")]
first_column!(jiff::Timestamp, jiff::civil::Date, jiff::civil::DateTime, jiff::civil::Time);

#[cfg(feature = "json")]
first_column!(serde_json::Value);

#[cfg(feature = "time")]
first_column!(
    time::Date,
    time::OffsetDateTime,
    time::PrimitiveDateTime,
    time::Time,
    time::UtcDateTime,
);

#[cfg(feature = "uuid")]
first_column!(uuid::Uuid, uuid::fmt::Hyphenated, uuid::fmt::Simple);

#[cfg(feature = "json")]
impl<T: serde::de::DeserializeOwned> FromRow for crate::value::Json<T> {
    fn positions(columns: &Columns) -> Result<Positions> {
        Positions::by_index(columns, 1, "Json")
    }

    fn from_row(row: &Row, _: &Positions) -> Result<Self> {
        row.read(0)
    }
}

impl<const N: usize> FromRow for [u8; N] {
    fn positions(columns: &Columns) -> Result<Positions> {
        Positions::by_index(columns, 1, "an array of bytes")
    }

    fn from_row(row: &Row, _: &Positions) -> Result<Self> {
        row.read(0)
    }
}

impl<T> FromRow for Option<T>
where
    T: for<'r> FromValue<'r>,
{
    fn positions(columns: &Columns) -> Result<Positions> {
        Positions::by_index(columns, 1, "Option")
    }

    #[inline]
    fn from_row(row: &Row, _: &Positions) -> Result<Self> {
        row.read(0)
    }
}

macro_rules! tuples {
    ($count:literal $($name:ident $index:literal)+) => {
        impl<$($name),+> FromRow for ($($name,)+)
        where
            $($name: for<'r> FromValue<'r>,)+
        {
            fn positions(columns: &Columns) -> Result<Positions> {
                Positions::by_index(columns, $count, concat!("a tuple of ", $count))
            }

            #[inline]
            fn from_row(row: &Row, _: &Positions) -> Result<Self> {
                Ok(($(row.read::<$name>($index)?,)+))
            }
        }
    };
}

tuples!(1 A 0);
tuples!(2 A 0 B 1);
tuples!(3 A 0 B 1 C 2);
tuples!(4 A 0 B 1 C 2 D 3);
tuples!(5 A 0 B 1 C 2 D 3 E 4);
tuples!(6 A 0 B 1 C 2 D 3 E 4 F 5);
tuples!(7 A 0 B 1 C 2 D 3 E 4 F 5 G 6);
tuples!(8 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7);
tuples!(9 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8);
tuples!(10 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9);
tuples!(11 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10);
tuples!(12 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11);
tuples!(13 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12);
tuples!(14 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13);
tuples!(15 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14);
tuples!(16 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14 P 15);
