//! Random groups against the same statements run one by one: the answers and the table are the same.

use futures::executor::block_on;
use futures::future::join_all;
use headwater::{AsyncEngine, Error, ErrorKind, sql};
use rusqlite::Connection;

use crate::support::{Tank, eventually, poll_once, watched};

/// A small generator of random numbers (xorshift), so that a failure can be had again from its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

const SCHEMA: &str = "
    CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER NOT NULL CHECK (a < 90), b UNIQUE);
    CREATE TABLE rolls(id INTEGER UNIQUE ON CONFLICT ROLLBACK);
    CREATE TABLE fails(id INTEGER UNIQUE ON CONFLICT FAIL);
    CREATE TABLE children(id INTEGER PRIMARY KEY, t INTEGER REFERENCES t(id) DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER raising BEFORE UPDATE ON t WHEN new.a = 50 BEGIN
        SELECT CASE new.id % 4
            WHEN 0 THEN RAISE(ABORT, 'a') WHEN 1 THEN RAISE(FAIL, 'f')
            WHEN 2 THEN RAISE(ROLLBACK, 'r') ELSE RAISE(IGNORE) END;
    END;
    INSERT INTO t WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n LIMIT 10) SELECT i, i, i FROM n;";

/// A statement, which may fail in one of many ways.
fn statement(random: &mut Random) -> String {
    let (id, a, b) = (random.below(30), random.below(100), random.below(40));
    let clause = ["", "OR IGNORE ", "OR REPLACE ", "OR FAIL ", "OR ABORT ", "OR ROLLBACK "]
        [usize::try_from(random.below(6)).unwrap()];
    match random.below(12) {
        0..3 => format!("INSERT {clause}INTO t VALUES ({id}, {a}, {b})"),
        3 => format!(
            "INSERT {clause}INTO t VALUES ({id}, {a}, {b}), ({b}, {a}, {id}), ({a}, {id}, {a})"
        ),
        4 => format!("UPDATE {clause}t SET a = a + {b} WHERE id > {id}"),
        5 => format!("UPDATE {clause}t SET b = b + 1 WHERE id < {id}"),
        6 => format!("DELETE FROM t WHERE id = {id}"),
        7 => format!("INSERT INTO rolls VALUES ({id}), ({b})"),
        8 => format!("INSERT INTO fails VALUES ({id}), ({b})"),
        9 => format!("UPDATE {clause}t SET a = 50 WHERE id >= {id}"),
        10 => format!("INSERT INTO t VALUES ({id}, NULL, {b})"),
        _ => format!("INSERT INTO missing VALUES ({id})"),
    }
}

fn table(connection: &Connection, name: &str) -> Vec<String> {
    let text = format!("SELECT * FROM {name} ORDER BY rowid");
    let mut statement = connection.prepare(&text).unwrap();
    let width = statement.column_count();
    let rows = statement.query_map([], |row| {
        let values = (0..width).map(|i| row.get::<_, rusqlite::types::Value>(i));
        Ok(format!("{:?}", values.collect::<rusqlite::Result<Vec<_>>>()?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// What is compared of an answer: the rows affected, or what failed.
type Told = Result<u64, (ErrorKind, Option<i32>)>;

fn told(end: Result<headwater::Done, Error>) -> Told {
    end.map(|done| done.rows_affected()).map_err(|error| (error.kind(), error.sqlite_code()))
}

/// Runs a text on plain SQLite; rows affected, or SQLite's code.
fn alone(connection: &Connection, text: &str) -> Result<u64, Option<i32>> {
    let before = connection.total_changes();
    match connection.execute(text, []) {
        Ok(affected) if connection.total_changes() != before => {
            Ok(u64::try_from(affected).unwrap())
        }
        Ok(_) => Ok(0),
        Err(error) => Err(error.sqlite_error().map(|error| error.extended_code)),
    }
}

async fn round(engine: &AsyncEngine, model: &Connection, random: &mut Random, seed: u64) {
    let held = engine.begin().await.unwrap();
    let mut work = Vec::new();
    for _ in 0..=random.below(24) {
        let text = statement(random);
        let mut execute = engine.execute(sql(text.clone()));
        poll_once(&mut execute);
        let waiting = work.len() + 1;
        eventually("it waits", || engine.status().waiting_to_write >= waiting);
        work.push((text, execute));
    }
    // Some are given up before their turn.
    work.retain(|_| random.below(8) != 0);
    let (texts, work): (Vec<_>, Vec<_>) = work.into_iter().unzip();
    drop(held);
    let ends = join_all(work).await;

    for (text, end) in texts.iter().zip(ends) {
        let expected = alone(model, text);
        let end = told(end).map_err(|(_, code)| code);
        assert_eq!(end, expected, "`{text}` among {texts:#?}, seed {seed}");
    }
}

#[test]
fn random_groups_come_out_as_the_same_statements_one_by_one() {
    watched(|| {
        for seed in 1..=6_u64 {
            let tank = Tank::new();
            let engine = block_on(tank.engine());
            block_on(engine.execute_batch(SCHEMA)).unwrap();
            let model = Connection::open_in_memory().unwrap();
            model.execute_batch("PRAGMA foreign_keys = ON").unwrap();
            model.execute_batch(SCHEMA).unwrap();
            let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));

            for _ in 0..25 {
                block_on(round(&engine, &model, &mut random, seed));
            }

            let plain = tank.plain();
            for name in ["t", "rolls", "fails", "children"] {
                assert_eq!(table(&plain, name), table(&model, name), "{name}, seed {seed}");
            }
        }
    });
}
