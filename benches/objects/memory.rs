//! What streaming a million entities holds in memory: measured in a process of its own, which this program
//! starts from itself, as the peak of a process is that of all it has done.

use std::path::Path;
use std::process::{Command, Stdio};

use futures::executor::block_on;
use headwater::{AsyncEngine, AsyncSessionmaker, select, sql};

use super::entities::Inserted;
use super::harness::Settings;

const ROWS: i64 = 1_000_000;

/// The argument by which this program starts itself.
const STREAM: &str = "--stream";

pub(crate) fn is_asked_for() -> bool {
    std::env::args().nth(1).as_deref() == Some(STREAM)
}

/// Shows how the peak of resident memory grows while entities are streamed.
pub(crate) fn measure(settings: &Settings, path: &Path) {
    if !settings.wants("memory") {
        return;
    }
    let engine =
        block_on(AsyncEngine::builder(format!("sqlite://{}", path.display())).open()).unwrap();
    block_on(fill(&engine));
    drop(engine);
    for kind in ["plain", "tracked", "tracked, every tenth edited and flushed"] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([STREAM, kind, path.to_str().unwrap()])
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        print!("{}", String::from_utf8_lossy(&output.stdout));
    }
}

async fn fill(engine: &AsyncEngine) {
    engine.execute("DELETE FROM inserted").await.unwrap();
    let text = "INSERT INTO inserted SELECT value, 'name number ' || value, 'user' || value || '@example.org', value % 90
        FROM (WITH RECURSIVE n(value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM n WHERE value < ?1)
            SELECT value FROM n)";
    engine.execute(sql(text).bind(ROWS)).await.unwrap();
}

/// What the started process does.
pub(crate) fn stream() {
    let mut arguments = std::env::args().skip(2);
    let (kind, path) = (arguments.next().unwrap(), arguments.next().unwrap());
    let rows = block_on(async {
        let engine = AsyncEngine::open(format!("sqlite://{path}")).await.unwrap();
        // What is there once for each connection is no part of the result.
        pass(&engine, &kind, 1_000).await;
        // Linux looks for the peak anew.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        let before = peak();
        let rows = pass(&engine, &kind, ROWS).await;
        (rows, peak() - before)
    });
    println!("memory, {} entities, {kind}: {} KiB above what was held", rows.0, rows.1);
}

/// Streams entities, of which no more than one is held at a time.
async fn pass(engine: &AsyncEngine, kind: &str, limit: i64) -> i64 {
    let query = select::<Inserted>().filter(Inserted::ID.le(limit));
    let mut count = 0;
    if kind == "plain" {
        let mut users = engine.query(query).await.unwrap();
        while let Some(user) = users.try_next().await.unwrap() {
            count += i64::from(user.id > 0);
        }
        return count;
    }
    let mut session = AsyncSessionmaker::new(engine).session();
    let mut users = session.scalars(query).await.unwrap();
    while let Some(user) = users.try_next().await.unwrap() {
        count += i64::from(user.read().id > 0);
        if kind != "tracked" && count % 10 == 0 {
            user.edit(|user| user.age = Some(1));
            if count % 10_000 == 0 {
                session.flush().await.unwrap();
            }
        }
    }
    count
}

/// The peak of resident memory, in KiB.
fn peak() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
