//! Decimals: stored as text, exactly and with their scale.

use rust_decimal::Decimal;

use super::{FromValue, Mismatch, ToValue, Value, ValueRef, from::invalid_text};
use crate::error::Result;

#[diagnostic::do_not_recommend]
impl ToValue for Decimal {
    fn to_value(&self) -> Result<Value> {
        Ok(Value::Text(self.to_string()))
    }
}

impl FromValue<'_> for Decimal {
    /// An integer is read too, and a REAL below 1e15 through its shortest text if that has at most 15 digits.
    ///
    /// A column declared DECIMAL or NUMERIC turns decimals into REALs. Every decimal of up to 15 digits is
    /// the shortest text of the REAL that it becomes, so what comes back is what was stored, but for its
    /// scale. Of one with more digits such a column keeps the first ones, and nothing can tell.
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Text(text) => exact(text).ok_or_else(|| {
                Mismatch::because(
                    "the text is no decimal of up to 28 digits after the point and 96 bits in all",
                )
            }),
            ValueRef::Integer(number) => Ok(number.into()),
            ValueRef::Real(number) => shortest(number).ok_or_else(|| {
                Mismatch::because(
                    "it is not the REAL of one decimal of up to 15 digits; \
                     declare the column as TEXT, or read an f64",
                )
            }),
            ValueRef::InvalidText(bytes) => Err(invalid_text(bytes)),
            _ => Err(Mismatch::of_type()),
        }
    }
}

/// Reads a text as what is stored: digits, a point and a sign, and no underscores between them.
fn exact(text: &str) -> Option<Decimal> {
    if text.contains('_') { None } else { Decimal::from_str_exact(text).ok() }
}

/// Gives the decimal of up to 15 digits whose nearest `f64` this is.
fn shortest(number: f64) -> Option<Decimal> {
    const EXACT: usize = 15;
    // Above, integers of more digits have become the same REAL.
    if number.abs() >= 1e15 {
        return None;
    }
    let text = format!("{number:e}");
    let (digits, _) = text.split_once('e')?;
    if digits.bytes().filter(u8::is_ascii_digit).count() > EXACT {
        return None;
    }
    // Written out, since a text with an exponent would be rounded where it does not fit.
    Decimal::from_str_exact(&number.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_is_read_where_it_stands_for_one_decimal() {
        let read =
            |number| Decimal::from_value(ValueRef::Real(number)).map(|read| read.to_string());

        assert_eq!(read(0.1), Ok("0.1".to_owned()));
        assert_eq!(read(-12_345_678_901_234.5), Ok("-12345678901234.5".to_owned()));
        for number in
            [0.1 + 0.2, 1e15, -1e22, f64::NAN, f64::INFINITY, 1e30, 1e-29, f64::MAX, 5e-324]
        {
            assert!(read(number).is_err(), "{number}");
        }
    }
}
