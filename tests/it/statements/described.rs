//! `describe`: what the database says of a statement, of which nothing runs.

use headwater::{ErrorKind, Executor, sql};

use super::{assert_untouched, filled};
use crate::support::{Tank, run};

async fn columns(database: &impl Executor, text: &'static str) -> Vec<String> {
    let description = database.describe(text).await.unwrap();
    description.columns().names().map(str::to_owned).collect()
}

#[test]
fn a_query_tells_its_columns_and_its_parameters() {
    run(async {
        let (_tank, engine) = filled().await;

        let query = engine.describe("SELECT id, name AS who FROM t WHERE id > ?2").await.unwrap();

        assert_eq!(query.columns().names().collect::<Vec<_>>(), ["id", "who"]);
        assert_eq!((query.parameters(), query.writes()), (2, false));
    });
}

#[test]
fn a_write_is_told_without_being_made() {
    run(async {
        let (_tank, engine) = filled().await;
        for text in [
            "DELETE FROM t",
            "INSERT INTO t VALUES (9, 'nine') RETURNING id",
            "UPDATE t SET name = NULL",
            "DROP TABLE t",
            "CREATE TABLE other(a)",
            "VACUUM",
        ] {
            assert!(engine.describe(text).await.unwrap().writes(), "{text}");
        }
        for text in ["EXPLAIN DELETE FROM t", "BEGIN IMMEDIATE", "SELECT 1"] {
            assert!(!engine.describe(text).await.unwrap().writes(), "{text}");
        }
        assert_untouched(&engine, 3).await;
    });
}

#[test]
fn a_write_is_described_while_another_has_the_turn() {
    run(async {
        let (_tank, engine) = filled().await;
        let tx = engine.begin().await.unwrap();
        tx.execute("DELETE FROM t WHERE id = 1").await.unwrap();

        assert!(engine.describe("DELETE FROM t").await.unwrap().writes());
        assert!(engine.snapshot().await.unwrap().describe("DELETE FROM t").await.unwrap().writes());

        tx.rollback().await.unwrap();
        assert_untouched(&engine, 3).await;
    });
}

#[test]
fn a_transaction_and_a_connection_describe_what_they_see() {
    run(async {
        let (_tank, engine) = filled().await;
        let connection = engine.connect().await.unwrap();
        connection.execute("CREATE TEMP TABLE mine(a, b)").await.unwrap();
        let tx = engine.begin().await.unwrap();
        tx.execute("CREATE TABLE theirs(c)").await.unwrap();

        assert_eq!(columns(&connection, "SELECT * FROM mine").await, ["a", "b"]);
        assert_eq!(columns(&tx, "SELECT * FROM theirs").await, ["c"]);
        for text in ["SELECT * FROM mine", "SELECT * FROM theirs"] {
            assert_eq!(
                engine.describe(text).await.unwrap_err().kind(),
                ErrorKind::Syntax,
                "{text}"
            );
        }
    });
}

#[test]
fn the_columns_are_those_of_the_schema_as_it_is_now() {
    run(async {
        let (tank, engine) = filled().await;
        assert_eq!(columns(&engine, "SELECT * FROM t").await.len(), 2);

        tank.plain().execute_batch("ALTER TABLE t ADD COLUMN age INTEGER").unwrap();

        assert_eq!(columns(&engine, "SELECT * FROM t").await, ["id", "name", "age"]);
    });
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    run(async {
        let (_tank, engine) = filled().await;

        let error = engine.describe("SELECT nme FROM t").await.unwrap_err();

        assert_eq!((error.kind(), error.offset()), (ErrorKind::Syntax, Some(7)));
        assert_eq!(error.sql(), Some("SELECT nme FROM t"));
        for text in ["", "SELECT 1; SELECT 2", "SELECT '\0'"] {
            let error = engine.describe(text).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Statement, "{text:?}");
        }
    });
}

#[test]
fn a_pragma_that_acts_as_it_is_prepared_is_refused() {
    run(async {
        let (_tank, engine) = filled().await;
        let connection = engine.connect().await.unwrap();
        let cache =
            || async { connection.query("PRAGMA cache_size").scalar_one::<i64>().await.unwrap() };
        let before = cache().await;

        let error = connection.describe("PRAGMA cache_size = 7").await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Statement);
        assert_eq!(cache().await, before);
    });
}

#[test]
fn values_need_not_be_bound() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;

        let one = engine.describe(sql("SELECT ?, :a, ?7").bind(1)).await.unwrap();

        assert_eq!(one.parameters(), 7);
    });
}
