//! What tells of the schema, or depends on it before it runs, is right on every connection at once.
//!
//! A table that was just made was missing in `PRAGMA table_info`, and a new index in `EXPLAIN QUERY PLAN`,
//! when another connection than the one that made it was asked: SQLite compares the schema that a
//! connection knows with that of the file in the first step of a program, and these make none.

use headwater::{ErrorKind, sql};

use crate::support::{Tank, run};

#[test]
fn a_pragma_tells_of_what_another_connection_has_just_made() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let columns = "SELECT count(*) FROM pragma_table_info('t')";

        for width in 1..=3 {
            let change = match width {
                1 => "CREATE TABLE t(c1)".to_owned(),
                _ => format!("ALTER TABLE t ADD COLUMN c{width}"),
            };
            engine.execute(sql(change)).await.unwrap();

            let collected = engine.query("PRAGMA table_info(t)").all().await.unwrap();
            assert_eq!(collected.len(), width);
            let streamed = engine.query("PRAGMA table_info(t)").await.unwrap().all().await.unwrap();
            assert_eq!(streamed.len(), width);
            assert_eq!(engine.query(columns).scalar_one::<usize>().await.unwrap(), width);
        }
    });
}

#[test]
fn an_explained_plan_knows_the_indexes_that_there_are() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        let plan = async || {
            let plan = "EXPLAIN QUERY PLAN SELECT * FROM t WHERE name = 'a'";
            engine.query(plan).one().await.unwrap().get::<String>("detail").unwrap()
        };
        assert_eq!(plan().await, "SCAN t");

        engine.execute("CREATE INDEX by_name ON t(name)").await.unwrap();
        assert!(plan().await.contains("by_name"));

        engine.execute("DROP INDEX by_name").await.unwrap();
        assert_eq!(plan().await, "SCAN t");
    });
}

#[test]
fn a_text_is_not_refused_for_a_schema_that_is_over() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let connection = engine.connect().await.unwrap();
        connection.query("SELECT count(*) FROM sqlite_schema").scalar_one::<i64>().await.unwrap();

        engine.execute("CREATE TABLE t(a)").await.unwrap();
        connection.execute("REINDEX t").await.unwrap();
        engine.execute("DROP TABLE t").await.unwrap();
        connection.execute("CREATE TABLE t(b)").await.unwrap();

        let error = connection.execute("CREATE TABLE t(b)").await.unwrap_err();
        assert!(error.to_string().starts_with("table t already exists"), "{error}");
    });
}

#[test]
fn what_is_made_in_the_schema_temp_by_name_is_refused_on_the_engine() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;

        for text in [
            "CREATE TABLE temp.t(a)",
            "CREATE TABLE Temp.t AS SELECT 1 AS a",
            "CREATE VIEW temp.v AS SELECT 1",
            "CREATE VIRTUAL TABLE temp.f USING fts5(a)",
            "ANALYZE temp",
        ] {
            let error = engine.execute(text).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Statement, "{text}");
            assert!(
                error.to_string().starts_with("TEMP changes one connection of many"),
                "{error}"
            );
            engine.connect().await.unwrap().execute(text).await.unwrap();
        }
        let made = "SELECT count(*) FROM sqlite_temp_schema";
        assert_eq!(engine.query(made).scalar_one::<i64>().await.unwrap(), 0);
    });
}
