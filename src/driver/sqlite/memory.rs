//! In-memory databases: private files without syncing, in a RAM-backed place where there is one.
//!
//! SQLite's own shared memory databases refuse WAL and lock whole, so reads would wait for writes. A
//! file in memory has all that files have. It is removed with its last connection; if the process was
//! killed, the next one that opens such a database sweeps it away. A lock on a file beside it tells
//! which are in use.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, ErrorKind, Result};

const PREFIX: &str = "headwater-memory-";
const LOCK: &str = ".lock";

/// The place of one in-memory database, removed when this is dropped.
#[derive(Debug)]
pub(crate) struct MemoryPlace {
    path: PathBuf,
    lock_path: PathBuf,
    /// Holds the lock that says the files are in use.
    _lock: File,
    removed: AtomicBool,
}

impl MemoryPlace {
    /// Makes a place for a new database, and sweeps those of processes that are gone.
    pub(crate) fn new() -> Result<Self> {
        let folder = folder();
        sweep(&folder);
        Self::claim(&folder).map_err(|error| {
            Error::new(
                ErrorKind::CannotOpen,
                format!("no in-memory database can be made in {}", folder.display()),
            )
            .with_source(error)
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the files, once no connection needs them any more.
    pub(crate) fn remove(&self) {
        if !self.removed.swap(true, Ordering::Relaxed) {
            remove(&self.path);
            let _ = fs::remove_file(&self.lock_path);
        }
    }

    fn claim(folder: &Path) -> io::Result<Self> {
        loop {
            let named = tempfile::Builder::new().prefix(PREFIX).suffix(LOCK).tempfile_in(folder)?;
            let (lock, lock_path) = named.keep().map_err(|error| error.error)?;
            // A sweeper may have seen the file before it was locked; then it is not ours any more.
            if lock.try_lock().is_ok() && lock_path.exists() {
                let place = Self {
                    path: lock_path.with_extension("db"),
                    lock_path,
                    _lock: lock,
                    removed: AtomicBool::new(false),
                };
                make_private(&place.path)?;
                return Ok(place);
            }
        }
    }
}

impl Drop for MemoryPlace {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Makes the empty database, for its owner alone; SQLite gives what lies beside it the same rights.
fn make_private(database: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(database).map(drop)
}

fn folder() -> PathBuf {
    let shared_memory = Path::new("/dev/shm");
    if cfg!(target_os = "linux") && shared_memory.is_dir() {
        shared_memory.to_owned()
    } else {
        std::env::temp_dir()
    }
}

/// Removes a database and what SQLite keeps beside it.
fn remove(database: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut path = database.as_os_str().to_owned();
        path.push(ending);
        // It may not be there, and a file that cannot be removed is swept later.
        let _ = fs::remove_file(path);
    }
}

/// Removes the databases of processes that ended without doing so.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            continue;
        };
        if !(name.starts_with(PREFIX) && name.ends_with(LOCK)) {
            continue;
        }
        let lock_path = entry.path();
        // Files of other users cannot be opened, and are theirs to sweep.
        let Ok(lock) = OpenOptions::new().read(true).write(true).open(&lock_path) else {
            continue;
        };
        if lock.try_lock().is_ok() {
            remove(&lock_path.with_extension("db"));
            let _ = fs::remove_file(&lock_path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_use_is_not_swept_and_an_orphan_is() {
        let folder = tempfile::tempdir().unwrap();
        let place = MemoryPlace::claim(folder.path()).unwrap();
        fs::write(place.path(), "in use").unwrap();
        let orphan = folder.path().join(format!("{PREFIX}orphan{LOCK}"));
        fs::write(&orphan, "").unwrap();
        fs::write(orphan.with_extension("db"), "left behind").unwrap();

        sweep(folder.path());

        assert!(place.path().exists());
        assert!(!orphan.exists() && !orphan.with_extension("db").exists());
    }

    #[test]
    fn a_dropped_place_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let place = MemoryPlace::claim(folder.path()).unwrap();
        fs::write(place.path(), "data").unwrap();

        drop(place);

        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
