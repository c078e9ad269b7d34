//! What a member of a group does that fails in part: the same as if it stood alone.

use headwater::{AsyncEngine, ErrorKind, sql};

use crate::support::together::together;
use crate::support::{Tank, run};

async fn with_tables(tank: &Tank) -> AsyncEngine {
    let engine = tank.engine().await;
    engine
        .execute_batch(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT);
             CREATE TABLE rolls(id INTEGER UNIQUE ON CONFLICT ROLLBACK);
             CREATE TABLE fails(id INTEGER UNIQUE ON CONFLICT FAIL);
             CREATE TABLE ignores(id INTEGER UNIQUE ON CONFLICT IGNORE);
             CREATE TABLE replaces(id INTEGER UNIQUE ON CONFLICT REPLACE);
             CREATE TABLE raises(id INTEGER PRIMARY KEY);
             CREATE TRIGGER raising BEFORE INSERT ON raises BEGIN
                 SELECT CASE new.id % 10
                     WHEN 1 THEN RAISE(ABORT, 'abort')
                     WHEN 2 THEN RAISE(FAIL, 'fail')
                     WHEN 3 THEN RAISE(ROLLBACK, 'rollback')
                     WHEN 4 THEN RAISE(IGNORE)
                 END;
             END;
             INSERT INTO t VALUES (1, 'one');
             INSERT INTO rolls VALUES (1);
             INSERT INTO fails VALUES (1);
             INSERT INTO ignores VALUES (1);
             INSERT INTO replaces VALUES (1);",
        )
        .await
        .unwrap();
    engine
}

/// Runs a text among others that succeed; how it ended, with the rows that it was told of.
async fn among_others(engine: &AsyncEngine, text: &'static str) -> Result<u64, ErrorKind> {
    let before: i64 =
        engine.query("SELECT count(*) FROM t WHERE id > 1000").scalar_one().await.unwrap();
    let other = |n: i64| {
        engine.execute(
            sql("INSERT INTO t VALUES ((SELECT max(1000, max(id)) + 1 FROM t), ?)").bind(n),
        )
    };
    let work = vec![other(0), other(1), engine.execute(text), other(2), other(3)];
    let mut ends = together(engine, work).await;
    let end = ends.remove(2);
    for end in ends {
        assert_eq!(end.unwrap().rows_affected(), 1);
    }
    let names: Vec<i64> = engine
        .query(
            sql(
                "SELECT CAST(name AS INTEGER) FROM t WHERE id > 1000 ORDER BY id LIMIT -1 OFFSET ?",
            )
            .bind(before),
        )
        .scalars()
        .all()
        .await
        .unwrap();
    assert_eq!(names, [0, 1, 2, 3], "each of the others once, in order, beside `{text}`");
    end.map(|done| done.rows_affected()).map_err(|error| {
        assert_eq!(error.sql(), Some(text));
        error.kind()
    })
}

async fn ids(engine: &AsyncEngine, table: &str) -> Vec<i64> {
    let text = format!("SELECT id FROM {table} WHERE id < 1000 ORDER BY rowid");
    engine.query(sql(text)).scalars().all().await.unwrap()
}

#[test]
fn conflict_clauses_do_in_a_group_what_they_do_alone() {
    run(async {
        let tank = Tank::new();
        let engine = with_tables(&tank).await;
        let unique = Err(ErrorKind::UniqueViolation);

        let ignore = "INSERT OR IGNORE INTO t VALUES (10, 'a'), (1, 'again'), (11, 'b')";
        assert_eq!(among_others(&engine, ignore).await, Ok(2));
        let replace = "INSERT OR REPLACE INTO t VALUES (12, 'a'), (1, 'again'), (13, 'b')";
        assert_eq!(among_others(&engine, replace).await, Ok(3));
        let abort = "INSERT OR ABORT INTO t VALUES (14, 'a'), (1, 'again'), (15, 'b')";
        assert_eq!(among_others(&engine, abort).await, unique);
        let rollback = "INSERT OR ROLLBACK INTO t VALUES (16, 'a'), (1, 'again'), (17, 'b')";
        assert_eq!(among_others(&engine, rollback).await, unique);
        // Alone, it keeps the rows before the one that failed.
        let fail = "INSERT OR FAIL INTO t VALUES (18, 'a'), (1, 'again'), (19, 'b')";
        assert_eq!(among_others(&engine, fail).await, unique);

        assert_eq!(ids(&engine, "t").await, [1, 10, 11, 12, 13, 18]);
    });
}

#[test]
fn conflict_clauses_of_a_table_do_in_a_group_what_they_do_alone() {
    run(async {
        let tank = Tank::new();
        let engine = with_tables(&tank).await;
        let unique = Err(ErrorKind::UniqueViolation);

        assert_eq!(among_others(&engine, "INSERT INTO rolls VALUES (2), (1), (3)").await, unique);
        assert_eq!(among_others(&engine, "INSERT INTO fails VALUES (2), (1), (3)").await, unique);
        assert_eq!(among_others(&engine, "INSERT INTO ignores VALUES (2), (1), (3)").await, Ok(2));
        assert_eq!(among_others(&engine, "INSERT INTO replaces VALUES (2), (1), (3)").await, Ok(3));

        assert_eq!(ids(&engine, "rolls").await, [1]);
        assert_eq!(ids(&engine, "fails").await, [1, 2]);
        assert_eq!(ids(&engine, "ignores").await, [1, 2, 3]);
        assert_eq!(ids(&engine, "replaces").await, [2, 1, 3]);
    });
}

#[test]
fn triggers_that_raise_do_in_a_group_what_they_do_alone() {
    run(async {
        let tank = Tank::new();
        let engine = with_tables(&tank).await;

        let raised = |text| among_others(&engine, text);
        let abort = raised("INSERT INTO raises VALUES (5), (1), (6)").await.unwrap_err();
        let fail = raised("INSERT INTO raises VALUES (15), (2), (16)").await.unwrap_err();
        let rollback = raised("INSERT INTO raises VALUES (25), (3), (26)").await.unwrap_err();
        let ignore = raised("INSERT INTO raises VALUES (35), (4), (36)").await;

        let plain = tank.plain();
        let alone = plain.execute("INSERT INTO raises VALUES (1)", []).unwrap_err();
        assert!(alone.to_string().contains("abort"));
        assert_eq!((abort, fail, rollback), (abort, abort, abort));
        assert_eq!(ignore, Ok(2));
        assert_eq!(ids(&engine, "raises").await, [15, 35, 36]);
    });
}

#[test]
fn a_statement_that_fails_in_the_midst_of_its_rows_leaves_none_of_them() {
    run(async {
        let tank = Tank::new();
        let engine = tank
            .builder()
            .on_connect(|c| {
                let flags = rusqlite::functions::FunctionFlags::SQLITE_UTF8;
                c.create_scalar_function("small", 1, flags, |call| {
                    let n: i64 = call.get(0)?;
                    let error = rusqlite::Error::UserFunctionError("too large".into());
                    if n < 500 { Ok(n) } else { Err(error) }
                })
            })
            .open()
            .await
            .unwrap();
        engine.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT)").await.unwrap();
        engine
            .execute_many("INSERT INTO t VALUES (?, 'x')", (1..=999_i64).map(|n| (n,)))
            .await
            .unwrap();

        let text = "UPDATE t SET name = small(id)";
        let end = among_others(&engine, text).await;

        assert_eq!(end, Err(engine.execute(text).await.unwrap_err().kind()));
        let changed: i64 = engine
            .query("SELECT count(*) FROM t WHERE id < 1000 AND name <> 'x'")
            .scalar_one()
            .await
            .unwrap();
        assert_eq!(changed, 0);
    });
}

#[test]
fn a_deferred_foreign_key_fails_the_member_that_violates_it_and_no_other() {
    run(async {
        let tank = Tank::new();
        let engine = with_tables(&tank).await;
        engine
            .execute_batch(
                "CREATE TABLE parents(id INTEGER PRIMARY KEY);
                 CREATE TABLE children(
                     id INTEGER PRIMARY KEY,
                     parent INTEGER REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED
                 );
                 INSERT INTO parents VALUES (1)",
            )
            .await
            .unwrap();

        let violates = among_others(&engine, "INSERT INTO children VALUES (1, 99)").await;
        let holds = among_others(&engine, "INSERT INTO children VALUES (2, 1)").await;
        let immediate = among_others(&engine, "DELETE FROM parents WHERE id = 1").await;

        assert_eq!(violates, Err(ErrorKind::ForeignKeyViolation));
        assert_eq!(holds, Ok(1));
        assert_eq!(immediate, Err(ErrorKind::ForeignKeyViolation));
        assert_eq!(ids(&engine, "children").await, [2]);
        assert_eq!(ids(&engine, "parents").await, [1]);
    });
}

#[test]
fn a_member_does_not_make_good_the_foreign_key_that_one_before_it_violates() {
    run(async {
        let tank = Tank::new();
        let engine = with_tables(&tank).await;
        engine
            .execute_batch(
                "CREATE TABLE parents(id INTEGER PRIMARY KEY);
                 CREATE TABLE children(
                     id INTEGER PRIMARY KEY,
                     parent INTEGER REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED
                 )",
            )
            .await
            .unwrap();

        let ends = together(
            &engine,
            vec![
                engine.execute("INSERT INTO children VALUES (1, 1)"),
                engine.execute("INSERT INTO parents VALUES (1)"),
            ],
        )
        .await;

        // One after the other, the first has no parent when it commits.
        assert_eq!(ends[0].as_ref().unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
        assert_eq!(ends[1].as_ref().unwrap().rows_affected(), 1);
        assert_eq!(ids(&engine, "children").await, Vec::<i64>::new());
    });
}
