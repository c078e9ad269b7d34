//! What is known of a result before its first row and after its last.

use std::time::Duration;

use futures::StreamExt;
use headwater::{ErrorKind, FromRow};

use super::{metered, ticks};
use crate::support::functions::Valve;
use crate::support::{Tank, run};

#[test]
fn scalars_know_their_columns_before_the_first_item() {
    run(async {
        let tank = Tank::new();
        let valve = Valve::default();
        let engine = tank.builder().on_connect(valve.hook()).open().await.unwrap();

        let items = engine.query("SELECT pass(1) AS a, 2 AS b").scalars::<i64>().await.unwrap();
        let names: Vec<_> = items.columns().names().map(str::to_owned).collect();
        valve.open();

        assert_eq!(names, ["a", "b"]);
        assert_eq!(items.one().await.unwrap(), 1);
    });
}

#[test]
fn an_empty_result_has_columns() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;

        let result = engine.query("SELECT 1 AS a, 2 AS b WHERE false").await.unwrap();

        assert_eq!(result.columns().len(), 2);
        assert!(result.all().await.unwrap().is_empty());
    });
}

#[test]
fn what_a_statement_did_is_known_after_its_end() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;

        let text = "UPDATE t SET name = 'x' WHERE id > 3 RETURNING id";
        let mut updated = engine.query(text).await.unwrap();
        assert!(updated.done().is_none());
        assert_eq!(updated.fetch_many(100).await.unwrap().len(), 7);
        let mut read = engine.query("SELECT id FROM t").scalars::<i64>().await.unwrap();
        while let Some(_id) = read.try_next().await.unwrap() {
            assert!(read.done().is_none());
        }

        let done = updated.done().unwrap();
        assert_eq!(done.rows_affected(), 7);
        assert!(done.version().is_some());
        let done = read.done().unwrap();
        assert_eq!((done.rows_affected(), done.version()), (0, None));
    });
}

#[test]
fn a_statement_without_rows_gives_none_and_has_no_columns() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;

        let mut result = engine.query("DELETE FROM t").await.unwrap();

        assert!(result.columns().is_empty());
        assert!(result.try_next().await.unwrap().is_none());
        assert_eq!(result.done().unwrap().rows_affected(), 3);
        assert!(engine.query("DELETE FROM t").all().await.unwrap().is_empty());
        assert!(engine.query("DELETE FROM t").first().await.unwrap().is_none());
    });
}

#[derive(Debug, FromRow)]
struct Named {
    #[expect(dead_code, reason = "it is never read: the column is missing")]
    missing: i64,
}

#[test]
fn a_missing_column_is_the_first_item_of_scalars() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;

        for text in ["SELECT 1 AS a", "SELECT 1 AS a WHERE false"] {
            let mut named = engine.query(text).scalars::<Named>().await.unwrap();
            let error = named.next().await.unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ColumnNotFound);
            let told = error.to_string();
            assert!(told.contains("Named") && told.contains("`missing`") && told.contains("`a`"));
            assert!(named.next().await.is_none());
            let mut pair = engine.query(text).scalars::<(i64, i64)>().await.unwrap();
            assert!(pair.next().await.unwrap().is_err());
            assert!(pair.next().await.is_none());
        }
    });
}

#[test]
fn a_missing_column_of_an_empty_result_fails_what_collects() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let query = || engine.query("SELECT 1 AS a WHERE false").scalars::<Named>();
        let missing = ErrorKind::ColumnNotFound;

        assert_eq!(query().all().await.unwrap_err().kind(), missing);
        assert_eq!(query().first().await.unwrap_err().kind(), missing);
        assert_eq!(query().one().await.unwrap_err().kind(), missing);
        assert_eq!(query().one_or_none().await.unwrap_err().kind(), missing);
    });
}

#[test]
fn a_select_sees_a_missing_column_of_a_result_without_rows() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        let mut items = engine.query("DELETE FROM t").scalars::<Named>().await.unwrap();

        let mut errors = 0;
        loop {
            futures::select! {
                item = items.select_next_some() => errors += usize::from(item.is_err()),
                complete => break,
            }
        }

        assert_eq!(errors, 1);
    });
}

#[test]
fn a_query_that_is_never_awaited_runs_nothing() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;

        drop(engine.query("DELETE FROM t"));
        drop(engine.query("DELETE FROM t").into_future());
        drop(engine.query("DELETE FROM t").all());
        drop(engine.execute("DELETE FROM t"));

        assert_eq!(engine.query("SELECT count(*) FROM t").scalar_one::<i64>().await.unwrap(), 3);
    });
}

#[test]
fn closing_scalars_ends_them() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;
        let mut items = engine.query(ticks(1_000_000)).scalars::<i64>().await.unwrap();
        items.try_next().await.unwrap().unwrap();

        items.close();

        assert!(items.next().await.is_none());
        assert!(items.done().is_none());
        engine.close(Duration::from_secs(30)).await.unwrap();
    });
}
