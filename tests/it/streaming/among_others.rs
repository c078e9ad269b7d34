//! A stream among others: in `select!`, in a loop that drops its futures, and away from what made it.

use std::future::ready;
use std::task::Poll;

use futures::{StreamExt, poll};
use headwater::{AsyncResult, Result};

use super::numbers;
use crate::support::{Tank, run};

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
        let mut items =
            engine.query(numbers("SELECT i FROM n", ROWS)).scalars::<i64>().await.unwrap();

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
                Poll::Ready(Some(item)) => read.push(item.unwrap()),
                Poll::Ready(None) => break,
                Poll::Pending => dropped += 1,
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
        let reader =
            std::thread::spawn(move || futures::executor::block_on(result.scalars::<i64>().all()));

        assert_eq!(reader.join().unwrap().unwrap().len(), 3_000);
    });
}
