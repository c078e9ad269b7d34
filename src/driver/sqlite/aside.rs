//! Batches that wait for their consumer without their statement: first in, first out, in memory up to a
//! bound and then in private temporary files.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek, SeekFrom};
use std::sync::Arc;

use crate::driver::Bounds;
use crate::error::{Error, ErrorKind, Result};
use crate::row::{Bin, Columns, RowBatch};

/// A queue of batches. Both ends may be used at any time.
///
/// The oldest batches are in memory, those after them in the file that is read, the newest in the file
/// that is written. Once the one file is read to its end it is emptied, and the other takes its place; so
/// what is on the disk is not much more than what waits, however long the queue is in use.
pub(super) struct Aside {
    memory: VecDeque<RowBatch>,
    memory_left: usize,
    read: Pile<BufReader<File>>,
    written: Pile<BufWriter<File>>,
    /// An empty file that was in use before.
    spare: Option<File>,
    /// What the batches in memory have in values.
    in_memory: u64,
}

/// Batches in a file.
struct Pile<F> {
    file: Option<F>,
    batches: VecDeque<Spilled>,
    /// What is in the file, batches that have been read included.
    size: u64,
}

/// What a batch in a file does not say itself: its columns, and the number of its first row.
type Spilled = (Arc<Columns>, u64);

impl<F> Default for Pile<F> {
    fn default() -> Self {
        Self { file: None, batches: VecDeque::new(), size: 0 }
    }
}

impl Aside {
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self {
            memory: VecDeque::new(),
            memory_left: bounds.spill_memory,
            read: Pile::default(),
            written: Pile::default(),
            spare: None,
            in_memory: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.memory.is_empty() && self.files_are_empty()
    }

    fn files_are_empty(&self) -> bool {
        self.read.batches.is_empty() && self.written.batches.is_empty()
    }

    /// Returns how many bytes of values take up memory and disk.
    pub(super) fn size(&self) -> u64 {
        self.in_memory + self.read.size + self.written.size
    }

    /// Adds a batch at the end.
    pub(super) fn push(&mut self, batch: RowBatch) -> Result<()> {
        let held = batch.held();
        if self.files_are_empty() && held <= self.memory_left {
            self.memory_left -= held;
            self.in_memory += batch.size() as u64;
            self.memory.push_back(batch);
            return Ok(());
        }
        self.write(&batch).map_err(|error| unusable(error, "written to"))
    }

    /// Takes the batch at the front.
    pub(super) fn pop(&mut self, bin: &Arc<Bin>) -> Result<Option<RowBatch>> {
        if let Some(batch) = self.memory.pop_front() {
            self.memory_left += batch.held();
            self.in_memory -= batch.size() as u64;
            return Ok(Some(batch));
        }
        self.read(bin).map_err(|error| unusable(error, "read from"))
    }

    fn write(&mut self, batch: &RowBatch) -> io::Result<()> {
        let file = match &mut self.written.file {
            Some(file) => file,
            None => {
                let file = self.spare.take().map_or_else(tempfile::tempfile, Ok)?;
                self.written.file.insert(BufWriter::new(file))
            }
        };
        batch.write_to(file)?;
        self.written.batches.push_back((Arc::clone(batch.columns()), batch.first_row()));
        self.written.size += batch.size() as u64;
        Ok(())
    }

    fn read(&mut self, bin: &Arc<Bin>) -> io::Result<Option<RowBatch>> {
        if self.read.batches.is_empty() {
            self.turn_over()?;
        }
        let (Some(file), Some((columns, first_row))) =
            (&mut self.read.file, self.read.batches.pop_front())
        else {
            return Ok(None);
        };
        let batch = RowBatch::read_from(file, columns, first_row, Some(Arc::clone(bin)))?;
        if self.read.batches.is_empty() {
            self.empty_read()?;
        }
        Ok(Some(batch))
    }

    /// Begins to read what was written.
    fn turn_over(&mut self) -> io::Result<()> {
        let Pile { file, batches, size } = std::mem::take(&mut self.written);
        let Some(file) = file else {
            return Ok(());
        };
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        self.read = Pile { file: Some(BufReader::new(file)), batches, size };
        Ok(())
    }

    /// Gives the space on the disk back.
    fn empty_read(&mut self) -> io::Result<()> {
        let read = std::mem::take(&mut self.read);
        if let Some(file) = read.file {
            let mut file = file.into_inner();
            file.set_len(0)?;
            file.rewind()?;
            self.spare = Some(file);
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Buffers;
    use crate::statement::Stall;
    use crate::value::ValueRef;
    use std::time::Duration;

    fn aside(spill_memory: usize) -> Aside {
        Aside::new(&Bounds {
            batch_rows: 1,
            batch_bytes: 1,
            batches: 1,
            spill_memory,
            spill_limit: 0,
            stall: Stall::Park,
            stall_notice: Duration::MAX,
            slow_statement: Duration::MAX,
            patience: Duration::ZERO,
        })
    }

    fn batch(number: u64) -> RowBatch {
        let mut buffers = Buffers::default();
        buffers.push(ValueRef::Integer(number.cast_signed())).unwrap();
        RowBatch::new(Arc::new(Columns::new(["a"])), buffers, number, None)
    }

    fn number(batch: &RowBatch) -> u64 {
        assert_eq!(
            batch.value(0, 0),
            Some(ValueRef::Integer(batch.first_row().cast_signed())),
            "a batch comes back as it was"
        );
        batch.first_row()
    }

    fn bin() -> Arc<Bin> {
        Arc::new(Bin::new(0))
    }

    #[test]
    fn what_goes_in_first_comes_out_first_at_any_pace() {
        // A generator of our own: every run takes the same way through memory and files.
        let mut seed = 7_u64;
        for memory in [0, 100, 1_000, usize::MAX] {
            let (mut aside, bin) = (aside(memory), bin());
            let (mut pushed, mut popped) = (0, 0);
            while popped < 2_000 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let grows = (seed >> 40) % 8 < if pushed % 500 < 250 { 6 } else { 2 };
                if grows {
                    aside.push(batch(pushed)).unwrap();
                    pushed += 1;
                } else if let Some(batch) = aside.pop(&bin).unwrap() {
                    assert_eq!(number(&batch), popped);
                    popped += 1;
                } else {
                    assert_eq!(popped, pushed, "nothing is kept back");
                    assert!(aside.is_empty());
                }
            }
        }
    }

    #[test]
    fn memory_takes_what_it_may_and_the_file_the_rest() {
        let one = batch(0).held();
        let mut aside = aside(3 * one);

        for number in 0..5 {
            aside.push(batch(number)).unwrap();
        }

        assert_eq!((aside.memory.len(), aside.written.batches.len()), (3, 2));
        assert_eq!(aside.size(), 5 * batch(0).size() as u64);
    }

    #[test]
    fn once_the_files_are_empty_memory_is_used_again_and_the_disk_is_free() {
        let (mut aside, bin) = (aside(batch(0).held()), bin());
        for number in 0..100 {
            aside.push(batch(number)).unwrap();
        }

        while aside.pop(&bin).unwrap().is_some() {}
        assert_eq!(aside.spare.as_ref().unwrap().metadata().unwrap().len(), 0);
        assert_eq!((aside.size(), aside.is_empty()), (0, true));
        aside.push(batch(100)).unwrap();

        assert_eq!((aside.memory.len(), aside.written.batches.len()), (1, 0));
    }

    #[test]
    fn a_queue_that_is_never_empty_does_not_grow_on_the_disk() {
        let (mut aside, bin) = (aside(0), bin());
        for number in 0..10 {
            aside.push(batch(number)).unwrap();
        }

        for number in 10..10_000 {
            aside.push(batch(number)).unwrap();
            aside.pop(&bin).unwrap();
            assert!(aside.size() <= 30 * batch(0).size() as u64, "{} bytes", aside.size());
        }
    }
}
