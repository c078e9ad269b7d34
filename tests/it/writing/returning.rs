//! RETURNING: all of the effect, then the commit, then the rows.

use headwater::{ErrorKind, sql};

use crate::support::{Blocker, Tank, count, fill, poll_once, run};

const HUNDRED: &str = "INSERT INTO t(name) SELECT 'new' FROM t a, t b LIMIT 100 RETURNING id, name";

#[test]
fn rows_come_after_the_commit() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;

        let mut result = engine.query(sql(HUNDRED).batch_rows(10)).await.unwrap();

        // Not a row is read yet, and everybody sees all of it; the next writer waits for nobody.
        assert_eq!(
            tank.plain().query_row("SELECT count(*) FROM t", [], |r| r.get::<_, i64>(0)).unwrap(),
            110
        );
        engine.execute("DELETE FROM t").await.unwrap();
        let mut ids = Vec::new();
        while let Some(row) = result.try_next().await.unwrap() {
            ids.push(row.get::<i64>("id").unwrap());
        }
        assert_eq!(ids, (11..=110).collect::<Vec<_>>());
        let done = result.done().unwrap();
        assert_eq!(done.rows_affected(), 100);
        assert!(done.version().is_some());
    });
}

#[test]
fn the_commits_error_is_the_futures_error() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        engine
            .execute_batch(
                "CREATE TABLE parent(id INTEGER PRIMARY KEY);
                 CREATE TABLE child(id INTEGER PRIMARY KEY,
                     parent REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)",
            )
            .await
            .unwrap();
        const ORPHAN: &str = "INSERT INTO child(parent) VALUES (7) RETURNING id";

        let opened = engine.query(ORPHAN).await.map(drop).unwrap_err();
        let collected = engine.query(ORPHAN).all().await.unwrap_err();
        let first = engine.query(ORPHAN).first().await.unwrap_err();
        let one = engine.query(ORPHAN).scalar_one::<i64>().await.unwrap_err();

        for error in [opened, collected, first, one] {
            assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation, "{error}");
        }
        let children: i64 = engine.query("SELECT count(*) FROM child").scalar_one().await.unwrap();
        assert_eq!(children, 0);
    });
}

#[test]
fn first_and_one_keep_the_whole_effect() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;

        let first =
            engine.query(HUNDRED).scalars::<(i64, String)>().first().await.unwrap().unwrap();
        let one = engine.query(HUNDRED).one().await.unwrap_err();
        let none = engine.query(HUNDRED).one_or_none().await.unwrap_err();
        let scalar: Option<i64> = engine.query(HUNDRED).scalar().await.unwrap();

        assert_eq!(first, (11, "new".to_owned()));
        assert_eq!([one.kind(), none.kind()], [ErrorKind::MultipleRows; 2]);
        assert_eq!(scalar, Some(311));
        assert_eq!(count(&engine).await, 410);
    });
}

#[test]
fn the_common_insert_returning_one_row_is_one() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let id: i64 = engine
            .query("INSERT INTO t(name) VALUES ('a') RETURNING id")
            .scalar_one()
            .await
            .unwrap();
        let (id_2, name): (i64, String) = engine
            .query("UPDATE t SET name = 'b' RETURNING id, name")
            .scalars()
            .one()
            .await
            .unwrap();
        let gone = engine.query("DELETE FROM t RETURNING id").scalars::<i64>().all().await.unwrap();

        assert_eq!((id, id_2, name.as_str()), (1, 1, "b"));
        assert_eq!(gone, [1]);
    });
}

#[test]
fn a_result_dropped_after_its_first_row_keeps_the_whole_effect() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;

        let mut result = engine.query(sql(HUNDRED).batch_rows(10)).await.unwrap();
        result.try_next().await.unwrap().unwrap();
        drop(result);

        engine.execute("UPDATE t SET name = 'next'").await.unwrap();
        assert_eq!(count(&engine).await, 110);
    });
}

#[test]
fn a_result_dropped_before_its_first_row_keeps_the_whole_effect_once_it_is_open() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;

        drop(engine.query(sql(HUNDRED).batch_rows(10)).await.unwrap());

        assert_eq!(count(&engine).await, 110);
    });
}

#[test]
fn a_query_dropped_before_its_first_step_ends_leaves_no_effect() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let engine = blocker.install(tank.builder()).open().await.unwrap();
        fill(&engine, 0).await;

        let insert = "INSERT INTO t(name) SELECT halt() FROM json_each('[1,2,3]') RETURNING id";
        let mut opening = Box::pin(async { engine.query(insert).await.map(drop) });
        poll_once(&mut opening);
        blocker.wait();
        drop(opening);
        (0..3).for_each(|_| blocker.release());

        engine.execute("INSERT INTO t(name) VALUES ('next')").await.unwrap();
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn large_results_go_through_a_temporary_file_whole_and_in_order() {
    run(async {
        let tank = Tank::new();
        let builder = tank.builder().spill_memory(1 << 10).batch_bytes(4 << 10);
        let engine = builder.open().await.unwrap();
        fill(&engine, 3_000).await;

        let update =
            "UPDATE t SET name = name || ' with a tail that makes it longer' RETURNING id, name";
        let mut result = engine.query(update).scalars::<(i64, String)>().await.unwrap();
        let first = result.try_next().await.unwrap().unwrap();
        // Another writer does not disturb what waits in the file.
        engine.execute("DELETE FROM t").await.unwrap();
        let rest = result.all().await.unwrap();

        assert_eq!(first, (1, "name 1 with a tail that makes it longer".to_owned()));
        assert_eq!(rest.len(), 2_999);
        for (expected, (id, name)) in (2..).zip(rest) {
            assert_eq!(
                (id, name),
                (expected, format!("name {expected} with a tail that makes it longer"))
            );
        }
    });
}

#[test]
fn all_kinds_of_values_survive_the_temporary_file() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().spill_memory(0).open().await.unwrap();
        fill(&engine, 1).await;

        let returning =
            "UPDATE t SET name = 'é' RETURNING NULL, -7, 1.5, name, x'00ff', '', zeroblob(0)";
        type Row = (Option<i64>, i64, f64, String, Vec<u8>, String, Vec<u8>);
        let row: Row = engine.query(returning).scalars().one().await.unwrap();

        let expected = (None, -7, 1.5, "é".to_owned(), vec![0, 255], String::new(), Vec::new());
        assert_eq!(row, expected);
    });
}

#[test]
fn in_a_transaction_rows_come_before_its_commit_and_the_transaction_goes_on() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;

        let tx = engine.begin().await.unwrap();
        let mut result = tx.query(sql(HUNDRED).batch_rows(10)).await.unwrap();
        result.try_next().await.unwrap().unwrap();
        tx.execute("INSERT INTO t(name) VALUES ('beside')").await.unwrap();
        drop(result);
        tx.commit().await.unwrap();

        assert_eq!(count(&engine).await, 111);
    });
}

#[test]
fn a_failing_row_leaves_no_effect_and_no_rows() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(10).await;

        let failed = engine
            .query("INSERT INTO t SELECT value, 'x' FROM json_each('[100, 101, 5]') RETURNING id")
            .await
            .map(drop)
            .unwrap_err();

        assert!(failed.is_unique_violation());
        assert_eq!(count(&engine).await, 10);
    });
}

#[test]
fn a_transaction_begun_while_rows_wait_for_their_consumer_is_its_own() {
    run(async {
        let tank = Tank::new();
        let builder = tank.builder().batch_rows(8).batches(1);
        let engine = builder.open().await.unwrap();
        fill(&engine, 500).await;

        let mut rows = engine.query("UPDATE t SET name = 'new' RETURNING id").await.unwrap();
        rows.try_next().await.unwrap().unwrap();
        let tx = engine.begin().await.unwrap();
        tx.execute("DELETE FROM t WHERE id = 1").await.unwrap();
        assert_eq!(rows.all().await.unwrap().len(), 499);
        tx.execute("DELETE FROM t WHERE id = 2").await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(count(&engine).await, 498);
    });
}

#[test]
fn a_timeout_that_passes_after_the_commit_takes_no_rows_away() {
    run(async {
        let tank = Tank::new();
        let clock = headwater::Clock::manual();
        let builder = tank.builder().batch_rows(8).batches(1).clock(clock.clone());
        let engine = builder.open().await.unwrap();
        fill(&engine, 500).await;

        let second = std::time::Duration::from_secs(1);
        let update = headwater::sql("UPDATE t SET name = 'new' RETURNING id").timeout(second);
        let mut rows = engine.query(update).await.unwrap();
        rows.try_next().await.unwrap().unwrap();
        clock.advance(2 * second);

        assert_eq!(rows.all().await.unwrap().len(), 499);
    });
}
