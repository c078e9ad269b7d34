//! A table for people: as wide as its first rows need, and written as they come after that.

use std::fmt::Write as _;

use headwater::{Columns, Row, ValueRef};
use unicode_width::UnicodeWidthStr;

use super::values::{blob, integer, real, unknown};
use super::{Blob, Format, Settings};
use crate::ending::Ending;

/// So many rows are held back to see how wide the columns are.
const SAMPLE_ROWS: usize = 100;

/// No more than so many bytes of them: a few large cells have told enough.
const SAMPLE_BYTES: usize = 1 << 20;

/// On a terminal a text ends here.
const WIDEST: usize = 60;

pub(super) struct Table {
    settings: Settings,
    null: String,
    names: Vec<String>,
    columns: Vec<Column>,
    /// The first rows, until the widths are known.
    sample: Vec<Row>,
    sample_bytes: usize,
    is_settled: bool,
    /// A cell, before it is known how much space stands before it.
    cell: Vec<u8>,
}

#[derive(Clone, Default)]
struct Column {
    width: usize,
    numbers: usize,
    others: usize,
}

/// What a cell that was appended to a buffer is like.
#[derive(Clone, Copy)]
struct Look {
    kind: Kind,
    width: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Null,
    Number,
    Other,
}

impl Table {
    pub(super) fn new(settings: Settings, columns: &Columns) -> Self {
        Self {
            null: settings.null.clone().unwrap_or_else(|| "NULL".to_owned()),
            settings,
            names: columns.names().map(str::to_owned).collect(),
            columns: vec![Column::default(); columns.len()],
            sample: Vec::new(),
            sample_bytes: 0,
            is_settled: false,
            cell: Vec::new(),
        }
    }
}

impl Format for Table {
    fn row(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<(), Ending> {
        if self.is_settled {
            return self.line(row, out);
        }
        self.measure(row)?;
        self.sample.push(row.clone());
        if self.sample.len() >= SAMPLE_ROWS || self.sample_bytes >= SAMPLE_BYTES {
            self.settle(out)?;
        }
        Ok(())
    }

    /// A file is the same each time, however long its rows took.
    fn pause(&mut self, out: &mut Vec<u8>) -> Result<(), Ending> {
        if self.settings.to_terminal && !self.sample.is_empty() {
            self.settle(out)?;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Ending> {
        self.settle(out)
    }
}

impl Table {
    /// Lets the columns be as wide as a row needs.
    fn measure(&mut self, row: &Row) -> Result<(), Ending> {
        for (place, column) in self.columns.iter_mut().enumerate() {
            self.cell.clear();
            let look = value(row.value(place)?, &self.settings, &self.null, &mut self.cell)?;
            column.width = column.width.max(look.width);
            column.numbers += usize::from(look.kind == Kind::Number);
            column.others += usize::from(look.kind == Kind::Other);
            self.sample_bytes += self.cell.len();
        }
        Ok(())
    }

    /// Appends the header and what is held back, now that the widths are known.
    fn settle(&mut self, out: &mut Vec<u8>) -> Result<(), Ending> {
        if self.is_settled {
            return Ok(());
        }
        self.is_settled = true;
        if self.settings.header && !self.columns.is_empty() {
            self.header(out);
        }
        for row in std::mem::take(&mut self.sample) {
            self.line(&row, out)?;
        }
        Ok(())
    }

    fn header(&mut self, out: &mut Vec<u8>) {
        let mut rule = Vec::new();
        let last = self.columns.len().saturating_sub(1);
        for (place, (column, name)) in self.columns.iter_mut().zip(&self.names).enumerate() {
            self.cell.clear();
            let width = text(name, &self.settings, &mut self.cell);
            column.width = column.width.max(width);
            let is_of_numbers = column.numbers > 0 && column.others == 0;
            let kind = if is_of_numbers { Kind::Number } else { Kind::Other };
            if place > 0 {
                rule.extend_from_slice(b"-+-");
            }
            fill(b'-', column.width, &mut rule);
            aligned(&self.cell, Look { kind, width }, column.width, place, last, out);
        }
        out.push(b'\n');
        out.append(&mut rule);
        out.push(b'\n');
    }

    fn line(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<(), Ending> {
        let last = self.columns.len().saturating_sub(1);
        for (place, column) in self.columns.iter().enumerate() {
            self.cell.clear();
            let look = value(row.value(place)?, &self.settings, &self.null, &mut self.cell)?;
            aligned(&self.cell, look, column.width, place, last, out);
        }
        out.push(b'\n');
        Ok(())
    }
}

/// Appends a cell with the space that its column has: numbers end where the column ends.
fn aligned(cell: &[u8], look: Look, width: usize, place: usize, last: usize, out: &mut Vec<u8>) {
    if place > 0 {
        out.extend_from_slice(b" | ");
    }
    let space = width.saturating_sub(look.width);
    if look.kind == Kind::Number {
        fill(b' ', space, out);
    }
    out.extend_from_slice(cell);
    if look.kind != Kind::Number && place < last {
        fill(b' ', space, out);
    }
}

fn fill(byte: u8, count: usize, out: &mut Vec<u8>) {
    out.resize(out.len() + count, byte);
}

/// Appends a value as a table shows it.
fn value(
    value: ValueRef<'_>,
    settings: &Settings,
    null: &str,
    out: &mut Vec<u8>,
) -> Result<Look, Ending> {
    let start = out.len();
    let (kind, width) = match value {
        ValueRef::Null => {
            out.extend_from_slice(null.as_bytes());
            (Kind::Null, null.width())
        }
        ValueRef::Integer(value) => {
            integer(value, out);
            (Kind::Number, out.len() - start)
        }
        ValueRef::Real(value) => {
            real(value, out);
            (Kind::Number, out.len() - start)
        }
        ValueRef::Text(value) => (Kind::Other, text(value, settings, out)),
        ValueRef::InvalidText(bytes) => (Kind::Other, shown(&escaped_bytes(bytes), settings, out)),
        ValueRef::Blob(bytes) => (Kind::Other, blob_literal(bytes, settings, out)),
        other => return Err(unknown(other)),
    };
    Ok(Look { kind, width })
}

/// Appends a text, and returns how wide it is.
fn text(value: &str, settings: &Settings, out: &mut Vec<u8>) -> usize {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'\\';
    if value.bytes().all(is_plain) {
        return shown(value, settings, out);
    }
    shown(&escaped(value), settings, out)
}

/// Appends bytes as SQL writes them, so that they look like no text.
fn blob_literal(bytes: &[u8], settings: &Settings, out: &mut Vec<u8>) -> usize {
    let mut literal = Vec::new();
    blob(bytes, settings.blob, &mut literal);
    let letters = String::from_utf8(literal).unwrap_or_default();
    match settings.blob {
        Blob::Hex => shown(&format!("x'{letters}'"), settings, out),
        Blob::Base64 => shown(&letters, settings, out),
    }
}

/// Appends what is shown of a text, and returns how wide that is.
fn shown(text: &str, settings: &Settings, out: &mut Vec<u8>) -> usize {
    let width = if text.is_ascii() { text.len() } else { text.width() };
    if !settings.to_terminal || width <= WIDEST {
        out.extend_from_slice(text.as_bytes());
        return width;
    }
    let text = cut(text);
    out.extend_from_slice(text.as_bytes());
    text.width()
}

/// Takes as much of a text as is wide enough, with an ellipsis in the place of the rest.
fn cut(text: &str) -> String {
    let mut buffer = [0; 4];
    let mut width = 0;
    let fits = |letter: &char| {
        width += letter.encode_utf8(&mut buffer).width();
        width < WIDEST
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    cut.push('…');
    cut
}

/// Writes what would move the cursor or hide as an escape, and a backslash twice, so that no two texts
/// look the same.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        escape(letter, &mut escaped);
    }
    escaped
}

/// The same for a text that is not UTF-8, each byte that is broken as `\xff`.
fn escaped_bytes(bytes: &[u8]) -> String {
    let mut escaped = String::new();
    for chunk in bytes.utf8_chunks() {
        escaped.extend(chunk.valid().chars().map(|letter| {
            let mut one = String::new();
            escape(letter, &mut one);
            one
        }));
        for byte in chunk.invalid() {
            // A string takes whatever is written.
            let _ = write!(escaped, "\\x{byte:02x}");
        }
    }
    escaped
}

fn escape(letter: char, out: &mut String) {
    match letter {
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        letter if letter.is_control() || is_hidden(letter) => {
            // A string takes whatever is written.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(letter));
        }
        letter => out.push(letter),
    }
}

/// Line separators, and marks that turn the direction of writing or have no width.
fn is_hidden(letter: char) -> bool {
    matches!(letter,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_texts_look_the_same() {
        assert_eq!(escaped("a\\n\n\t\r\0\u{1b}[2J"), "a\\\\n\\n\\t\\r\\u{0}\\u{1b}[2J");
        assert_eq!(escaped("\u{202e}abc\u{200b}"), "\\u{202e}abc\\u{200b}");
        assert_eq!(escaped("👩\u{200d}🚀 é 流"), "👩\u{200d}🚀 é 流");
        assert_eq!(escaped_bytes(b"a\xff\\\xe6\xb5"), "a\\xff\\\\\\xe6\\xb5");
    }

    #[test]
    fn what_is_cut_is_as_wide_as_may_be() {
        assert_eq!(cut(&"a".repeat(61)), format!("{}…", "a".repeat(59)));
        assert_eq!(cut(&"流".repeat(40)), format!("{}…", "流".repeat(29)));
    }
}
