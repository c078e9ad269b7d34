//! The engine's life: close and dispose, clones, waiting for a connection, and what outlives its handle.

mod closing;
mod connecting;
mod outliving;

use std::path::Path;
use std::time::Duration;

use headwater::{AsyncEngine, EngineBuilder};

use crate::support::eventually;

/// How long a close may take by the engine's clock.
const PATIENCE: Duration = Duration::from_secs(30);

/// A query that has more rows than anybody reads.
const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

/// Fails when this process has the database open.
fn assert_closed(path: &Path) {
    let open = crate::support::open_files(path);
    assert_eq!(open, 0, "files of {} are open", path.display());
}

/// Waits until this process does not have the database open.
fn eventually_closed(path: &Path) {
    eventually("the files are closed", || crate::support::open_files(path) == 0);
}

/// Adds a function `wait(channel)` that blocks its connection's thread until the channel is dropped or
/// sent to; its argument is its result.
fn with_wait(builder: EngineBuilder) -> (EngineBuilder, std::sync::mpsc::Sender<()>) {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Arc::new(std::sync::Mutex::new(wait));
    let hook = move |c: &mut rusqlite::Connection| {
        let wait = std::sync::Arc::clone(&wait);
        let flags = rusqlite::functions::FunctionFlags::SQLITE_UTF8;
        c.create_scalar_function("wait", 1, flags, move |of| {
            let _ = wait.lock().unwrap().recv();
            of.get::<i64>(0)
        })
    };
    (builder.on_connect(hook), go)
}

async fn count(engine: &AsyncEngine) -> i64 {
    engine.query("SELECT count(*) FROM t").scalar_one().await.unwrap()
}
