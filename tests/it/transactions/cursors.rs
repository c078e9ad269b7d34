//! Results end with the transaction or the savepoint they were read in.

use headwater::{AsyncResult, ErrorKind, Transaction};

use crate::support::{Tank, count, run};

const ALL: &str = "SELECT id FROM t ORDER BY id";

/// Opens a result of many batches and takes its first row.
async fn opened(tx: &Transaction) -> AsyncResult {
    let mut result = tx.query(headwater::sql(ALL).batch_rows(10)).await.unwrap();
    assert_eq!(result.try_next().await.unwrap().unwrap().get::<i64>(0).unwrap(), 1);
    result
}

/// Reads the rest: rows in their order without a gap, and then the error.
async fn assert_closed(mut result: AsyncResult) {
    let mut last = 1;
    let error = loop {
        match result.try_next().await {
            Ok(Some(row)) => {
                let id = row.get::<i64>(0).unwrap();
                assert_eq!(id, last + 1);
                last = id;
            }
            Ok(None) => panic!("it ended as if row {last} were the last"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert!(last < 5_000, "nothing was cut off");
    assert!(result.try_next().await.unwrap().is_none());
}

#[test]
fn a_result_ends_with_closed_when_its_transaction_commits() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(5_000).await;
        let tx = engine.begin().await.unwrap();
        let result = opened(&tx).await;

        tx.execute("DELETE FROM t WHERE id > 2500").await.unwrap();
        tx.commit().await.unwrap();

        assert_closed(result).await;
        assert_eq!(count(&engine).await, 2_500);
    });
}

#[test]
fn a_result_ends_with_closed_when_its_transaction_rolls_back() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(5_000).await;
        let tx = engine.begin().await.unwrap();
        let result = opened(&tx).await;

        tx.rollback().await.unwrap();

        assert_closed(result).await;
    });
}

#[test]
fn a_result_ends_with_closed_when_its_transaction_is_dropped() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(5_000).await;
        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO t VALUES (6000, 'undone')").await.unwrap();
        let result = opened(&tx).await;

        drop(tx);

        assert_closed(result).await;
        assert_eq!(count(&engine).await, 5_000);
    });
}

#[test]
fn a_result_ends_with_closed_when_sqlite_ends_its_transaction() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(5_000).await;
        let tx = engine.begin().await.unwrap();
        let result = opened(&tx).await;

        tx.execute("INSERT OR ROLLBACK INTO t VALUES (1, 'again')").await.unwrap_err();

        assert_closed(result).await;
    });
}

#[test]
fn a_result_that_was_sent_whole_is_read_whole_after_the_end() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;
        let tx = engine.begin().await.unwrap();
        let mut result = tx.query(ALL).await.unwrap();
        // The statement has run to its end before this one is answered.
        while result.try_next().await.unwrap().unwrap().get::<i64>(0).unwrap() < 2 {}
        count(&tx).await;

        tx.commit().await.unwrap();

        assert_eq!(result.all().await.unwrap().len(), 1);
    });
}

#[test]
fn an_open_result_does_not_keep_a_commit_from_the_others_or_the_connection() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(5_000).await;
        let tx = engine.begin().await.unwrap();
        let result = opened(&tx).await;
        tx.execute("INSERT INTO t VALUES (6000, 'kept')").await.unwrap();

        tx.commit().await.unwrap();

        assert_eq!(count(&engine).await, 5_001);
        let again = engine.begin().await.unwrap();
        assert_eq!(count(&again).await, 5_001);
        again.commit().await.unwrap();
        assert_closed(result).await;
    });
}

#[test]
fn results_opened_since_a_savepoint_end_when_it_is_released() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(5_000).await;
        let tx = engine.begin().await.unwrap();
        let before = opened(&tx).await;
        let savepoint = tx.savepoint().await.unwrap();
        let within = opened(&savepoint).await;

        savepoint.commit().await.unwrap();

        assert_closed(within).await;
        assert_eq!(before.all().await.unwrap().len(), 4_999);
        tx.commit().await.unwrap();
    });
}

#[test]
fn results_opened_since_a_savepoint_end_when_it_is_rolled_back() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(5_000).await;
        let tx = engine.begin().await.unwrap();
        let before = opened(&tx).await;
        let savepoint = tx.savepoint().await.unwrap();
        savepoint.execute("UPDATE t SET name = 'undone'").await.unwrap();
        // Asked of the outer handle, it still reads what the savepoint wrote.
        let within = opened(&tx).await;

        savepoint.rollback().await.unwrap();

        assert_closed(within).await;
        assert_eq!(before.all().await.unwrap().len(), 4_999);
    });
}

#[test]
fn results_opened_since_a_savepoint_end_when_it_is_dropped() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(5_000).await;
        let tx = engine.begin().await.unwrap();
        let savepoint = tx.savepoint().await.unwrap();
        let within = opened(&savepoint).await;

        drop(savepoint);

        assert_closed(within).await;
        assert_eq!(count(&tx).await, 5_000);
    });
}

#[test]
fn a_result_of_a_connection_from_before_its_transaction_survives_a_rollback() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(5_000).await;
        let connection = engine.connect().await.unwrap();
        let query = connection.query(headwater::sql(ALL).batch_rows(10));
        let mut before = query.scalars::<i64>().await.unwrap();
        before.try_next().await.unwrap();

        let tx = connection.begin().await.unwrap();
        tx.execute("UPDATE t SET name = 'undone'").await.unwrap();
        let within = opened(&tx).await;
        tx.rollback().await.unwrap();

        assert_closed(within).await;
        assert_eq!(before.all().await.unwrap().len(), 4_999);
    });
}

#[test]
fn rows_being_written_in_a_transaction_that_commits_are_refused_and_none_stays() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO t VALUES (1, 'kept')").await.unwrap();
        let (send, rows) = futures::channel::mpsc::unbounded::<(i64, &str)>();
        let mut many = tx.execute_many("INSERT INTO t VALUES (?, ?)", rows);

        send.unbounded_send((2, "half")).unwrap();
        crate::support::poll_once(&mut many);
        // The first row is written before this is answered or after: it does not stay.
        count(&tx).await;
        tx.commit().await.unwrap();
        send.unbounded_send((3, "late")).unwrap();
        drop(send);
        let refused = many.await.unwrap_err();

        assert!(
            matches!(refused.kind(), ErrorKind::Closed | ErrorKind::TransactionEnded),
            "{refused}"
        );
        let ids = engine.query(ALL).scalars::<i64>().all().await.unwrap();
        assert_eq!(ids, [1]);
    });
}

#[test]
fn rows_being_written_in_a_transaction_that_is_dropped_do_not_go_on_without_it() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let tx = engine.begin().await.unwrap();
        let (send, rows) = futures::channel::mpsc::unbounded::<(i64, &str)>();
        let mut many = tx.execute_many("INSERT INTO t VALUES (?, ?)", rows);

        send.unbounded_send((1, "half")).unwrap();
        crate::support::poll_once(&mut many);
        count(&tx).await;
        drop(tx);
        send.unbounded_send((2, "late")).unwrap();
        drop(send);
        many.await.unwrap_err();

        assert_eq!(count(&engine).await, 0);
    });
}
