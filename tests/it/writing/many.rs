//! `execute_many`: one statement for each of many rows, all or none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::channel::mpsc;
use futures::{StreamExt as _, stream};
use headwater::{Error, ErrorKind, Value};

use crate::support::{Tank, count, eventually, poll_once, run};

const INSERT: &str = "INSERT INTO t VALUES (?, ?)";

#[test]
fn values_bound_to_a_statement_for_many_rows_are_refused_and_not_lost() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let statement = headwater::sql("INSERT INTO t(id) VALUES (?)").bind(7);
        let error = engine.execute_many(statement, [(1,)]).await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Bind);
        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn rows_come_from_iterators_of_tuples_arrays_and_vecs() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let tuples = engine.execute_many(INSERT, [(1, "a"), (2, "b")]).await.unwrap();
        engine.execute_many(INSERT, vec![[3, 3], [4, 4]]).await.unwrap();
        let values = vec![Value::Integer(5), Value::Null];
        engine.execute_many(INSERT, std::iter::once(values)).await.unwrap();
        engine.execute_many(INSERT, (6..9).map(|id| (id, format!("owned {id}")))).await.unwrap();

        assert_eq!((tuples.rows_affected(), tuples.last_insert_id()), (2, 2));
        assert!(tuples.version().is_some());
        assert_eq!(count(&engine).await, 8);
    });
}

#[test]
fn rows_come_from_streams_and_from_results() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        engine.execute_many(INSERT, stream::iter([(1, "a"), (2, "b")])).await.unwrap();
        let results = [Ok::<_, std::io::Error>((3, "c"))].map(|row| row.map_err(Error::other));
        engine.execute_many(INSERT, results).await.unwrap();
        let results = stream::iter([Ok::<_, Error>((4, "d"))]);
        engine.execute_many(INSERT, results).await.unwrap();

        assert_eq!(count(&engine).await, 4);
    });
}

#[test]
fn rows_come_from_another_result_of_the_same_engine() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(5_000).await;
        engine.execute("CREATE TABLE copy(id INTEGER PRIMARY KEY, name TEXT)").await.unwrap();

        let rows = engine.query("SELECT id, name FROM t").scalars::<(i64, String)>().await.unwrap();
        let done = engine.execute_many("INSERT INTO copy VALUES (?, ?)", rows).await.unwrap();

        assert_eq!(done.rows_affected(), 5_000);
    });
}

#[test]
fn no_rows_are_no_error() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        let done = engine.execute_many(INSERT, Vec::<(i64, String)>::new()).await.unwrap();

        assert_eq!(done.rows_affected(), 0);
    });
}

#[test]
fn a_row_that_fails_undoes_all_and_is_named() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        // Far enough back that the rows before it were sent in several messages.
        let rows = (2..=3_000).chain([1]).map(|id| (id, "many"));
        let failed = engine.execute_many(INSERT, rows).await.unwrap_err();

        assert!(failed.is_unique_violation());
        assert!(failed.to_string().contains("2999"), "{failed}");
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn a_source_that_fails_undoes_all_and_its_error_is_returned() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        let good = (2..=3_000).map(|id| Ok((id, "many")));
        let rows = good.chain([Err(Error::other(std::io::Error::other("the cable")))]);
        let failed = engine.execute_many(INSERT, stream::iter(rows)).await.unwrap_err();

        assert_eq!(failed.downcast_ref::<std::io::Error>().unwrap().to_string(), "the cable");
        assert_eq!(count(&engine).await, 1);
        engine.execute_many(INSERT, [(2, "next")]).await.unwrap();
    });
}

#[test]
fn a_drop_undoes_all() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        let (send, rows) = mpsc::unbounded();
        (2..=3_000).for_each(|id| send.unbounded_send((id, "many")).unwrap());

        let mut many = engine.execute_many(INSERT, rows);
        poll_once(&mut many);
        // Some of it is written before the drop, or it is still to begin: both leave nothing.
        drop(many);

        assert_eq!(engine.execute("UPDATE t SET name = 'x'").await.unwrap().rows_affected(), 1);
        assert!(send.is_closed());
    });
}

#[test]
fn others_see_all_rows_or_none() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let (send, rows) = mpsc::unbounded();
        send.unbounded_send((1, "a")).unwrap();

        let mut many = engine.execute_many(INSERT, rows);
        poll_once(&mut many);
        assert_eq!(count(&engine).await, 0);
        send.unbounded_send((2, "b")).unwrap();
        drop(send);
        many.await.unwrap();

        assert_eq!(count(&engine).await, 2);
    });
}

#[test]
fn a_wrong_number_of_values_is_a_clear_error() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let few = engine.execute_many(INSERT, [[1]]).await.unwrap_err();
        let many = engine.execute_many(INSERT, [[1, 2, 3]]).await.unwrap_err();
        let text = engine.execute_many("NONSENSE", [[1]]).await.unwrap_err();
        let word = engine.execute_many("COMMIT", [()]).await.unwrap_err();

        assert_eq!([few.kind(), many.kind()], [ErrorKind::Bind; 2]);
        assert_eq!(text.kind(), ErrorKind::Syntax);
        assert_eq!(word.kind(), ErrorKind::Statement);
        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn a_value_that_the_database_cannot_hold_undoes_all() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let rows = [(1, 1_u64), (2, u64::MAX)];
        let failed = engine.execute_many(INSERT, rows).await.unwrap_err();

        assert_eq!(failed.kind(), ErrorKind::Bind);
        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn the_source_is_not_polled_far_ahead_of_the_writing() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        // Its turn to write does not come, so nothing of it is written.
        let tx = engine.begin().await.unwrap();
        let taken = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&taken);
        let rows = stream::iter(0..1_000_000).map(move |id| {
            counting.fetch_add(1, Ordering::SeqCst);
            (id, "a")
        });

        let mut many = engine.execute_many(INSERT, rows);
        poll_once(&mut many);
        poll_once(&mut many);
        poll_once(&mut many);

        let ahead = taken.load(Ordering::SeqCst);
        assert!(ahead < 2_000, "{ahead} rows were taken");
        drop((many, tx));
        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn large_rows_are_taken_by_their_bytes() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let tx = engine.begin().await.unwrap();
        let taken = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&taken);
        let rows = (0..1_000).map(move |id| {
            counting.fetch_add(1, Ordering::SeqCst);
            (id, vec![0_u8; 1 << 20])
        });

        let mut many = engine.execute_many(INSERT, rows);
        poll_once(&mut many);
        poll_once(&mut many);

        let ahead = taken.load(Ordering::SeqCst);
        assert!(ahead < 10, "{ahead} MiB were taken");
        drop((many, tx));
    });
}

#[test]
fn a_hundred_thousand_rows_go_in_and_are_all_there() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let rows = (1..=100_000_i64).map(|id| (id, "row"));
        let done = engine.execute_many(INSERT, stream::iter(rows)).await.unwrap();

        let sum: i64 = engine.query("SELECT sum(id) FROM t").scalar_one().await.unwrap();
        assert_eq!((done.rows_affected(), sum), (100_000, 100_000 * 100_001 / 2));
    });
}

#[test]
fn updates_and_deletes_are_run_for_many_rows_too() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;

        let updated = engine
            .execute_many("UPDATE t SET name = ?2 WHERE id >= ?1", [(6, "x"), (9, "y")])
            .await;
        let deleted = engine.execute_many("DELETE FROM t WHERE id = ?", [[1], [2], [99]]).await;

        assert_eq!(updated.unwrap().rows_affected(), 5 + 2);
        assert_eq!(deleted.unwrap().rows_affected(), 2);
    });
}

#[test]
fn in_a_transaction_a_failing_row_undoes_the_rows_alone() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO t VALUES (2, 'kept')").await.unwrap();
        let failed = tx.execute_many(INSERT, [(3, "a"), (1, "again")]).await.unwrap_err();
        tx.execute_many(INSERT, [(4, "b")]).await.unwrap();
        tx.commit().await.unwrap();

        assert!(failed.is_unique_violation());
        let ids = engine.query("SELECT id FROM t").scalars::<i64>().all().await.unwrap();
        assert_eq!(ids, [1, 2, 4]);
    });
}

#[test]
fn in_a_transaction_a_drop_undoes_the_rows_alone() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO t VALUES (1, 'kept')").await.unwrap();
        let (send, rows) = mpsc::unbounded();
        send.unbounded_send((2, "a")).unwrap();

        let mut many = tx.execute_many(INSERT, rows);
        poll_once(&mut many);
        count(&tx).await;
        drop(many);
        assert_eq!(count(&tx).await, 1);
        tx.commit().await.unwrap();

        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn a_savepoint_or_a_second_set_of_rows_beside_the_first_is_refused() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let tx = engine.begin().await.unwrap();
        let (send, rows) = mpsc::unbounded();
        send.unbounded_send((1, "a")).unwrap();
        let mut many = tx.execute_many(INSERT, rows);
        poll_once(&mut many);

        let savepoint = tx.savepoint().await.unwrap_err();
        let second = tx.execute_many(INSERT, [(2, "b")]).await.unwrap_err();
        // What is written beside them is part of the transaction.
        tx.execute("INSERT INTO t VALUES (3, 'c')").await.unwrap();
        drop(send);
        many.await.unwrap();
        tx.savepoint().await.unwrap().commit().await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!([savepoint.kind(), second.kind()], [ErrorKind::Locked; 2]);
        assert_eq!(count(&engine).await, 2);
    });
}

#[test]
fn on_a_connection_reads_go_on_beside_the_rows_and_writes_are_refused() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let connection = engine.connect().await.unwrap();
        let (send, rows) = mpsc::unbounded();
        send.unbounded_send((1, "a")).unwrap();
        let mut many = connection.execute_many(INSERT, rows);
        poll_once(&mut many);
        eventually("it has the turn to write", || {
            tank.plain()
                .execute_batch("PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK")
                .is_err()
        });

        count(&connection).await;
        let write = connection.execute("DELETE FROM t").await.unwrap_err();
        let begin = connection.begin().await.unwrap_err();
        let script = connection.execute_batch("SELECT 1").await.unwrap_err();
        drop(send);
        many.await.unwrap();

        assert_eq!([write.kind(), begin.kind(), script.kind()], [ErrorKind::Locked; 3]);
        assert_eq!(count(&engine).await, 1);
        connection.execute("DELETE FROM t").await.unwrap();
    });
}
