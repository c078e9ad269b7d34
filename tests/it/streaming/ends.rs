//! How a stream ends: at its last row, with its first error, or closed; and then for good.

use std::future::ready;

use futures::stream::FusedStream;
use futures::{Stream, StreamExt, TryStreamExt};
use headwater::{ErrorKind, Result};

use super::{fails_after_row_10, metered, numbers};
use crate::support::{Tank, eventually, run};

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

        let groups =
            engine.query(fails_after_row_10()).scalars::<i64>().await.unwrap().partitions(4);
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
        eventually("the connection is free", || {
            engine.status().idle == engine.status().connections
        });
        assert!(meter.count() < 100_000);
    });
}

#[test]
fn closing_a_result_ends_it_and_frees_its_connection() {
    run(async {
        let tank = Tank::new();
        let (engine, meter) = metered(&tank).await;
        let mut result = engine.query(numbers("SELECT tick(i) FROM n", 10_000_000)).await.unwrap();
        result.try_next().await.unwrap().unwrap();

        result.close();

        assert_over(&mut result).await;
        assert!(result.done().is_none());
        result.close();
        eventually("the connection is free", || {
            engine.status().idle == engine.status().connections
        });
        assert!(meter.count() < 1_000_000);
        assert_eq!(engine.query("SELECT 1").scalar_one::<i64>().await.unwrap(), 1);
    });
}
