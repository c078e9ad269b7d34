//! `snapshot`: one state for many queries.

use headwater::ErrorKind;

use crate::support::{Tank, count, eventually, run};

#[test]
fn a_snapshot_shows_one_state_to_many_queries() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;

        let snapshot = engine.snapshot().await.unwrap();
        for _ in 0..5 {
            engine.execute("INSERT INTO t(name) VALUES ('later')").await.unwrap();
            assert_eq!(count(&snapshot).await, 10);
        }

        assert_eq!(count(&engine).await, 15);
    });
}

#[test]
fn the_state_is_the_one_at_the_call_and_not_at_the_first_query() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;

        let snapshot = engine.snapshot().await.unwrap();
        engine.execute("DELETE FROM t").await.unwrap();
        tank.plain().execute_batch("DROP TABLE t").unwrap();

        assert_eq!(count(&snapshot).await, 10);
    });
}

#[test]
fn a_snapshot_refuses_to_write() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;
        let snapshot = engine.snapshot().await.unwrap();

        let refused = [
            snapshot.execute("DELETE FROM t").await.unwrap_err(),
            snapshot.query("DELETE FROM t RETURNING id").all().await.unwrap_err(),
            snapshot.execute_many("DELETE FROM t WHERE id = ?", [[1]]).await.unwrap_err(),
            snapshot.insert_stream("t", ["name"], [["a"]]).await.unwrap_err(),
            snapshot.execute_batch("SELECT 1; DELETE FROM t").await.unwrap_err(),
            snapshot.execute("CREATE TABLE other(a)").await.unwrap_err(),
        ];

        for error in refused {
            assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
        }
        assert_eq!(count(&snapshot).await, 10);
        drop(snapshot);
        assert_eq!(count(&engine).await, 10);
    });
}

#[test]
fn a_snapshot_refuses_transaction_words() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;
        let snapshot = engine.snapshot().await.unwrap();

        for word in ["COMMIT", "ROLLBACK", "BEGIN", "SAVEPOINT a"] {
            let refused = snapshot.execute(headwater::sql(word)).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Statement, "{word}: {refused}");
        }

        engine.execute("DELETE FROM t").await.unwrap();
        assert_eq!(count(&snapshot).await, 10);
    });
}

#[test]
fn results_keep_a_snapshot_alive_after_its_handle_is_gone() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(5_000).await;

        let snapshot = engine.snapshot().await.unwrap();
        let mut ids = snapshot.query("SELECT id FROM t").scalars::<i64>().await.unwrap();
        ids.try_next().await.unwrap();
        drop(snapshot);
        engine.execute("DELETE FROM t").await.unwrap();

        assert_eq!(ids.all().await.unwrap().len(), 4_999);
        eventually("the connection is back", || {
            let status = engine.status();
            status.idle + 1 == status.connections
        });
    });
}

#[test]
fn two_streams_of_one_snapshot_agree() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3_000).await;

        let snapshot = engine.snapshot().await.unwrap();
        let mut one = snapshot.query("SELECT id FROM t").scalars::<i64>().await.unwrap();
        one.try_next().await.unwrap();
        engine.execute("DELETE FROM t WHERE id > 10").await.unwrap();
        let mut two = snapshot.query("SELECT id FROM t").scalars::<i64>().await.unwrap();
        two.try_next().await.unwrap();

        loop {
            let pair = (one.try_next().await.unwrap(), two.try_next().await.unwrap());
            assert_eq!(pair.0, pair.1);
            if pair.0.is_none() {
                break;
            }
        }
    });
}

#[test]
fn a_snapshot_does_not_wait_for_a_writer_nor_a_writer_for_it() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        let tx = engine.begin().await.unwrap();
        tx.execute("DELETE FROM t").await.unwrap();

        let snapshot = engine.snapshot().await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!((count(&snapshot).await, count(&engine).await), (1, 0));
    });
}

#[test]
fn a_dropped_snapshot_gives_its_connection_back() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        crate::support::fill(&engine, 1).await;

        for _ in 0..20 {
            let snapshot = engine.snapshot().await.unwrap();
            assert_eq!(count(&snapshot).await, 1);
        }

        assert_eq!(count(&engine).await, 1);
    });
}
