//! How a transaction ends when its handle did not say so: a failed commit, and SQLite's own doing.

use headwater::{AsyncEngine, ErrorKind, Result, Transaction};

use crate::support::{Blocker, Tank, count, poll_once, run};

async fn deferred(engine: &AsyncEngine) {
    engine
        .execute_batch(
            "CREATE TABLE parent(id INTEGER PRIMARY KEY);
             CREATE TABLE child(id INTEGER PRIMARY KEY,
                 parent REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)",
        )
        .await
        .unwrap();
}

async fn children(engine: &AsyncEngine) -> i64 {
    engine.query("SELECT count(*) FROM child").scalar_one().await.unwrap()
}

/// Whatever is asked of it, a transaction that is over says so and does nothing.
async fn assert_over(tx: Transaction) {
    let refused = [
        tx.execute("INSERT INTO t VALUES (100, 'late')").await.unwrap_err(),
        tx.query("SELECT 1").all().await.unwrap_err(),
        tx.query("SELECT 1").await.map(drop).unwrap_err(),
        tx.execute_many("INSERT INTO t(name) VALUES (?)", [["late"]]).await.unwrap_err(),
        tx.execute_batch("INSERT INTO t VALUES (100, 'late')").await.unwrap_err(),
        tx.savepoint().await.unwrap_err(),
        tx.commit().await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::TransactionEnded, "{error}");
    }
}

#[test]
fn a_commit_that_fails_has_rolled_back_before_it_returns() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        deferred(&engine).await;
        let plain = tank.plain();
        plain.busy_timeout(std::time::Duration::ZERO).unwrap();

        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO child VALUES (1, 99)").await.unwrap();
        let failed = tx.commit().await.unwrap_err();

        // The lock is free at once, and nothing is there.
        plain.execute_batch("BEGIN IMMEDIATE; ROLLBACK").unwrap();
        assert_eq!(failed.kind(), ErrorKind::ForeignKeyViolation);
        assert_eq!(children(&engine).await, 0);
    });
}

#[test]
fn a_commit_that_fails_on_a_connection_leaves_the_connection_without_a_transaction() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        deferred(&engine).await;
        let connection = engine.connect().await.unwrap();

        let tx = connection.begin().await.unwrap();
        tx.execute("INSERT INTO child VALUES (1, 99)").await.unwrap();
        tx.commit().await.unwrap_err();

        assert!(connection.with_sqlite(|sqlite| sqlite.is_autocommit()).await.unwrap());
        connection.begin().await.unwrap().commit().await.unwrap();
        assert_eq!(children(&engine).await, 0);
    });
}

#[test]
fn a_scope_whose_commit_fails_returns_the_error() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        deferred(&engine).await;

        let failed = engine
            .transaction(async |tx| tx.execute("INSERT INTO child VALUES (1, 99)").await.map(drop))
            .await
            .unwrap_err();

        assert_eq!(failed.kind(), ErrorKind::ForeignKeyViolation);
        assert_eq!(children(&engine).await, 0);
    });
}

#[test]
fn insert_or_rollback_ends_the_transaction() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO t VALUES (2, 'b')").await.unwrap();
        let failed = tx.execute("INSERT OR ROLLBACK INTO t VALUES (1, 'again')").await.unwrap_err();

        assert!(failed.is_unique_violation());
        assert_over(tx).await;
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn a_trigger_that_raises_rollback_ends_the_transaction() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        engine
            .execute_batch(
                "CREATE TRIGGER refuse BEFORE INSERT ON t WHEN NEW.name = 'bad'
                 BEGIN SELECT RAISE(ROLLBACK, 'no bad names'); END",
            )
            .await
            .unwrap();

        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO t VALUES (2, 'b')").await.unwrap();
        let failed = tx.execute("INSERT INTO t VALUES (3, 'bad')").await.unwrap_err();

        assert!(failed.to_string().contains("no bad names"), "{failed}");
        assert_over(tx).await;
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn each_way_to_write_notices_that_the_transaction_has_ended() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        const BAD: &str = "INSERT OR ROLLBACK INTO t VALUES (1, 'again') RETURNING id";

        for way in 0..5 {
            let tx = engine.begin().await.unwrap();
            tx.execute("INSERT INTO t VALUES (2, 'b')").await.unwrap();
            let failed = match way {
                0 => tx.query(BAD).all().await.map(drop),
                1 => tx.query(BAD).await.map(drop),
                2 => tx.execute_batch(BAD).await.map(drop),
                3 => {
                    let many = "INSERT OR ROLLBACK INTO t VALUES (?, 'again')";
                    tx.execute_many(many, [[5], [6], [1], [7]]).await.map(drop)
                }
                _ => {
                    let savepoint = tx.savepoint().await.unwrap();
                    savepoint.execute(BAD).await.map(drop)
                }
            };
            assert!(failed.unwrap_err().is_unique_violation(), "way {way}");
            assert_over(tx).await;
            assert_eq!(count(&engine).await, 1, "way {way}");
        }
    });
}

#[test]
fn a_full_disk_ends_the_transaction_and_reads_go_on() {
    run(async {
        let tank = Tank::new();
        let builder = tank
            .builder()
            .on_connect(|c| c.query_row("PRAGMA max_page_count = 40", [], |_| Ok(())));
        let engine = builder.open().await.unwrap();
        crate::support::fill(&engine, 1).await;

        let tx = engine.begin().await.unwrap();
        let full = async {
            for _ in 0..200 {
                tx.execute("INSERT INTO t(name) VALUES (hex(zeroblob(2000)))").await?;
            }
            Ok(())
        };
        let full: Result<()> = full.await;
        let full = full.unwrap_err();

        assert_eq!(full.kind(), ErrorKind::DiskFull);
        // SQLite may undo the statement alone; then the transaction is still there and says so itself.
        let over = tx.query("SELECT count(*) FROM t").scalar_one::<i64>().await;
        if let Err(over) = over {
            assert_eq!(over.kind(), ErrorKind::TransactionEnded);
            assert_over(tx).await;
        } else {
            tx.rollback().await.unwrap();
        }
        assert_eq!(count(&engine).await, 1);
        engine.execute("INSERT INTO t(name) VALUES ('fits')").await.unwrap();
    });
}

#[test]
fn a_write_that_is_stopped_ends_the_transaction_or_runs_to_its_end() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let engine = blocker.install(tank.builder()).open().await.unwrap();
        crate::support::fill(&engine, 1).await;

        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO t VALUES (2, 'b')").await.unwrap();
        // Ends by itself in ten minutes or so.
        let mut endless = tx.execute(
            "WITH RECURSIVE n(i) AS (SELECT halt() UNION ALL SELECT i + 1 FROM n LIMIT 1000000000)
             INSERT INTO t(name) SELECT i FROM n",
        );
        poll_once(&mut endless);
        blocker.wait();
        drop(endless);
        blocker.release();

        assert_over(tx).await;
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn a_read_that_is_stopped_leaves_the_transaction_usable() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO t VALUES (2, 'b')").await.unwrap();
        let endless =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
        let mut numbers = tx.query(endless).await.unwrap();
        numbers.try_next().await.unwrap();
        drop(numbers);
        let late = headwater::sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
        )
        .timeout(std::time::Duration::from_millis(5));
        let late = tx.query(late).all().await.unwrap_err();
        tx.execute("INSERT INTO t VALUES (3, 'c')").await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(late.kind(), ErrorKind::Timeout);
        assert_eq!(count(&engine).await, 3);
    });
}

#[test]
fn a_transaction_that_has_ended_frees_the_gate_and_does_not_touch_the_next_one() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        let ended = engine.begin().await.unwrap();
        ended.execute("INSERT OR ROLLBACK INTO t VALUES (1, 'again')").await.unwrap_err();
        ended.execute("INSERT INTO t VALUES (2, 'late')").await.unwrap_err();
        let next = engine.begin().await.unwrap();
        next.execute("INSERT INTO t VALUES (3, 'next')").await.unwrap();
        ended.execute("INSERT INTO t VALUES (4, 'late')").await.unwrap_err();
        drop(ended);
        next.execute("INSERT INTO t VALUES (5, 'next')").await.unwrap();
        next.commit().await.unwrap();

        let ids = engine.query("SELECT id FROM t").scalars::<i64>().all().await.unwrap();
        assert_eq!(ids, [1, 3, 5]);
    });
}

#[test]
fn a_statement_of_a_transaction_that_is_run_after_its_end_is_refused() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        let tx = engine.begin().await.unwrap();
        let late = [tx.execute("DELETE FROM t"), tx.execute("DELETE FROM t")];
        tx.commit().await.unwrap();
        let [first, second] = late;
        let refused = first.await.unwrap_err();
        let next = engine.begin().await.unwrap();
        next.execute("INSERT INTO t VALUES (2, 'b')").await.unwrap();
        drop(second);
        next.commit().await.unwrap();

        assert_eq!(refused.kind(), ErrorKind::TransactionEnded);
        assert_eq!(count(&engine).await, 2);
    });
}

#[test]
fn the_gate_is_free_after_each_of_many_transactions_that_sqlite_ended() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        for _ in 0..50 {
            let tx = engine.begin().await.unwrap();
            tx.execute("INSERT OR ROLLBACK INTO t VALUES (1, 'again')").await.unwrap_err();
            engine.execute("UPDATE t SET name = name || 'x'").await.unwrap();
        }

        let name = engine.query("SELECT length(name) FROM t").scalar_one::<i64>().await.unwrap();
        assert_eq!(name, 6 + 50);
    });
}
