//! Numbers, bytes and broken texts, as all formats write them.

use std::borrow::Cow;
use std::io::Write;

use headwater::{Row, ValueRef};

use super::{BadText, Blob};
use crate::ending::Ending;

/// Appends an integer, all its digits.
pub(super) fn integer(value: i64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut rest = value.unsigned_abs();
    let mut used = 0;
    for place in digits.iter_mut().rev() {
        // A remainder of ten is a digit.
        *place = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    let (_, digits) = digits.split_at(digits.len() - used);
    out.extend_from_slice(digits);
}

/// Appends a real: the shortest digits that read back as it, and never such as an integer has.
///
/// An infinity is a number that is too large for a double: JSON has no other way to write it, and
/// readers of numbers round it to infinity.
pub(super) fn real(value: f64, out: &mut Vec<u8>) {
    let infinity: &[u8] = match value {
        f64::INFINITY => b"1e999",
        f64::NEG_INFINITY => b"-1e999",
        _ => {
            // `Debug` keeps the `.0`. A vector takes whatever is written.
            let _ = write!(out, "{value:?}");
            return;
        }
    };
    out.extend_from_slice(infinity);
}

/// Appends bytes as hexadecimal digits or in base 64.
pub(super) fn blob(bytes: &[u8], code: Blob, out: &mut Vec<u8>) {
    match code {
        Blob::Hex => hex(bytes, out),
        Blob::Base64 => base64(bytes, out),
    }
}

fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' - 10 + value };
    out.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
}

/// RFC 4648, section 4: groups of three bytes are four letters, and `=` fills the last group.
fn base64(bytes: &[u8], out: &mut Vec<u8>) {
    let letter = |value: u8| match value & 63 {
        value @ 0..26 => b'A' + value,
        value @ 26..52 => b'a' + (value - 26),
        value @ 52..62 => b'0' + (value - 52),
        62 => b'+',
        _ => b'/',
    };
    for group in bytes.chunks(3) {
        out.extend_from_slice(&match *group {
            [a, b, c] => {
                [letter(a >> 2), letter(a << 4 | b >> 4), letter(b << 2 | c >> 6), letter(c)]
            }
            [a, b] => [letter(a >> 2), letter(a << 4 | b >> 4), letter(b << 2), b'='],
            [a] => [letter(a >> 2), letter(a << 4), b'=', b'='],
            _ => continue,
        });
    }
}

/// What becomes of a text that is not UTF-8.
pub(super) enum Mended<'a> {
    Text(Cow<'a, str>),
    Blob(&'a [u8]),
}

/// Does what was asked for about a text that is not UTF-8.
pub(super) fn mend<'a>(
    bytes: &'a [u8],
    how: BadText,
    row: &Row,
    column: usize,
) -> Result<Mended<'a>, Ending> {
    match how {
        BadText::Replace => Ok(Mended::Text(String::from_utf8_lossy(bytes))),
        BadText::Blob => Ok(Mended::Blob(bytes)),
        BadText::Error => {
            let number = row.number() + 1;
            let name = row.columns().name(column).unwrap_or_default();
            Err(Ending::Value(format!(
                "row {number}, column `{name}`: the text is not UTF-8; --bad-text replace or \
                 --bad-text blob goes on"
            )))
        }
    }
}

/// A kind of value that this program is older than.
#[cold]
pub(super) fn unknown(value: ValueRef<'_>) -> Ending {
    Ending::Value(format!("a value of the kind {} is not known", value.sql_type()))
}
