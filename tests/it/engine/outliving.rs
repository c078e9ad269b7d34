//! What was made from an engine outlives its handles; with the last of them the engine closes.

use futures::TryStreamExt as _;
use headwater::{
    AsyncConnection, AsyncEngine, AsyncResult, AsyncScalars, Result, Snapshot, Transaction,
};

use super::{ENDLESS, count, eventually_closed};
use crate::support::{Tank, run};

#[test]
fn clones_are_one_engine() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        let clone = engine.clone();

        clone.execute("INSERT INTO t VALUES (2, 'two')").await.unwrap();

        assert_eq!(count(&engine).await, 2);
        let _held = clone.connect().await.unwrap();
        assert_eq!(engine.status(), clone.status());
    });
}

#[test]
fn the_last_handle_dropped_closes_the_files() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;
        let clone = engine.clone();

        drop(engine);
        assert_eq!(count(&clone).await, 10);
        drop(clone);

        eventually_closed(&tank.path());
    });
}

#[test]
fn an_engine_is_dropped_where_no_runtime_is() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;

        std::thread::spawn(move || drop(engine)).join().unwrap();

        eventually_closed(&tank.path());
    });
}

#[test]
fn a_result_outlives_its_engine() {
    async fn ids(tank: &Tank) -> Result<AsyncResult> {
        tank.filled(5_000).await.query("SELECT id FROM t").await
    }

    run(async {
        let tank = Tank::new();

        let mut result = ids(&tank).await.unwrap();

        let mut sum = 0;
        while let Some(row) = result.try_next().await.unwrap() {
            sum += row.get::<i64>(0).unwrap();
        }
        assert_eq!(sum, 5_000 * 5_001 / 2);
        drop(result);
        eventually_closed(&tank.path());
    });
}

#[test]
fn a_stream_of_values_outlives_its_engine() {
    async fn names(tank: &Tank) -> Result<AsyncScalars<String>> {
        tank.filled(5_000).await.query("SELECT name FROM t").scalars().await
    }

    run(async {
        let tank = Tank::new();

        let names: Vec<String> = names(&tank).await.unwrap().try_collect().await.unwrap();

        assert_eq!(names.len(), 5_000);
        eventually_closed(&tank.path());
    });
}

#[test]
fn a_dropped_result_closes_an_engine_that_it_outlived() {
    run(async {
        let tank = Tank::new();
        let result = tank.engine().await.query(ENDLESS).await.unwrap();

        drop(result);

        eventually_closed(&tank.path());
    });
}

#[test]
fn a_connection_outlives_its_engine() {
    async fn connection(tank: &Tank) -> Result<AsyncConnection> {
        tank.filled(10).await.connect().await
    }

    run(async {
        let tank = Tank::new();

        let connection = connection(&tank).await.unwrap();

        assert_eq!(
            connection.query("SELECT count(*) FROM t").scalar_one::<i64>().await.unwrap(),
            10
        );
        connection.execute("INSERT INTO t VALUES (11, 'eleven')").await.unwrap();
        let tx = connection.begin().await.unwrap();
        tx.execute("INSERT INTO t VALUES (12, 'twelve')").await.unwrap();
        tx.commit().await.unwrap();
        drop(connection);
        eventually_closed(&tank.path());
        assert_eq!(count(&tank.engine().await).await, 12);
    });
}

#[test]
fn a_transaction_outlives_its_engine() {
    async fn transaction(tank: &Tank) -> Result<Transaction> {
        tank.filled(10).await.begin().await
    }

    run(async {
        let tank = Tank::new();

        let tx = transaction(&tank).await.unwrap();
        tx.execute("INSERT INTO t VALUES (11, 'eleven')").await.unwrap();
        tx.commit().await.unwrap();
        eventually_closed(&tank.path());

        let engine = tank.engine().await;
        assert_eq!(count(&engine).await, 11);
    });
}

#[test]
fn a_snapshot_outlives_its_engine() {
    async fn snapshot(tank: &Tank) -> Result<Snapshot> {
        tank.filled(10).await.snapshot().await
    }

    run(async {
        let tank = Tank::new();

        let snapshot = snapshot(&tank).await.unwrap();

        assert_eq!(snapshot.query("SELECT count(*) FROM t").scalar_one::<i64>().await.unwrap(), 10);
        drop(snapshot);
        eventually_closed(&tank.path());
    });
}

#[test]
fn a_query_that_was_not_yet_awaited_outlives_its_engine() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;
        let query = engine.query("SELECT count(*) FROM t");
        let insert = engine.execute("INSERT INTO t VALUES (11, 'eleven')");
        let more = engine.execute_many("INSERT INTO t VALUES (?, ?)", [(12, "twelve")]);
        let script = engine.execute_batch("INSERT INTO t VALUES (13, 'thirteen')");
        drop(engine);

        assert_eq!(query.scalar_one::<i64>().await.unwrap(), 10);
        assert_eq!(insert.await.unwrap().rows_affected(), 1);
        assert_eq!(more.await.unwrap().rows_affected(), 1);
        script.await.unwrap();

        eventually_closed(&tank.path());
        assert_eq!(count(&tank.engine().await).await, 13);
    });
}

#[test]
fn a_statement_that_runs_outlives_its_engine() {
    run(async {
        let tank = Tank::new();
        tank.filled(10).await;
        for turn in 0..50 {
            let engine = tank.engine().await;
            let mut insert = engine.execute("INSERT INTO t(name) VALUES ('more')");
            let mut begin = Box::pin(async { engine.clone().begin().await });
            let inserted = futures::poll!(&mut insert);
            let begun = futures::poll!(&mut begin);
            drop(begin);
            drop(engine);

            if inserted.is_pending() {
                assert_eq!(insert.await.unwrap().rows_affected(), 1, "turn {turn}");
            }
            drop(begun);
        }
        eventually_closed(&tank.path());
        assert_eq!(count(&tank.engine().await).await, 60);
    });
}

#[test]
fn a_query_that_waits_for_a_connection_outlives_its_engine() {
    run(async {
        let tank = Tank::new();
        let engine = AsyncEngine::builder(tank.url()).max_connections(1).open().await.unwrap();
        let held = engine.connect().await.unwrap();
        let mut query = Box::pin(engine.query("SELECT 1").scalar_one::<i64>());
        assert!(futures::poll!(&mut query).is_pending());

        drop(engine);
        drop(held);

        assert_eq!(query.await.unwrap(), 1);
        eventually_closed(&tank.path());
    });
}
