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
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound as a parameter",
    note = "implement `headwater::ToValue` for it, or bind one of its fields"
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

macro_rules! nonzero_integers {
    ($($integer:ty),*) => {$(
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
