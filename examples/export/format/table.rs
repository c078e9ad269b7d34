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
    names: Vec<Cell>,
    columns: Vec<Column>,
    /// The first rows, until the widths are known.
    sample: Vec<Vec<Cell>>,
    sample_bytes: usize,
    is_settled: bool,
}

#[derive(Clone, Default)]
struct Column {
    width: usize,
    numbers: usize,
    others: usize,
}

struct Cell {
    text: String,
    width: usize,
    kind: CellKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CellKind {
    Null,
    Number,
    Other,
}

impl Table {
    pub(super) fn new(settings: Settings, columns: &Columns) -> Self {
        let cell = |name| Cell::new(CellKind::Other, escaped(name), &settings);
        let names: Vec<Cell> = columns.names().map(cell).collect();
        Self {
            columns: vec![Column::default(); names.len()],
            names,
            settings,
            sample: Vec::new(),
            sample_bytes: 0,
            is_settled: false,
        }
    }
}

impl Format for Table {
    fn row(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<(), Ending> {
        let cells: Result<Vec<_>, Ending> =
            (0..row.len()).map(|column| cell(row.value(column)?, &self.settings)).collect();
        let cells = cells?;
        if self.is_settled {
            self.line(&cells, out);
            return Ok(());
        }
        self.sample_bytes += cells.iter().map(|cell| cell.text.len()).sum::<usize>();
        self.sample.push(cells);
        if self.sample.len() >= SAMPLE_ROWS || self.sample_bytes >= SAMPLE_BYTES {
            self.settle(out);
        }
        Ok(())
    }

    /// A file is the same each time, however long its rows took.
    fn pause(&mut self, out: &mut Vec<u8>) {
        if self.settings.to_terminal && !self.sample.is_empty() {
            self.settle(out);
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        self.settle(out);
    }
}

impl Table {
    /// Fixes the widths by what is held back, and appends it.
    fn settle(&mut self, out: &mut Vec<u8>) {
        if self.is_settled {
            return;
        }
        self.is_settled = true;
        let sample = std::mem::take(&mut self.sample);
        for cells in &sample {
            for (column, cell) in self.columns.iter_mut().zip(cells) {
                column.width = column.width.max(cell.width);
                column.numbers += usize::from(cell.kind == CellKind::Number);
                column.others += usize::from(cell.kind == CellKind::Other);
            }
        }
        if self.settings.header && !self.columns.is_empty() {
            self.header(out);
        }
        for cells in &sample {
            self.line(cells, out);
        }
    }

    fn header(&mut self, out: &mut Vec<u8>) {
        for (column, name) in self.columns.iter_mut().zip(&mut self.names) {
            column.width = column.width.max(name.width);
            if column.numbers > 0 && column.others == 0 {
                name.kind = CellKind::Number;
            }
        }
        self.line(&self.names, out);
        for (place, column) in self.columns.iter().enumerate() {
            if place > 0 {
                out.extend_from_slice(b"-+-");
            }
            fill(b'-', column.width, out);
        }
        out.push(b'\n');
    }

    fn line(&self, cells: &[Cell], out: &mut Vec<u8>) {
        let last = cells.len().saturating_sub(1);
        for (place, (column, cell)) in self.columns.iter().zip(cells).enumerate() {
            if place > 0 {
                out.extend_from_slice(b" | ");
            }
            let space = column.width.saturating_sub(cell.width);
            if cell.kind == CellKind::Number {
                fill(b' ', space, out);
            }
            out.extend_from_slice(cell.text.as_bytes());
            if cell.kind != CellKind::Number && place < last {
                fill(b' ', space, out);
            }
        }
        out.push(b'\n');
    }
}

fn fill(byte: u8, count: usize, out: &mut Vec<u8>) {
    out.resize(out.len() + count, byte);
}

impl Cell {
    fn new(kind: CellKind, text: String, settings: &Settings) -> Self {
        let width = text.width();
        if settings.to_terminal && kind == CellKind::Other && width > WIDEST {
            let text = cut(&text);
            return Self { width: text.width(), text, kind };
        }
        Self { text, width, kind }
    }
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

fn cell(value: ValueRef<'_>, settings: &Settings) -> Result<Cell, Ending> {
    let written = |kind, write: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        write(&mut bytes);
        Cell::new(kind, String::from_utf8(bytes).unwrap_or_default(), settings)
    };
    Ok(match value {
        ValueRef::Null => {
            let text = settings.null.clone().unwrap_or_else(|| "NULL".to_owned());
            Cell::new(CellKind::Null, text, settings)
        }
        ValueRef::Integer(value) => written(CellKind::Number, &|out| integer(value, out)),
        ValueRef::Real(value) => written(CellKind::Number, &|out| real(value, out)),
        ValueRef::Text(value) => Cell::new(CellKind::Other, escaped(value), settings),
        ValueRef::InvalidText(bytes) => Cell::new(CellKind::Other, escaped_bytes(bytes), settings),
        ValueRef::Blob(bytes) => written(CellKind::Other, &|out| {
            // As SQL writes it, so that it looks like no text.
            let (open, close): (&[u8], &[u8]) = match settings.blob {
                Blob::Hex => (b"x'", b"'"),
                Blob::Base64 => (b"", b""),
            };
            out.extend_from_slice(open);
            blob(bytes, settings.blob, out);
            out.extend_from_slice(close);
        }),
        other => return Err(unknown(other)),
    })
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
