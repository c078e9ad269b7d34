//! A result that is read ahead: the connection is free, the rows are in order and complete, and no more
//! than was allowed is kept.

use headwater::{AsyncEngine, Clock, EngineBuilder, ErrorKind, Notice, Stall, Statement, sql};

use super::{ROWS, SECOND, settle, stalled};
use crate::support::functions::Meter;
use crate::support::{Tank, count, eventually, fill, run};

const MIB: u64 = 1 << 20;

async fn filled(builder: EngineBuilder) -> AsyncEngine {
    let engine = builder.max_connections(1).open().await.unwrap();
    fill(&engine, ROWS).await;
    engine
}

fn read() -> Statement {
    sql("SELECT id FROM t ORDER BY id").batch_rows(10).stall(Stall::Spill(MIB))
}

fn until(statement: &str, rows: i64) -> Statement {
    sql(format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {rows}) {statement}"
    ))
}

#[test]
fn the_only_connection_is_free_while_thousands_of_rows_wait() {
    run(async {
        for spill_memory in [usize::MAX, 10_000, 0] {
            let tank = Tank::new();
            let engine = filled(tank.builder().spill_memory(spill_memory)).await;
            let mut ids = engine.query(read()).scalars::<i64>().await.unwrap();
            assert_eq!(ids.try_next().await.unwrap(), Some(1));

            assert_eq!(count(&engine).await, ROWS, "another query runs");
            engine.execute("DELETE FROM t").await.unwrap();

            assert_eq!(engine.status().open_results, 0);
            assert_eq!(ids.all().await.unwrap(), (2..=ROWS).collect::<Vec<_>>());
        }
    });
}

#[test]
fn rows_come_in_order_and_complete_at_any_pace() {
    run(async {
        // A generator of our own, so that a run that fails can be run again.
        let mut seed = 42_u64;
        let mut random = move |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        };
        for spill_memory in [0, 5_000, 4 << 20] {
            for limit in [0, 1, 3_000, 30_000, MIB] {
                let tank = Tank::new();
                let engine = tank.builder().spill_memory(spill_memory).open().await.unwrap();
                let connection = engine.connect().await.unwrap();
                let rows = 4_000;
                let statement = until("SELECT i FROM n", rows).stall(Stall::Spill(limit));
                let statement = statement.batch_rows(1 + usize::try_from(random(60)).unwrap());
                let mut ids = connection.query(statement).scalars::<i64>().await.unwrap();

                let mut next = 1;
                while next <= rows {
                    for _ in 0..random(400) {
                        if next <= rows {
                            assert_eq!(ids.try_next().await.unwrap(), Some(next));
                            next += 1;
                        }
                    }
                    for _ in 0..random(20) {
                        connection.query("SELECT 1").scalar_one::<i64>().await.unwrap();
                    }
                }

                assert_eq!(ids.try_next().await.unwrap(), None, "{spill_memory} {limit}");
            }
        }
    });
}

#[test]
fn the_consumer_is_served_before_the_scan_is_over() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let endless =
            sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n");
        let mut ids = engine
            .query(endless.batch_rows(10).stall(Stall::Spill(u64::MAX)))
            .scalars::<i64>()
            .await
            .unwrap();

        for id in 1..=20_000 {
            assert_eq!(ids.try_next().await.unwrap(), Some(id));
        }
        drop(ids);

        assert_eq!(engine.query("SELECT 1").scalar_one::<i64>().await.unwrap(), 1);
    });
}

#[test]
fn beyond_what_may_be_kept_the_result_parks_and_loses_nothing() {
    run(async {
        let tank = Tank::new();
        let (clock, meter) = (Clock::manual(), Meter::default());
        let builder = tank.builder().clock(clock.clone()).on_connect(meter.hook());
        let engine = builder.open().await.unwrap();
        let mut notices = engine.notices();
        let connection = engine.connect().await.unwrap();
        let statement = until("SELECT tick(i) FROM n", 20_000);
        let statement = statement.batch_rows(10).stall(Stall::Spill(16 * 1_000));

        let ids = stalled(&connection, statement).await;
        settle(&connection).await;
        let read = meter.count();
        settle(&connection).await;
        clock.advance(10 * SECOND);

        // A number takes sixteen bytes.
        assert!((1_000..1_100).contains(&read), "{read} rows were read");
        assert_eq!(meter.count(), read, "it is parked");
        let told = notices.next().await.unwrap();
        assert!(matches!(told, Notice::Stalled { .. }), "{told}");
        assert_eq!(ids.all().await.unwrap(), (2..=20_000).collect::<Vec<_>>());
    });
}

#[test]
fn a_parked_result_reads_ahead_again_when_some_of_it_is_taken() {
    run(async {
        let (tank, meter) = (Tank::new(), Meter::default());
        for spill_memory in [0, 4 << 20] {
            let builder = tank.builder().spill_memory(spill_memory).on_connect(meter.hook());
            let engine = builder.open().await.unwrap();
            let connection = engine.connect().await.unwrap();
            let statement = until("SELECT tick(i) FROM n", 20_000);
            let statement = statement.batch_rows(10).stall(Stall::Spill(16 * 1_000));
            let mut ids = stalled(&connection, statement).await;
            let before = meter.count();

            for id in 2..=1_500 {
                assert_eq!(ids.try_next().await.unwrap(), Some(id));
            }

            eventually("it reads ahead again", || meter.count() >= before + 1_000);
        }
    });
}

#[test]
fn rows_before_an_error_come_before_it() {
    run(async {
        let tank = Tank::new();
        let engine = filled(tank.builder()).await;
        let text = "SELECT CASE id WHEN 2000 THEN abs(-9223372036854775808) ELSE id END FROM t";
        let statement = sql(text).batch_rows(10).stall(Stall::Spill(MIB));
        let mut ids = engine.query(statement).scalars::<i64>().await.unwrap();
        ids.try_next().await.unwrap();
        eventually("the statement is over", || engine.status().open_results == 0);

        for id in 2..2_000 {
            assert_eq!(ids.try_next().await.unwrap(), Some(id));
        }
        let error = ids.try_next().await.unwrap_err();

        assert_eq!(error.sql(), Some(text));
        assert_eq!(ids.try_next().await.unwrap(), None);
    });
}

#[test]
fn a_timeout_counts_until_the_last_row_has_left_the_database() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = filled(tank.builder().clock(clock.clone())).await;
        let mut ids = engine.query(read().timeout(SECOND)).scalars::<i64>().await.unwrap();
        ids.try_next().await.unwrap();
        // Whoever gets the connection after it knows that it has let go of it.
        count(&engine).await;

        clock.advance(100 * SECOND);

        assert_eq!(ids.all().await.unwrap().len(), 2_999);
    });
}

#[test]
fn a_result_of_a_transaction_outlives_it_once_it_is_aside() {
    run(async {
        let tank = Tank::new();
        let engine = filled(tank.builder()).await;
        let tx = engine.begin().await.unwrap();
        let mut ids = tx.query(read()).scalars::<i64>().await.unwrap();
        ids.try_next().await.unwrap();
        eventually("the statement is over", || engine.status().open_results == 0);

        tx.execute("DELETE FROM t").await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(ids.all().await.unwrap().len(), 2_999);
    });
}

#[test]
fn a_transaction_that_ends_before_gives_what_was_read_and_then_the_reason() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let tx = engine.begin().await.unwrap();
        let endless =
            sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n");
        let endless = endless.batch_rows(10).stall(Stall::Spill(100_000));
        let mut ids = tx.query(endless).scalars::<i64>().await.unwrap();
        ids.try_next().await.unwrap();
        tx.rollback().await.unwrap();

        let mut next = 2;
        let error = loop {
            match ids.try_next().await {
                Ok(id) => assert_eq!(id, Some(next)),
                Err(error) => break error,
            }
            next += 1;
        };

        assert_eq!(error.kind(), ErrorKind::Closed);
    });
}

#[test]
fn a_dropped_result_stops_reading_ahead() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        for spill_memory in [0_u64, 1 << 40] {
            let endless = sql(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
            );
            let endless = endless.batch_rows(10).stall(Stall::Spill(spill_memory));
            let mut ids = engine.query(endless).scalars::<i64>().await.unwrap();
            ids.try_next().await.unwrap();

            drop(ids);

            assert_eq!(engine.query("SELECT 1").scalar_one::<i64>().await.unwrap(), 1);
            assert_eq!(engine.status().open_results, 0);
        }
    });
}

#[test]
fn a_stable_read_may_spill_as_far_as_either_bound_lets_it() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().spill_limit(1_000).open().await.unwrap();
        fill(&engine, ROWS).await;
        let connection = engine.connect().await.unwrap();
        let ids = stalled(&connection, read().stable()).await;

        connection.execute("DELETE FROM t").await.unwrap();

        assert_eq!(ids.all().await.unwrap().len(), 2_999);
    });
}

#[test]
fn many_results_of_one_connection_spill_side_by_side() {
    run(async {
        let tank = Tank::new();
        let engine = filled(tank.builder().spill_memory(1_000)).await;
        let connection = engine.connect().await.unwrap();
        let mut results = Vec::new();
        for _ in 0..10 {
            results.push(stalled(&connection, read()).await);
        }
        drop(connection);
        assert_eq!(count(&engine).await, ROWS, "the connection is free");

        for id in 2..=ROWS {
            for ids in &mut results {
                assert_eq!(ids.try_next().await.unwrap(), Some(id));
            }
        }
    });
}
