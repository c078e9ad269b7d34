//! A result read aside: in memory up to a bound, then in a private temporary file.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::sync::Arc;

use crate::driver::Bounds;
use crate::error::{Error, ErrorKind, Result};
use crate::row::{Bin, Columns, RowBatch};

/// Batches that wait for their consumer without their statement.
pub(super) struct Aside {
    memory: VecDeque<RowBatch>,
    memory_left: usize,
    spill: Option<Spill>,
    size: u64,
    limit: u64,
}

struct Spill {
    file: BufWriter<File>,
    batches: VecDeque<Spilled>,
}

/// What a batch in the file does not say itself: its columns, and the number of its first row.
type Spilled = (Arc<Columns>, u64);

impl Aside {
    /// Holds what the bounds say; without a limit it takes as much as the disk has.
    pub(super) fn new(bounds: &Bounds, limit: Option<u64>) -> Self {
        Self {
            memory: VecDeque::new(),
            memory_left: bounds.spill_memory,
            spill: None,
            size: 0,
            limit: limit.unwrap_or(u64::MAX),
        }
    }

    /// Reports whether so much was put aside that no more may be.
    pub(super) fn is_full(&self) -> bool {
        self.size >= self.limit
    }

    pub(super) fn push(&mut self, batch: RowBatch) -> Result<()> {
        let size = batch.size();
        self.size = self.size.saturating_add(size as u64);
        if self.spill.is_none() && size <= self.memory_left {
            self.memory_left -= size;
            self.memory.push_back(batch);
            return Ok(());
        }
        self.write(&batch).map_err(|error| unusable(error, "written to"))
    }

    fn write(&mut self, batch: &RowBatch) -> io::Result<()> {
        let spill = match &mut self.spill {
            Some(spill) => spill,
            None => {
                let file = BufWriter::new(tempfile::tempfile()?);
                self.spill.insert(Spill { file, batches: VecDeque::new() })
            }
        };
        batch.write_to(&mut spill.file)?;
        spill.batches.push_back((Arc::clone(batch.columns()), batch.first_row()));
        Ok(())
    }

    /// Reads back what was put aside, in order.
    pub(super) fn read(self) -> Result<Reading> {
        let spilled = match self.spill {
            None => None,
            Some(Spill { file, batches }) => {
                let rewound = rewind(file).map_err(|error| unusable(error, "read from"))?;
                Some((rewound, batches))
            }
        };
        Ok(Reading { memory: self.memory, spilled })
    }
}

fn rewind(mut file: BufWriter<File>) -> io::Result<BufReader<File>> {
    file.flush()?;
    let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(BufReader::new(file))
}

/// Batches on their way back from being put aside.
pub(super) struct Reading {
    memory: VecDeque<RowBatch>,
    spilled: Option<(BufReader<File>, VecDeque<Spilled>)>,
}

impl Reading {
    pub(super) fn next(&mut self, bin: &Arc<Bin>) -> Result<Option<RowBatch>> {
        if let Some(batch) = self.memory.pop_front() {
            return Ok(Some(batch));
        }
        let Some((file, batches)) = &mut self.spilled else {
            return Ok(None);
        };
        let Some((columns, first_row)) = batches.pop_front() else {
            return Ok(None);
        };
        RowBatch::read_from(file, columns, first_row, Some(Arc::clone(bin)))
            .map(Some)
            .map_err(|error| unusable(error, "read from"))
    }
}

#[cold]
fn unusable(error: io::Error, what: &str) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::DiskFull,
        _ => ErrorKind::Io,
    };
    Error::new(
        kind,
        format!(
            "the temporary file for a result that is read aside cannot be {what}; it is made in {}",
            std::env::temp_dir().display()
        ),
    )
    .with_source(error)
}
