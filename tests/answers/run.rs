//! Running many items on all cores, under a watchdog, and where the public suites are.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

/// A run that takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(500);

/// Reports whether a public suite is run in full: it is in release builds. SQLite itself is slow where
/// it is not optimised, and a sample of it is enough there.
pub(crate) fn in_full() -> bool {
    !cfg!(debug_assertions)
}

/// The folder of the public suites, if there is one.
pub(crate) fn data() -> Option<PathBuf> {
    let data = std::env::var_os("HEADWATER_DATA").map(PathBuf::from);
    if data.is_none() {
        println!("HEADWATER_DATA is not set: the public suites are not asked");
    }
    data
}

/// Reads a packed file.
pub(crate) fn unpacked(path: &Path) -> String {
    let packed = std::fs::File::open(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(packed).read_to_string(&mut text).unwrap();
    text
}

/// Runs every item, as many at once as there are cores; what they gave, in the items' order.
pub(crate) fn each<I, T>(items: &[I], run: impl AsyncFn(&I) -> T + Sync) -> Vec<T>
where
    I: Sync,
    T: Send,
{
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let (ended, wait) = mpsc::channel::<()>();
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let ended = ended.clone();
            let (next, done, run) = (&next, &done, &run);
            scope.spawn(move || {
                let _ended = ended;
                while let Some((number, item)) = take(next, items) {
                    let given = futures::executor::block_on(run(item));
                    done.lock().unwrap().push((number, given));
                }
            });
        }
        drop(ended);
        if wait.recv_timeout(DEADLINE) == Err(mpsc::RecvTimeoutError::Timeout) {
            // The workers cannot be ended, and the scope would wait for them.
            eprintln!("the suite hangs after {} items", next.load(Ordering::Relaxed));
            std::process::exit(1);
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, given)| given).collect()
}

fn take<'i, I>(next: &AtomicUsize, items: &'i [I]) -> Option<(usize, &'i I)> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    Some((number, items.get(number)?))
}

/// Fails with what went wrong, the first of it in full.
pub(crate) fn no_faults(suite: &str, faults: &[String]) {
    const SHOWN: usize = 40;
    let shown = faults.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(faults.is_empty(), "{suite}: {} faults:\n{shown}", faults.len());
}
