//! The work that is measured, by both sides; each function gives a number made of all it has read.

use headwater::{AsyncEngine, sql};
use rusqlite::Connection;

type Wide = (i64, i64, String, f64, Option<String>, Vec<u8>);

const WIDE: &str = "SELECT a, b, name, score, note, payload FROM wide";
const NARROW: &str = "SELECT a, b FROM wide";
const POINT: &str = "SELECT name FROM wide WHERE a = ?";

pub(crate) async fn fill(engine: &AsyncEngine, rows: i64) {
    engine
        .execute(
            "CREATE TABLE wide(a INTEGER PRIMARY KEY, b INTEGER NOT NULL, name TEXT NOT NULL, \
             score REAL NOT NULL, note TEXT, payload BLOB NOT NULL)",
        )
        .await
        .unwrap();
    let rows = (0..rows).map(|a| {
        let note = (a % 3 == 0).then(|| format!("note on {a}"));
        (a, a * 7 % 1_000_003, format!("name number {a}"), a as f64 * 0.5, note, [a as u8; 64])
    });
    let statement = "INSERT INTO wide VALUES (?, ?, ?, ?, ?, ?)";
    engine.execute_many(statement, rows).await.unwrap();
    engine.execute("CREATE TABLE many(a INTEGER, b TEXT)").await.unwrap();
}

fn digest((a, b, name, score, note, payload): &Wide) -> u64 {
    (*a as u64)
        .wrapping_add(*b as u64)
        .wrapping_add(name.len() as u64)
        .wrapping_add(*score as u64)
        .wrapping_add(note.as_ref().map_or(0, String::len) as u64)
        .wrapping_add(payload.len() as u64)
}

fn peer_wide(row: &rusqlite::Row<'_>) -> rusqlite::Result<Wide> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
}

pub(crate) fn peer_wide_owned(connection: &Connection) -> u64 {
    let mut statement = connection.prepare_cached(WIDE).unwrap();
    let rows = statement.query_map([], peer_wide).unwrap();
    rows.fold(0_u64, |sum, row| sum.wrapping_add(digest(&row.unwrap())))
}

pub(crate) async fn wide_owned(engine: &AsyncEngine) -> u64 {
    let mut rows = engine.query(WIDE).scalars::<Wide>().await.unwrap();
    let mut sum = 0_u64;
    while let Some(row) = rows.try_next().await.unwrap() {
        sum = sum.wrapping_add(digest(&row));
    }
    sum
}

pub(crate) fn peer_wide_borrowed(connection: &Connection) -> u64 {
    let mut statement = connection.prepare_cached(WIDE).unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut sum = 0_u64;
    while let Some(row) = rows.next().unwrap() {
        let a: i64 = row.get(0).unwrap();
        let b: i64 = row.get(1).unwrap();
        let name = row.get_ref(2).unwrap().as_str().unwrap();
        let score: f64 = row.get(3).unwrap();
        let note = row.get_ref(4).unwrap().as_str_or_null().unwrap();
        let payload = row.get_ref(5).unwrap().as_blob().unwrap();
        sum = sum
            .wrapping_add(a as u64)
            .wrapping_add(b as u64)
            .wrapping_add(name.len() as u64)
            .wrapping_add(score as u64)
            .wrapping_add(note.map_or(0, str::len) as u64)
            .wrapping_add(payload.len() as u64);
    }
    sum
}

pub(crate) async fn wide_borrowed(engine: &AsyncEngine) -> u64 {
    let mut result = engine.query(WIDE).await.unwrap();
    let mut sum = 0_u64;
    while let Some(row) = result.try_next().await.unwrap() {
        let a: i64 = row.get(0).unwrap();
        let b: i64 = row.get(1).unwrap();
        let name: &str = row.get(2).unwrap();
        let score: f64 = row.get(3).unwrap();
        let note: Option<&str> = row.get(4).unwrap();
        let payload: &[u8] = row.get(5).unwrap();
        sum = sum
            .wrapping_add(a as u64)
            .wrapping_add(b as u64)
            .wrapping_add(name.len() as u64)
            .wrapping_add(score as u64)
            .wrapping_add(note.map_or(0, str::len) as u64)
            .wrapping_add(payload.len() as u64);
    }
    sum
}

pub(crate) fn peer_narrow(connection: &Connection) -> u64 {
    let mut statement = connection.prepare_cached(NARROW).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.fold(0_u64, |sum, row| {
        let (a, b): (i64, i64) = row.unwrap();
        sum.wrapping_add(a as u64).wrapping_add(b as u64)
    })
}

pub(crate) async fn narrow(engine: &AsyncEngine) -> u64 {
    let mut rows = engine.query(NARROW).scalars::<(i64, i64)>().await.unwrap();
    let mut sum = 0_u64;
    while let Some((a, b)) = rows.try_next().await.unwrap() {
        sum = sum.wrapping_add(a as u64).wrapping_add(b as u64);
    }
    sum
}

pub(crate) fn peer_all(connection: &Connection) -> u64 {
    let mut statement = connection.prepare_cached(WIDE).unwrap();
    let rows: Vec<Wide> =
        statement.query_map([], peer_wide).unwrap().collect::<Result<_, _>>().unwrap();
    rows.len() as u64
}

pub(crate) async fn all(engine: &AsyncEngine) -> u64 {
    engine.query(WIDE).scalars::<Wide>().all().await.unwrap().len() as u64
}

pub(crate) fn peer_first_row(connection: &Connection) -> u64 {
    let mut statement = connection.prepare_cached(WIDE).unwrap();
    let mut rows = statement.query([]).unwrap();
    let row = rows.next().unwrap().unwrap();
    digest(&peer_wide(row).unwrap())
}

pub(crate) async fn first_row(engine: &AsyncEngine) -> u64 {
    let mut rows = engine.query(WIDE).scalars::<Wide>().await.unwrap();
    digest(&rows.try_next().await.unwrap().unwrap())
}

pub(crate) fn peer_first(connection: &Connection) -> u64 {
    peer_first_row(connection) + peer_point(connection, 77)
}

pub(crate) async fn first(engine: &AsyncEngine) -> u64 {
    let first = engine.query(WIDE).scalars::<Wide>().first().await.unwrap().unwrap();
    digest(&first) + point(engine, 77).await
}

fn peer_point(connection: &Connection, a: i64) -> u64 {
    let mut statement = connection.prepare_cached(POINT).unwrap();
    let name: String = statement.query_row([a], |row| row.get(0)).unwrap();
    name.len() as u64
}

async fn point(engine: &AsyncEngine, a: i64) -> u64 {
    let name: String = engine.query(sql(POINT).bind(a)).scalars().one().await.unwrap();
    name.len() as u64
}

pub(crate) fn peer_points(connection: &Connection) -> u64 {
    (0..1_000).map(|a| peer_point(connection, a * 97)).sum()
}

pub(crate) async fn points(engine: &AsyncEngine) -> u64 {
    let mut sum = 0;
    for a in 0..1_000 {
        sum += point(engine, a * 97).await;
    }
    sum
}

fn texts() -> impl Iterator<Item = (i64, String)> {
    (0..100_000).map(|a| (a, format!("text number {a}")))
}

pub(crate) fn peer_many(connection: &Connection) -> u64 {
    connection.execute("DELETE FROM many", []).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut statement = connection.prepare_cached("INSERT INTO many VALUES (?, ?)").unwrap();
    let rows = texts().map(|row| statement.execute(row).unwrap() as u64).sum();
    connection.execute_batch("COMMIT").unwrap();
    rows
}

pub(crate) async fn many(engine: &AsyncEngine) -> u64 {
    engine.execute("DELETE FROM many").await.unwrap();
    let statement = "INSERT INTO many VALUES (?, ?)";
    engine.execute_many(statement, texts()).await.unwrap().rows_affected()
}
