//! What results hold in memory and cost while nobody reads them: measured by a counting allocator, by
//! the peak of the process's resident memory, and by the processor time of its threads.
//!
//! The figures belong to the whole process, so these tests are a binary of their own and run one at a
//! time. With `--nocapture` they print what they measured.
#![cfg(all(test, feature = "sqlite"))]
#![allow(unsafe_code, reason = "an allocator that counts cannot be written without it")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test stops at once, and says why")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::TryStreamExt;
use futures::executor::block_on;
use headwater::{AsyncConnection, AsyncEngine, Row, Stall, Statement, sql};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
const GIB: usize = 1 << 30;

/// Counts what Rust code allocates; what SQLite allocates shows in the resident memory only.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static COUNT: AtomicU64 = AtomicU64::new(0);
static LARGE: AtomicU64 = AtomicU64::new(0);

/// An allocation of a batch's buffers, and of nothing else that a scan does, has so many bytes.
const LARGE_BYTES: usize = 4 * KIB;

fn count(size: usize) {
    let live = LIVE.fetch_add(size, Ordering::Relaxed) + size;
    PEAK.fetch_max(live, Ordering::Relaxed);
    COUNT.fetch_add(1, Ordering::Relaxed);
    if size >= LARGE_BYTES {
        LARGE.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: all calls go to the system's allocator as they come; the counters allocate nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Lets one test run at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The peaks of memory since the gauge was made, above what was held then.
struct Gauge {
    live: usize,
    resident: Option<usize>,
}

impl Gauge {
    fn new() -> Self {
        // Linux begins to look for the peak anew; without it the peak is that of the whole process.
        let _ = fs::write("/proc/self/clear_refs", "5");
        let live = LIVE.load(Ordering::Relaxed);
        PEAK.store(live, Ordering::Relaxed);
        Self { live, resident: resident("VmHWM") }
    }

    fn heap(&self) -> usize {
        PEAK.load(Ordering::Relaxed).saturating_sub(self.live)
    }

    fn resident(&self) -> Option<usize> {
        Some(resident("VmHWM")?.saturating_sub(self.resident?))
    }

    /// Prints the peaks and checks that neither is above `limit` bytes.
    fn assert_below(&self, what: &str, limit: usize) {
        let heap = self.heap();
        let resident = self.resident();
        println!(
            "{what}: {} KiB of Rust's heap, {} KiB of resident memory at the peak",
            heap / KIB,
            resident.map_or_else(|| "unknown".to_owned(), |bytes| (bytes / KIB).to_string()),
        );
        assert!(heap <= limit, "{what}: {heap} bytes of heap");
        assert!(resident.is_none_or(|bytes| bytes <= limit), "{what}: {resident:?} bytes resident");
    }
}

/// Reads a line of `/proc/self/status`, in bytes, where there is such a file.
fn resident(name: &str) -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    let kib: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * KIB)
}

async fn connect() -> AsyncConnection {
    let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
    let connection = engine.connect().await.unwrap();
    // What is there once for each connection and thread is not part of a result.
    connection.query(blobs(1, KIB)).await.unwrap().all().await.unwrap();
    connection
}

/// A result of `count` rows, each a number and a blob of `size` bytes.
fn blobs(count: usize, size: usize) -> Statement {
    let text = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
        SELECT i, zeroblob(?2) FROM n";
    sql(text).bind(count).bind(size)
}

/// Gives the connection so many turns that whatever could be read ahead has been.
async fn stall(connection: &AsyncConnection) {
    for _ in 0..200 {
        connection.query("SELECT 1").scalar_one::<i64>().await.unwrap();
    }
}

fn length(row: &Row) -> usize {
    row.get::<&[u8]>(1).unwrap().len()
}

// The result of 1 GiB ---------------------------------------------------------------------------

#[test]
fn a_result_of_one_gibibyte_takes_a_few_mebibytes_when_it_is_read_fast() {
    let _alone = alone();
    for (count, size) in [(GIB / KIB, KIB), (GIB / (64 * KIB), 64 * KIB)] {
        block_on(async {
            let connection = connect().await;
            let gauge = Gauge::new();

            let mut result = connection.query(blobs(count, size)).await.unwrap();
            let mut bytes = 0;
            while let Some(row) = result.try_next().await.unwrap() {
                bytes += length(&row);
            }

            assert_eq!(bytes, GIB);
            gauge.assert_below(&format!("1 GiB in rows of {size} bytes, read fast"), 8 * MIB);
        });
    }
}

#[test]
fn a_result_of_one_gibibyte_takes_a_few_mebibytes_when_its_consumer_stalls() {
    let _alone = alone();
    for (count, size) in [(GIB / KIB, KIB), (GIB / (64 * KIB), 64 * KIB)] {
        block_on(async {
            let connection = connect().await;
            let gauge = Gauge::new();

            let mut result = connection.query(blobs(count, size)).await.unwrap();
            let (mut rows, mut bytes) = (0, 0);
            while let Some(row) = result.try_next().await.unwrap() {
                if rows % (count / 8) == 0 {
                    stall(&connection).await;
                }
                rows += 1;
                bytes += length(&row);
            }

            assert_eq!(bytes, GIB);
            gauge.assert_below(&format!("1 GiB in rows of {size} bytes, stalling"), 8 * MIB);
        });
    }
}

#[test]
fn scalars_of_one_gibibyte_take_a_few_mebibytes() {
    let _alone = alone();
    block_on(async {
        let connection = connect().await;
        let gauge = Gauge::new();

        let items = connection.query(blobs(GIB / (16 * KIB), 16 * KIB)).scalars::<(i64, Vec<u8>)>();
        let bytes = items.await.unwrap().try_fold(0, async |sum, (_, blob)| Ok(sum + blob.len()));

        assert_eq!(bytes.await.unwrap(), GIB);
        gauge.assert_below("1 GiB in tuples", 8 * MIB);
    });
}

#[test]
fn rows_larger_than_a_batch_are_held_one_by_one() {
    let _alone = alone();
    block_on(async {
        const ROW: usize = 32 * MIB;
        let connection = connect().await;
        let gauge = Gauge::new();

        let mut result = connection.query(blobs(16, ROW)).await.unwrap();
        let mut rows = 0;
        while let Some(row) = result.try_next().await.unwrap() {
            stall(&connection).await;
            assert_eq!(length(&row), ROW);
            rows += 1;
        }

        assert_eq!(rows, 16);
        // The one that is read, the one that comes next, and, in SQLite's own memory, that one again.
        gauge.assert_below("rows of 32 MiB", 3 * ROW + 8 * MIB);
    });
}

#[test]
fn the_rows_of_a_write_are_put_into_a_file_when_they_are_many() {
    let _alone = alone();
    block_on(async {
        const COUNT: usize = 4_096;
        let connection = connect().await;
        connection.execute("CREATE TABLE t(i)").await.unwrap();
        let text = "INSERT INTO t SELECT value FROM json_each(?1) RETURNING i, zeroblob(65536)";
        let list = format!("[{}]", (0..COUNT).map(|i| i.to_string()).collect::<Vec<_>>().join(","));
        let gauge = Gauge::new();

        let mut result = connection.query(sql(text).bind(list)).await.unwrap();
        let mut bytes = 0;
        while let Some(row) = result.try_next().await.unwrap() {
            bytes += length(&row);
        }

        assert_eq!(bytes, COUNT * 64 * KIB);
        // SQLite itself keeps RETURNING's rows in a table of its own until they are read.
        println!("256 MiB of RETURNING: {} KiB of Rust's heap at the peak", gauge.heap() / KIB);
        assert!(gauge.heap() <= 12 * MIB);
    });
}

#[test]
fn a_result_that_is_read_aside_keeps_no_more_than_it_may_in_memory() {
    let _alone = alone();
    block_on(async {
        const COUNT: usize = 8_192;
        let connection = connect().await;
        let gauge = Gauge::new();

        // The whole of it is aside before it is read; then it is read while it is put aside.
        for stalls in [true, false] {
            let statement = blobs(COUNT, 32 * KIB).stall(Stall::Spill(GIB as u64));
            let mut result = connection.query(statement).await.unwrap();
            let mut bytes = 0;
            while let Some(row) = result.try_next().await.unwrap() {
                if stalls && bytes == 0 {
                    for _ in 0..20 {
                        stall(&connection).await;
                    }
                    assert_ne!(files_aside(), Some(0));
                }
                bytes += length(&row);
            }
            assert_eq!(bytes, COUNT * 32 * KIB);
        }

        gauge.assert_below("256 MiB read aside", 4 * MIB + 8 * MIB);
    });
}

/// Counts the temporary files that this process has open and that have no name, where it can.
fn files_aside() -> Option<usize> {
    let descriptors = fs::read_dir("/proc/self/fd").ok()?;
    let open = descriptors.flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
    let folder = std::env::temp_dir();
    let is_aside = |file: &std::path::PathBuf| {
        file.starts_with(&folder) && file.to_string_lossy().ends_with("(deleted)")
    };
    Some(open.filter(is_aside).count())
}

#[test]
fn what_was_read_aside_is_gone_with_its_result_wherever_that_is_dropped() {
    let _alone = alone();
    block_on(async {
        for turns in [1, 5, 40] {
            let connection = connect().await;
            let before = files_aside();
            let statement = blobs(4_096, 64 * KIB).stall(Stall::Spill(GIB as u64));
            let mut result = connection.query(statement).await.unwrap();
            result.try_next().await.unwrap();
            for _ in 0..turns {
                stall(&connection).await;
            }

            drop(result);
            stall(&connection).await;

            assert_eq!(files_aside(), before, "after {turns} turns");
        }
    });
}

// What is kept and what goes round --------------------------------------------------------------

#[test]
fn the_buffers_of_a_long_scan_are_used_again_and_again() {
    let _alone = alone();
    block_on(async {
        let connection = connect().await;
        let mut result = connection.query(blobs(400_000, 100)).await.unwrap();
        for _ in 0..100_000 {
            result.try_next().await.unwrap().unwrap();
        }

        let (before, large) = (COUNT.load(Ordering::Relaxed), LARGE.load(Ordering::Relaxed));
        for _ in 0..200_000 {
            result.try_next().await.unwrap().unwrap();
        }
        let count = COUNT.load(Ordering::Relaxed) - before;
        let large = LARGE.load(Ordering::Relaxed) - large;

        println!("200,000 rows: {count} allocations, {large} of them of 4 KiB or more");
        // A few small ones for each batch, and at most one set of buffers more than there was.
        assert!(count <= 200_000 / 1_024 * 10, "{count} allocations");
        assert!(large <= 8, "{large} large allocations");
    });
}

#[test]
fn a_detached_row_keeps_only_itself() {
    let _alone = alone();
    block_on(async {
        let connection = connect().await;
        let before = LIVE.load(Ordering::Relaxed);

        let mut result = connection.query(blobs(100_000, KIB)).await.unwrap();
        let mut kept = Vec::new();
        while let Some(row) = result.try_next().await.unwrap() {
            if row.number() % 100 == 0 {
                kept.push(row.detach());
            }
        }
        drop(result);
        stall(&connection).await;

        let held = LIVE.load(Ordering::Relaxed).saturating_sub(before);
        println!("1,000 detached rows of 1 KiB: {} KiB", held / KIB);
        assert_eq!(kept.len(), 1_000);
        assert!(held <= 2 * MIB, "{held} bytes");
    });
}

// What a sleeper costs --------------------------------------------------------------------------

/// The processor time of all threads of this process.
fn processor_time() -> Option<Duration> {
    let mut sum = Duration::ZERO;
    for task in fs::read_dir("/proc/self/task").ok()? {
        let path = task.ok()?.path().join("schedstat");
        // A thread may end between the two looks; what it cost is then left out.
        let Ok(text) = fs::read_to_string(path) else {
            continue;
        };
        sum += Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?);
    }
    Some(sum)
}

#[test]
fn a_sleeping_consumer_costs_no_processor_time() {
    let _alone = alone();
    block_on(async {
        const ASLEEP: Duration = Duration::from_millis(500);
        let connection = connect().await;
        let mut results = Vec::new();
        for _ in 0..10 {
            let mut result = connection.query(blobs(1_000_000, KIB)).await.unwrap();
            result.try_next().await.unwrap().unwrap();
            results.push(result);
        }
        stall(&connection).await;

        let before = processor_time();
        // Processor time is spent, or not, only while real time passes.
        std::thread::sleep(ASLEEP);
        let after = processor_time();

        if let (Some(before), Some(after)) = (before, after) {
            let spent = after.saturating_sub(before);
            println!("10 stalled results for {ASLEEP:?}: {spent:?} of processor time");
            assert!(spent < ASLEEP / 10, "{spent:?}");
        }
        for result in &mut results {
            assert_eq!(result.try_next().await.unwrap().unwrap().get::<i64>(0).unwrap(), 2);
        }
    });
}

#[cfg(all(feature = "macros", feature = "orm"))]
#[path = "memory/objects.rs"]
mod objects;
