//! Turning Rust types into values: exact or an error, never narrowed, wrapped or lossy.

use std::borrow::Cow;
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroIsize, NonZeroU8, NonZeroU16, NonZeroU32,
    NonZeroU64, NonZeroUsize,
};
use std::rc::Rc;
use std::sync::Arc;

use super::{Value, ValueRef};
use crate::error::{Error, ErrorKind, Result};

/// A Rust type that can be bound as a parameter.
///
/// # Examples
///
/// ```
/// use headwater::{Result, ToValue, Value};
///
/// struct Percent(u8);
///
/// impl ToValue for Percent {
///     fn to_value(&self) -> Result<Value> {
///         self.0.to_value()
///     }
/// }
///
/// assert_eq!(Percent(7).to_value()?, Value::Integer(7));
/// # Ok::<(), headwater::Error>(())
/// ```
///
/// # What is stored, and what is read
///
/// Each type is stored in one way, and read from what stands here and from nothing else: exactly, or
/// with an error. An `Option` stores and reads NULL in addition. The crates are features of that name
/// (`json` for `serde_json`, `decimal` for `rust_decimal`).
///
/// | type | stored as | read from | refused |
/// |---|---|---|---|
/// | `bool` | INTEGER 0 or 1 | that | other integers |
/// | `i8` to `i64`, `u8` to `u32`, and their `NonZero`s | INTEGER | INTEGER | what the type does not hold |
/// | `u64`, `i128`, `u128`, `isize`, `usize`, and the `NonZero`s of `u64`, `isize`, `usize` | INTEGER | INTEGER | the same; to bind more than `i64::MAX` or less than `i64::MIN` |
/// | `f64`, `f32` | REAL | REAL; an INTEGER | to bind a NaN; what the type does not hold exactly, as 2⁵³ + 1 |
/// | `char` | TEXT | TEXT of one character | |
/// | `str`, `String`, `Cow<str>`, and `str` in a `Box`, `Arc`, `Rc` (to read it, not `str` but `&str`) | TEXT | TEXT | what is not UTF-8 |
/// | `[u8]`, `Vec<u8>`, `[u8; N]`, `Cow<[u8]>`, and `[u8]` in a `Box`, `Arc` (to read it, not `[u8]` but `&[u8]`) | BLOB | BLOB; the bytes of a TEXT | another length than `N` |
/// | chrono `DateTime<Utc>`, `DateTime<FixedOffset>`; time `UtcDateTime`, `OffsetDateTime`; jiff `Timestamp` | TEXT in UTC, `2026-11-22T17:01:47.000000000Z` | TEXT below; an INTEGER of seconds since 1970 | years outside 0000 to 9999; leap seconds |
/// | chrono `NaiveDateTime`, time `PrimitiveDateTime`, jiff `civil::DateTime` | TEXT, the same without `Z` | the same; not a TEXT with an offset | the same |
/// | chrono `NaiveDate`, time `Date`, jiff `civil::Date` | TEXT, `2026-11-22` | that | years outside 0000 to 9999 |
/// | chrono `NaiveTime`, time `Time`, jiff `civil::Time` | TEXT, `17:01:47.000000000` | that, with fewer digits, without seconds | leap seconds |
/// | uuid `Uuid` | BLOB of 16 bytes | that; TEXT in its usual forms | |
/// | uuid `fmt::Hyphenated`, `fmt::Simple` | TEXT in that form | as `Uuid` | |
/// | serde_json `Value`, `Json<T>` | TEXT | TEXT; INTEGER and REAL as JSON numbers | BLOB, which JSONB is; what is not JSON of a `T`; to bind a float that is not finite |
/// | rust_decimal `Decimal` | TEXT with its scale | TEXT; INTEGER; a REAL below 1e15 whose shortest text has up to 15 digits | what has more digits than a `Decimal` |
/// | [`Value`], [`ValueRef`] | what it is | anything | to bind a NaN; TEXT that is not UTF-8 (`ValueRef` reads it) |
///
/// **Numbers.** SQLite has no NaN and would store NULL; the infinities come back as they are. `-0.0` keeps its
/// sign in a column without a declared type; a REAL column makes `0.0` of it, an INTEGER or NUMERIC one
/// the integer 0. A REAL is never read as an integer, not even `1.0`.
///
/// **Dates and times.** The text has nine digits of a second and is in UTC, so that its order is that of
/// time, and SQLite's own `datetime` or `strftime` read it. Read are a `T` or a space in the middle, no to
/// nine digits of a fraction, `Z` or an offset such as `+01:00`, no time of day (midnight) and no offset
/// (UTC): so also what `datetime('now')` and `CURRENT_TIMESTAMP` give. A type that has an offset gets the
/// text's. Julian days are REALs and not exact, so they are refused. A leap second (`:60`) is refused in both directions, since
/// neither SQLite nor most types have it. A `DateTime` of chrono in any zone can be bound; to read one in the local zone, read
/// `DateTime<Utc>`. A `Zoned` of jiff would lose its zone: bind its timestamp. A `Timestamp` of jiff ends at
/// 9999-12-30T22:00. `SystemTime` and `Duration` are not values: they have no calendar, and no agreed unit.
///
/// Compare like with like in SQL: the text of `datetime('now')` has a space where the stored one has a `T`,
/// and a space sorts first. Bind the other time, or put `datetime(…)` around both sides; as a default
/// write `strftime('%Y-%m-%dT%H:%M:%f000000Z', 'now')`.
///
/// **Declared types.** SQLite turns a text that looks like a number into one where the column's declared type
/// is a number to it, and so are DECIMAL, NUMERIC and JSON. Declare TEXT where the text is to stay: a DECIMAL
/// column keeps about 15 digits, drops those behind them in silence, and keeps no scale. The order of decimals as text is not that of numbers: sort by
/// `CAST(x AS NUMERIC)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound as a parameter",
    note = "derive `headwater::Value` for a newtype or an enum, implement `headwater::ToValue`, or bind one of its fields"
)]
pub trait ToValue {
    /// Turns the value into what the database stores.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Bind`] when the database cannot hold the value, for example a `u64` above
    /// `i64::MAX` or a NaN (which SQLite would silently store as NULL).
    fn to_value(&self) -> Result<Value>;

    /// Turns the value into what the database stores, reusing its memory where that can be.
    ///
    /// # Errors
    ///
    /// As [`to_value`](Self::to_value).
    fn into_value(self) -> Result<Value>
    where
        Self: Sized,
    {
        self.to_value()
    }
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Result<Value> {
        (**self).to_value()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Result<Value> {
        self.as_ref().map_or(Ok(Value::Null), T::to_value)
    }

    fn into_value(self) -> Result<Value> {
        self.map_or(Ok(Value::Null), T::into_value)
    }
}

impl ToValue for Value {
    fn to_value(&self) -> Result<Value> {
        match self {
            Self::Real(value) => value.to_value(),
            other => Ok(other.clone()),
        }
    }

    fn into_value(self) -> Result<Value> {
        match self {
            Self::Real(value) => value.to_value(),
            other => Ok(other),
        }
    }
}

impl ToValue for ValueRef<'_> {
    fn to_value(&self) -> Result<Value> {
        match *self {
            Self::Null => Ok(Value::Null),
            Self::Integer(value) => Ok(Value::Integer(value)),
            Self::Real(value) => value.to_value(),
            Self::Text(value) => Ok(Value::Text(value.to_owned())),
            Self::Blob(value) => Ok(Value::Blob(value.to_owned())),
            Self::InvalidText(_) => Err(Error::new(
                ErrorKind::Bind,
                "a text that is not UTF-8 cannot be bound; bind its bytes",
            )),
        }
    }
}

macro_rules! small_integers {
    ($($integer:ty),*) => {$(
        impl ToValue for $integer {
            fn to_value(&self) -> Result<Value> {
                Ok(Value::Integer(i64::from(*self)))
            }
        }
    )*};
}

small_integers!(i8, i16, i32, i64, u8, u16, u32, bool);

macro_rules! wide_integers {
    ($($integer:ty),*) => {$(
        impl ToValue for $integer {
            fn to_value(&self) -> Result<Value> {
                i64::try_from(*self).map(Value::Integer).map_err(|_| {
                    Error::new(
                        ErrorKind::Bind,
                        concat!("a ", stringify!($integer), " outside the range of i64 cannot be stored as an integer; bind it as text or bytes"),
                    )
                })
            }
        }
    )*};
}

wide_integers!(isize, i128, u64, usize, u128);

// Those that an error lists are to be the usual ones, whatever features there are.
macro_rules! nonzero_integers {
    ($($integer:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl ToValue for $integer {
            fn to_value(&self) -> Result<Value> {
                self.get().to_value()
            }
        }
    )*};
}

nonzero_integers!(NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroIsize);
nonzero_integers!(NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroUsize);

impl ToValue for f64 {
    fn to_value(&self) -> Result<Value> {
        if self.is_nan() {
            return Err(Error::new(ErrorKind::Bind, "a NaN cannot be stored; bind None for NULL"));
        }
        Ok(Value::Real(*self))
    }
}

impl ToValue for f32 {
    fn to_value(&self) -> Result<Value> {
        f64::from(*self).to_value()
    }
}

impl ToValue for char {
    fn to_value(&self) -> Result<Value> {
        Ok(Value::Text(self.to_string()))
    }
}

macro_rules! texts {
    ($($text:ty),*) => {$(
        impl ToValue for $text {
            fn to_value(&self) -> Result<Value> {
                Ok(Value::Text(str::to_owned(self)))
            }
        }
    )*};
}

texts!(str, Box<str>, Arc<str>, Rc<str>);

impl ToValue for String {
    fn to_value(&self) -> Result<Value> {
        Ok(Value::Text(self.clone()))
    }

    fn into_value(self) -> Result<Value> {
        Ok(Value::Text(self))
    }
}

impl ToValue for Cow<'_, str> {
    fn to_value(&self) -> Result<Value> {
        Ok(Value::Text(self.clone().into_owned()))
    }

    fn into_value(self) -> Result<Value> {
        Ok(Value::Text(self.into_owned()))
    }
}

macro_rules! blobs {
    ($($blob:ty),*) => {$(
        impl ToValue for $blob {
            fn to_value(&self) -> Result<Value> {
                Ok(Value::Blob(<[u8]>::to_vec(self)))
            }
        }
    )*};
}

blobs!([u8], Box<[u8]>, Arc<[u8]>);

impl ToValue for Vec<u8> {
    fn to_value(&self) -> Result<Value> {
        Ok(Value::Blob(self.clone()))
    }

    fn into_value(self) -> Result<Value> {
        Ok(Value::Blob(self))
    }
}

impl ToValue for Cow<'_, [u8]> {
    fn to_value(&self) -> Result<Value> {
        Ok(Value::Blob(self.clone().into_owned()))
    }

    fn into_value(self) -> Result<Value> {
        Ok(Value::Blob(self.into_owned()))
    }
}

impl<const N: usize> ToValue for [u8; N] {
    fn to_value(&self) -> Result<Value> {
        Ok(Value::Blob(self.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_u64_above_the_range_of_i64_is_refused() {
        assert_eq!(u64::MAX.to_value().unwrap_err().kind(), ErrorKind::Bind);
        assert_eq!(7_u64.to_value().unwrap(), Value::Integer(7));
    }

    #[test]
    fn a_nan_is_refused_wherever_it_hides() {
        assert!(f64::NAN.to_value().is_err());
        assert!(Some(f32::NAN).to_value().is_err());
        assert!(Value::Real(f64::NAN).into_value().is_err());
        assert_eq!(f64::INFINITY.to_value().unwrap(), Value::Real(f64::INFINITY));
    }
}
