//! Point selects by 64 tasks on 4 connections, beside the same selects by 4 threads.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use futures::executor::block_on;
use futures::future::join_all;
use headwater::{AsyncEngine, EngineBuilder, sql};
use rusqlite::Connection;
use tokio::runtime::Runtime;

use crate::TASKS;
use crate::harness::{Comparison, Settings};

const CONNECTIONS: i64 = 4;
/// Of each task.
const SELECTS: i64 = 500;
const ROWS: i64 = 100_000;
const POINT: &str = "SELECT name FROM t WHERE id = ?";

pub(crate) fn compare(settings: &Settings, runtime: &Runtime) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("selects.db");
    let engine = block_on(open(&path));
    let threads: Vec<_> = (0..CONNECTIONS).map(|_| Thread::start(&path)).collect();
    let mut table = Comparison::new(settings, ["rusqlite", "headwater"]);
    table.compare(
        "select, 64 tasks, 4 connections",
        &mut || {
            let each = TASKS * SELECTS / CONNECTIONS;
            for (thread, first) in threads.iter().zip((0..).step_by(each as usize)) {
                thread.work.send((first, each)).unwrap();
            }
            threads.iter().map(|thread| thread.done.recv().unwrap()).sum()
        },
        &mut || runtime.block_on(by_tasks(&engine)),
    );
}

async fn open(path: &Path) -> AsyncEngine {
    let builder = EngineBuilder::file(path).max_connections(CONNECTIONS as usize);
    let engine = builder.open().await.unwrap();
    engine.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT)").await.unwrap();
    let rows = (0..ROWS).map(|id| (id, format!("name number {id}")));
    engine.insert_stream("t", ["id", "name"], rows).await.unwrap();
    engine
}

/// Which row the n-th select asks for.
fn wanted(n: i64) -> i64 {
    n * 7_919 % ROWS
}

async fn by_tasks(engine: &AsyncEngine) -> u64 {
    let tasks = (0..TASKS).map(|task| {
        let engine = engine.clone();
        tokio::spawn(async move {
            let mut sum = 0;
            for n in task * SELECTS..(task + 1) * SELECTS {
                let name: String =
                    engine.query(sql(POINT).bind(wanted(n))).scalars().one().await.unwrap();
                sum += name.len() as u64;
            }
            sum
        })
    });
    join_all(tasks).await.into_iter().map(Result::unwrap).sum()
}

/// A thread with a connection of its own, kept from one round to the next.
struct Thread {
    work: Sender<(i64, i64)>,
    done: Receiver<u64>,
}

impl Thread {
    fn start(path: &Path) -> Self {
        let (work, given) = channel::<(i64, i64)>();
        let (give, done) = channel();
        let connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "cache_size", -2_048).unwrap();
        thread::spawn(move || {
            for (first, count) in given {
                let mut sum = 0;
                for n in first..first + count {
                    let mut statement = connection.prepare_cached(POINT).unwrap();
                    let name: String = statement.query_row([wanted(n)], |row| row.get(0)).unwrap();
                    sum += name.len() as u64;
                }
                give.send(sum).unwrap();
            }
        });
        Self { work, done }
    }
}
