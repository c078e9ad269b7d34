//! `begin`, `commit` and `rollback`: what they hold, what they return, and what a drop does.

use headwater::{AsyncEngine, ErrorKind, sql};

use crate::support::{Tank, count, fill, run};

fn count_of(plain: &rusqlite::Connection) -> i64 {
    plain.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
}

#[test]
fn begin_takes_the_write_lock_at_once() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let plain = tank.plain();
        plain.busy_timeout(std::time::Duration::ZERO).unwrap();

        let tx = engine.begin().await.unwrap();

        let refused = plain.execute("INSERT INTO t VALUES (1, 'plain')", []).unwrap_err();
        assert_eq!(refused.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy));
        tx.rollback().await.unwrap();
        plain.execute("INSERT INTO t VALUES (1, 'plain')", []).unwrap();
    });
}

#[test]
fn begin_is_busy_when_another_program_writes_for_longer_than_the_busy_timeout() {
    run(async {
        let tank = Tank::new();
        let builder = tank.builder().busy_timeout(std::time::Duration::from_millis(20));
        let engine = builder.open().await.unwrap();
        fill(&engine, 0).await;
        let plain = tank.plain();
        plain.execute_batch("BEGIN IMMEDIATE").unwrap();

        let busy = engine.begin().await.unwrap_err();

        assert_eq!(busy.kind(), ErrorKind::Busy);
        assert!(busy.is_retryable());
        plain.execute_batch("ROLLBACK").unwrap();
        engine.begin().await.unwrap().commit().await.unwrap();
    });
}

#[test]
fn nobody_else_sees_a_transaction_before_its_commit_and_everybody_after() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let plain = tank.plain();

        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO t VALUES (1, 'a')").await.unwrap();

        assert_eq!((count(&tx).await, count(&engine).await, count_of(&plain)), (1, 0, 0));
        tx.commit().await.unwrap();
        assert_eq!((count(&engine).await, count_of(&plain)), (1, 1));
    });
}

#[test]
fn commit_returns_a_version_that_rises() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let mut last = None;

        for id in 0..5 {
            let tx = engine.begin().await.unwrap();
            tx.execute(sql("INSERT INTO t VALUES (?, 'a')").bind(id)).await.unwrap();
            let version = tx.commit().await.unwrap();

            assert!(last < Some(version), "{last:?} is not before {version:?}");
            last = Some(version);
        }
        let done = engine.execute("INSERT INTO t VALUES (9, 'b')").await.unwrap();
        assert!(last < done.version());
    });
}

#[test]
fn a_commit_that_changed_nothing_does_not_take_the_version_back() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        let first = engine.begin().await.unwrap().commit().await.unwrap();
        let second = engine.begin().await.unwrap().commit().await.unwrap();

        assert!(first <= second);
    });
}

#[test]
fn what_runs_in_a_transaction_has_no_version_of_its_own() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let tx = engine.begin().await.unwrap();
        let done = tx.execute("INSERT INTO t VALUES (1, 'a')").await.unwrap();

        assert_eq!((done.rows_affected(), done.version()), (1, None));
    });
}

#[test]
fn rollback_undoes_all_of_it() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;

        let tx = engine.begin().await.unwrap();
        tx.execute("DELETE FROM t").await.unwrap();
        tx.execute("CREATE TABLE other(a)").await.unwrap();
        tx.rollback().await.unwrap();

        assert_eq!(count(&engine).await, 3);
        let tables = engine.query("SELECT count(*) FROM sqlite_schema").scalar_one::<i64>();
        assert_eq!(tables.await.unwrap(), 1);
    });
}

#[test]
fn a_dropped_transaction_is_rolled_back() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;

        let tx = engine.begin().await.unwrap();
        tx.execute("DELETE FROM t").await.unwrap();
        drop(tx);

        // The next who writes comes after the rollback.
        let done = engine.execute("UPDATE t SET name = 'x'").await.unwrap();
        assert_eq!(done.rows_affected(), 3);
    });
}

#[test]
fn a_transaction_streams_and_writes_at_once() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3_000).await;
        engine.execute("CREATE TABLE copy(id INTEGER PRIMARY KEY)").await.unwrap();

        let tx = engine.begin().await.unwrap();
        let mut ids = tx.query("SELECT id FROM t ORDER BY id").scalars::<i64>().await.unwrap();
        while let Some(id) = ids.try_next().await.unwrap() {
            tx.execute(sql("INSERT INTO copy VALUES (?)").bind(id)).await.unwrap();
        }
        tx.commit().await.unwrap();

        let copied = engine.query("SELECT sum(id) FROM copy").scalar_one::<i64>().await.unwrap();
        assert_eq!(copied, 3_000 * 3_001 / 2);
    });
}

#[test]
fn begin_on_a_connection_leaves_the_connection_with_its_holder() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let connection = engine.connect().await.unwrap();
        connection.execute("CREATE TEMP TABLE seen(a)").await.unwrap();

        let tx = connection.begin().await.unwrap();
        tx.execute("INSERT INTO t VALUES (1, 'a')").await.unwrap();
        tx.execute("INSERT INTO seen VALUES (1)").await.unwrap();
        // Statements of the connection run in it.
        assert_eq!(count(&connection).await, 1);
        tx.commit().await.unwrap();

        assert_eq!(count(&engine).await, 1);
        let seen = connection.query("SELECT count(*) FROM seen").scalar_one::<i64>().await.unwrap();
        assert_eq!(seen, 1);
        let again = connection.begin().await.unwrap();
        again.execute("INSERT INTO t VALUES (2, 'b')").await.unwrap();
        drop(again);
        assert_eq!(count(&connection).await, 1);
    });
}

#[test]
fn a_second_begin_on_a_connection_is_an_error_and_the_first_goes_on() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let connection = engine.connect().await.unwrap();
        let tx = connection.begin().await.unwrap();
        tx.execute("INSERT INTO t VALUES (1, 'a')").await.unwrap();

        let refused = connection.begin().await.unwrap_err();

        assert_eq!(refused.kind(), ErrorKind::Statement);
        assert!(refused.to_string().contains("savepoint()"), "{refused}");
        tx.execute("INSERT INTO t VALUES (2, 'b')").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&engine).await, 2);
    });
}

#[test]
fn a_second_begin_after_begin_as_text_is_an_error_too() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let connection = engine.connect().await.unwrap();
        connection.execute("BEGIN").await.unwrap();

        let refused = connection.begin().await.unwrap_err();

        assert_eq!(refused.kind(), ErrorKind::Statement);
        connection.execute("ROLLBACK").await.unwrap();
        connection.begin().await.unwrap().commit().await.unwrap();
    });
}

#[test]
fn begin_on_a_connection_with_an_open_read_lets_the_read_go_on_past_the_commit() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(2_000).await;
        let connection = engine.connect().await.unwrap();
        let mut before = connection.query("SELECT id FROM t").scalars::<i64>().await.unwrap();
        before.try_next().await.unwrap();

        let tx = connection.begin().await.unwrap();
        tx.execute("UPDATE t SET name = 'x'").await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(before.all().await.unwrap().len(), 1_999);
    });
}

#[test]
fn transactions_of_a_memory_database_are_invisible_to_others_too() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        fill(&engine, 0).await;

        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO t VALUES (1, 'a')").await.unwrap();

        assert_eq!(count(&engine).await, 0);
        tx.commit().await.unwrap();
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn an_engine_that_only_reads_begins_nothing() {
    run(async {
        let tank = Tank::new();
        tank.filled(1).await.close(crate::support::DEADLINE / 4).await.unwrap();
        let engine = tank.builder().mode(headwater::Mode::ReadOnly).open().await.unwrap();

        let written = async {
            let tx = engine.begin().await?;
            tx.execute("DELETE FROM t").await?;
            tx.commit().await
        };

        assert_eq!(written.await.unwrap_err().kind(), ErrorKind::ReadOnly);
        assert_eq!(count(&engine).await, 1);
    });
}
