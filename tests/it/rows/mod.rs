//! Rows: their columns by position and by name, and what of a row can be kept.

mod choices;
mod columns;
mod converted;
mod flattened;
mod hygiene;
mod newtypes;
mod schema;
mod types;

use headwater::{AsyncEngine, ErrorKind, Row, ValueRef};

use crate::support::{Tank, run};

async fn memory() -> AsyncEngine {
    AsyncEngine::open("sqlite::memory:").await.unwrap()
}

async fn row(text: &'static str) -> Row {
    memory().await.query(text).one().await.unwrap()
}

#[test]
fn a_column_is_read_by_position_and_by_name() {
    run(async {
        let row = row("SELECT 7 AS id, 'Ada' AS name").await;
        let owned = String::from("name");

        assert_eq!(row.get::<i64>(0).unwrap(), 7);
        assert_eq!(row.get::<i64>("id").unwrap(), 7);
        assert_eq!(row.get::<String>(1).unwrap(), "Ada");
        assert_eq!(row.get::<String>(&owned).unwrap(), "Ada");
        assert_eq!(row.value("name").unwrap(), ValueRef::Text("Ada"));
        assert_eq!((row.len(), row.is_empty()), (2, false));
    });
}

#[test]
fn texts_and_blobs_borrow_from_the_row() {
    run(async {
        let row = row("SELECT 'Ada' AS name, x'0102' AS data, NULL AS none").await;

        let name: &str = row.get("name").unwrap();
        let again: &str = row.get(0).unwrap();
        let data: &[u8] = row.get("data").unwrap();
        let none: Option<&str> = row.get("none").unwrap();

        assert_eq!((name, data, none), ("Ada", &[1, 2][..], None));
        assert!(std::ptr::eq(name, again));
    });
}

#[test]
fn a_name_is_found_without_regard_to_ascii_case() {
    run(async {
        let row = row(r#"SELECT 1 AS "Id", 2 AS id, 3 AS "NAME", 4 AS "Größe""#).await;

        assert_eq!(row.get::<i64>("Id").unwrap(), 1);
        assert_eq!(row.get::<i64>("id").unwrap(), 2);
        assert_eq!(row.get::<i64>("name").unwrap(), 3);
        assert_eq!(row.get::<i64>("grÖße").unwrap_err().kind(), ErrorKind::ColumnNotFound);
        assert_eq!(row.get::<i64>("größE").unwrap(), 4);
    });
}

#[test]
fn an_ambiguous_name_is_an_error_only_when_it_is_asked_for() {
    run(async {
        let row = row("SELECT 1 AS a, 2 AS b, 3 AS a").await;

        assert_eq!(row.get::<i64>("b").unwrap(), 2);
        assert_eq!(row.get::<i64>(0).unwrap(), 1);
        assert_eq!(row.get::<i64>(2).unwrap(), 3);
        assert_eq!(row.decode::<(i64, i64, i64)>().unwrap(), (1, 2, 3));
        let error = row.get::<i64>("a").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ColumnNotFound);
        let told = error.to_string();
        assert!(told.contains("ambiguous") && told.contains("`a`") && told.contains("0 and 2"));
    });
}

#[test]
fn a_missing_column_is_told_with_the_columns_there_are() {
    run(async {
        let row = row("SELECT 1 AS a, 2 AS b").await;

        let by_name = row.get::<i64>("c").unwrap_err();
        let by_position = row.get::<i64>(2).unwrap_err();

        assert_eq!(by_name.kind(), ErrorKind::ColumnNotFound);
        assert_eq!(by_position.kind(), ErrorKind::ColumnNotFound);
        for (error, asked) in [(by_name, "`c`"), (by_position, "position 2")] {
            let told = error.to_string();
            assert!(told.contains(asked) && told.contains("`a`, `b`"), "{told}");
        }
    });
}

#[test]
fn columns_are_listed_in_their_order() {
    run(async {
        let engine = memory().await;

        let result = engine.query("SELECT 1 AS b, 2 AS a, 3 AS b").await.unwrap();

        let columns = result.columns();
        assert_eq!(columns.names().collect::<Vec<_>>(), ["b", "a", "b"]);
        assert_eq!((columns.len(), columns.is_empty()), (3, false));
        assert_eq!((columns.name(1), columns.name(3)), (Some("a"), None));
        assert_eq!(columns.position("a").unwrap(), 1);
        assert!(columns.position("b").is_err());
    });
}

#[test]
fn a_row_knows_its_number_in_the_result() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3_000).await;

        let rows = engine.query("SELECT id FROM t").all().await.unwrap();

        for (number, row) in (0..).zip(&rows) {
            assert_eq!(row.number(), number);
            assert_eq!(row.get::<u64>(0).unwrap(), number + 1);
        }
    });
}

#[test]
fn a_detached_row_is_the_same_row() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(100).await;
        let rows = engine.query("SELECT id, name, x'ff', NULL, 0.5 FROM t").all().await.unwrap();

        let detached = rows[41].detach();
        drop(rows);

        assert_eq!(detached.number(), 41);
        assert_eq!(detached.columns().name(1), Some("name"));
        let read: (i64, String, Vec<u8>, Option<i64>, f64) = detached.decode().unwrap();
        assert_eq!(read, (42, "name 42".to_owned(), vec![255], None, 0.5));
        assert_eq!(detached.detach().get::<i64>("id").unwrap(), 42);
    });
}

#[test]
fn rows_outlive_their_result_and_their_engine() {
    run(async {
        let engine = memory().await;
        let mut result = engine.query("SELECT value FROM json_each('[1,2,3]')").await.unwrap();
        let first = result.try_next().await.unwrap().unwrap();
        let second = result.try_next().await.unwrap().unwrap();

        drop(result);
        drop(engine);

        assert_eq!(first.get::<i64>(0).unwrap() + second.get::<i64>(0).unwrap(), 3);
    });
}

#[test]
fn the_debug_of_a_row_shows_types_and_no_value() {
    run(async {
        let row = row("SELECT 'secret' AS name, 4711 AS number").await;

        let shown = format!("{row:?}");

        assert!(shown.contains("TEXT") && shown.contains("number"));
        assert!(!shown.contains("secret") && !shown.contains("4711"));
    });
}
