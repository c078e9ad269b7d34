//! What a text may do where: transaction words and a connection's own state.

use futures::poll;
use headwater::{AsyncConnection, AsyncEngine, ErrorKind, sql};

use super::{assert_untouched, filled, refusals};
use crate::support::{Tank, eventually, run};

const WORDS: [&str; 9] = [
    "BEGIN",
    "BEGIN IMMEDIATE",
    "begin /* quietly */ exclusive transaction",
    "COMMIT",
    "END",
    "ROLLBACK",
    "SAVEPOINT s",
    "RELEASE s",
    "ROLLBACK TO s",
];

/// Texts that change the connection itself, and what an error says of each.
const STATE: [(&str, &str); 9] = [
    ("ATTACH ':memory:' AS other", "ATTACH"),
    ("CREATE TEMP TABLE x(a)", "TEMP"),
    ("CREATE TEMP VIEW x AS SELECT 1", "TEMP"),
    ("PRAGMA foreign_keys=OFF", "PRAGMA foreign_keys"),
    ("PRAGMA foreign_keys(0)", "PRAGMA foreign_keys"),
    ("PRAGMA synchronous=OFF", "PRAGMA synchronous"),
    ("PRAGMA cache_size=7", "PRAGMA cache_size"),
    ("PRAGMA query_only=ON", "PRAGMA query_only"),
    ("PRAGMA main.journal_mode=DELETE", "PRAGMA journal_mode"),
];

/// What the pragmas of [`STATE`] change, as the defaults have it.
const READ_STATE: &str = "SELECT (SELECT foreign_keys FROM pragma_foreign_keys)
    || (SELECT synchronous FROM pragma_synchronous)
    || (SELECT cache_size FROM pragma_cache_size)
    || (SELECT query_only FROM pragma_query_only)
    || (SELECT journal_mode FROM pragma_journal_mode)
    || (SELECT count(*) FROM pragma_database_list WHERE name <> 'temp')
    || (SELECT count(*) FROM sqlite_temp_schema)";
const STATE_BY_DEFAULT: &str = "11-20480wal10";

async fn state(connection: &AsyncConnection) -> String {
    connection.query(READ_STATE).scalar_one().await.unwrap()
}

#[test]
fn transaction_words_are_refused_on_the_engine() {
    run(async {
        let (_tank, engine) = filled().await;
        for words in WORDS {
            for error in refusals(&engine, sql(words)).await {
                assert_eq!(error.kind(), ErrorKind::Statement, "{words}");
                assert!(error.to_string().contains("`begin()`"), "{words}: {error}");
            }
        }
        engine.execute("INSERT INTO t VALUES (4, 'name 4')").await.unwrap();
        assert_untouched(&engine, 4).await;
    });
}

#[test]
fn transaction_words_are_refused_in_a_transaction() {
    run(async {
        let (_tank, engine) = filled().await;
        let tx = engine.begin().await.unwrap();
        let savepoint = tx.savepoint().await.unwrap();
        tx.execute("INSERT INTO t VALUES (4, 'name 4')").await.unwrap();
        for words in WORDS {
            for error in [
                tx.execute(words).await.unwrap_err(),
                tx.query(words).all().await.unwrap_err(),
                savepoint.execute(words).await.unwrap_err(),
                tx.execute_batch(words).await.unwrap_err(),
            ] {
                assert_eq!(error.kind(), ErrorKind::Statement, "{words}");
                assert!(error.to_string().contains("`commit()`"), "{words}: {error}");
            }
        }
        savepoint.commit().await.unwrap();
        tx.commit().await.unwrap();
        assert_untouched(&engine, 4).await;
    });
}

#[test]
fn transaction_words_are_refused_in_a_snapshot() {
    run(async {
        let (_tank, engine) = filled().await;
        let snapshot = engine.snapshot().await.unwrap();
        engine.execute("INSERT INTO t VALUES (4, 'name 4')").await.unwrap();
        for words in WORDS {
            let error = snapshot.execute(words).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Statement, "{words}");
        }
        assert_eq!(snapshot.query("SELECT count(*) FROM t").scalar_one::<i64>().await.unwrap(), 3);
    });
}

#[test]
fn transaction_words_run_on_a_connection() {
    run(async {
        let (_tank, engine) = filled().await;
        let connection = engine.connect().await.unwrap();

        connection.execute("BEGIN").await.unwrap();
        connection.execute("INSERT INTO t VALUES (4, 'name 4')").await.unwrap();
        connection.execute("SAVEPOINT s").await.unwrap();
        connection.execute("DELETE FROM t").await.unwrap();
        connection.execute("ROLLBACK TO s").await.unwrap();
        connection.execute("RELEASE s").await.unwrap();
        assert_untouched(&engine, 3).await;
        connection.execute("COMMIT").await.unwrap();

        assert_untouched(&engine, 4).await;
        connection.execute("BEGIN IMMEDIATE").await.unwrap();
        connection.execute("DELETE FROM t").await.unwrap();
        connection.execute("ROLLBACK").await.unwrap();
        assert_untouched(&engine, 4).await;
    });
}

#[test]
fn transaction_words_run_in_a_script() {
    run(async {
        let (_tank, engine) = filled().await;

        let script = "BEGIN; INSERT INTO t VALUES (4, 'name 4'); COMMIT;
            BEGIN; DELETE FROM t; ROLLBACK;";
        engine.execute_batch(script).await.unwrap();
        engine
            .connect()
            .await
            .unwrap()
            .execute_batch("BEGIN; INSERT INTO t VALUES (5, 'name 5'); COMMIT")
            .await
            .unwrap();

        assert_untouched(&engine, 5).await;
    });
}

#[test]
fn a_script_that_leaves_a_transaction_open_is_rolled_back() {
    run(async {
        let (_tank, engine) = filled().await;

        let error = engine.execute_batch("BEGIN; DELETE FROM t;").await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Statement);
        assert_untouched(&engine, 3).await;
        engine.execute("INSERT INTO t VALUES (4, 'name 4')").await.unwrap();
    });
}

#[test]
fn begin_as_text_waits_for_its_turn_to_write_and_commit_gives_it_back() {
    run(async {
        let (_tank, engine) = filled().await;
        let connection = engine.connect().await.unwrap();
        let tx = engine.begin().await.unwrap();
        let mut begin = connection.execute("BEGIN IMMEDIATE");
        assert!(poll!(&mut begin).is_pending());
        eventually("it waits at the gate", || engine.status().waiting_to_write == 1);
        tx.commit().await.unwrap();
        begin.await.unwrap();
        let mut insert = engine.execute("INSERT INTO t VALUES (4, 'name 4')");
        assert!(poll!(&mut insert).is_pending());
        eventually("the insert waits", || engine.status().waiting_to_write == 1);

        connection.execute("COMMIT").await.unwrap();

        insert.await.unwrap();
    });
}

#[test]
fn a_transaction_begun_as_text_is_rolled_back_when_its_connection_is_dropped() {
    run(async {
        let (_tank, engine) = filled().await;
        let connection = engine.connect().await.unwrap();
        connection.execute("BEGIN").await.unwrap();
        connection.execute("DELETE FROM t").await.unwrap();

        drop(connection);

        engine.execute("INSERT INTO t VALUES (4, 'name 4')").await.unwrap();
        assert_untouched(&engine, 4).await;
    });
}

#[test]
fn a_change_of_the_connection_is_refused_on_the_engine_and_points_to_on_connect() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        crate::support::fill(&engine, 3).await;
        for (text, what) in STATE {
            for error in refusals(&engine, sql(text)).await {
                assert_eq!(error.kind(), ErrorKind::Statement, "{text}");
                let said = error.to_string();
                assert!(said.contains(what) && said.contains("`on_connect`"), "{text}: {said}");
            }
        }
        assert_untouched(&engine, 3).await;
    });
}

#[test]
fn a_refused_change_of_the_connection_has_not_happened() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        for (text, _) in STATE {
            engine.execute(text).await.unwrap_err();
            engine.query(sql(text)).all().await.unwrap_err();
            engine.snapshot().await.unwrap().execute(text).await.unwrap_err();

            let connection = engine.connect().await.unwrap();
            assert_eq!(state(&connection).await, STATE_BY_DEFAULT, "{text}");
        }
    });
}

#[test]
fn to_explain_a_change_of_the_connection_changes_nothing() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        for (text, _) in STATE {
            // Some pragmas take effect when they are prepared, which EXPLAIN does too.
            let _ = engine.query(sql(format!("EXPLAIN {text}"))).all().await;

            let connection = engine.connect().await.unwrap();
            assert_eq!(state(&connection).await, STATE_BY_DEFAULT, "{text}");
        }
    });
}

#[test]
fn a_change_of_the_connection_behind_another_statement_has_not_happened() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        for (text, _) in STATE {
            let two = sql(format!("SELECT 1; {text}"));

            let error = engine.execute(&two).await.unwrap_err();

            assert_eq!(error.kind(), ErrorKind::Statement);
            let connection = engine.connect().await.unwrap();
            assert_eq!(state(&connection).await, STATE_BY_DEFAULT, "{text}");
        }
    });
}

#[test]
fn a_connection_whose_state_changed_is_closed_when_it_goes_back_and_replaced() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        for (text, _) in STATE.into_iter().filter(|(text, _)| !text.contains("journal_mode")) {
            let connection = engine.connect().await.unwrap();
            connection.execute(text).await.unwrap();
            assert_ne!(state(&connection).await, STATE_BY_DEFAULT, "{text}");
            drop(connection);

            let connection = engine.connect().await.unwrap();
            assert_eq!(state(&connection).await, STATE_BY_DEFAULT, "{text}");
        }
        eventually("the changed ones are closed", || engine.status().connections == 1);
    });
}

#[test]
fn a_connection_that_was_changed_by_a_failing_statement_is_replaced_too() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        for text in ["PRAGMA foreign_keys=OFF", "EXPLAIN PRAGMA foreign_keys=OFF"] {
            let connection = engine.connect().await.unwrap();
            let superfluous = sql(text).bind(1);
            assert_eq!(connection.execute(&superfluous).await.unwrap_err().kind(), ErrorKind::Bind);
            connection.execute(sql(format!("{text}; SELECT 1"))).await.unwrap_err();
            drop(connection);

            let connection = engine.connect().await.unwrap();
            assert_eq!(state(&connection).await, STATE_BY_DEFAULT, "{text}");
        }
    });
}

#[test]
fn a_connection_changed_by_a_script_or_by_code_of_the_callers_is_replaced() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        let connection = engine.connect().await.unwrap();
        connection.execute_batch("SELECT 1; PRAGMA cache_size=7;").await.unwrap();
        drop(connection);
        let connection = engine.connect().await.unwrap();
        assert_eq!(state(&connection).await, STATE_BY_DEFAULT);
        connection
            .with_sqlite(|c| c.execute_batch("CREATE TEMP TABLE x(a)"))
            .await
            .unwrap()
            .unwrap();
        drop(connection);
        let connection = engine.connect().await.unwrap();
        assert_eq!(state(&connection).await, STATE_BY_DEFAULT);
        drop(connection);

        engine.execute_batch("CREATE TEMP TABLE x(a); PRAGMA foreign_keys=OFF").await.unwrap();

        let connection = engine.connect().await.unwrap();
        assert_eq!(state(&connection).await, STATE_BY_DEFAULT);
        drop(connection);
        // Scripts run on the connection that writes.
        let tx = engine.begin().await.unwrap();
        assert_eq!(tx.query(READ_STATE).scalar_one::<String>().await.unwrap(), STATE_BY_DEFAULT);
    });
}

#[test]
fn a_transaction_may_change_its_connection_which_is_then_replaced() {
    run(async {
        let (_tank, engine) = filled().await;
        let tx = engine.begin().await.unwrap();
        tx.execute("CREATE TEMP TABLE x(a)").await.unwrap();
        tx.execute("INSERT INTO x VALUES (1)").await.unwrap();
        tx.commit().await.unwrap();

        let tx = engine.begin().await.unwrap();

        assert_eq!(tx.query("SELECT * FROM x").all().await.unwrap_err().kind(), ErrorKind::Syntax);
    });
}

#[test]
fn the_busy_timeout_cannot_be_replaced_by_a_text() {
    run(async {
        let (_tank, engine) = filled().await;
        let connection = engine.connect().await.unwrap();
        let script = "SELECT 1; PRAGMA main.BUSY_TIMEOUT = 0";
        let scripts = [
            engine.execute_batch(script).await.unwrap_err(),
            connection.execute_batch(script).await.unwrap_err(),
        ];
        let tx = engine.begin().await.unwrap();
        let text = "PRAGMA busy_timeout=0";
        let texts = [
            engine.execute(text).await.unwrap_err(),
            engine.query("PRAGMA busy_timeout(1)").all().await.unwrap_err(),
            connection.execute(text).await.unwrap_err(),
            tx.execute_batch(script).await.unwrap_err(),
            tx.execute(text).await.unwrap_err(),
            engine.snapshot().await.unwrap().execute(text).await.unwrap_err(),
        ];

        for error in scripts.into_iter().chain(texts) {
            assert_eq!(error.kind(), ErrorKind::Statement, "{error}");
            assert!(error.to_string().contains("set `busy_timeout` in the URL"), "{error}");
        }
    });
}

#[test]
fn pragmas_that_ask_or_are_of_the_database_run_everywhere() {
    async fn ask(engine: &AsyncEngine, text: &'static str) {
        engine.query(text).all().await.unwrap_or_else(|error| panic!("{text}: {error}"));
        engine.begin().await.unwrap().query(text).all().await.unwrap();
        engine.connect().await.unwrap().query(text).all().await.unwrap();
    }

    run(async {
        let (_tank, engine) = filled().await;
        for text in [
            "PRAGMA foreign_keys",
            "PRAGMA table_info(t)",
            "PRAGMA integrity_check",
            "PRAGMA integrity_check(5)",
            "PRAGMA user_version",
            "PRAGMA user_version=7",
            "PRAGMA application_id=7",
            "SELECT * FROM pragma_table_list",
            "SELECT name FROM pragma_table_info('t')",
        ] {
            ask(&engine, text).await;
        }
        assert_eq!(engine.query("PRAGMA user_version").scalar_one::<i64>().await.unwrap(), 7);
        let before = engine.status().connections;
        engine.execute("PRAGMA user_version=8").await.unwrap();
        assert_eq!(engine.status().connections, before);
    });
}

#[test]
fn explaining_a_write_is_a_read() {
    run(async {
        let (_tank, engine) = filled().await;
        let snapshot = engine.snapshot().await.unwrap();

        let plan = snapshot.query("EXPLAIN DELETE FROM t").all().await.unwrap();
        let short =
            engine.query("EXPLAIN QUERY PLAN DELETE FROM t WHERE id = 1").all().await.unwrap();

        assert!(!plan.is_empty() && !short.is_empty());
        assert_untouched(&engine, 3).await;
    });
}
