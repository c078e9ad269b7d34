//! `execute`: a statement for its effect, and what it says of it.

use headwater::{ErrorKind, sql};

use crate::support::{Blocker, Tank, count, eventually, fill, poll_once, run};

#[test]
fn execute_tells_the_rows_it_changed_and_the_last_id() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;

        let inserted = engine.execute("INSERT INTO t(name) VALUES ('a'), ('b')").await.unwrap();
        let updated = engine.execute("UPDATE t SET name = 'x' WHERE id <= 5").await.unwrap();
        let deleted = engine.execute(sql("DELETE FROM t WHERE id > ?").bind(9)).await.unwrap();

        assert_eq!((inserted.rows_affected(), inserted.last_insert_id()), (2, 12));
        assert_eq!(updated.rows_affected(), 5);
        assert_eq!(deleted.rows_affected(), 3);
    });
}

#[test]
fn a_statement_that_finds_nothing_to_change_has_changed_no_row() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;

        engine.execute("UPDATE t SET name = 'x'").await.unwrap();
        let none = engine.execute("UPDATE t SET name = 'x' WHERE id > 100").await.unwrap();
        let table = engine.execute("CREATE TABLE other(a)").await.unwrap();
        let read = engine.execute("SELECT * FROM t").await.unwrap();

        assert_eq!(none.rows_affected(), 0);
        assert_eq!(table.rows_affected(), 0);
        assert_eq!((read.rows_affected(), read.version()), (0, None));
    });
}

#[test]
fn rows_changed_by_triggers_and_foreign_keys_are_not_counted() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        engine
            .execute_batch(
                "CREATE TABLE a(id INTEGER PRIMARY KEY);
                 CREATE TABLE b(a REFERENCES a(id) ON DELETE CASCADE);
                 CREATE TABLE log(x);
                 CREATE TRIGGER noted AFTER DELETE ON a BEGIN
                     INSERT INTO log VALUES (1); INSERT INTO log VALUES (2); END;
                 INSERT INTO a VALUES (1), (2);
                 INSERT INTO b VALUES (1), (1), (2);",
            )
            .await
            .unwrap();

        let done = engine.execute("DELETE FROM a").await.unwrap();

        assert_eq!(done.rows_affected(), 2);
    });
}

#[test]
fn each_write_has_a_later_version() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let mut versions = Vec::new();

        for statement in [
            "INSERT INTO t VALUES (1, 'a')",
            "UPDATE t SET name = 'b'",
            "CREATE TABLE u(a)",
            "DELETE FROM t",
        ] {
            versions.push(engine.execute(statement).await.unwrap().version().unwrap());
        }

        assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    });
}

#[test]
fn a_statement_that_fails_changes_nothing_and_the_next_one_works() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;

        let failed =
            engine.execute("INSERT INTO t VALUES (10, 'a'), (11, 'b'), (3, 'again')").await;

        let failed = failed.unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::UniqueViolation);
        assert_eq!(failed.constraint().unwrap().columns, ["id"]);
        assert_eq!(count(&engine).await, 3);
        engine.execute("INSERT INTO t VALUES (10, 'a')").await.unwrap();
    });
}

#[test]
fn execute_of_a_statement_with_rows_passes_over_them() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1_000).await;

        let read = engine.execute("SELECT * FROM t").await.unwrap();
        let written = engine.execute("UPDATE t SET name = 'x' RETURNING id, name").await.unwrap();

        assert_eq!((read.rows_affected(), written.rows_affected()), (0, 1_000));
    });
}

#[test]
fn nothing_runs_before_the_first_poll() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        drop(engine.execute("DELETE FROM t"));
        drop(engine.execute_batch("DELETE FROM t"));
        drop(engine.execute_many("DELETE FROM t WHERE id = ?", [[1]]));
        drop(engine.query("DELETE FROM t RETURNING id"));

        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn a_write_dropped_before_its_first_step_ends_leaves_no_effect() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let engine = blocker.install(tank.builder()).open().await.unwrap();
        fill(&engine, 0).await;

        let mut many_steps = engine
            .execute("INSERT INTO t(name) SELECT halt() FROM json_each('[1,2,3,4,5,6,7,8,9]')");
        poll_once(&mut many_steps);
        blocker.wait();
        drop(many_steps);
        (0..9).for_each(|_| blocker.release());

        engine.execute("INSERT INTO t(name) VALUES ('next')").await.unwrap();
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn a_write_of_one_row_dropped_within_its_step_leaves_no_effect_either() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let engine = blocker.install(tank.builder()).open().await.unwrap();
        fill(&engine, 0).await;

        let mut one = engine.execute("INSERT INTO t(name) VALUES (halt())");
        poll_once(&mut one);
        blocker.wait();
        drop(one);
        blocker.release();

        engine.execute("INSERT INTO t(name) VALUES ('next')").await.unwrap();
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn a_write_dropped_while_it_waits_for_its_turn_leaves_no_effect() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let tx = engine.begin().await.unwrap();
        let mut waits = engine.execute("INSERT INTO t(name) VALUES ('dropped')");
        poll_once(&mut waits);
        eventually("it waits", || engine.status().waiting_to_write == 1);

        drop(waits);
        tx.commit().await.unwrap();

        engine.execute("INSERT INTO t(name) VALUES ('next')").await.unwrap();
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn explain_of_a_write_writes_nothing_and_needs_no_turn() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        let tx = engine.begin().await.unwrap();

        let plan = engine.query("EXPLAIN DELETE FROM t").all().await.unwrap();
        let steps =
            engine.query("EXPLAIN QUERY PLAN DELETE FROM t WHERE id = 1").all().await.unwrap();

        assert!(!plan.is_empty() && !steps.is_empty());
        tx.rollback().await.unwrap();
        assert_eq!(count(&engine).await, 1);
    });
}
