//! What one statement may want otherwise than its engine: `batch_rows`, `timeout` and `stable`.

use std::time::Duration;

use futures::{TryStreamExt as _, poll};
use headwater::{Clock, ErrorKind, sql};

use crate::support::{Tank, run};

const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

#[test]
fn batch_rows_bounds_the_batches_of_one_statement() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1_000).await;
        for (rows, most) in [(0, 1), (1, 1), (10, 10), (5_000, 1_000)] {
            let batches =
                engine.query(sql("SELECT id FROM t").batch_rows(rows)).await.unwrap().batches();

            let sizes: Vec<usize> =
                batches.map_ok(|batch| batch.len()).try_collect().await.unwrap();

            assert_eq!(sizes.iter().sum::<usize>(), 1_000);
            assert!(sizes.iter().all(|size| (1..=most).contains(size)), "{rows}: {sizes:?}");
        }
    });
}

#[test]
fn a_timeout_ends_a_statement_that_runs() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let engine = tank.builder().clock(clock.clone()).open().await.unwrap();
        let statement = sql(ENDLESS).timeout(Duration::from_secs(2));
        let mut result = engine.query(&statement).await.unwrap();
        assert!(result.try_next().await.unwrap().is_some());

        clock.advance(Duration::from_secs(2));

        let error = loop {
            match result.try_next().await {
                Ok(row) => assert!(row.is_some(), "a clean end"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(error.sql(), Some(ENDLESS));
        assert!(result.try_next().await.unwrap().is_none(), "the error is the last item");
        assert_eq!(engine.query("SELECT 1").scalar_one::<i64>().await.unwrap(), 1);
    });
}

#[test]
fn a_timeout_ends_a_statement_inside_its_first_step() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let sum = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i & 1) FROM n";

        let limited = sql(sum).timeout(Duration::from_millis(20));
        let error = engine.query(limited).scalar_one::<i64>().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Timeout);
    });
}

#[test]
fn a_timeout_counts_the_wait_for_a_connection() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let engine = tank.builder().max_connections(1).clock(clock.clone()).open().await.unwrap();
        let _held = engine.connect().await.unwrap();
        let limited = sql("SELECT 1").timeout(Duration::from_secs(2));
        let mut query = Box::pin(engine.query(limited).scalar_one::<i64>());
        assert!(poll!(&mut query).is_pending());

        clock.advance(Duration::from_secs(2));

        let error = query.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(error.to_string().contains("had not begun"), "{error}");
    });
}

#[test]
fn a_write_that_times_out_leaves_no_effect() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;
        let endless = "INSERT INTO t(name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

        let limited = sql(endless).timeout(Duration::from_millis(20));
        let error = engine.execute(limited).await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Timeout);
        super::assert_untouched(&engine, 3).await;
        engine.execute("INSERT INTO t VALUES (4, 'name 4')").await.unwrap();
    });
}

#[test]
fn a_timeout_that_is_not_reached_changes_nothing() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let engine = tank.builder().clock(clock.clone()).open().await.unwrap();
        let limited = sql("SELECT value FROM json_each('[1, 2, 3]')").timeout(Duration::MAX);

        let values: Vec<i64> = engine.query(limited).scalars().all().await.unwrap();
        clock.advance(Duration::from_secs(3_600));

        assert_eq!(values, [1, 2, 3]);
    });
}

#[test]
fn a_stable_statement_does_not_see_what_is_written_while_it_is_read() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3_000).await;
        let tx = engine.begin().await.unwrap();
        let scan = sql("SELECT id FROM t").batch_rows(10).stable();
        let mut ids = tx.query(scan).scalars::<i64>().await.unwrap();
        let mut seen = Vec::new();

        while let Some(id) = ids.try_next().await.unwrap() {
            seen.push(id);
            if id <= 100 {
                tx.execute(sql("INSERT INTO t VALUES (? + 10000, 'new')").bind(id)).await.unwrap();
                tx.execute(sql("DELETE FROM t WHERE id = ? + 1000").bind(id)).await.unwrap();
            }
        }

        assert_eq!(seen, (1..=3_000).collect::<Vec<_>>());
        tx.commit().await.unwrap();
        assert_eq!(
            engine.query("SELECT count(*) FROM t").scalar_one::<i64>().await.unwrap(),
            3_000
        );
    });
}
