//! Agreement with the driver: what is written and read through streams, collectors and files put aside is
//! what plain `rusqlite` writes and reads, bit for bit, for any values, any queries and for real databases.

mod queries;
mod values;

use headwater::{Row, Value, ValueRef, sql};
use proptest::prelude::*;
use proptest::sample::select;
use rusqlite::types::ValueRef as SqlRef;

use crate::support::{Tank, run};

/// A value of which no two are equal that differ in a bit.
#[derive(Clone, Debug, PartialEq)]
enum Exact {
    Null,
    Integer(i64),
    Real(u64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl From<SqlRef<'_>> for Exact {
    fn from(value: SqlRef<'_>) -> Self {
        match value {
            SqlRef::Null => Self::Null,
            SqlRef::Integer(value) => Self::Integer(value),
            SqlRef::Real(value) => Self::Real(value.to_bits()),
            SqlRef::Text(value) => Self::Text(value.to_vec()),
            SqlRef::Blob(value) => Self::Blob(value.to_vec()),
        }
    }
}

impl From<ValueRef<'_>> for Exact {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(value) => Self::Integer(value),
            ValueRef::Real(value) => Self::Real(value.to_bits()),
            ValueRef::Text(value) => Self::Text(value.as_bytes().to_vec()),
            ValueRef::InvalidText(value) => {
                assert!(std::str::from_utf8(value).is_err());
                Self::Text(value.to_vec())
            }
            ValueRef::Blob(value) => Self::Blob(value.to_vec()),
            other => panic!("{other:?} is new"),
        }
    }
}

/// A value as the driver binds it.
fn to_sql(value: &Value) -> rusqlite::types::Value {
    use rusqlite::types::Value as Sql;
    match value.clone() {
        Value::Null => Sql::Null,
        Value::Integer(value) => Sql::Integer(value),
        Value::Real(value) => Sql::Real(value),
        Value::Text(value) => Sql::Text(value),
        Value::Blob(value) => Sql::Blob(value),
    }
}

/// What the driver itself reads.
fn plainly(
    connection: &rusqlite::Connection,
    text: &str,
    parameters: &[Value],
) -> rusqlite::Result<Vec<Vec<Exact>>> {
    let mut statement = connection.prepare(text)?;
    let width = statement.column_count();
    let mut rows = statement.query(rusqlite::params_from_iter(parameters.iter().map(to_sql)))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push((0..width).map(|column| row.get_ref(column).unwrap().into()).collect());
    }
    Ok(all)
}

fn exact(rows: &[Row]) -> Vec<Vec<Exact>> {
    let values = |row: &Row| (0..row.len()).map(|at| row.value(at).unwrap().into()).collect();
    rows.iter().map(values).collect()
}

// Any value -------------------------------------------------------------------------------------

/// Any value that can be bound: all but NaNs.
fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => Just(Value::Null),
        3 => any::<i64>().prop_map(Value::Integer),
        3 => any_extreme_integer().prop_map(Value::Integer),
        4 => any::<u64>().prop_map(f64::from_bits).prop_map(no_nan).prop_map(Value::Real),
        3 => any_extreme_real().prop_map(Value::Real),
        6 => any_text().prop_map(Value::Text),
        4 => any_blob().prop_map(Value::Blob),
    ]
}

/// Integers at which something begins or ends: bytes of a record, exact floats, the type itself.
fn any_extreme_integer() -> impl Strategy<Value = i64> {
    const POWERS: &[u32] = &[0, 1, 7, 8, 15, 16, 23, 24, 31, 32, 47, 48, 53, 62, 63];
    (select(POWERS), -1..=1_i64, any::<bool>()).prop_map(|(power, beside, negative)| {
        let number = (1_i64.wrapping_shl(power)).wrapping_add(beside);
        if negative { number.wrapping_neg() } else { number }
    })
}

fn any_extreme_real() -> impl Strategy<Value = f64> {
    const NUMBERS: &[f64] = &[
        0.0,
        1.0,
        0.1,
        0.5,
        1e15,
        1e300,
        9_007_199_254_740_992.0,
        9_223_372_036_854_775_808.0,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        f64::EPSILON,
        f64::INFINITY,
    ];
    let subnormal = (1..=(1_u64 << 52) - 1).prop_map(f64::from_bits);
    let number = prop_oneof![select(NUMBERS), subnormal, (-9_999..9_999_i16).prop_map(f64::from)];
    (number, any::<bool>()).prop_map(|(number, negative)| if negative { -number } else { number })
}

fn no_nan(number: f64) -> f64 {
    if number.is_nan() { 0.1 } else { number }
}

/// Any text: of any characters, with NULs inside, what looks like numbers, and long ones.
fn any_text() -> impl Strategy<Value = String> {
    const LETTERS: &[char] = &[
        'a',
        '\0',
        '\'',
        '"',
        '?',
        '\n',
        '\u{7f}',
        'ñ',
        '\u{7ff}',
        '\u{800}',
        '\u{fffd}',
        '\u{ffff}',
        '🦀',
        '\u{10ffff}',
    ];
    let some = prop::collection::vec(select(LETTERS), 0..12).prop_map(String::from_iter);
    let number = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        (any::<i16>(), 0..5_i8).prop_map(|(number, power)| format!(" {number}e{power} ")),
    ];
    let long = (prop::collection::vec(select(LETTERS), 1..12), 1..700_usize)
        .prop_map(|(letters, times)| String::from_iter(letters).repeat(times));
    prop_oneof![4 => some, 3 => any::<String>(), 2 => number, 1 => long]
}

fn any_blob() -> impl Strategy<Value = Vec<u8>> {
    let some = prop::collection::vec(any::<u8>(), 0..20);
    let long = (prop::collection::vec(any::<u8>(), 1..20), 1..400_usize)
        .prop_map(|(bytes, times)| bytes.repeat(times));
    prop_oneof![4 => some, 1 => long]
}

/// A table of so many columns, each of any declared type.
fn any_columns(width: usize) -> impl Strategy<Value = Vec<&'static str>> {
    const TYPES: &[&str] = &["", "INTEGER", "REAL", "TEXT", "BLOB", "NUMERIC", "DATETIME"];
    prop::collection::vec(select(TYPES), width)
}

/// A list of so many items, separated by commas.
fn list(width: usize, item: impl Fn(usize) -> String) -> String {
    (0..width).map(item).collect::<Vec<_>>().join(", ")
}

// Real databases ----------------------------------------------------------------------------------

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
        let expected = plainly(&plain, &text, &[]).unwrap();
        let mut result = engine.query(sql(text.clone())).await.unwrap();
        for row in &expected {
            let read = result.try_next().await.unwrap().unwrap();
            assert!(exact(&[read]) == [row.clone()], "streamed, {name}");
        }
        assert!(result.try_next().await.unwrap().is_none());
        assert!(
            exact(&engine.query(sql(text)).all().await.unwrap()) == expected,
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
