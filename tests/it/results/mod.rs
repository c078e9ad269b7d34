//! What a query and an open result can be turned into: every collector, every adapter, and what is known
//! after the end.

mod adapters;
mod known;

use headwater::{AsyncEngine, ErrorKind, Result, Statement, sql};

use crate::support::functions::Meter;
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
