//! A value of the database, owned or borrowed, and the traits that turn Rust types into it and back.
//!
//! One file for the traits' implementations on the types of the standard library, and one for each
//! optional foreign type.

#[cfg(feature = "chrono")]
mod chrono;
mod column;
#[cfg(feature = "decimal")]
mod decimal;
mod derived;
#[cfg(feature = "json")]
mod finite;
mod from;
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
mod iso;
#[cfg(feature = "jiff")]
mod jiff;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "time")]
mod time;
mod to;
#[cfg(feature = "uuid")]
mod uuid;

pub use column::{ColumnType, SqlType};
pub use from::{FromValue, Mismatch};
#[cfg(feature = "json")]
pub use json::Json;
pub use to::ToValue;

pub use derived::{no_number, no_text, refused};

/// An owned value of the database.
///
/// # Examples
///
/// ```
/// use headwater::{ToValue, Value};
///
/// assert_eq!("Ada".to_value()?, Value::Text("Ada".to_owned()));
/// assert_eq!(None::<i64>.to_value()?, Value::Null);
/// # Ok::<(), headwater::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// SQL's NULL.
    #[default]
    Null,
    /// A signed 64-bit integer.
    Integer(i64),
    /// A 64-bit floating point number.
    Real(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// A value as it stands in a row, borrowed from it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ValueRef<'a> {
    /// SQL's NULL.
    Null,
    /// A signed 64-bit integer.
    Integer(i64),
    /// A 64-bit floating point number.
    Real(f64),
    /// A text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
    /// What the database calls a text although it is not UTF-8; it can be read as bytes only.
    InvalidText(&'a [u8]),
}

impl ValueRef<'_> {
    /// Names the value's storage class as SQL does: `NULL`, `INTEGER`, `REAL`, `TEXT` or `BLOB`.
    #[must_use]
    pub fn sql_type(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Integer(_) => "INTEGER",
            Self::Real(_) => "REAL",
            Self::Text(_) | Self::InvalidText(_) => "TEXT",
            Self::Blob(_) => "BLOB",
        }
    }

    /// Reports whether it is NULL.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl Value {
    /// Borrows the value.
    #[must_use]
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
            Self::Text(value) => ValueRef::Text(value),
            Self::Blob(value) => ValueRef::Blob(value),
        }
    }
}
