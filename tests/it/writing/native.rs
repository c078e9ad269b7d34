//! `with_sqlite` and `on_connect`: the driver's own connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use headwater::ErrorKind;

use crate::support::{Tank, count, eventually, run};

#[test]
fn a_closure_runs_on_the_drivers_own_connection() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;
        let connection = engine.connect().await.unwrap();

        let (rows, thread) = connection
            .with_sqlite(|sqlite| {
                let rows =
                    sqlite.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0));
                (rows, std::thread::current().id())
            })
            .await
            .unwrap();

        assert_eq!(rows.unwrap(), 3);
        assert_ne!(thread, std::thread::current().id());
    });
}

#[test]
fn what_a_closure_returns_may_be_an_error_of_its_own() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let connection = engine.connect().await.unwrap();

        let failed = connection.with_sqlite(|sqlite| sqlite.execute("NONSENSE", [])).await.unwrap();

        assert!(failed.is_err());
        assert_eq!(count(&connection).await, 0);
    });
}

#[test]
fn a_panic_in_a_closure_is_an_error_and_the_connection_is_replaced() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        crate::support::fill(&engine, 3).await;
        let connection = engine.connect().await.unwrap();

        let panicked = connection.with_sqlite(|_| -> () { panic!("on purpose") }).await;
        let panicked = panicked.unwrap_err();

        assert_eq!(panicked.kind(), ErrorKind::Panicked);
        let after = connection.execute("SELECT 1").await.unwrap_err();
        assert!(after.is_disconnect() || after.kind() == ErrorKind::Closed, "{after}");
        drop(connection);
        assert_eq!(count(&engine).await, 3);
        eventually("the lost one is closed", || engine.status().connections <= 2);
    });
}

#[test]
fn a_connection_that_was_lent_to_a_closure_is_closed_at_its_check_in() {
    run(async {
        let tank = Tank::new();
        let builder = tank.builder().max_connections(1);
        let opened = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&opened);
        let engine = builder
            .on_connect(move |_| {
                counting.fetch_add(1, Ordering::SeqCst);
                Ok(())
            })
            .open()
            .await
            .unwrap();
        let connection = engine.connect().await.unwrap();
        connection
            .with_sqlite(|sqlite| sqlite.execute_batch("CREATE TEMP TABLE mine(a)"))
            .await
            .unwrap()
            .unwrap();
        let before = opened.load(Ordering::SeqCst);

        drop(connection);
        let missing = engine.query("SELECT * FROM mine").all().await.unwrap_err();

        assert_eq!(missing.kind(), ErrorKind::Syntax);
        assert_eq!(opened.load(Ordering::SeqCst), before + 1);
    });
}

#[test]
fn a_transaction_that_a_closure_left_open_is_rolled_back() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;
        let connection = engine.connect().await.unwrap();
        connection
            .with_sqlite(|sqlite| sqlite.execute_batch("BEGIN; DELETE FROM t"))
            .await
            .unwrap()
            .unwrap();

        drop(connection);

        let done = engine.execute("UPDATE t SET name = 'x'").await.unwrap();
        assert_eq!(done.rows_affected(), 3);
    });
}

#[test]
fn a_closure_may_write_and_others_see_it() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;
        let before = engine.execute("UPDATE t SET name = 'x'").await.unwrap().version();
        let connection = engine.connect().await.unwrap();

        let deleted =
            connection.with_sqlite(|sqlite| sqlite.execute("DELETE FROM t", [])).await.unwrap();

        assert_eq!(deleted.unwrap(), 3);
        assert_eq!(count(&engine).await, 0);
        let after = engine.execute("INSERT INTO t VALUES (1, 'a')").await.unwrap().version();
        assert!(before < after);
    });
}

#[test]
fn a_closure_runs_beside_an_open_result_of_its_connection() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3_000).await;
        let connection = engine.connect().await.unwrap();
        let mut ids = connection.query("SELECT id FROM t").scalars::<i64>().await.unwrap();
        ids.try_next().await.unwrap();

        let n = connection
            .with_sqlite(|sqlite| sqlite.query_row("SELECT 7", [], |row| row.get::<_, i64>(0)));

        assert_eq!(n.await.unwrap().unwrap(), 7);
        assert_eq!(ids.all().await.unwrap().len(), 2_999);
    });
}

#[test]
fn a_closure_that_is_dropped_unpolled_does_not_run() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;
        let connection = engine.connect().await.unwrap();

        drop(connection.with_sqlite(|sqlite| sqlite.execute("DELETE FROM t", [])));

        assert_eq!(count(&connection).await, 3);
    });
}

#[test]
fn on_connect_runs_on_every_connection_in_the_order_given() {
    run(async {
        let tank = Tank::new();
        let engine = tank
            .builder()
            .on_connect(|c| {
                c.execute_batch("CREATE TEMP TABLE steps(n); INSERT INTO steps VALUES (1)")
            })
            .on_connect(|c| c.execute_batch("INSERT INTO steps VALUES (2)"))
            .open()
            .await
            .unwrap();
        crate::support::fill(&engine, 1).await;

        let mut held = Vec::new();
        for _ in 0..4 {
            let connection = engine.connect().await.unwrap();
            let steps =
                connection.query("SELECT n FROM steps").scalars::<i64>().all().await.unwrap();
            assert_eq!(steps, [1, 2]);
            held.push(connection);
        }
        let tx = engine.begin().await.unwrap();
        let steps = tx.query("SELECT n FROM steps").scalars::<i64>().all().await.unwrap();
        assert_eq!(steps, [1, 2]);
    });
}

#[test]
fn an_error_of_on_connect_is_the_error_of_whoever_needed_the_connection() {
    run(async {
        let tank = Tank::new();
        let refused = tank
            .builder()
            .on_connect(|c| c.execute_batch("SELECT * FROM nowhere"))
            .open()
            .await
            .unwrap_err();

        assert_eq!(refused.kind(), ErrorKind::CannotOpen);
        assert!(refused.to_string().contains("on_connect"), "{refused}");
        assert!(format!("{refused} {:?}", std::error::Error::source(&refused)).contains("nowhere"));
    });
}

#[test]
fn functions_given_in_on_connect_work_everywhere_and_their_panic_is_their_statements_error() {
    run(async {
        let tank = Tank::new();
        let flags = rusqlite::functions::FunctionFlags::SQLITE_UTF8;
        let engine = tank
            .builder()
            .on_connect(move |c| {
                c.create_scalar_function("twice", 1, flags, |context| {
                    Ok(context.get::<i64>(0)? * 2)
                })?;
                c.create_scalar_function("broken", 0, flags, |_| -> rusqlite::Result<i64> {
                    panic!("on purpose")
                })
            })
            .open()
            .await
            .unwrap();
        crate::support::fill(&engine, 1).await;

        let connection = engine.connect().await.unwrap();
        let broken = connection.execute("INSERT INTO t(name) VALUES (broken())").await.unwrap_err();
        let twice: i64 = connection.query("SELECT twice(21)").scalar_one().await.unwrap();

        assert_eq!(twice, 42);
        assert!(!broken.is_disconnect(), "{broken:?}");
        assert_eq!(count(&engine).await, 1);
    });
}
