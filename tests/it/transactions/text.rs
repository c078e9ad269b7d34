//! BEGIN, COMMIT and ROLLBACK as text: allowed on a connection of one's own, refused elsewhere.

use headwater::{AsyncConnection, ErrorKind, sql};

use crate::support::{Tank, count, eventually, run};

async fn with_open_violation(connection: &AsyncConnection) {
    connection
        .execute_batch(
            "CREATE TABLE parent(id INTEGER PRIMARY KEY);
             CREATE TABLE child(parent REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)",
        )
        .await
        .unwrap();
    connection.execute("BEGIN").await.unwrap();
    connection.execute("INSERT INTO child VALUES (7)").await.unwrap();
    let failed = connection.execute("COMMIT").await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::ForeignKeyViolation);
}

#[test]
fn a_commit_as_text_that_failed_can_be_tried_again() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let connection = engine.connect().await.unwrap();
        with_open_violation(&connection).await;

        connection.execute("INSERT INTO parent VALUES (7)").await.unwrap();
        let done = connection.execute("COMMIT").await.unwrap();

        assert!(done.version().is_some());
        let children: i64 = engine.query("SELECT count(*) FROM child").scalar_one().await.unwrap();
        assert_eq!(children, 1);
    });
}

#[test]
fn a_commit_as_text_that_failed_can_be_rolled_back_really() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let connection = engine.connect().await.unwrap();
        with_open_violation(&connection).await;

        connection.execute("ROLLBACK").await.unwrap();

        // The lock is free for others, and the connection is in no transaction.
        tank.plain().execute_batch("BEGIN IMMEDIATE; ROLLBACK").unwrap();
        engine.execute("INSERT INTO parent VALUES (1)").await.unwrap();
        assert!(connection.with_sqlite(|sqlite| sqlite.is_autocommit()).await.unwrap());
        let children: i64 = engine.query("SELECT count(*) FROM child").scalar_one().await.unwrap();
        assert_eq!(children, 0);
    });
}

#[test]
fn a_commit_as_text_that_another_program_delays_can_be_tried_again() {
    run(async {
        let tank = Tank::new();
        let builder = tank.builder().journal_mode(headwater::JournalMode::Delete);
        let engine = builder.busy_timeout(std::time::Duration::ZERO).open().await.unwrap();
        crate::support::fill(&engine, 10).await;
        let plain = tank.plain();
        plain.execute_batch("BEGIN; SELECT count(*) FROM t").unwrap();
        let reading: i64 = plain.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        let connection = engine.connect().await.unwrap();
        connection.execute("BEGIN IMMEDIATE").await.unwrap();
        connection.execute("DELETE FROM t").await.unwrap();

        let busy = connection.execute("COMMIT").await.unwrap_err();
        plain.execute_batch("COMMIT").unwrap();
        connection.execute("COMMIT").await.unwrap();

        assert_eq!((reading, busy.kind()), (10, ErrorKind::Busy));
        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn begin_as_text_waits_for_the_gate_and_commit_as_text_frees_it() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let connection = engine.connect().await.unwrap();
        connection.execute("BEGIN").await.unwrap();
        connection.execute("INSERT INTO t VALUES (1, 'text')").await.unwrap();

        let mut other = engine.execute("INSERT INTO t VALUES (2, 'waits')");
        crate::support::poll_once(&mut other);
        eventually("it waits", || engine.status().waiting_to_write == 1);
        assert_eq!(count(&engine).await, 0);
        connection.execute("COMMIT").await.unwrap();
        other.await.unwrap();

        assert_eq!(count(&engine).await, 2);
    });
}

#[test]
fn a_transaction_begun_as_text_is_rolled_back_when_its_connection_goes() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let connection = engine.connect().await.unwrap();
        connection.execute("BEGIN").await.unwrap();
        connection.execute("INSERT INTO t VALUES (1, 'text')").await.unwrap();

        drop(connection);

        engine.execute("INSERT INTO t VALUES (2, 'next')").await.unwrap();
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn savepoints_as_text_work_on_a_connection() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let connection = engine.connect().await.unwrap();

        connection.execute("SAVEPOINT a").await.unwrap();
        connection.execute("INSERT INTO t VALUES (1, 'kept')").await.unwrap();
        connection.execute("SAVEPOINT b").await.unwrap();
        connection.execute("INSERT INTO t VALUES (2, 'undone')").await.unwrap();
        connection.execute("ROLLBACK TO b").await.unwrap();
        connection.execute("RELEASE a").await.unwrap();

        assert_eq!(count(&engine).await, 1);
        engine.execute("INSERT INTO t VALUES (2, 'next')").await.unwrap();
    });
}

#[test]
fn transaction_words_are_refused_on_the_engine_and_in_a_transaction() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        let tx = engine.begin().await.unwrap();

        for word in [
            "BEGIN",
            "begin immediate",
            "COMMIT",
            "END",
            "ROLLBACK",
            "SAVEPOINT a",
            "RELEASE a",
            "/* x */ ROLLBACK TO a",
        ] {
            let of_engine = engine.execute(sql(word)).await.unwrap_err();
            let of_transaction = tx.execute(sql(word)).await.unwrap_err();
            let of_script =
                tx.execute_batch(headwater::sql(format!("SELECT 1; {word}"))).await.unwrap_err();

            for error in [&of_engine, &of_transaction, &of_script] {
                assert_eq!(error.kind(), ErrorKind::Statement, "{word}: {error}");
            }
            assert!(of_engine.to_string().contains("begin()"), "{of_engine}");
            assert!(of_transaction.to_string().contains("commit()"), "{of_transaction}");
        }

        tx.execute("DELETE FROM t").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn commit_as_text_beside_a_handle_ends_the_handles_transaction() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let connection = engine.connect().await.unwrap();
        let tx = connection.begin().await.unwrap();
        tx.execute("INSERT INTO t VALUES (1, 'a')").await.unwrap();

        connection.execute("COMMIT").await.unwrap();

        let refused = tx.execute("INSERT INTO t VALUES (2, 'b')").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::TransactionEnded);
        assert_eq!(tx.commit().await.unwrap_err().kind(), ErrorKind::TransactionEnded);
        assert_eq!(count(&engine).await, 1);
    });
}
