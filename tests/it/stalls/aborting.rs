//! A result that gives up: what was read before, then an error that says why; and a connection that is free.

use headwater::{AsyncEngine, Clock, ErrorKind, JournalMode, Stall, Statement, sql};

use super::{ROWS, SECOND, settle, stalled};
use crate::support::{Tank, count, eventually, fill, run};

async fn engine(tank: &Tank, clock: &Clock) -> AsyncEngine {
    let builder = tank.builder().clock(clock.clone()).max_connections(1);
    let engine = builder.open().await.unwrap();
    fill(&engine, ROWS).await;
    engine
}

fn read() -> Statement {
    sql("SELECT id FROM t ORDER BY id").batch_rows(10).stall(Stall::AbortAfter(30 * SECOND))
}

#[test]
fn what_was_read_comes_and_then_the_reason() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = engine(&tank, &clock).await;
        let connection = engine.connect().await.unwrap();
        let mut ids = stalled(&connection, read()).await;

        clock.advance(30 * SECOND);
        settle(&connection).await;
        let mut last = 1;
        let error = loop {
            match ids.try_next().await {
                Ok(id) => {
                    assert_eq!(id, Some(last + 1), "in order, and no clean end");
                    last += 1;
                }
                Err(error) => break error,
            }
        };

        assert!(last > 1, "what had been sent is not lost");
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(error.sql(), Some("SELECT id FROM t ORDER BY id"));
        for said in ["30s", "took nothing", "`batch_rows`", "`Stall::Spill`"] {
            assert!(error.to_string().contains(said), "{error}");
        }
        assert_eq!(ids.try_next().await.unwrap(), None, "the error is the last item");
    });
}

#[test]
fn the_connection_is_free_although_nobody_reads_the_error() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = engine(&tank, &clock).await;
        let mut rows = engine.query(read()).await.unwrap();
        rows.try_next().await.unwrap();
        assert_eq!(engine.status().open_results, 1);

        // When it has begun to wait is not known here, so time goes on until it gives up.
        eventually("the statement is given up", || {
            clock.advance(SECOND);
            engine.status().open_results == 0
        });

        assert_eq!(count(&engine).await, ROWS);
        assert_eq!(rows.all().await.unwrap_err().kind(), ErrorKind::Timeout);
    });
}

#[test]
fn a_consumer_that_takes_a_batch_in_time_is_not_given_up() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = engine(&tank, &clock).await;
        let connection = engine.connect().await.unwrap();
        let mut ids = stalled(&connection, read()).await;

        for _ in 0..20 {
            clock.advance(29 * SECOND);
            for _ in 0..50 {
                ids.try_next().await.unwrap().unwrap();
            }
            settle(&connection).await;
        }

        assert_eq!(ids.all().await.unwrap().len(), 2_999 - 20 * 50);
    });
}

#[test]
fn rows_larger_than_a_batch_count_as_taken_one_by_one() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let builder = tank.builder().clock(clock.clone()).batch_bytes(1_000);
        let engine = builder.stall(Stall::AbortAfter(30 * SECOND)).open().await.unwrap();
        let connection = engine.connect().await.unwrap();
        let text = "SELECT value, zeroblob(100000) FROM json_each('[1,2,3,4,5,6,7,8,9]')";
        let mut ids = connection.query(text).scalars::<i64>().await.unwrap();

        for id in 1..=9 {
            settle(&connection).await;
            clock.advance(29 * SECOND);
            settle(&connection).await;
            assert_eq!(ids.try_next().await.unwrap(), Some(id));
        }

        assert_eq!(ids.try_next().await.unwrap(), None);
    });
}

#[test]
fn a_consumer_that_keeps_up_is_never_given_up() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = engine(&tank, &clock).await;

        let mut ids = engine.query(read()).scalars::<i64>().await.unwrap();
        let mut seen = 0;
        while ids.try_next().await.unwrap().is_some() {
            seen += 1;
            clock.advance(SECOND / 10);
        }

        assert_eq!(seen, ROWS);
    });
}

#[test]
fn what_is_read_aside_or_at_its_end_is_not_given_up() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let builder = tank.builder().clock(clock.clone()).journal_mode(JournalMode::Delete);
        let engine = builder.open().await.unwrap();
        fill(&engine, ROWS).await;
        let connection = engine.connect().await.unwrap();

        let aside = stalled(&connection, read()).await;
        let short = sql("SELECT id FROM t WHERE id < 4").stall(Stall::AbortAfter(SECOND));
        let at_its_end = stalled(&connection, short).await;
        clock.advance(100 * SECOND);
        settle(&connection).await;

        assert_eq!(aside.all().await.unwrap().len(), 2_999);
        assert_eq!(at_its_end.all().await.unwrap(), [2, 3]);
    });
}

#[test]
fn a_transaction_goes_on_after_one_of_its_results_was_given_up() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = engine(&tank, &clock).await;
        let tx = engine.begin().await.unwrap();
        tx.execute("UPDATE t SET name = 'x' WHERE id = 1").await.unwrap();
        let mut ids = tx.query(read()).scalars::<i64>().await.unwrap();
        ids.try_next().await.unwrap();

        eventually("the statement is given up", || {
            clock.advance(SECOND);
            engine.status().open_results == 0
        });
        tx.execute("UPDATE t SET name = 'x' WHERE id = 2").await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(ids.all().await.unwrap_err().kind(), ErrorKind::Timeout);
        let changed = "SELECT count(*) FROM t WHERE name = 'x'";
        assert_eq!(engine.query(changed).scalar_one::<i64>().await.unwrap(), 2);
    });
}
