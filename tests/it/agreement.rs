//! Agreement with the driver: what is read through streams, collectors and files put aside is what plain
//! `rusqlite` reads, for random values and for real databases.

use futures::TryStreamExt;
use headwater::{Row, Value, sql};

use crate::support::{Tank, run};

/// A small generator of random numbers (xorshift), so that a failure can be had again from its seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> usize {
        usize::try_from(self.next() % end).unwrap()
    }

    fn value(&mut self) -> rusqlite::types::Value {
        use rusqlite::types::Value as Sql;
        match self.below(10) {
            0 => Sql::Null,
            1 => Sql::Integer(self.next().cast_signed()),
            2 => Sql::Integer([0, 1, -1, i64::MAX, i64::MIN][self.below(5)]),
            3 => Sql::Real(f64::from_bits(self.next())),
            4 => Sql::Real([0.0, -0.0, f64::INFINITY, 0.1, 1e300][self.below(5)]),
            5 => Sql::Text(String::new()),
            6 | 7 => Sql::Text(self.text()),
            8 => Sql::Blob(Vec::new()),
            _ => Sql::Blob(self.bytes()),
        }
    }

    fn length(&mut self) -> usize {
        let most = [4, 40, 400, 4_000][self.below(4)];
        self.below(most)
    }

    fn text(&mut self) -> String {
        let letters = ['a', '\0', 'ñ', '\u{7ff}', '\u{800}', '🦀', '\'', '\u{10ffff}'];
        (0..self.length()).map(|_| letters[self.below(8)]).collect()
    }

    fn bytes(&mut self) -> Vec<u8> {
        (0..self.length()).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

fn plainly(connection: &rusqlite::Connection, text: &str) -> Vec<Vec<Value>> {
    use rusqlite::types::ValueRef as Sql;
    let mut statement = connection.prepare(text).unwrap();
    let width = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let values = (0..width).map(|column| match row.get_ref(column).unwrap() {
            Sql::Null => Value::Null,
            Sql::Integer(value) => Value::Integer(value),
            Sql::Real(value) => Value::Real(value),
            Sql::Text(value) => Value::Text(String::from_utf8(value.to_vec()).unwrap()),
            Sql::Blob(value) => Value::Blob(value.to_vec()),
        });
        all.push(values.collect());
    }
    all
}

fn owned(rows: &[Row]) -> Vec<Vec<Value>> {
    let values = |row: &Row| (0..row.len()).map(|column| row.get(column).unwrap()).collect();
    rows.iter().map(values).collect()
}

async fn check_random_values(seed: u64) {
    let mut random = Random(seed);
    let tank = Tank::new();
    let width = 1 + random.below(6);
    let plain = rusqlite::Connection::open(tank.path()).unwrap();
    let list = |item: fn(usize) -> String| (0..width).map(item).collect::<Vec<_>>().join(", ");
    plain
        .execute_batch(&format!("CREATE TABLE t({}); BEGIN", list(|column| format!("c{column}"))))
        .unwrap();
    let insert = format!("INSERT INTO t VALUES ({})", list(|_| "?".to_owned()));
    for _ in 0..random.below(600) {
        let values: Vec<_> = (0..width).map(|_| random.value()).collect();
        plain.execute(&insert, rusqlite::params_from_iter(values)).unwrap();
    }
    plain.execute_batch("COMMIT").unwrap();
    let text = "SELECT * FROM t ORDER BY rowid";
    let expected = plainly(&plain, text);
    drop(plain);

    let batch_rows = 1 + random.below(300);
    let builder = tank.builder().batch_rows(batch_rows).batch_bytes(1 + random.below(100_000));
    let engine = builder
        .batches(1 + random.below(4))
        .spill_memory(random.below(10_000))
        .open()
        .await
        .unwrap();
    let streamed: Vec<Row> = engine.query(text).await.unwrap().try_collect().await.unwrap();
    let together = engine.query(text).all().await.unwrap();
    let own_size = sql(text).batch_rows(1 + random.below(50));
    let batches: Vec<Vec<Row>> =
        engine.query(own_size).await.unwrap().batches().try_collect().await.unwrap();
    let detached: Vec<Row> = streamed.iter().map(Row::detach).collect();
    let returned = engine.query("UPDATE t SET c0 = c0 RETURNING *").all().await.unwrap();

    assert!(owned(&streamed) == expected, "streamed, seed {seed}");
    assert!(owned(&together) == expected, "together, seed {seed}");
    assert!(owned(&batches.concat()) == expected, "in batches, seed {seed}");
    assert!(owned(&detached) == expected, "detached, seed {seed}");
    assert!(owned(&returned) == expected, "read aside, seed {seed}");
}

#[test]
fn random_values_are_what_the_driver_itself_reads_however_they_are_read() {
    run(async {
        for seed in 1..=60 {
            check_random_values(0x9e37_79b9_7f4a_7c15 ^ seed).await;
        }
    });
}

/// Loads a packed script of the test data into a new database.
fn load(tank: &Tank, script: &std::path::Path) {
    let unpacked = std::process::Command::new("gzip").arg("-dc").arg(script).output().unwrap();
    assert!(unpacked.status.success());
    let plain = rusqlite::Connection::open(tank.path()).unwrap();
    plain.execute_batch(std::str::from_utf8(&unpacked.stdout).unwrap()).unwrap();
}

async fn check_all_tables(tank: &Tank) -> usize {
    let plain = rusqlite::Connection::open(tank.path()).unwrap();
    let engine = tank.engine().await;
    let names = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name";
    let names: Vec<String> = engine.query(names).scalars().all().await.unwrap();
    let mut count = 0;
    for name in &names {
        let text = format!(r#"SELECT * FROM "{name}""#);
        let expected = plainly(&plain, &text);
        let mut result = engine.query(sql(text.clone())).await.unwrap();
        for row in &expected {
            let read = result.try_next().await.unwrap().unwrap();
            assert!(owned(&[read]) == [row.clone()], "streamed, {name}");
        }
        assert!(result.try_next().await.unwrap().is_none());
        assert!(
            owned(&engine.query(sql(text)).all().await.unwrap()) == expected,
            "together, {name}"
        );
        count += expected.len();
    }
    count
}

#[test]
fn every_table_and_view_of_real_databases_is_what_the_driver_itself_reads() {
    run(async {
        let tank = Tank::new();
        tank.filled(2_000)
            .await
            .execute("CREATE VIEW v AS SELECT max(id), name FROM t")
            .await
            .unwrap();
        assert_eq!(check_all_tables(&tank).await, 2_001);

        let Some(data) = std::env::var_os("HEADWATER_DATA") else {
            return;
        };
        for name in ["chinook", "northwind", "sakila"] {
            let tank = Tank::new();
            load(
                &tank,
                &std::path::Path::new(&data).join(name).join(format!("{name}_sqlite.sql.gz")),
            );
            assert!(check_all_tables(&tank).await > 3_000, "{name}");
        }
    });
}
