//! What one statement leaves behind never reaches the next: not on the same connection, and not on one
//! that another job has altered.

use headwater::{ErrorKind, sql};

use crate::support::{Tank, count, eventually, fill, poll_once, run};

#[test]
fn what_is_asked_after_a_dropped_transaction_is_no_part_of_it() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().batch_rows(4).batches(1).open().await.unwrap();
        fill(&engine, 200).await;
        let connection = engine.connect().await.unwrap();

        for id in 1_000..1_100 {
            let tx = connection.begin().await.unwrap();
            let rows = tx.query("SELECT * FROM t").await.unwrap();
            tx.execute("DELETE FROM t").await.unwrap();
            drop(tx);
            connection.execute(sql("INSERT INTO t(id) VALUES (?)").bind(id)).await.unwrap();
            drop(rows);
        }

        assert_eq!(count(&engine).await, 300);
    });
}

#[test]
fn what_is_asked_after_a_dropped_savepoint_is_no_part_of_it() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().batch_rows(4).batches(1).open().await.unwrap();
        fill(&engine, 200).await;
        let tx = engine.begin().await.unwrap();

        for id in 1_000..1_100 {
            let savepoint = tx.savepoint().await.unwrap();
            let rows = savepoint.query("SELECT * FROM t").await.unwrap();
            drop(savepoint);
            tx.execute(sql("INSERT INTO t(id) VALUES (?)").bind(id)).await.unwrap();
            drop(rows);
        }
        tx.commit().await.unwrap();

        assert_eq!(count(&engine).await, 300);
    });
}

#[test]
fn a_write_that_waited_behind_a_script_does_not_run_on_the_connection_it_altered() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let tables = "CREATE TABLE parent(id INTEGER PRIMARY KEY); \
                      CREATE TABLE child(parent INTEGER REFERENCES parent)";
        engine.execute_batch(tables).await.unwrap();

        let tx = engine.begin().await.unwrap();
        let mut script = engine.execute_batch("PRAGMA foreign_keys = OFF");
        let mut orphan = engine.execute("INSERT INTO child VALUES (7)");
        poll_once(&mut script);
        poll_once(&mut orphan);
        tx.commit().await.unwrap();

        script.await.unwrap();
        assert_eq!(orphan.await.unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
    });
}

#[test]
fn a_transaction_in_a_script_leaves_streams_that_were_there_before_it() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().batch_rows(4).batches(1).open().await.unwrap();
        fill(&engine, 200).await;
        let connection = engine.connect().await.unwrap();

        let rows = connection.query("SELECT id FROM t").await.unwrap();
        let script = "BEGIN; UPDATE t SET name = 'new'; COMMIT";
        connection.execute_batch(script).await.unwrap();

        assert_eq!(rows.all().await.unwrap().len(), 200);
    });
}

#[test]
fn a_script_does_not_go_on_after_its_transaction() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let tx = engine.begin().await.unwrap();
        let inserts: String =
            (1..200).map(|id| format!("INSERT INTO t(id) VALUES ({id});")).collect();

        let mut script = tx.execute_batch(sql(inserts));
        poll_once(&mut script);
        tx.rollback().await.unwrap();
        let end = script.await;

        // It was over before the rollback came, or ended by it.
        assert!(end.is_ok() || end.unwrap_err().kind() == ErrorKind::TransactionEnded);
        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn a_setting_made_again_is_made_again() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let connection = engine.connect().await.unwrap();

        for (set, wanted) in [("FULL", 2), ("OFF", 0), ("FULL", 2)] {
            let set = sql(format!("PRAGMA synchronous = {set}"));
            connection.execute(set).await.unwrap();
            let is: i64 = connection.query("PRAGMA synchronous").scalar_one().await.unwrap();
            assert_eq!(is, wanted);
        }
    });
}

#[test]
fn one_who_gave_up_waiting_does_not_keep_an_engine_from_closing() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        fill(&engine, 3).await;
        let connection = engine.connect().await.unwrap();

        let mut waiting = Box::pin(engine.query("SELECT * FROM t").all());
        poll_once(&mut waiting);
        drop(waiting);
        drop(engine);
        drop(connection);

        let log = tank.folder().join("test.db-wal");
        eventually("the files are closed", || !log.exists());
    });
}

#[test]
fn a_transaction_does_not_begin_in_the_middle_of_a_script() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let connection = engine.connect().await.unwrap();
        let inserts: String =
            (1..200).map(|id| format!("INSERT INTO t(id) VALUES ({id});")).collect();

        let script = connection.execute_batch(sql(inserts));
        let transaction = async { connection.begin().await?.rollback().await };
        let (script, transaction) = futures::join!(script, transaction);

        script.unwrap();
        transaction.unwrap();
        assert_eq!(count(&engine).await, 199);
    });
}
