//! What a query and an open result can be turned into: every collector, every adapter, and what is known
//! after the end.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use headwater::{AsyncEngine, ErrorKind, FromRow, Result, Row, Statement, sql};

use crate::support::functions::{Meter, Valve};
use crate::support::{Tank, eventually, run};

/// A statement that gives the numbers from 1 to `count`, and counts the rows it computes.
fn ticks(count: i64) -> Statement {
    let text = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
        SELECT tick(i) AS i, 'row ' || i AS name FROM n WHERE ?1 > 0";
    sql(text).bind(count)
}

async fn metered(tank: &Tank) -> (AsyncEngine, Meter) {
    let meter = Meter::default();
    (tank.builder().on_connect(meter.hook()).open().await.unwrap(), meter)
}

/// What a collector gave: how many rows, or which error.
type Collected = Result<usize, ErrorKind>;

fn counted<T>(result: Result<Option<T>>) -> Collected {
    result.map(|item| usize::from(item.is_some())).map_err(|error| error.kind())
}

fn single<T>(result: Result<T>) -> Collected {
    counted(result.map(Some))
}

fn many<T>(result: Result<Vec<T>>) -> Collected {
    result.map(|items| items.len()).map_err(|error| error.kind())
}

/// What each kind of collector has to give for a result of so many rows.
fn expected(rows: usize) -> [Collected; 4] {
    let one = match rows {
        0 => Err(ErrorKind::NoRows),
        1 => Ok(1),
        _ => Err(ErrorKind::MultipleRows),
    };
    let one_or_none = if rows == 0 { Ok(0) } else { one };
    [Ok(rows), Ok(rows.min(1)), one, one_or_none]
}

const COUNTS: [usize; 5] = [0, 1, 2, 3, 2_000];

fn numbered(rows: usize) -> Statement {
    ticks(i64::try_from(rows).unwrap())
}

// Collectors ------------------------------------------------------------------------------------

#[test]
fn every_collector_of_a_query_counts_rows() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;
        for rows in COUNTS {
            let query = || engine.query(numbered(rows));

            let whole = [
                many(query().all().await),
                counted(query().first().await),
                single(query().one().await),
                counted(query().one_or_none().await),
            ];
            let [_, first, one, one_or_none] = expected(rows);
            let columns = [
                counted(query().scalar::<i64>().await),
                single(query().scalar_one::<i64>().await),
                counted(query().scalar_one_or_none::<i64>().await),
            ];

            assert_eq!(whole, expected(rows), "{rows} rows");
            assert_eq!(columns, [first, one, one_or_none], "{rows} rows");
        }
    });
}

#[test]
fn every_collector_of_a_query_of_scalars_counts_rows() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;
        for rows in COUNTS {
            let query = || engine.query(numbered(rows)).scalars::<(i64, String)>();

            let collected = [
                many(query().all().await),
                counted(query().first().await),
                single(query().one().await),
                counted(query().one_or_none().await),
            ];

            assert_eq!(collected, expected(rows), "{rows} rows");
        }
    });
}

#[test]
fn every_collector_of_an_open_result_counts_rows() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;
        for rows in COUNTS {
            let open = || async { engine.query(numbered(rows)).await.unwrap() };

            let whole = [
                many(open().await.all().await),
                counted(open().await.first().await),
                single(open().await.one().await),
                counted(open().await.one_or_none().await),
            ];
            let [_, first, one, one_or_none] = expected(rows);
            let columns = [
                counted(open().await.scalar::<i64>().await),
                single(open().await.scalar_one::<i64>().await),
                counted(open().await.scalar_one_or_none::<i64>().await),
            ];

            assert_eq!(whole, expected(rows), "{rows} rows");
            assert_eq!(columns, [first, one, one_or_none], "{rows} rows");
        }
    });
}

#[test]
fn every_collector_of_open_scalars_counts_rows() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;
        for rows in COUNTS {
            let open = || async { engine.query(numbered(rows)).scalars::<i64>().await.unwrap() };

            let collected = [
                many(open().await.all().await),
                counted(open().await.first().await),
                single(open().await.one().await),
                counted(open().await.one_or_none().await),
            ];

            assert_eq!(collected, expected(rows), "{rows} rows");
        }
    });
}

#[test]
fn collectors_of_an_open_result_take_what_is_left() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;
        let open = || async {
            let mut result = engine.query(ticks(3)).await.unwrap();
            result.try_next().await.unwrap().unwrap();
            result
        };

        assert_eq!(open().await.scalars::<i64>().all().await.unwrap(), [2, 3]);
        assert_eq!(open().await.scalar::<i64>().await.unwrap(), Some(2));
        assert_eq!(open().await.one().await.unwrap_err().kind(), ErrorKind::MultipleRows);
        let mut last = open().await;
        last.try_next().await.unwrap().unwrap();
        assert_eq!(last.scalar_one::<i64>().await.unwrap(), 3);
    });
}

#[test]
fn what_a_collector_gives_is_what_the_row_has() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;

        let row = engine.query(ticks(1)).one().await.unwrap();
        let (id, name): (i64, String) = engine.query(ticks(1)).scalars().one().await.unwrap();
        let none: Option<i64> = engine.query("SELECT NULL").scalar_one().await.unwrap();
        let no_row: Option<i64> = engine.query(ticks(0)).scalar().await.unwrap();

        assert_eq!(row.get::<&str>("name").unwrap(), "row 1");
        assert_eq!((id, name.as_str()), (1, "row 1"));
        assert_eq!((none, no_row), (None, None));
    });
}

#[test]
fn a_null_is_told_apart_from_no_row() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;

        let null: Option<Option<i64>> = engine.query("SELECT NULL").scalar().await.unwrap();
        let no_row: Option<Option<i64>> =
            engine.query("SELECT NULL WHERE false").scalar().await.unwrap();
        let refused = engine.query("SELECT NULL").scalar::<i64>().await.unwrap_err();

        assert_eq!(null, Some(None));
        assert_eq!(no_row, None);
        assert_eq!(refused.kind(), ErrorKind::Decode);
    });
}

#[test]
fn a_defect_of_the_statement_is_the_error_of_whatever_runs_it() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let query = || engine.query("SELECT nope FROM nowhere");

        assert_eq!(query().await.unwrap_err().kind(), ErrorKind::Syntax);
        assert_eq!(query().all().await.unwrap_err().kind(), ErrorKind::Syntax);
        assert_eq!(query().first().await.unwrap_err().kind(), ErrorKind::Syntax);
        assert_eq!(query().scalar_one::<i64>().await.unwrap_err().kind(), ErrorKind::Syntax);
        assert_eq!(query().scalars::<i64>().await.unwrap_err().kind(), ErrorKind::Syntax);
    });
}

// Stopping --------------------------------------------------------------------------------------

#[test]
fn first_and_one_of_a_query_compute_no_row_more_than_they_need() {
    run(async {
        let tank = Tank::new();
        let (engine, meter) = metered(&tank).await;
        let query = || engine.query(ticks(1_000_000));
        let mut before = 0;
        let mut computed = || {
            let count = meter.count() - before;
            before = meter.count();
            count
        };

        query().first().await.unwrap();
        assert_eq!(computed(), 1);
        query().scalar::<i64>().await.unwrap();
        assert_eq!(computed(), 1);
        query().scalars::<i64>().first().await.unwrap();
        assert_eq!(computed(), 1);
        query().one().await.unwrap_err();
        assert_eq!(computed(), 2);
        query().one_or_none().await.unwrap_err();
        assert_eq!(computed(), 2);
        query().scalar_one::<i64>().await.unwrap_err();
        assert_eq!(computed(), 2);
        query().scalars::<i64>().one().await.unwrap_err();
        assert_eq!(computed(), 2);
    });
}

#[test]
fn first_and_one_of_an_open_result_stop_its_statement() {
    run(async {
        const ROWS: i64 = 10_000_000;
        let tank = Tank::new();
        let (engine, meter) = metered(&tank).await;
        let free = || engine.status().idle == engine.status().connections;

        engine.query(ticks(ROWS)).await.unwrap().first().await.unwrap();
        eventually("the connection is free after `first`", free);
        engine.query(ticks(ROWS)).await.unwrap().one().await.unwrap_err();
        eventually("the connection is free after `one`", free);
        engine.query(ticks(ROWS)).scalars::<i64>().await.unwrap().first().await.unwrap();
        eventually("the connection is free after `first` of scalars", free);

        assert!(meter.count() < 1_000_000, "{} rows", meter.count());
    });
}

// Adapters --------------------------------------------------------------------------------------

#[test]
fn fetch_many_takes_so_many_rows_and_fewer_only_at_the_end() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;
        let mut result = engine.query(ticks(10)).await.unwrap();

        let mut sizes = Vec::new();
        for count in [4, 0, 4, 4, 4] {
            sizes.push(result.fetch_many(count).await.unwrap().len());
        }

        assert_eq!(sizes, [4, 0, 4, 2, 0]);
        let mut items = engine.query(ticks(5)).scalars::<i64>().await.unwrap();
        assert_eq!(items.fetch_many(3).await.unwrap(), [1, 2, 3]);
        assert_eq!(items.fetch_many(usize::MAX).await.unwrap(), [4, 5]);
    });
}

#[test]
fn partitions_group_rows_and_the_last_group_may_be_smaller() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;
        let groups = |rows, count| {
            let query = engine.query(ticks(rows)).scalars::<i64>();
            async move { query.await?.partitions(count).try_collect::<Vec<_>>().await }
        };

        assert_eq!(groups(5, 2).await.unwrap(), [vec![1, 2], vec![3, 4], vec![5]]);
        assert_eq!(groups(4, 2).await.unwrap(), [vec![1, 2], vec![3, 4]]);
        assert_eq!(groups(2, 10).await.unwrap(), [vec![1, 2]]);
        assert_eq!(groups(2, 0).await.unwrap(), [vec![1], vec![2]]);
        assert!(groups(0, 2).await.unwrap().is_empty());
    });
}

#[test]
fn partitions_of_rows_are_rows() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;

        let mut groups = engine.query(ticks(3)).await.unwrap().partitions(2);
        let first: Vec<Row> = groups.try_next().await.unwrap().unwrap();
        let second = groups.next().await.unwrap().unwrap();

        assert_eq!(first[1].get::<&str>("name").unwrap(), "row 2");
        assert_eq!(second.len(), 1);
        assert!(groups.next().await.is_none());
    });
}

#[test]
fn batches_give_all_rows_in_order() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;

        let mut batches = engine.query(ticks(5_000)).await.unwrap().batches();
        let mut ids = Vec::new();
        while let Some(batch) = batches.try_next().await.unwrap() {
            assert!(!batch.is_empty());
            ids.extend(batch.iter().map(|row| row.get::<i64>(0).unwrap()));
        }

        assert_eq!(ids, (1..=5_000).collect::<Vec<_>>());
    });
}

#[test]
fn batches_of_a_result_that_was_begun_give_the_rest() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;
        let mut result = engine.query(ticks(100)).await.unwrap();
        result.fetch_many(3).await.unwrap();

        let rest: Vec<Vec<Row>> = result.batches().try_collect().await.unwrap();

        let ids: Vec<i64> = rest.iter().flatten().map(|row| row.get(0).unwrap()).collect();
        assert_eq!(ids, (4..=100).collect::<Vec<_>>());
    });
}

#[test]
fn mappings_keep_the_order_of_the_columns_and_both_of_a_name() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let text = "SELECT 1 AS z, 'x' AS a, NULL AS m, 2.5 AS z";

        let mut mappings = engine.query(text).await.unwrap().mappings();
        let mapping = mappings.try_next().await.unwrap().unwrap();

        let pairs: Vec<_> = mapping.iter().map(|(name, value)| (name, value.sql_type())).collect();
        assert_eq!(pairs, [("z", "INTEGER"), ("a", "TEXT"), ("m", "NULL"), ("z", "REAL")]);
        assert_eq!((mapping.len(), mapping.is_empty()), (4, false));
        assert_eq!(mapping.get::<&str>("a").unwrap(), "x");
        assert_eq!(mapping.get::<f64>(3).unwrap(), 2.5);
        let ambiguous = mapping.get::<i64>("z").unwrap_err();
        assert_eq!(ambiguous.kind(), ErrorKind::ColumnNotFound);
        assert_eq!(mapping.into_row().get::<i64>(0).unwrap(), 1);
        assert!(mappings.next().await.is_none());
    });
}

#[cfg(feature = "json")]
#[test]
fn mappings_are_written_as_json_objects_in_the_order_of_the_columns() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let text = "SELECT 1 AS z, 'x\"y' AS a, NULL AS m, 2.5 AS r, x'00ff' AS b";

        let mappings = engine.query(text).await.unwrap().mappings().all().await.unwrap();
        let json = serde_json::to_string(&mappings).unwrap();

        assert_eq!(json, r#"[{"z":1,"a":"x\"y","m":null,"r":2.5,"b":[0,255]}]"#);
    });
}

#[test]
fn unique_by_keeps_the_first_row_of_each_key() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;

        let rows = engine.query(ticks(10)).await.unwrap();
        let unique = rows.unique_by(|row| row.get::<i64>(0).unwrap() % 3);
        let unique: Vec<i64> = unique.map_ok(|row| row.get::<i64>(0).unwrap()).try_collect().await.unwrap();
        let mut items = engine.query(ticks(10)).scalars::<i64>().await.unwrap().unique_by(|id| id / 4);

        assert_eq!(unique, [1, 2, 3]);
        assert_eq!(items.try_next().await.unwrap(), Some(1));
        assert_eq!(items.next().await.unwrap().unwrap(), 4);
        assert_eq!(items.try_collect::<Vec<_>>().await.unwrap(), [8]);
    });
}

#[test]
fn an_open_result_becomes_scalars_where_it_stands() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;
        let mut result = engine.query(ticks(20)).await.unwrap();
        result.fetch_many(5).await.unwrap();

        let items: Vec<(i64, String)> = result.scalars().all().await.unwrap();

        assert_eq!(items.len(), 15);
        assert_eq!(items[0], (6, "row 6".to_owned()));
    });
}

// What is known before and after ----------------------------------------------------------------

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
