//! Reading Rust types out of values: exact or an error, never narrowed, wrapped or lossy.

use std::borrow::Cow;
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroIsize, NonZeroU8, NonZeroU16, NonZeroU32,
    NonZeroU64, NonZeroUsize,
};
use std::rc::Rc;
use std::sync::Arc;

use super::{Value, ValueRef};

/// A Rust type that a value of the database can be read as.
///
/// Types of one's own implement it by reading another type first. What each type is read from is in the
/// table of [`ToValue`](crate::ToValue#what-is-stored-and-what-is-read).
///
/// # Examples
///
/// ```
/// use headwater::{FromValue, Mismatch, ValueRef};
///
/// struct Percent(u8);
///
/// impl<'r> FromValue<'r> for Percent {
///     fn from_value(value: ValueRef<'r>) -> Result<Self, Mismatch> {
///         let number = u8::from_value(value)?;
///         if number > 100 {
///             return Err(Mismatch::because("it is above 100"));
///         }
///         Ok(Self(number))
///     }
/// }
///
/// assert!(Percent::from_value(ValueRef::Integer(101)).is_err());
/// ```
#[diagnostic::on_unimplemented(
    message = "a value of the database cannot be read as `{Self}`",
    note = "derive `headwater::Value` for a newtype or an enum, or implement `headwater::FromValue`; in a derived struct `try_from`, `json`, `flatten` and `skip` read a field in other ways"
)]
pub trait FromValue<'r>: Sized {
    /// Reads the value.
    ///
    /// # Errors
    ///
    /// [`Mismatch`] when the value is not one of this type; the row's accessors turn it into an
    /// [`Error`](crate::Error) that names the row, the column and both types.
    fn from_value(value: ValueRef<'r>) -> Result<Self, Mismatch>;
}

/// Why a value cannot be read as a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    pub(crate) why: Option<Cow<'static, str>>,
}

impl Mismatch {
    /// The value's SQL type is none that the Rust type can be read from.
    #[must_use]
    pub const fn of_type() -> Self {
        Self { why: None }
    }

    /// The SQL type fits, but the value does not; `why` completes the sentence "the value does not fit: …".
    #[must_use]
    pub fn because(why: impl Into<Cow<'static, str>>) -> Self {
        Self { why: Some(why.into()) }
    }
}

impl<'r> FromValue<'r> for ValueRef<'r> {
    fn from_value(value: Self) -> Result<Self, Mismatch> {
        Ok(value)
    }
}

impl<'r> FromValue<'r> for Value {
    fn from_value(value: ValueRef<'r>) -> Result<Self, Mismatch> {
        Ok(match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(value) => Self::Integer(value),
            ValueRef::Real(value) => Self::Real(value),
            ValueRef::Text(value) => Self::Text(value.to_owned()),
            ValueRef::Blob(value) => Self::Blob(value.to_owned()),
            ValueRef::InvalidText(bytes) => return Err(invalid_text(bytes)),
        })
    }
}

impl<'r, T: FromValue<'r>> FromValue<'r> for Option<T> {
    fn from_value(value: ValueRef<'r>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl FromValue<'_> for i64 {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Integer(value) => Ok(value),
            _ => Err(Mismatch::of_type()),
        }
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl FromValue<'_> for $integer {
            fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
                let wide = i64::from_value(value)?;
                Self::try_from(wide).map_err(|_| {
                    Mismatch::because(format!("it is outside {} to {}", Self::MIN, Self::MAX))
                })
            }
        }
    )*};
}

integers!(i8, i16, i32, isize, i128, u8, u16, u32, u64, usize, u128);

macro_rules! nonzero_integers {
    ($($integer:ty),*) => {$(
        impl FromValue<'_> for $integer {
            fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
                FromValue::from_value(value)
                    .and_then(|number| Self::new(number).ok_or(Mismatch::because("it is 0")))
            }
        }
    )*};
}

nonzero_integers!(NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroIsize);
nonzero_integers!(NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroUsize);

impl FromValue<'_> for bool {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match i64::from_value(value)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Mismatch::because("a bool is stored as 0 or 1")),
        }
    }
}

impl FromValue<'_> for f64 {
    /// An integer is read too where it has an exact counterpart.
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Real(value) => Ok(value),
            ValueRef::Integer(value) if is_exact(value) => Ok(value as Self),
            ValueRef::Integer(_) => {
                Err(Mismatch::because("an f64 does not hold the integer exactly"))
            }
            _ => Err(Mismatch::of_type()),
        }
    }
}

/// Reports whether an `f64` holds the integer: whether it fits into 53 bits but for the zeros at its end.
fn is_exact(value: i64) -> bool {
    let value = value.unsigned_abs();
    let zeros = value.leading_zeros() + value.trailing_zeros();
    u64::BITS.saturating_sub(zeros) <= f64::MANTISSA_DIGITS
}

impl FromValue<'_> for f32 {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        let wide = f64::from_value(value)?;
        #[expect(clippy::cast_possible_truncation, reason = "the next line refuses what was lost")]
        let narrow = wide as Self;
        if f64::from(narrow) == wide || wide.is_nan() {
            Ok(narrow)
        } else {
            Err(Mismatch::because("an f32 does not hold the number exactly"))
        }
    }
}

impl<'r> FromValue<'r> for &'r str {
    fn from_value(value: ValueRef<'r>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Text(value) => Ok(value),
            ValueRef::InvalidText(bytes) => Err(invalid_text(bytes)),
            _ => Err(Mismatch::of_type()),
        }
    }
}

impl<'r> FromValue<'r> for &'r [u8] {
    /// A text is read as its bytes too.
    fn from_value(value: ValueRef<'r>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Blob(value) | ValueRef::InvalidText(value) => Ok(value),
            ValueRef::Text(value) => Ok(value.as_bytes()),
            _ => Err(Mismatch::of_type()),
        }
    }
}

impl FromValue<'_> for char {
    /// A text of one character is read.
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        let mut letters = <&str>::from_value(value)?.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) => Ok(letter),
            _ => Err(Mismatch::because("it is not one character")),
        }
    }
}

impl<'r> FromValue<'r> for Cow<'r, str> {
    fn from_value(value: ValueRef<'r>) -> Result<Self, Mismatch> {
        <&str>::from_value(value).map(Cow::Borrowed)
    }
}

impl<'r> FromValue<'r> for Cow<'r, [u8]> {
    fn from_value(value: ValueRef<'r>) -> Result<Self, Mismatch> {
        <&[u8]>::from_value(value).map(Cow::Borrowed)
    }
}

macro_rules! owned {
    ($borrowed:ty => $($owned:ty),*) => {$(
        impl FromValue<'_> for $owned {
            fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
                <$borrowed>::from_value(value).map(Self::from)
            }
        }
    )*};
}

owned!(&str => String, Box<str>, Arc<str>, Rc<str>);
owned!(&[u8] => Vec<u8>, Box<[u8]>, Arc<[u8]>);

impl<const N: usize> FromValue<'_> for [u8; N] {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        let bytes = <&[u8]>::from_value(value)?;
        Self::try_from(bytes)
            .map_err(|_| Mismatch::because(format!("it has {} bytes, not {N}", bytes.len())))
    }
}

#[cold]
pub(super) fn invalid_text(bytes: &[u8]) -> Mismatch {
    let at = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    Mismatch::because(format!("the text is not UTF-8 from byte {at} on; read it as bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_that_does_not_fit_is_refused() {
        assert!(u8::from_value(ValueRef::Integer(300)).is_err());
        assert!(u64::from_value(ValueRef::Integer(-1)).is_err());
        assert_eq!(u8::from_value(ValueRef::Integer(255)), Ok(255));
    }

    #[test]
    fn a_real_is_never_read_as_an_integer() {
        assert_eq!(i64::from_value(ValueRef::Real(1.0)), Err(Mismatch::of_type()));
    }

    #[test]
    fn an_integer_of_more_than_53_bits_is_not_read_as_a_float() {
        assert_eq!(f64::from_value(ValueRef::Integer(1 << 53)), Ok(9_007_199_254_740_992.0));
        assert!(f64::from_value(ValueRef::Integer((1 << 53) + 1)).is_err());
        assert_eq!(f64::from_value(ValueRef::Integer((1 << 53) + 2)), Ok(9_007_199_254_740_994.0));
        assert_eq!(f64::from_value(ValueRef::Integer(0)), Ok(0.0));
        assert_eq!(f64::from_value(ValueRef::Integer(i64::MIN)), Ok(-9_223_372_036_854_775_808.0));
        assert!(f64::from_value(ValueRef::Integer(i64::MAX)).is_err());
    }

    #[test]
    fn an_f32_holds_only_what_is_exact() {
        assert_eq!(f32::from_value(ValueRef::Real(0.5)), Ok(0.5));
        assert!(f32::from_value(ValueRef::Real(0.1)).is_err());
    }

    #[test]
    fn a_text_that_is_not_utf8_is_read_as_bytes_only() {
        let value = ValueRef::InvalidText(b"a\xff");

        let error = String::from_value(value).unwrap_err();

        assert!(error.why.unwrap().contains("byte 1"));
        assert_eq!(Vec::<u8>::from_value(value), Ok(b"a\xff".to_vec()));
    }
}
