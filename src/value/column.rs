//! `ColumnType`: the type of a column that holds a Rust type.

use std::borrow::Cow;
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroIsize, NonZeroU8, NonZeroU16, NonZeroU32,
    NonZeroU64, NonZeroUsize,
};
use std::sync::Arc;

use super::Value;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SqlType {
    /// A value of any type.
    Any,
    /// Bytes.
    Blob,
    /// A 64-bit integer.
    Integer,
    /// A 64-bit float.
    Real,
    /// Text.
    Text,
}

/// A Rust type that a column of an entity can have.
///
/// `#[derive(Value)]` implements it for types of one's own; a type that implements
/// [`ToValue`](crate::ToValue) and [`FromValue`](crate::FromValue) by hand says here what it is stored as.
///
/// # Examples
///
/// ```
/// use headwater::{ColumnType, SqlType};
///
/// struct Percent(u8);
///
/// impl ColumnType for Percent {
///     type Base = Self;
///     const SQL_TYPE: SqlType = SqlType::Integer;
/// }
///
/// assert!(!Percent::NULLABLE && Option::<Percent>::NULLABLE);
/// ```
#[diagnostic::on_unimplemented(
    message = "a column cannot hold `{Self}`",
    note = "derive `headwater::Value` for a newtype or an enum; for a type with `ToValue` and `FromValue` of its own implement `headwater::ColumnType`; in an entity `json`, `flatten` and `skip` treat a field in other ways"
)]
pub trait ColumnType {
    /// The type without its `Option`: what the column's values are compared with.
    type Base;

    /// What the values are stored as.
    const SQL_TYPE: SqlType;

    /// Whether the column can be NULL.
    const NULLABLE: bool = false;
}

impl<T: ColumnType<Base = T>> ColumnType for Option<T> {
    type Base = T;
    const SQL_TYPE: SqlType = T::SQL_TYPE;
    const NULLABLE: bool = true;
}

macro_rules! stored_as {
    ($sql_type:ident: $($(#[$attribute:meta])* $ty:ty),* $(,)?) => {$(
        $(#[$attribute])*
        impl ColumnType for $ty {
            type Base = Self;
            const SQL_TYPE: SqlType = SqlType::$sql_type;
        }
    )*};
}

stored_as!(Any: Value);
stored_as!(Integer: bool, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);
stored_as!(Integer: NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroIsize);
stored_as!(Integer: NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroUsize);
stored_as!(Real: f32, f64);
stored_as!(Text: String, Box<str>, Arc<str>, char, Cow<'static, str>);
stored_as!(Blob: Vec<u8>, Box<[u8]>, Arc<[u8]>, Cow<'static, [u8]>);

impl<const N: usize> ColumnType for [u8; N] {
    type Base = Self;
    const SQL_TYPE: SqlType = SqlType::Blob;
}

#[cfg(feature = "chrono")]
stored_as!(
    Text: chrono::DateTime<chrono::FixedOffset>,
    chrono::DateTime<chrono::Utc>,
    chrono::NaiveDate,
    chrono::NaiveDateTime,
    chrono::NaiveTime,
);

#[cfg(feature = "decimal")]
stored_as!(Text: rust_decimal::Decimal);

#[cfg(feature = "jiff")]
stored_as!(Text: jiff::Timestamp, jiff::civil::Date, jiff::civil::DateTime, jiff::civil::Time);

#[cfg(feature = "json")]
stored_as!(Text: serde_json::Value);

#[cfg(feature = "json")]
impl<T> ColumnType for super::Json<T> {
    type Base = Self;
    const SQL_TYPE: SqlType = SqlType::Text;
}

#[cfg(feature = "time")]
stored_as!(
    Text: time::Date,
    time::OffsetDateTime,
    time::PrimitiveDateTime,
    time::Time,
    time::UtcDateTime,
);

#[cfg(feature = "uuid")]
stored_as!(Blob: uuid::Uuid);

#[cfg(feature = "uuid")]
stored_as!(Text: uuid::fmt::Hyphenated, uuid::fmt::Simple);
