//! `Values`: what a statement is given for many rows, packed into a few flat buffers.

use crate::error::Result;
use crate::row::Buffers;
use crate::value::{Value, ValueRef};

/// The values of many rows for one statement. They are copied together, so that a row takes no memory of its
/// own, neither where it is read nor where it is written.
#[derive(Debug, Default)]
pub(crate) struct Values {
    pages: Vec<Page>,
    rows: usize,
    bytes: usize,
    /// The row that is being read.
    row: Vec<Value>,
}

/// Some rows of values, which are written in one turn.
#[derive(Debug, Default)]
pub(crate) struct Page {
    buffers: Buffers,
    rows: usize,
    /// How many values a row has.
    width: usize,
}

impl Page {
    /// A page is full at so many rows, or so many bytes.
    const ROWS: usize = 256;
    const BYTES: usize = 1 << 20;

    fn is_full(&self) -> bool {
        self.rows >= Self::ROWS || self.buffers.size() >= Self::BYTES
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the values of a row.
    pub(crate) fn row(&self, row: usize) -> impl ExactSizeIterator<Item = ValueRef<'_>> {
        let first = row * self.width;
        (first..first + self.width).map(|place| self.buffers.value(place).unwrap_or(ValueRef::Null))
    }
}

impl Values {
    /// Adds a row, whose values are appended to the list that `read` is called with.
    pub(crate) fn push(&mut self, read: impl FnOnce(&mut Vec<Value>) -> Result<()>) -> Result<()> {
        self.row.clear();
        read(&mut self.row)?;
        if self.pages.last().is_none_or(Page::is_full) {
            let mut page = Page { width: self.row.len(), ..Page::default() };
            // Behind one that is full many are likely.
            page.buffers.reserve(if self.pages.is_empty() { 0 } else { Page::ROWS * page.width });
            self.pages.push(page);
        }
        let Some(page) = self.pages.last_mut() else {
            return Ok(());
        };
        let size = page.buffers.size();
        for value in &self.row {
            page.buffers.push(value.as_ref())?;
        }
        page.rows += 1;
        self.rows += 1;
        self.bytes += page.buffers.size() - size;
        Ok(())
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the bytes that the values take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn into_pages(self) -> Vec<Page> {
        self.pages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(row: Vec<Value>) -> impl FnOnce(&mut Vec<Value>) -> Result<()> {
        |into| {
            into.extend(row);
            Ok(())
        }
    }

    #[test]
    fn rows_come_out_as_they_went_in_on_whatever_page() {
        let mut values = Values::default();
        for number in 0..1_000_i64 {
            let text = "a".repeat(if number == 700 { 2 << 20 } else { 3 });
            let row = vec![Value::Integer(number), Value::Null, Value::Text(text)];
            values.push(read(row)).unwrap();
        }

        assert_eq!(values.rows(), 1_000);
        let pages = values.into_pages();
        let rows: Vec<_> = pages.iter().map(Page::rows).collect();
        assert_eq!(rows, [256, 256, 189, 256, 43]);
        let all = pages.iter().flat_map(|page| (0..page.rows()).map(|row| page.row(row)));
        for (number, row) in all.enumerate() {
            let row: Vec<_> = row.collect();
            assert_eq!(row[..2], [ValueRef::Integer(number as i64), ValueRef::Null]);
            assert!(matches!(row[2], ValueRef::Text(text) if text.starts_with("aaa")));
        }
    }

    #[test]
    fn a_row_without_values_is_a_row() {
        let mut values = Values::default();
        values.push(|_| Ok(())).unwrap();

        assert_eq!((values.rows(), values.bytes()), (1, 0));
        assert_eq!(values.into_pages()[0].row(0).len(), 0);
    }

    #[test]
    fn a_row_that_cannot_be_read_leaves_nothing() {
        let mut values = Values::default();
        let failed = values.push(|into| {
            into.push(Value::Integer(1));
            Err(crate::error::Error::new(crate::error::ErrorKind::Other, "no"))
        });
        values.push(read(vec![Value::Integer(2)])).unwrap();

        assert!(failed.is_err());
        let row: Vec<_> = values.pages[0].row(0).collect();
        assert_eq!((values.rows(), row), (1, vec![ValueRef::Integer(2)]));
    }
}
