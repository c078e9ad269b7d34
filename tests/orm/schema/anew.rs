//! Tables of all kinds made anew: but for what is asked, each is what it was.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;

use headwater::{
    AsyncConnection, AsyncEngine, SqlType, Value,
    entity::{EntityColumn, EntityTable},
    inspect,
    inspection::{DatabaseInfo, TableInfo, TableKind},
    schema, sql,
};

use super::made::{Made, column, put, table};
use crate::support::{DEADLINE, watched_for};

/// Tables with all that SQLite takes, in odd spellings.
const TABLES: [&str; 12] = [
    "CREATE TABLE t(a PRIMARY KEY)",
    "CREATE TABLE t(a INT PRIMARY KEY DESC, b TEXT COLLATE NOCASE DEFAULT 'x' NOT NULL ON CONFLICT REPLACE)",
    "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b UNIQUE ON CONFLICT IGNORE CHECK (b > 0))",
    "CREATE TABLE \"t\"(a, b, c, PRIMARY KEY (c COLLATE NOCASE DESC, a) ON CONFLICT FAIL, UNIQUE (b, c)) WITHOUT ROWID",
    "CREATE TABLE [t](a INT PRIMARY KEY, b ANY, c TEXT NOT NULL, d INT AS (a + 1) STORED) STRICT",
    "create table t /* x */ (k integer primary key, a varchar(1, 2) default -1.5e+3, b numeric default +7, c default x'00', d default (1 + 1))",
    "CREATE TABLE t(k INTEGER PRIMARY KEY ASC, a INTEGER CONSTRAINT one CHECK (a <> ',') CONSTRAINT two NOT NULL, CONSTRAINT \"th\"\"ree\" UNIQUE (a))",
    "CREATE TABLE t(k, a REFERENCES t DEFERRABLE INITIALLY DEFERRED, b, PRIMARY KEY (k), FOREIGN KEY (a, b) REFERENCES u(x, y) ON DELETE SET NULL)",
    "CREATE TABLE t(a INTEGER PRIMARY KEY, b INT GENERATED ALWAYS AS (a * 2) VIRTUAL UNIQUE, c AS (b || ')'), CHECK (a = 1 AND (b) > 0))",
    "CREATE TABLE t(a TEXT CONSTRAINT pk PRIMARY KEY DEFAULT CURRENT_TIMESTAMP, \"select\" DEFAULT NULL, 'quoted' DEFAULT \"text\", `d``e` DEFAULT true)",
    "CREATE TABLE t(a, b, PRIMARY KEY (b) UNIQUE (a) CHECK (a) FOREIGN KEY (a) REFERENCES t(b))",
    "CREATE TABLE t(\"one two\" TEXT -- the first, the (only\n, b INTEGER NOT NULL PRIMARY KEY)",
];

/// The texts of public test cases that make a table, where there are any.
fn public() -> BTreeSet<String> {
    let Some(folder) = std::env::var_os("HEADWATER_DATA") else {
        return BTreeSet::new();
    };
    let bytes = std::fs::read(PathBuf::from(folder).join("sqltest/cases.jsonl.gz")).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    let cases = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let statements = cases.flat_map(|case| {
        let setup = case["setup"].as_array().cloned().unwrap_or_default().into_iter();
        let steps = case["steps"].as_array().cloned().unwrap_or_default().into_iter();
        let steps = steps.map(|step| step["sql"].clone());
        setup.chain(steps).filter_map(|text| text.as_str().map(str::to_owned)).collect::<Vec<_>>()
    });
    let makes = |text: &String| text.trim_start().to_ascii_uppercase().starts_with("CREATE TABLE");
    statements.filter(makes).collect()
}

/// The entity of a table that is there, with one CHECK more.
fn with_a_check(info: &TableInfo) -> EntityTable {
    let leaked = |text: &str| -> &'static str { text.to_owned().leak() };
    let columns = info.columns.iter().map(|found| -> EntityColumn {
        let name = leaked(&found.name);
        let mut wanted = match found.nullable {
            true => column::<Option<Value>>(name),
            false => column::<Value>(name),
        };
        wanted.sql_type = SqlType::Any;
        wanted.default = found.default.as_deref().map(leaked);
        wanted.computed = found.computed.as_deref().map(leaked);
        wanted
    });
    let mut wanted = table::<0>(leaked(&info.name), "Wanted", columns);
    let key = info.primary_key.iter().map(|name| wanted.position(name).unwrap());
    wanted.primary_key = key.collect();
    wanted.checks = vec!["1 = 1"];
    wanted
}

/// What is to be the same: all but the text, and the CHECK that was asked for.
fn shown(mut database: DatabaseInfo, name: &str) -> TableInfo {
    let at = database.tables.iter().position(|table| table.name == name).unwrap();
    let mut table = database.tables.swap_remove(at);
    table.checks.retain(|check| check != "1 = 1");
    // The name of the table before a column is left out.
    let unqualified = |text: &mut String| *text = text.replace(&format!("{name}."), "");
    table.checks.iter_mut().for_each(unqualified);
    let columns = table.columns.iter_mut();
    columns.filter_map(|column| column.computed.as_mut()).for_each(unqualified);
    table.sql.clear();
    table
}

/// Makes each table of a text anew; the number of them.
async fn make_anew(connection: &AsyncConnection, text: &str) -> usize {
    let tx = connection.begin().await.unwrap();
    if tx.execute_batch(sql(text.to_owned())).await.is_err() {
        return 0;
    }
    let before = inspect(&tx).await.unwrap();
    let mut made = 0;
    for info in before.tables.iter().filter(|info| info.kind == TableKind::Plain) {
        // An entity has a key, and names that a schema can have.
        if info.primary_key.is_empty() || info.columns.iter().any(|column| column.name.is_empty()) {
            continue;
        }
        put::<0>(with_a_check(info));

        let diff = schema().entity::<Made<0>>().diff(&tx).await.unwrap();
        let script = diff.sql().to_owned();
        assert!(
            script.contains("CREATE TABLE") && !script.contains("Not done"),
            "{text}\n{script}"
        );
        if let Err(error) = tx.execute_batch(sql(script.clone())).await {
            panic!("{error:?}\n{text}\n{script}");
        }

        let after = inspect(&tx).await.unwrap();
        assert_eq!(shown(after, &info.name), shown(before.clone(), &info.name), "{text}\n{script}");
        made += 1;
    }
    made
}

#[test]
fn a_table_made_anew_is_what_it_was() {
    watched_for(DEADLINE * 2, || {
        futures::executor::block_on(async {
            let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
            let connection = engine.connect().await.unwrap();
            connection.execute("PRAGMA foreign_keys = OFF").await.unwrap();
            let mut made = 0;
            for text in TABLES {
                made += make_anew(&connection, text).await;
            }
            assert_eq!(made, TABLES.len());

            for text in public() {
                made += make_anew(&connection, &text).await;
            }
            println!("{made} tables made anew");
        });
    });
}
