//! The batches of a stream: their sizes, and how many of them a sleeping consumer lets be made.

use futures::TryStreamExt;
use headwater::{AsyncEngine, AsyncResult, Row, sql};

use super::numbers;
use crate::support::functions::Meter;
use crate::support::{Tank, eventually, run};

/// Reads the sizes of a result's batches, after all of them were made: no half-filled one among them.
async fn batch_sizes(engine: &AsyncEngine, meter: &Meter, select: &str, rows: usize) -> Vec<usize> {
    sizes(engine.query(numbers(select, i64::try_from(rows).unwrap())).await.unwrap(), meter, rows)
        .await
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
        let statement =
            sql("INSERT INTO t SELECT value FROM json_each('[1,2,3,4,5,6,7]') RETURNING a");

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
        // Rows 1 to 9 have 10,000 bytes each, and rows 10 to 12 have 29,000.
        let text = "SELECT tick(i), zeroblob(CASE WHEN i < 10 THEN 10000 ELSE 29000 END) FROM n";

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
