//! The packed batch: many rows in a few flat buffers, which go back to the producer when drained.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use super::Columns;
use crate::error::{Error, ErrorKind, Result};
use crate::value::ValueRef;

/// One value of a batch; texts and blobs are ranges of the batch's shared buffers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text { start: u32, end: u32 },
    Blob { start: u32, end: u32 },
    InvalidText { start: u32, end: u32 },
}

/// The flat buffers of a batch.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    cells: Vec<Cell>,
    /// All texts, one after the other; a `String` because it was checked as UTF-8 when it came in.
    text: String,
    bytes: Vec<u8>,
}

impl Buffers {
    /// Makes room for the cells of so many more rows at once.
    pub(crate) fn reserve(&mut self, cells: usize) {
        self.cells.reserve(cells);
    }

    #[inline]
    pub(crate) fn push(&mut self, value: ValueRef<'_>) -> Result<()> {
        let cell = match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(value) => Cell::Integer(value),
            ValueRef::Real(value) => Cell::Real(value),
            ValueRef::Text(value) => {
                let (start, end) = range(self.text.len(), value.len())?;
                self.text.push_str(value);
                Cell::Text { start, end }
            }
            ValueRef::Blob(value) => {
                let (start, end) = range(self.bytes.len(), value.len())?;
                self.bytes.extend_from_slice(value);
                Cell::Blob { start, end }
            }
            ValueRef::InvalidText(value) => {
                let (start, end) = range(self.bytes.len(), value.len())?;
                self.bytes.extend_from_slice(value);
                Cell::InvalidText { start, end }
            }
        };
        self.cells.push(cell);
        Ok(())
    }

    /// Returns the bytes that the values take.
    pub(crate) fn size(&self) -> usize {
        self.cells.len() * size_of::<Cell>() + self.text.len() + self.bytes.len()
    }

    pub(crate) fn clear(&mut self) {
        self.cells.clear();
        self.text.clear();
        self.bytes.clear();
    }

    fn capacity(&self) -> usize {
        self.cells.capacity() * size_of::<Cell>() + self.text.capacity() + self.bytes.capacity()
    }

    #[inline]
    pub(crate) fn value(&self, index: usize) -> Option<ValueRef<'_>> {
        Some(match *self.cells.get(index)? {
            Cell::Null => ValueRef::Null,
            Cell::Integer(value) => ValueRef::Integer(value),
            Cell::Real(value) => ValueRef::Real(value),
            Cell::Text { start, end } => {
                ValueRef::Text(self.text.get(start as usize..end as usize)?)
            }
            Cell::Blob { start, end } => {
                ValueRef::Blob(self.bytes.get(start as usize..end as usize)?)
            }
            Cell::InvalidText { start, end } => {
                ValueRef::InvalidText(self.bytes.get(start as usize..end as usize)?)
            }
        })
    }
}

#[inline]
fn range(start: usize, len: usize) -> Result<(u32, u32)> {
    match (u32::try_from(start), u32::try_from(start + len)) {
        (Ok(start), Ok(end)) => Ok((start, end)),
        _ => Err(row_too_large()),
    }
}

#[cold]
fn row_too_large() -> Error {
    Error::new(
        ErrorKind::TooLarge,
        "a row of more than 4 GiB does not fit a batch; select fewer of its columns at once",
    )
}

/// Drained buffers on their way back to the producer of a result.
#[derive(Debug)]
pub(crate) struct Bin {
    buffers: Mutex<Vec<Buffers>>,
    /// Buffers that grew beyond this are let go: one large row must not stay for ever.
    largest: usize,
}

impl Bin {
    /// How many drained buffers wait at most: more come back only where rows were kept for long.
    const HELD: usize = 8;

    pub(crate) fn new(largest: usize) -> Self {
        Self { buffers: Mutex::new(Vec::new()), largest }
    }

    pub(crate) fn take(&self) -> Buffers {
        let mut held = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        held.pop().unwrap_or_default()
    }

    /// Takes buffers for a batch that will be much like another: new ones, and such as only had a small
    /// batch yet, are made large enough at once.
    pub(crate) fn take_like(&self, other: &Buffers) -> Buffers {
        let mut buffers = self.take();
        buffers.cells.reserve_exact(other.cells.capacity());
        buffers.text.reserve_exact(other.text.capacity());
        buffers.bytes.reserve_exact(other.bytes.capacity());
        buffers
    }

    fn put(&self, mut buffers: Buffers) {
        buffers.clear();
        if buffers.capacity() > self.largest {
            return;
        }
        let mut held = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() < Self::HELD {
            held.push(buffers);
        }
    }
}

/// Some consecutive rows of a result.
#[derive(Debug)]
pub(crate) struct RowBatch {
    columns: Arc<Columns>,
    width: usize,
    rows: usize,
    buffers: Buffers,
    first_row: u64,
    home: Option<Arc<Bin>>,
}

impl RowBatch {
    pub(crate) fn new(
        columns: Arc<Columns>,
        buffers: Buffers,
        first_row: u64,
        home: Option<Arc<Bin>>,
    ) -> Self {
        let width = columns.len();
        let rows = buffers.cells.len().checked_div(width).unwrap_or(0);
        Self { columns, width, rows, buffers, first_row, home }
    }

    pub(crate) fn columns(&self) -> &Arc<Columns> {
        &self.columns
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Returns the number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn first_row(&self) -> u64 {
        self.first_row
    }

    pub(crate) fn size(&self) -> usize {
        self.buffers.size()
    }

    /// Returns the bytes of memory that the batch keeps, which may be more than its values take.
    pub(crate) fn held(&self) -> usize {
        self.buffers.capacity()
    }

    #[inline]
    pub(crate) fn value(&self, row: usize, column: usize) -> Option<ValueRef<'_>> {
        if column >= self.width {
            return None;
        }
        self.buffers.value(row * self.width + column)
    }

    /// Copies one row into a batch of its own.
    pub(crate) fn only(&self, row: usize) -> Self {
        let mut buffers = Buffers::default();
        buffers.cells.reserve_exact(self.width());
        for column in 0..self.width() {
            // One row of a batch always fits the batch's own limits.
            let _ = buffers.push(self.value(row, column).unwrap_or(ValueRef::Null));
        }
        let first_row = self.first_row + row as u64;
        Self::new(Arc::clone(&self.columns), buffers, first_row, None)
    }

    /// Writes the values, for a result that is read aside into a file.
    pub(crate) fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        let sizes = [self.buffers.cells.len(), self.buffers.text.len(), self.buffers.bytes.len()];
        for size in sizes {
            out.write_all(&(size as u64).to_le_bytes())?;
        }
        for cell in &self.buffers.cells {
            let (tag, word) = match *cell {
                Cell::Null => (0, 0),
                Cell::Integer(value) => (1, value.cast_unsigned()),
                Cell::Real(value) => (2, value.to_bits()),
                Cell::Text { start, end } => (3, pair(start, end)),
                Cell::Blob { start, end } => (4, pair(start, end)),
                Cell::InvalidText { start, end } => (5, pair(start, end)),
            };
            out.write_all(&[tag])?;
            out.write_all(&word.to_le_bytes())?;
        }
        out.write_all(self.buffers.text.as_bytes())?;
        out.write_all(&self.buffers.bytes)
    }

    /// Reads back what [`write_to`](Self::write_to) wrote.
    pub(crate) fn read_from(
        source: &mut impl Read,
        columns: Arc<Columns>,
        first_row: u64,
        home: Option<Arc<Bin>>,
    ) -> io::Result<Self> {
        let cells = read_size(source)?;
        let text = read_size(source)?;
        let bytes = read_size(source)?;
        let mut buffers = home.as_deref().map(Bin::take).unwrap_or_default();
        for _ in 0..cells {
            let mut record = [0; 9];
            source.read_exact(&mut record)?;
            let [tag, word @ ..] = record;
            let word = u64::from_le_bytes(word);
            let (start, end) = unpair(word);
            buffers.cells.push(match tag {
                0 => Cell::Null,
                1 => Cell::Integer(word.cast_signed()),
                2 => Cell::Real(f64::from_bits(word)),
                3 => Cell::Text { start, end },
                4 => Cell::Blob { start, end },
                _ => Cell::InvalidText { start, end },
            });
        }
        source.take(text).read_to_string(&mut buffers.text)?;
        source.take(bytes).read_to_end(&mut buffers.bytes)?;
        Ok(Self::new(columns, buffers, first_row, home))
    }
}

fn pair(start: u32, end: u32) -> u64 {
    u64::from(start) << 32 | u64::from(end)
}

#[expect(clippy::cast_possible_truncation, reason = "the two halves of one word")]
fn unpair(word: u64) -> (u32, u32) {
    ((word >> 32) as u32, word as u32)
}

fn read_size(source: &mut impl Read) -> io::Result<u64> {
    let mut size = [0; 8];
    source.read_exact(&mut size)?;
    Ok(u64::from_le_bytes(size))
}

impl Drop for RowBatch {
    fn drop(&mut self) {
        if let Some(home) = &self.home {
            home.put(std::mem::take(&mut self.buffers));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_kind() -> RowBatch {
        let mut buffers = Buffers::default();
        for value in values() {
            buffers.push(value).unwrap();
        }
        let columns = Columns::new(["a", "b", "c"]);
        RowBatch::new(Arc::new(columns), buffers, 7, None)
    }

    fn values() -> [ValueRef<'static>; 6] {
        [
            ValueRef::Null,
            ValueRef::Integer(i64::MIN),
            ValueRef::Real(-0.5),
            ValueRef::Text("añb"),
            ValueRef::Blob(b"\x00\xff"),
            ValueRef::InvalidText(b"\xff"),
        ]
    }

    fn all(batch: &RowBatch) -> Vec<ValueRef<'_>> {
        (0..6).map(|index| batch.value(index / 3, index % 3).unwrap()).collect()
    }

    #[test]
    fn a_batch_gives_back_what_was_pushed() {
        let batch = every_kind();

        assert_eq!(batch.len(), 2);
        assert_eq!(all(&batch), values());
        assert_eq!(batch.value(0, 3), None);
    }

    #[test]
    fn a_batch_survives_a_file() {
        let batch = every_kind();
        let mut file = Vec::new();

        batch.write_to(&mut file).unwrap();
        let read = RowBatch::read_from(&mut file.as_slice(), Arc::clone(batch.columns()), 7, None)
            .unwrap();

        assert_eq!(all(&read), values());
    }

    #[test]
    fn a_detached_row_keeps_its_number_and_its_values() {
        let row = every_kind().only(1);

        assert_eq!(row.first_row(), 8);
        assert_eq!(row.value(0, 0), Some(ValueRef::Text("añb")));
    }

    #[test]
    fn drained_buffers_go_back_to_their_bin_and_large_ones_do_not() {
        let bin = Arc::new(Bin::new(1_000));
        let columns = Arc::new(Columns::new(["a"]));
        for size in [10, 10_000] {
            let mut buffers = Buffers::default();
            buffers.push(ValueRef::Blob(&vec![0; size])).unwrap();
            drop(RowBatch::new(Arc::clone(&columns), buffers, 0, Some(Arc::clone(&bin))));
        }

        assert_eq!(bin.buffers.lock().unwrap().len(), 1);
    }
}
