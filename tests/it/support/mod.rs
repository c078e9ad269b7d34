//! What the tests share: a temporary database, a watchdog, and ways to wait for a condition.

mod blocker;
mod drops;
mod files;
pub(crate) mod functions;
mod polling;
mod property;
mod threads;
pub(crate) mod together;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use headwater::{AsyncEngine, EngineBuilder, Executor};

pub(crate) use blocker::Blocker;
pub(crate) use drops::{Dropper, Way};
pub(crate) use files::open_files;
pub(crate) use polling::{poll_and_drop, poll_once, start};
pub(crate) use property::holds_for_any;
pub(crate) use threads::Threads;

/// Longer than anything here takes; what is not done by then hangs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A temporary database file, gone when this is dropped.
pub(crate) struct Tank {
    folder: tempfile::TempDir,
}

impl Tank {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("test.db")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite://{}", self.path().display())
    }

    pub(crate) fn builder(&self) -> EngineBuilder {
        EngineBuilder::file(self.path())
    }

    /// A connection of another program's: plain SQLite, with no part in what the engine arranges.
    pub(crate) fn plain(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }

    pub(crate) async fn engine(&self) -> AsyncEngine {
        self.builder().open().await.unwrap()
    }

    /// An engine on a table `t(id INTEGER PRIMARY KEY, name TEXT)` of `rows` rows.
    pub(crate) async fn filled(&self, rows: i64) -> AsyncEngine {
        let engine = self.engine().await;
        fill(&engine, rows).await;
        engine
    }
}

/// Makes the table `t(id INTEGER PRIMARY KEY, name TEXT)` with `rows` rows, `(1, "name 1")` and so on.
pub(crate) async fn fill(engine: &AsyncEngine, rows: i64) {
    engine.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT)").await.unwrap();
    let rows = (1..=rows).map(|id| (id, format!("name {id}")));
    engine.execute_many("INSERT INTO t VALUES (?, ?)", rows).await.unwrap();
}

/// Runs a test's future on a thread of its own without any runtime; a test that hangs fails.
pub(crate) fn run<F>(test: F)
where
    F: Future<Output = ()> + Send + 'static,
{
    watched(move || futures::executor::block_on(test));
}

/// Runs a test on a thread of its own; a test that hangs fails.
pub(crate) fn watched(test: impl FnOnce() + Send + 'static) {
    watched_for(DEADLINE, test);
}

/// Runs a test on a thread of its own; one that takes longer than `deadline` hangs, and fails.
pub(crate) fn watched_for(deadline: Duration, test: impl FnOnce() + Send + 'static) {
    let (done, wait) = mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        let _done = done;
        test();
    });
    let hangs = matches!(wait.recv_timeout(deadline), Err(mpsc::RecvTimeoutError::Timeout));
    assert!(!hangs, "the test hangs");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Waits until `condition` holds; fails when it does not within the deadline.
pub(crate) fn eventually(what: &str, condition: impl Fn() -> bool) {
    let since = Instant::now();
    while !condition() {
        assert!(since.elapsed() < DEADLINE / 2, "this did not come about: {what}");
        std::thread::yield_now();
    }
}

/// Counts the rows of the table `t`.
pub(crate) async fn count(db: &impl Executor) -> i64 {
    db.query("SELECT count(*) FROM t").scalar_one().await.unwrap()
}
