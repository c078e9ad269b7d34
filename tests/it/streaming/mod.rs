//! Streams: when rows come, in which batches, what a slow consumer holds, and how a result ends.

mod among_others;
mod batches;
mod ends;

use std::time::{Duration, Instant};

use futures::{FutureExt, StreamExt, TryStreamExt};
use headwater::{AsyncEngine, Statement, sql};
use rusqlite::functions::FunctionFlags;

use crate::support::functions::{Meter, Valve};
use crate::support::{Tank, eventually, run};

/// A statement over the numbers from 1 to `count`, in the column `i`.
fn numbers(select: &str, count: i64) -> Statement {
    let text = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) {select}"
    );
    sql(text)
}

/// Ten rows from 1 to 10, and then an error of the running statement.
fn fails_after_row_10() -> Statement {
    numbers("SELECT i + 0 * abs(-9223372036854775807 - (i > 10)) AS i FROM n", 100)
}

async fn held(tank: &Tank) -> (AsyncEngine, Valve) {
    let valve = Valve::default();
    (tank.builder().on_connect(valve.hook()).open().await.unwrap(), valve)
}

async fn metered(tank: &Tank) -> (AsyncEngine, Meter) {
    let meter = Meter::default();
    (tank.builder().on_connect(meter.hook()).open().await.unwrap(), meter)
}

#[test]
fn the_columns_are_known_before_the_first_row_is_computed() {
    run(async {
        let tank = Tank::new();
        let (engine, valve) = held(&tank).await;

        let mut result = engine.query("SELECT pass(1) AS a, 2 AS b").await.unwrap();
        let names: Vec<_> = result.columns().names().map(str::to_owned).collect();
        eventually("the first row is held", || valve.arrived() == 1);
        assert!(result.next().now_or_never().is_none());
        valve.open();

        assert_eq!(names, ["a", "b"]);
        assert_eq!(result.try_next().await.unwrap().unwrap().get::<i64>("a").unwrap(), 1);
    });
}

#[test]
fn a_slow_querys_first_row_arrives_before_its_second_is_computed() {
    run(async {
        let tank = Tank::new();
        let (engine, valve) = held(&tank).await;
        valve.open_for(1);

        let mut result = engine.query(numbers("SELECT pass(i) FROM n", 3)).await.unwrap();
        let first = result.try_next().await.unwrap().unwrap();

        assert_eq!(first.get::<i64>(0).unwrap(), 1);
        eventually("the second row is held", || valve.arrived() == 2);
        valve.open();
        assert_eq!(result.count().await, 2);
    });
}

/// Registers `slow(x)`, a function that takes longer than a waiting consumer is kept from its rows.
fn slow(connection: &mut rusqlite::Connection) -> rusqlite::Result<()> {
    connection.create_scalar_function("slow", 1, FunctionFlags::SQLITE_UTF8, |call| {
        let since = Instant::now();
        while since.elapsed() < Duration::from_millis(3) {
            std::hint::spin_loop();
        }
        call.get::<i64>(0)
    })
}

#[test]
fn each_slow_row_reaches_a_waiting_consumer_before_the_next_is_computed() {
    run(async {
        let tank = Tank::new();
        let valve = Valve::default();
        let builder = tank.builder().on_connect(valve.hook()).on_connect(slow);
        let engine = builder.open().await.unwrap();
        let query = engine.query(numbers("SELECT pass(slow(i)) FROM n", 100));

        let mut rows = query.scalars::<i64>().await.unwrap();
        for row in 1..=20 {
            valve.open_for(1);
            assert_eq!(rows.try_next().await.unwrap(), Some(row));
        }

        valve.open();
        assert_eq!(rows.count().await, 80);
    });
}

#[test]
fn a_half_filled_batch_reaches_a_waiting_consumer_when_one_row_is_slow() {
    run(async {
        let tank = Tank::new();
        let valve = Valve::default();
        let builder = tank.builder().on_connect(valve.hook()).on_connect(slow);
        let engine = builder.open().await.unwrap();
        let text = "SELECT CASE i WHEN 10 THEN pass(i) WHEN 40 THEN slow(i) WHEN 41 THEN pass(i) ELSE i END FROM n";

        // A batch begins with row 10, once the consumer waits for it, and is still to have more rows
        // when the scan is held in row 41.
        let mut rows = engine.query(numbers(text, 100)).scalars::<i64>().await.unwrap();
        let mut read = 0;
        while read < 9 {
            read = rows.try_next().await.unwrap().unwrap();
        }
        valve.open_for(1);
        let before_the_held: Vec<i64> = rows.by_ref().take(31).try_collect().await.unwrap();

        assert_eq!(before_the_held, (10..=40).collect::<Vec<_>>());
        valve.open();
        assert_eq!(rows.count().await, 60);
    });
}

#[test]
fn a_row_that_was_long_searched_for_reaches_a_waiting_consumer_before_the_next_is_computed() {
    run(async {
        let tank = Tank::new();
        let (engine, valve) = held(&tank).await;
        let search =
            "(WITH RECURSIVE k(j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM k WHERE j < 200000)
            SELECT i + min(j) FROM k)";
        let text = format!(
            "SELECT CASE i WHEN 10 THEN pass(i) WHEN 55 THEN {search} WHEN 56 THEN pass(i) ELSE i END FROM n"
        );

        // Row 55 stands far behind the beginning of its batch, where the time is looked at seldom.
        let mut rows = engine.query(numbers(&text, 100)).scalars::<i64>().await.unwrap();
        let before: Vec<i64> = rows.by_ref().take(9).try_collect().await.unwrap();
        valve.open_for(1);
        let found: Vec<i64> = rows.by_ref().take(46).try_collect().await.unwrap();

        assert_eq!(before, (1..=9).collect::<Vec<_>>());
        assert_eq!(found, (10..=55).collect::<Vec<_>>());
        valve.open();
        assert_eq!(rows.count().await, 45);
    });
}
