//! Single-row autocommit inserts by 64 tasks: each with a commit of its own, and in groups; and the loop of
//! one thread, for scale.

use std::path::Path;

use futures::executor::block_on;
use futures::future::join_all;
use headwater::{AsyncEngine, EngineBuilder, Synchronous, sql};
use rusqlite::Connection;
use tokio::runtime::Runtime;

use crate::TASKS;
use crate::harness::{Comparison, Settings};

const TABLE: &str = "CREATE TABLE t(id INTEGER PRIMARY KEY, task INTEGER, name TEXT)";
const INSERT: &str = "INSERT INTO t(task, name) VALUES (?, ?)";

pub(crate) fn compare(settings: &Settings, runtime: &Runtime, synchronous: Synchronous) {
    let (word, each) = match synchronous {
        Synchronous::Full => ("full", 20),
        _ => ("normal", 100),
    };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let single = block_on(open(&path("single.db"), synchronous, false));
    let group = block_on(open(&path("group.db"), synchronous, true));
    let peer = plain(&path("peer.db"), synchronous);
    let mut table = Comparison::new(settings, ["one by one", "in groups"]);
    table.compare(
        &format!("insert, 64 tasks, synchronous={word}"),
        &mut || runtime.block_on(by_tasks(&single, each)),
        &mut || runtime.block_on(by_tasks(&group, each)),
    );
    let mut table = Comparison::new(settings, ["rusqlite", "in groups"]);
    table.compare(
        &format!("insert, a thread's loop, synchronous={word}"),
        &mut || by_loop(&peer, each),
        &mut || runtime.block_on(by_tasks(&group, each)),
    );
}

async fn open(path: &Path, synchronous: Synchronous, groups: bool) -> AsyncEngine {
    let builder = EngineBuilder::file(path).synchronous(synchronous).group_commit(groups);
    let engine = builder.open().await.unwrap();
    engine.execute(TABLE).await.unwrap();
    engine
}

async fn by_tasks(engine: &AsyncEngine, each: i64) -> u64 {
    let tasks = (0..TASKS).map(|task| {
        let engine = engine.clone();
        tokio::spawn(async move {
            let mut inserted = 0;
            for n in 0..each {
                let insert = sql(INSERT).bind(task).bind(format!("name number {n}"));
                inserted += engine.execute(insert).await.unwrap().rows_affected();
            }
            inserted
        })
    });
    join_all(tasks).await.into_iter().map(Result::unwrap).sum()
}

fn plain(path: &Path, synchronous: Synchronous) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", "wal").unwrap();
    let full = synchronous == Synchronous::Full;
    let synchronous = if full { "full" } else { "normal" };
    connection.pragma_update(None, "synchronous", synchronous).unwrap();
    connection.execute_batch(TABLE).unwrap();
    connection
}

fn by_loop(connection: &Connection, each: i64) -> u64 {
    let mut inserted = 0;
    for task in 0..TASKS {
        for n in 0..each {
            let mut statement = connection.prepare_cached(INSERT).unwrap();
            inserted += statement.execute((task, format!("name number {n}"))).unwrap() as u64;
        }
    }
    inserted
}
