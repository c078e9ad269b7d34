//! UUIDs: stored as their 16 bytes, or as text where a wrapper of `uuid::fmt` asks for it.

use uuid::Uuid;
use uuid::fmt::{Hyphenated, Simple};

use super::{FromValue, Mismatch, ToValue, Value, ValueRef, from::invalid_text};
use crate::error::Result;

#[diagnostic::do_not_recommend]
impl ToValue for Uuid {
    fn to_value(&self) -> Result<Value> {
        Ok(Value::Blob(self.as_bytes().to_vec()))
    }
}

impl FromValue<'_> for Uuid {
    /// A text is read too, in each of its usual forms: hyphenated, simple, in braces, as a URN.
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Blob(bytes) => Self::from_slice(bytes).map_err(|_| {
                Mismatch::because(format!("a UUID has 16 bytes, and it has {}", bytes.len()))
            }),
            // The message of `uuid` may show a part of the text, so it is not repeated.
            ValueRef::Text(text) => Self::try_parse(text).map_err(|_| {
                Mismatch::because(
                    "the text is no UUID, which is written as `67e55044-10b1-426f-9247-bb680e5fe0c8`",
                )
            }),
            ValueRef::InvalidText(bytes) => Err(invalid_text(bytes)),
            _ => Err(Mismatch::of_type()),
        }
    }
}

macro_rules! texts {
    ($($form:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl ToValue for $form {
            fn to_value(&self) -> Result<Value> {
                Ok(Value::Text(self.to_string()))
            }
        }

        impl FromValue<'_> for $form {
            fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
                Uuid::from_value(value).map(Self::from_uuid)
            }
        }
    )*};
}

texts!(Hyphenated, Simple);
