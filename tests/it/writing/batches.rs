//! `execute_batch`: scripts of several statements.

use std::process::Command;

use headwater::ErrorKind;

use crate::support::{Tank, count, run};

/// Comments, quotes, triggers and a transaction, as dumps have them.
const SCRIPT: &str = "
-- a comment; with a semicolon
PRAGMA foreign_keys = OFF;
BEGIN TRANSACTION;
CREATE TABLE author(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE book(id INTEGER PRIMARY KEY, author INTEGER REFERENCES author(id), title TEXT);
CREATE TABLE log(what TEXT);
/* another; comment */
CREATE TRIGGER noted AFTER INSERT ON book BEGIN
    INSERT INTO log VALUES ('one; ' || NEW.title);
    INSERT INTO log VALUES ('two');
END;
INSERT INTO author VALUES (1, 'It''s; Ada'), (2, 'Alan -- no comment');
INSERT INTO book VALUES (1, 1, 'Notes'), (2, 2, 'On \"Numbers\"; and more');
CREATE VIEW listed AS SELECT name, title FROM book JOIN author ON author.id = author;
COMMIT;
PRAGMA foreign_keys = ON;
";

#[test]
fn values_bound_to_a_script_are_refused_and_not_lost() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let script = headwater::sql("DELETE FROM t; INSERT INTO t(id) VALUES (?)").bind(1);
        let error = engine.execute_batch(script).await.unwrap_err();

        assert_eq!(error.kind(), headwater::ErrorKind::Bind);
        assert!(error.to_string().contains("a script takes no values, but 1 are bound"));
    });
}

#[test]
fn a_script_has_a_timeout_of_its_own() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

        let script = headwater::sql(format!("INSERT INTO t(id) VALUES (1); {endless}"));
        let script = script.timeout(std::time::Duration::from_millis(50));
        let error = engine.execute_batch(script).await.unwrap_err();

        assert_eq!(error.kind(), headwater::ErrorKind::Timeout);
        assert_eq!(crate::support::count(&engine).await, 1);
    });
}

#[test]
fn a_script_runs_all_its_statements() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;

        let done = engine.execute_batch(SCRIPT).await.unwrap();

        // What the triggers wrote is not counted.
        assert_eq!(done.rows_affected(), 4);
        let listed: Vec<(String, String)> =
            engine.query("SELECT * FROM listed ORDER BY 1").scalars().all().await.unwrap();
        assert_eq!(
            listed[0],
            ("Alan -- no comment".to_owned(), "On \"Numbers\"; and more".to_owned())
        );
        let log: i64 = engine.query("SELECT count(*) FROM log").scalar_one().await.unwrap();
        assert_eq!(log, 4);
    });
}

#[test]
fn a_script_does_not_change_what_the_next_ones_meet() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;

        engine.execute_batch("PRAGMA foreign_keys = OFF; CREATE TEMP TABLE mine(a)").await.unwrap();

        for _ in 0..4 {
            // Written, so that it runs where the script did.
            let on =
                "CREATE TABLE IF NOT EXISTS x(a REFERENCES nowhere(b)); INSERT INTO x VALUES (1)";
            engine.execute_batch(on).await.unwrap_err();
            engine.execute("INSERT INTO mine VALUES (1)").await.unwrap_err();
        }
    });
}

#[test]
fn a_script_that_fails_in_the_middle_keeps_what_was_before() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let failed = engine
            .execute_batch(
                "INSERT INTO t VALUES (1, 'a'); INSERT INTO t VALUES (2, 'b');
                 INSERT INTO t VALUES (1, 'again'); INSERT INTO t VALUES (3, 'c')",
            )
            .await
            .unwrap_err();

        assert!(failed.is_unique_violation());
        assert!(failed.sql().unwrap().contains("again"), "{:?}", failed.sql());
        assert_eq!(count(&engine).await, 2);
    });
}

#[test]
fn a_script_that_fails_between_begin_and_commit_leaves_nothing_of_it() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        for _ in 0..3 {
            let failed = engine
                .execute_batch(
                    "BEGIN; INSERT INTO t VALUES (1, 'a'); INSERT INTO t VALUES (1, 'again'); COMMIT",
                )
                .await
                .unwrap_err();
            assert!(failed.is_unique_violation());
        }

        assert_eq!(count(&engine).await, 0);
        engine.execute("INSERT INTO t VALUES (1, 'next')").await.unwrap();
    });
}

#[test]
fn a_script_that_begins_and_does_not_end_is_rolled_back_and_an_error() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let unfinished =
            engine.execute_batch("BEGIN; INSERT INTO t VALUES (1, 'a')").await.unwrap_err();

        assert_eq!(unfinished.kind(), ErrorKind::Statement);
        assert_eq!(count(&engine).await, 0);
        engine.execute("INSERT INTO t VALUES (1, 'next')").await.unwrap();
    });
}

#[test]
fn a_script_on_a_connection_may_leave_its_transaction_open() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let connection = engine.connect().await.unwrap();

        connection.execute_batch("BEGIN; INSERT INTO t VALUES (1, 'a')").await.unwrap();
        assert_eq!((count(&connection).await, count(&engine).await), (1, 0));
        connection.execute_batch("INSERT INTO t VALUES (2, 'b'); COMMIT").await.unwrap();

        assert_eq!(count(&engine).await, 2);
        engine.execute("INSERT INTO t VALUES (3, 'c')").await.unwrap();
    });
}

#[test]
fn a_script_in_a_transaction_is_part_of_it_and_may_not_end_it() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let tx = engine.begin().await.unwrap();
        tx.execute_batch("INSERT INTO t VALUES (1, 'a'); INSERT INTO t VALUES (2, 'b')")
            .await
            .unwrap();
        let refused = tx.execute_batch("INSERT INTO t VALUES (3, 'c'); COMMIT").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Statement);
        assert_eq!(count(&engine).await, 0);
        tx.rollback().await.unwrap();

        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn an_empty_script_is_a_clear_error_or_does_nothing() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        for script in ["", "   ", ";", "-- only a comment", ";;;"] {
            if let Err(error) = engine.execute_batch(script).await {
                assert_eq!(error.kind(), ErrorKind::Statement, "{script:?}: {error}");
            }
        }
        let hidden = engine.execute_batch("SELECT 1;\0 DELETE FROM t").await.unwrap_err();

        assert_eq!(hidden.kind(), ErrorKind::Statement);
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn a_script_may_read_and_vacuum() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(100).await;

        engine
            .execute_batch(
                "SELECT * FROM t; DELETE FROM t; VACUUM; ANALYZE; SELECT count(*) FROM t;",
            )
            .await
            .unwrap();

        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn a_script_of_ten_thousand_statements_runs_beside_readers() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let mut script = String::from("BEGIN;\n");
        for id in 0..10_000 {
            script.push_str(&format!("INSERT INTO t VALUES ({id}, 'row {id}');\n"));
        }
        script.push_str("COMMIT;");

        let reads = async {
            for _ in 0..20 {
                let seen = count(&engine).await;
                assert!(seen == 0 || seen == 10_000, "{seen}");
            }
        };
        let (done, ()) = futures::join!(engine.execute_batch(headwater::sql(script)), reads);

        done.unwrap();
        assert_eq!(count(&engine).await, 10_000);
    });
}

/// Reads a script of the real databases; nothing where they are not.
fn real(name: &str) -> Option<String> {
    let folder = std::env::var_os("HEADWATER_DATA")?;
    let path = std::path::Path::new(&folder).join(name);
    let unpacked = Command::new("gzip").arg("-dc").arg(&path).output().unwrap();
    assert!(unpacked.status.success(), "{} cannot be unpacked", path.display());
    Some(String::from_utf8(unpacked.stdout).unwrap())
}

/// Loads a script; then the file is sound, and has as many rows as plain SQLite makes of it.
fn loads(name: &'static str) {
    run(async move {
        let tank = Tank::new();
        let engine = tank.builder().foreign_keys(false).open().await.unwrap();
        let script = real(name).unwrap_or_else(|| SCRIPT.to_owned());

        engine.execute_batch(headwater::sql(script.clone())).await.unwrap();

        let plain = Tank::new();
        plain.plain().execute_batch(&script).unwrap();
        let expected = rows_of_all(&plain.engine().await).await;
        assert_eq!(rows_of_all(&engine).await, expected);
        let sound: String = engine.query("PRAGMA integrity_check").scalar_one().await.unwrap();
        assert_eq!(sound, "ok");
    });
}

async fn rows_of_all(engine: &headwater::AsyncEngine) -> Vec<(String, i64)> {
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1";
    let mut counts = Vec::new();
    let mut tables = engine.query(names).scalars::<String>().await.unwrap();
    while let Some(table) = tables.try_next().await.unwrap() {
        let rows = headwater::sql(format!("SELECT count(*) FROM \"{table}\""));
        counts.push((table, engine.query(rows).scalar_one().await.unwrap()));
    }
    assert!(counts.len() >= 3, "{counts:?}");
    counts
}

#[test]
fn the_script_of_chinook_loads() {
    loads("chinook/chinook_sqlite.sql.gz");
}

#[test]
fn the_script_of_northwind_loads() {
    loads("northwind/northwind_sqlite.sql.gz");
}

#[test]
fn the_script_of_sakila_loads() {
    loads("sakila/sakila_sqlite.sql.gz");
}
