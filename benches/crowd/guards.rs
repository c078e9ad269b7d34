//! What the guards of a connection cost: the same scan, by the same driver, on a plain connection and on
//! one of an engine's, with its hooks, its authorizer and its settings.

use futures::executor::block_on;
use headwater::{AsyncConnection, EngineBuilder};
use rusqlite::Connection;

use crate::harness::{Comparison, Settings};

pub(crate) fn compare(settings: &Settings) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("guards.db");
    let engine = block_on(EngineBuilder::file(&path).open()).unwrap();
    block_on(fill(&engine.clone(), settings.rows));
    let guarded = block_on(engine.connect()).unwrap();
    let plain = Connection::open(&path).unwrap();
    plain.pragma_update(None, "cache_size", -2_048).unwrap();
    plain.pragma_update(None, "mmap_size", 0).unwrap();
    let mut table = Comparison::new(settings, ["plain", "guarded"]);
    table.compare("guards on a full scan", &mut || on_a_thread(&plain), &mut || {
        block_on(guarded_scan(&guarded))
    });
}

async fn fill(engine: &headwater::AsyncEngine, rows: i64) {
    engine
        .execute("CREATE TABLE wide(a INTEGER PRIMARY KEY, b INTEGER, name TEXT, score REAL, payload BLOB)")
        .await
        .unwrap();
    let rows = (0..rows).map(|a| (a, a * 7, format!("name number {a}"), a as f64, [1_u8; 64]));
    engine.insert_stream("wide", ["a", "b", "name", "score", "payload"], rows).await.unwrap();
}

async fn guarded_scan(connection: &AsyncConnection) -> u64 {
    connection.with_sqlite(scan).await.unwrap()
}

fn on_a_thread(connection: &Connection) -> u64 {
    scan(connection)
}

fn scan(connection: &Connection) -> u64 {
    let mut statement =
        connection.prepare_cached("SELECT a, b, name, score, payload FROM wide").unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut sum = 0_u64;
    while let Some(row) = rows.next().unwrap() {
        let a: i64 = row.get(0).unwrap();
        let b: i64 = row.get(1).unwrap();
        let name = row.get_ref(2).unwrap().as_str().unwrap().len();
        let score: f64 = row.get(3).unwrap();
        let payload = row.get_ref(4).unwrap().as_blob().unwrap().len();
        sum = sum.wrapping_add(a as u64 + b as u64 + score as u64 + (name + payload) as u64);
    }
    sum
}
