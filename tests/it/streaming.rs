//! Streams: when rows come, in which batches, what a slow consumer holds, and how a result ends.

use std::future::ready;
use std::time::{Duration, Instant};

use futures::stream::FusedStream;
use futures::{FutureExt, Stream, StreamExt, TryStreamExt, poll};
use headwater::{AsyncEngine, AsyncResult, ErrorKind, Result, Row, Statement, sql};
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

// When rows come --------------------------------------------------------------------------------

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

// Batches ---------------------------------------------------------------------------------------

/// Reads the sizes of a result's batches, after all of them were made: no half-filled one among them.
async fn batch_sizes(engine: &AsyncEngine, meter: &Meter, select: &str, rows: usize) -> Vec<usize> {
    sizes(engine.query(numbers(select, i64::try_from(rows).unwrap())).await.unwrap(), meter, rows).await
}

async fn sizes(result: AsyncResult, meter: &Meter, rows: usize) -> Vec<usize> {
    eventually("all rows are computed", || meter.count() == rows as u64);
    result.batches().map_ok(|batch| batch.len()).try_collect().await.unwrap()
}

#[test]
fn the_first_batch_is_one_row_and_batches_grow_up_to_batch_rows() {
    run(async {
        let tank = Tank::new();
        let meter = Meter::default();
        let builder = tank.builder().batches(1_000).batch_rows(1_000).on_connect(meter.hook());
        let engine = builder.open().await.unwrap();

        let sizes = batch_sizes(&engine, &meter, "SELECT tick(i) FROM n", 3_600).await;

        assert_eq!(sizes, [1, 8, 64, 512, 1_000, 1_000, 1_000, 15]);
    });
}

#[test]
fn a_statements_own_batch_rows_are_honoured() {
    run(async {
        let tank = Tank::new();
        let meter = Meter::default();
        let engine = tank.builder().batches(1_000).on_connect(meter.hook()).open().await.unwrap();
        let statement = numbers("SELECT tick(i) FROM n", 23).batch_rows(5);

        let result = engine.query(statement).await.unwrap();

        assert_eq!(sizes(result, &meter, 23).await, [1, 5, 5, 5, 5, 2]);
    });
}

#[test]
fn a_batch_of_no_rows_counts_as_one_of_one() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let statement = numbers("SELECT i FROM n", 4).batch_rows(0);

        let batches: Vec<Vec<Row>> =
            engine.query(statement).await.unwrap().batches().try_collect().await.unwrap();

        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1, 1]);
    });
}

#[test]
fn the_rows_of_a_write_come_in_batches_of_the_statements_own_size() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        engine.execute("CREATE TABLE t(a)").await.unwrap();
        let statement = sql("INSERT INTO t SELECT value FROM json_each('[1,2,3,4,5,6,7]') RETURNING a");

        let batches = engine.query(statement.batch_rows(3)).await.unwrap().batches();
        let batches: Vec<Vec<Row>> = batches.try_collect().await.unwrap();

        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
    });
}

#[test]
fn a_batch_closes_at_batch_bytes_and_a_single_row_may_exceed_them() {
    run(async {
        let tank = Tank::new();
        let meter = Meter::default();
        let builder = tank.builder().batches(1_000).batch_bytes(25_000).on_connect(meter.hook());
        let engine = builder.open().await.unwrap();
        // Rows 1 to 9 have 10,000 bytes each, and rows 10 to 12 have 100,000.
        let text = "SELECT tick(i), zeroblob(CASE WHEN i < 10 THEN 10000 ELSE 100000 END) FROM n";

        let sizes = batch_sizes(&engine, &meter, text, 12).await;

        assert_eq!(sizes, [1, 3, 3, 3, 1, 1]);
    });
}

#[test]
fn no_batch_has_more_rows_than_batch_rows_however_it_is_read() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().batch_rows(100).open().await.unwrap();
        let mut batches = engine.query(numbers("SELECT i FROM n", 10_000)).await.unwrap().batches();

        let mut read = 0;
        while let Some(batch) = batches.try_next().await.unwrap() {
            assert!((1..=100).contains(&batch.len()));
            for row in batch {
                read += 1;
                assert_eq!(row.get::<i64>(0).unwrap(), read);
            }
        }

        assert_eq!(read, 10_000);
    });
}

#[test]
fn a_sleeping_consumer_lets_only_a_few_batches_be_computed() {
    run(async {
        let tank = Tank::new();
        let meter = Meter::default();
        let builder = tank.builder().batch_rows(10).batches(2).on_connect(meter.hook());
        let connection = builder.open().await.unwrap().connect().await.unwrap();

        let mut asleep =
            connection.query(numbers("SELECT tick(i) FROM n", 1_000_000)).await.unwrap();
        asleep.try_next().await.unwrap().unwrap();
        // Each of these gives the scan a turn.
        for _ in 0..1_000 {
            connection.query("SELECT 1").scalar_one::<i64>().await.unwrap();
        }

        // One batch is being read, two wait, and one may be under way.
        assert!(meter.count() <= 1 + 8 + 10 + 10, "{} rows", meter.count());
    });
}

// Ends ------------------------------------------------------------------------------------------

/// Checks that a stream which has ended says so, now and for ever.
async fn assert_over<S: Stream + FusedStream + Unpin>(stream: &mut S) {
    for _ in 0..3 {
        assert!(stream.is_terminated());
        assert!(stream.next().await.is_none());
    }
}

/// Reads a stream to its end, item by item, and returns how many there were before `None` or an error.
async fn drain<S, T>(stream: &mut S) -> (usize, Option<ErrorKind>)
where
    S: Stream<Item = Result<T>> + FusedStream + Unpin,
{
    let mut count = 0;
    loop {
        assert!(!stream.is_terminated());
        match stream.next().await {
            None => return (count, None),
            Some(Ok(_)) => count += 1,
            Some(Err(error)) => return (count, Some(error.kind())),
        }
    }
}

macro_rules! every_stream {
    ($statement:expr, $check:expr) => {{
        let tank = Tank::new();
        let engine = tank.engine().await;
        let open = || async { engine.query($statement).await.unwrap() };
        $check("rows", &mut open().await).await;
        $check("scalars", &mut open().await.scalars::<i64>()).await;
        $check("batches", &mut open().await.batches()).await;
        $check("mappings", &mut open().await.mappings()).await;
        $check("unique rows", &mut open().await.unique_by(|row| row.get::<i64>(0).unwrap())).await;
        $check("groups", &mut open().await.partitions(4)).await;
        let mut scalars = open().await.scalars::<i64>().unique_by(|item| *item);
        $check("unique scalars", &mut scalars).await;
        $check("groups of scalars", &mut open().await.scalars::<i64>().partitions(4)).await;
    }};
}

#[test]
fn after_its_end_every_stream_gives_only_none() {
    run(async {
        every_stream!(numbers("SELECT i FROM n", 10), async |name, stream: &mut _| {
            let (count, error) = drain(stream).await;
            assert!(count > 0 && error.is_none(), "{name}");
            assert_over(stream).await;
        });
    });
}

#[test]
fn after_an_error_every_stream_gives_only_none() {
    run(async {
        every_stream!(fails_after_row_10(), async |name, stream: &mut _| {
            let (count, error) = drain(stream).await;
            assert!(count > 0 && error == Some(ErrorKind::Other), "{name}");
            assert_over(stream).await;
        });
    });
}

#[test]
fn the_error_after_row_10_is_not_a_clean_end() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;

        let mut result = engine.query(fails_after_row_10()).await.unwrap();
        for expected in 1..=10 {
            let row = result.next().await.unwrap().unwrap();
            assert_eq!(row.get::<i64>(0).unwrap(), expected);
        }
        let error = result.next().await.unwrap().unwrap_err();

        assert!(error.to_string().contains("integer overflow"), "{error}");
        assert!(error.sql().unwrap().contains("abs("));
        assert!(result.next().await.is_none());
        assert!(result.done().is_none());
    });
}

#[test]
fn try_next_gives_the_rows_before_an_error_and_then_the_error_once() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;

        let mut items = engine.query(fails_after_row_10()).scalars::<i64>().await.unwrap();
        for expected in 1..=10 {
            assert_eq!(items.try_next().await.unwrap(), Some(expected));
        }

        assert!(items.try_next().await.is_err());
        assert_eq!(items.try_next().await.unwrap(), None);
    });
}

#[test]
fn an_error_in_any_row_fails_what_collects() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let query = || engine.query(fails_after_row_10());

        assert!(query().all().await.is_err());
        assert!(query().scalars::<i64>().all().await.is_err());
        assert!(query().await.unwrap().all().await.is_err());
        assert!(query().scalars::<i64>().await.unwrap().all().await.is_err());
        assert!(query().await.unwrap().mappings().all().await.is_err());
        assert!(query().await.unwrap().try_collect::<Vec<_>>().await.is_err());
        assert_eq!(query().first().await.unwrap().unwrap().get::<i64>(0).unwrap(), 1);
    });
}

#[test]
fn combinators_see_the_rows_before_an_error_and_then_the_error() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let query = || engine.query(fails_after_row_10()).scalars::<i64>();

        let mut sum = 0;
        let summed = query().await.unwrap().try_for_each(|item| {
            sum += item;
            ready(Ok(()))
        });
        assert!(summed.await.is_err());
        assert_eq!(sum, 55);
        let (good, bad): (Vec<_>, Vec<_>) =
            query().await.unwrap().collect::<Vec<_>>().await.into_iter().partition(Result::is_ok);
        assert_eq!((good.len(), bad.len()), (10, 1));
        let even = query().await.unwrap().try_filter(|item| ready(item % 2 == 0));
        let even: Vec<_> = even.collect().await;
        assert_eq!(even.len(), 6);
        assert!(even[5].is_err());
    });
}

#[test]
fn the_rows_before_an_error_come_in_a_group_of_their_own() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;

        let groups = engine.query(fails_after_row_10()).scalars::<i64>().await.unwrap().partitions(4);
        let groups: Vec<_> = groups.collect().await;

        assert_eq!(groups.len(), 4);
        assert_eq!(groups[1].as_ref().unwrap(), &[5, 6, 7, 8]);
        assert_eq!(groups[2].as_ref().unwrap(), &[9, 10]);
        assert!(groups[3].is_err());
    });
}

#[test]
fn a_row_that_cannot_be_decoded_ends_the_stream() {
    run(async {
        let tank = Tank::new();
        let (engine, meter) = metered(&tank).await;
        let text = "SELECT CASE i WHEN 3 THEN 'three' ELSE tick(i) END FROM n";
        let mut items = engine.query(numbers(text, 1_000_000)).scalars::<i64>().await.unwrap();

        let (count, error) = drain(&mut items).await;

        assert_eq!((count, error), (2, Some(ErrorKind::Decode)));
        assert_over(&mut items).await;
        eventually("the connection is free", || engine.status().idle == engine.status().connections);
        assert!(meter.count() < 100_000);
    });
}

// One thing among others ------------------------------------------------------------------------

#[test]
fn a_select_over_two_results_sees_all_rows_and_completes() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let query = |count| engine.query(numbers("SELECT i FROM n", count));
        let mut rows = query(1_000).await.unwrap();
        let mut items = query(3_000).scalars::<i64>().await.unwrap();

        let (mut of_rows, mut of_items) = (0, 0);
        loop {
            futures::select! {
                row = rows.next() => of_rows += row.map_or(0, |row| row.unwrap().get::<i64>(0).unwrap()),
                item = items.next() => of_items += item.map_or(0, Result::unwrap),
                complete => break,
            }
        }

        assert_eq!((of_rows, of_items), (500_500, 4_501_500));
    });
}

#[test]
fn select_next_some_skips_a_result_that_has_ended() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let query = |count| engine.query(numbers("SELECT i FROM n", count)).scalars::<i64>();
        let mut short = query(10).await.unwrap();
        let mut long = query(1_000).await.unwrap();

        let (mut of_short, mut of_long) = (0, 0);
        loop {
            futures::select! {
                item = short.select_next_some() => { item.unwrap(); of_short += 1; }
                item = long.select_next_some() => { item.unwrap(); of_long += 1; }
                complete => break,
            }
        }

        assert_eq!((of_short, of_long), (10, 1_000));
    });
}

#[test]
fn a_loop_that_drops_and_recreates_next_ten_thousand_times_loses_nothing() {
    run(async {
        const ROWS: i64 = 40_000;
        let tank = Tank::new();
        let engine = tank.builder().batch_rows(7).open().await.unwrap();
        let mut items = engine.query(numbers("SELECT i FROM n", ROWS)).scalars::<i64>().await.unwrap();

        let (mut read, mut dropped) = (Vec::new(), 0);
        while dropped < 10_000 {
            tokio::select! {
                item = items.next() => match item {
                    Some(item) => read.push(item.unwrap()),
                    None => break,
                },
                () = ready(()) => dropped += 1,
            }
        }
        // Polled first each time, and dropped while it waits.
        while dropped < 20_000 {
            match poll!(items.next()) {
                std::task::Poll::Ready(Some(item)) => read.push(item.unwrap()),
                std::task::Poll::Ready(None) => break,
                std::task::Poll::Pending => dropped += 1,
            }
        }
        read.extend(items.all().await.unwrap());

        assert!(dropped >= 10_000);
        assert_eq!(read, (1..=ROWS).collect::<Vec<_>>());
    });
}

#[test]
fn a_result_outlives_the_function_and_the_handles_that_made_it() {
    async fn make(tank: &Tank) -> AsyncResult {
        let connection = tank.filled(3_000).await.connect().await.unwrap();
        connection.query("SELECT id FROM t").await.unwrap()
    }
    run(async {
        let tank = Tank::new();

        let result = make(&tank).await;
        let reader = std::thread::spawn(move || {
            futures::executor::block_on(result.scalars::<i64>().all())
        });

        assert_eq!(reader.join().unwrap().unwrap().len(), 3_000);
    });
}

#[test]
fn closing_a_result_ends_it_and_frees_its_connection() {
    run(async {
        let tank = Tank::new();
        let (engine, meter) = metered(&tank).await;
        let mut result =
            engine.query(numbers("SELECT tick(i) FROM n", 10_000_000)).await.unwrap();
        result.try_next().await.unwrap().unwrap();

        result.close();

        assert_over(&mut result).await;
        assert!(result.done().is_none());
        result.close();
        eventually("the connection is free", || engine.status().idle == engine.status().connections);
        assert!(meter.count() < 1_000_000);
        assert_eq!(engine.query("SELECT 1").scalar_one::<i64>().await.unwrap(), 1);
    });
}
