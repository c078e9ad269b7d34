//! Comma-separated values, as RFC 4180 has them.
//!
//! A NULL is an empty field and the empty text is `""`, so that they stay apart: a writer that quotes by
//! need alone writes both the same.

use headwater::{Columns, Row, ValueRef};

use super::values::{Mended, blob, integer, mend, real, unknown};
use super::{Format, Settings};
use crate::ending::Ending;

const END: &[u8] = b"\r\n";

pub(super) struct Csv {
    settings: Settings,
    null: String,
    /// The names of the columns, until they are written.
    header: Vec<u8>,
}

impl Csv {
    pub(super) fn new(settings: Settings, columns: &Columns) -> Self {
        let null = settings.null.clone().unwrap_or_default();
        let mut header = Vec::new();
        if settings.header && !columns.is_empty() {
            for (column, name) in columns.names().enumerate() {
                separate(column, &mut header);
                text(name, &null, &mut header);
            }
            header.extend_from_slice(END);
        }
        Self { settings, null, header }
    }
}

impl Format for Csv {
    fn row(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<(), Ending> {
        for column in 0..row.len() {
            separate(column, out);
            match row.value(column)? {
                ValueRef::Null => out.extend_from_slice(self.null.as_bytes()),
                ValueRef::Integer(value) => integer(value, out),
                ValueRef::Real(value) => real(value, out),
                ValueRef::Text(value) => text(value, &self.null, out),
                ValueRef::Blob(bytes) => self.blob(bytes, out),
                ValueRef::InvalidText(bytes) => {
                    match mend(bytes, self.settings.bad_text, row, column)? {
                        Mended::Text(value) => text(&value, &self.null, out),
                        Mended::Blob(bytes) => self.blob(bytes, out),
                    }
                }
                other => return Err(unknown(other)),
            }
        }
        out.extend_from_slice(END);
        Ok(())
    }

    fn start(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.header);
    }
}

impl Csv {
    /// No bytes are `""`, as no letters are.
    fn blob(&self, bytes: &[u8], out: &mut Vec<u8>) {
        if bytes.is_empty() {
            out.extend_from_slice(b"\"\"");
        }
        blob(bytes, self.settings.blob, out);
    }
}

fn separate(column: usize, out: &mut Vec<u8>) {
    if column > 0 {
        out.push(b',');
    }
}

/// Appends a text, in quotes where it would not be read back as it is, or would be read as a NULL.
fn text(value: &str, null: &str, out: &mut Vec<u8>) {
    let bytes = value.as_bytes();
    let breaks = |byte: &u8| matches!(byte, b'"' | b',' | b'\r' | b'\n');
    if !bytes.is_empty() && value != null && !bytes.iter().any(breaks) {
        return out.extend_from_slice(bytes);
    }
    out.push(b'"');
    for (part, piece) in bytes.split(|byte| *byte == b'"').enumerate() {
        if part > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(piece);
    }
    out.push(b'"');
}
