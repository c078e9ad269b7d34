//! Where the rows go: a thread that writes large buffers, so that a slow reader of a pipe keeps nobody
//! from noticing Ctrl-C.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;

use tokio::sync::{mpsc, oneshot};

use crate::arguments::Database;
use crate::ending::Ending;

/// A buffer of this size is worth a write.
pub(crate) const FULL: usize = 128 << 10;

/// One is filled while another is written, and one may wait in between.
const WAITING: usize = 1;

#[derive(Debug)]
pub(crate) enum Target {
    Stdout,
    File(File),
}

impl Target {
    /// Makes a file, or empties the one that is there, unless that is the database.
    pub(crate) fn create(path: &Path, database: &Database) -> Result<Self, Ending> {
        let shown = path.display();
        let is_database = match database {
            Database::Path(database) => is_part_of(path, database),
            Database::Url(url) => place_of(url).is_some_and(|place| is_part_of(path, &place)),
            Database::Memory => false,
        };
        if is_database {
            return Err(Ending::Usage(format!("--output: {shown} is the database itself")));
        }
        let problem = |error| Ending::File(format!("{shown} cannot be written: {error}"));
        File::create(path).map(Self::File).map_err(problem)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(bytes)?;
                stdout.flush()
            }
            Self::File(file) => file.write_all(bytes),
        }
    }
}

/// Reports whether a path leads to the database's file, or to one of those that SQLite keeps beside it.
fn is_part_of(path: &Path, database: &Path) -> bool {
    let Ok(path) = fs::canonicalize(path) else {
        return false;
    };
    let beside = |suffix: &str| {
        let mut name = database.as_os_str().to_owned();
        name.push(suffix);
        fs::canonicalize(name).is_ok_and(|found| found == path)
    };
    ["", "-wal", "-shm", "-journal"].into_iter().any(beside)
}

/// The path in a URL, in which `%` and two digits stand for a byte.
fn place_of(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?.split('?').next()?;
    let mut rest = path.strip_prefix("//").unwrap_or(path).as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'%');
        let byte =
            digits.and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { after.get(2..)? } else { after };
    }
    String::from_utf8(bytes).ok().map(Into::into)
}

/// The writing thread, and the buffer that is being filled for it.
pub(crate) struct Output {
    /// What is to be written next; it holds whole rows whenever it is passed on.
    pub(crate) buffer: Vec<u8>,
    passed: u64,
    full: mpsc::Sender<Vec<u8>>,
    empty: mpsc::Receiver<Vec<u8>>,
    ended: oneshot::Receiver<io::Result<()>>,
}

impl Output {
    pub(crate) fn to(mut target: Target) -> io::Result<Self> {
        let (full, mut to_write) = mpsc::channel::<Vec<u8>>(WAITING);
        let (used, empty) = mpsc::channel(WAITING + 2);
        let (ending, ended) = oneshot::channel();
        thread::Builder::new().name("output".to_owned()).spawn(move || {
            let mut write = || {
                while let Some(mut buffer) = to_write.blocking_recv() {
                    target.write(&buffer)?;
                    buffer.clear();
                    // Where nobody takes it back, it is freed.
                    let _ = used.try_send(buffer);
                }
                Ok(())
            };
            let written = write();
            // Whoever passes buffers on is told that it is over by this channel's end.
            drop(to_write);
            let _ = ending.send(written);
        })?;
        Ok(Self { buffer: Vec::new(), passed: 0, full, empty, ended })
    }

    /// Returns how many bytes there are so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.passed + self.buffer.len() as u64
    }

    /// Passes the buffer on, waiting while the output is slow; `false` where nothing can be written any
    /// more. Dropped while it waits, it has passed nothing on.
    pub(crate) async fn pass(&mut self) -> bool {
        if self.buffer.is_empty() {
            return true;
        }
        let Ok(place) = self.full.reserve().await else {
            return false;
        };
        let next = self.empty.try_recv().unwrap_or_default();
        self.passed += self.buffer.len() as u64;
        place.send(std::mem::replace(&mut self.buffer, next));
        true
    }

    /// Waits until everything is written, or cannot be.
    pub(crate) async fn end(mut self) -> io::Result<()> {
        self.pass().await;
        drop(self.full);
        // The thread answers unless it panics, which it does not.
        self.ended.await.unwrap_or(Ok(()))
    }
}
