//! Newline-delimited JSON: an object on a line for each row, its members in the order of the columns.

use std::collections::HashSet;
use std::io::Write;

use headwater::{Columns, Row, ValueRef};

use super::values::{Mended, blob, integer, mend, real, unknown};
use super::{Format, Settings};
use crate::ending::Ending;

pub(super) struct Ndjson {
    settings: Settings,
    /// What stands before each value: `{"a":`, then `,"b":`.
    keys: Vec<Vec<u8>>,
}

impl Ndjson {
    pub(super) fn new(settings: Settings, columns: &Columns) -> Self {
        let key = |(place, name): (usize, String)| {
            let mut key = vec![if place == 0 { b'{' } else { b',' }];
            text(&name, &mut key);
            key.push(b':');
            key
        };
        Self { settings, keys: distinct(columns).into_iter().enumerate().map(key).collect() }
    }
}

impl Format for Ndjson {
    fn row(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<(), Ending> {
        for (column, key) in self.keys.iter().enumerate() {
            out.extend_from_slice(key);
            match row.value(column)? {
                ValueRef::Null => out.extend_from_slice(b"null"),
                ValueRef::Integer(value) => integer(value, out),
                ValueRef::Real(value) => real(value, out),
                ValueRef::Text(value) => text(value, out),
                ValueRef::Blob(bytes) => self.blob(bytes, out),
                ValueRef::InvalidText(bytes) => {
                    match mend(bytes, self.settings.bad_text, row, column)? {
                        Mended::Text(value) => text(&value, out),
                        Mended::Blob(bytes) => self.blob(bytes, out),
                    }
                }
                other => return Err(unknown(other)),
            }
        }
        out.extend_from_slice(b"}\n");
        Ok(())
    }
}

impl Ndjson {
    fn blob(&self, bytes: &[u8], out: &mut Vec<u8>) {
        out.push(b'"');
        blob(bytes, self.settings.blob, out);
        out.push(b'"');
    }
}

/// Gives each column a name of its own: readers of an object keep one of two members that are called
/// the same, so the second is called `name_2`, unless a column is already called so.
fn distinct(columns: &Columns) -> Vec<String> {
    let all: HashSet<&str> = columns.names().collect();
    let mut taken = HashSet::new();
    let mut name_of = |name: &str| {
        let mut chosen = name.to_owned();
        let mut number = 1_u64;
        while taken.contains(&chosen) || (number > 1 && all.contains(chosen.as_str())) {
            number += 1;
            chosen = format!("{name}_{number}");
        }
        taken.insert(chosen.clone());
        chosen
    };
    columns.names().map(&mut name_of).collect()
}

/// Appends a string of JSON.
fn text(value: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = value.as_bytes();
    while let Some(place) = rest.iter().position(|byte| must_be_escaped(*byte)) {
        let (plain, after) = rest.split_at(place);
        out.extend_from_slice(plain);
        let Some((byte, after)) = after.split_first() else {
            break;
        };
        escape(*byte, out);
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn must_be_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\' || byte == 0x7f
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    let short: &[u8] = match byte {
        b'"' => b"\\\"",
        b'\\' => b"\\\\",
        b'\n' => b"\\n",
        b'\r' => b"\\r",
        b'\t' => b"\\t",
        _ => {
            // A vector takes whatever is written.
            let _ = write!(out, "\\u{byte:04x}");
            return;
        }
    };
    out.extend_from_slice(short);
}
