//! What each member of a group is told: its own count, its own key, its own rows, its own error.

use headwater::{ErrorKind, sql};

use crate::support::together::{Work, in_one_commit, run_of, together};
use crate::support::{Tank, count, fill, run};

#[test]
fn writes_that_wait_together_share_a_commit() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        in_one_commit(&engine, || {
            (0..8).map(|_| engine.execute("INSERT INTO t(name) VALUES ('a')")).collect()
        })
        .await;

        assert_eq!(count(&engine).await % 8, 0);
    });
}

#[test]
fn without_group_commit_each_write_is_a_commit() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().group_commit(false).open().await.unwrap();
        fill(&engine, 0).await;

        let work = (0..20).map(|_| engine.execute("INSERT INTO t(name) VALUES ('a')")).collect();
        let dones = together(&engine, work).await;

        let versions: Vec<_> = dones.into_iter().map(|done| done.unwrap().version()).collect();
        assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
        assert_eq!(count(&engine).await, 20);
    });
}

#[test]
fn the_switch_is_an_option_of_the_url_too() {
    run(async {
        let tank = Tank::new();
        let url = format!("{}?group_commit=off", tank.url());
        let engine = headwater::AsyncEngine::open(url).await.unwrap();
        fill(&engine, 0).await;

        let work = (0..5).map(|_| engine.execute("INSERT INTO t(name) VALUES ('a')")).collect();
        let dones = together(&engine, work).await;

        let versions: Vec<_> = dones.into_iter().map(|done| done.unwrap().version()).collect();
        assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    });
}

#[test]
fn each_member_is_told_its_own_count_and_key() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(6).await;

        let dones = together(
            &engine,
            vec![
                engine.execute("INSERT INTO t(id, name) VALUES (100, 'a')"),
                engine.execute("UPDATE t SET name = 'b' WHERE id <= 4"),
                engine.execute("INSERT INTO t(id, name) VALUES (200, 'c'), (201, 'd')"),
                engine.execute("DELETE FROM t WHERE id = 5"),
                engine.execute("UPDATE t SET name = 'none' WHERE id = -1"),
                engine.execute("DELETE FROM t"),
            ],
        )
        .await;

        let told: Vec<_> = dones
            .into_iter()
            .map(Result::unwrap)
            .map(|done| (done.rows_affected(), done.last_insert_id()))
            .collect();
        assert_eq!(told, [(1, 100), (4, 100), (2, 201), (1, 201), (0, 201), (8, 201)]);
    });
}

#[test]
fn a_failing_member_fails_alone_with_its_own_error_and_text() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        engine
            .execute(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (name <> 'x'))",
            )
            .await
            .unwrap();
        engine.execute("INSERT INTO t VALUES (1, 'one')").await.unwrap();
        let texts = [
            "INSERT INTO t VALUES (2, 'two')",
            "INSERT INTO t VALUES (1, 'again')",
            "INSERT INTO t VALUES (3, NULL)",
            "INSERT INTO t VALUES (4, 'x')",
            "INSERT INTO missing VALUES (5, 'five')",
            "INSERT INTO t VALUES (6, ?)",
            "INSERT OR ABORT INTO t VALUES (7, 'seven'), (1, 'again')",
            "INSERT INTO t VALUES (8, 'eight')",
        ];

        let ends = together(&engine, texts.map(|text| engine.execute(text)).into()).await;

        let kinds: Vec<_> =
            ends.iter().map(|end| end.as_ref().err().map(headwater::Error::kind)).collect();
        assert_eq!(
            kinds,
            [
                None,
                Some(ErrorKind::UniqueViolation),
                Some(ErrorKind::NotNullViolation),
                Some(ErrorKind::CheckViolation),
                Some(ErrorKind::Syntax),
                Some(ErrorKind::Bind),
                Some(ErrorKind::UniqueViolation),
                None,
            ]
        );
        for (end, text) in ends.iter().zip(texts) {
            if let Err(error) = end {
                assert_eq!(error.sql(), Some(text), "{error}");
            }
        }
        let left: Vec<i64> = engine.query("SELECT id FROM t").scalars().all().await.unwrap();
        assert_eq!(left, [1, 2, 8]);
    });
}

#[test]
fn the_error_of_a_member_says_what_it_says_alone() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        let texts = [
            "INSERT INTO t VALUES (1, 'again')",
            "INSERT INTO t VALUES (2, missing)",
            "UPDATE t SET id = 'no number'",
            "INSERT INTO t(name) VALUES (abs(-9223372036854775808))",
        ];

        let ends = together(&engine, texts.map(|text| engine.execute(text)).into()).await;

        for (end, text) in ends.into_iter().zip(texts) {
            let (grouped, alone) = (end.unwrap_err(), engine.execute(text).await.unwrap_err());
            assert_eq!(grouped.kind(), alone.kind());
            assert_eq!(grouped.to_string(), alone.to_string());
            assert_eq!(grouped.sql(), alone.sql());
            assert_eq!(grouped.offset(), alone.offset());
            assert_eq!(grouped.sqlite_code(), alone.sqlite_code());
            assert_eq!(grouped.constraint(), alone.constraint());
        }
    });
}

#[test]
fn members_give_their_returning_rows() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;
        let insert = |id: i64| sql("INSERT INTO t VALUES (?, 'new') RETURNING id, name").bind(id);

        let work: Vec<Work<Vec<(i64, String)>>> = vec![
            Box::pin(engine.query(insert(10)).scalars().all()),
            Box::pin(
                engine
                    .query("UPDATE t SET name = 'b' WHERE id <= 3 RETURNING id, name")
                    .scalars()
                    .all(),
            ),
            Box::pin(
                engine.query("DELETE FROM t WHERE id = -1 RETURNING id, name").scalars().all(),
            ),
            Box::pin(engine.query(insert(1)).scalars().all()),
            Box::pin(engine.query(insert(11)).scalars().all()),
        ];
        let ends = together(&engine, work).await;

        let rows: Vec<_> = ends.into_iter().map(|end| end.map_err(|error| error.kind())).collect();
        let row = |id: i64, name: &str| (id, name.to_owned());
        assert_eq!(
            rows,
            [
                Ok(vec![row(10, "new")]),
                Ok(vec![row(1, "b"), row(2, "b"), row(3, "b")]),
                Ok(vec![]),
                Err(ErrorKind::UniqueViolation),
                Ok(vec![row(11, "new")]),
            ]
        );
    });
}

const UPDATE: &str = "UPDATE t SET name = 'b' RETURNING id";

#[test]
fn one_row_methods_work_on_members() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;

        let scalar =
            |text: &'static str| -> Work<i64> { Box::pin(engine.query(text).scalar_one::<i64>()) };
        let first = async |engine: headwater::AsyncEngine| {
            Ok(engine.query(UPDATE).scalars::<i64>().first().await?.unwrap_or(-1))
        };
        let work: Vec<Work<i64>> = vec![
            scalar("INSERT INTO t VALUES (10, 'a') RETURNING id"),
            scalar("DELETE FROM t WHERE id = -1 RETURNING id"),
            Box::pin(first(engine.clone())),
            Box::pin(engine.query(UPDATE).scalars::<i64>().one()),
            scalar("INSERT INTO t VALUES (11, 'a') RETURNING id"),
        ];
        let ends = together(&engine, work).await;

        let ends: Vec<_> = ends.into_iter().map(|end| end.map_err(|error| error.kind())).collect();
        let expected =
            [Ok(10), Err(ErrorKind::NoRows), Ok(1), Err(ErrorKind::MultipleRows), Ok(11)];
        assert_eq!(ends, expected);
        // Each had its effect, whatever was read of its rows.
        let changed: i64 =
            engine.query("SELECT count(*) FROM t WHERE name = 'b'").scalar_one().await.unwrap();
        assert_eq!(changed, 4);
    });
}

#[test]
fn returning_rows_that_are_too_many_to_be_kept_beside_others_come_all_the_same() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().spill_memory(4 << 10).open().await.unwrap();
        fill(&engine, 2_000).await;
        let rename = |name: &'static str| -> Work<Vec<(i64, String)>> {
            let text = sql("UPDATE t SET name = ? RETURNING id, name").bind(name);
            Box::pin(engine.query(text).scalars().all())
        };

        let ends = together(&engine, vec![rename("a"), rename("b"), rename("c")]).await;

        for (end, name) in ends.into_iter().zip(["a", "b", "c"]) {
            let rows = end.unwrap();
            assert_eq!(rows.len(), 2_000);
            assert!(rows.iter().zip(1..).all(|(row, id)| *row == (id, name.to_owned())));
        }
    });
}

#[test]
fn a_member_with_many_rows_whose_caller_does_not_look_keeps_nobody_from_writing() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().spill_memory(4 << 10).batch_rows(10).open().await.unwrap();
        fill(&engine, 2_000).await;
        let held = engine.begin().await.unwrap();
        let mut unread: Work<Vec<i64>> =
            Box::pin(engine.query("UPDATE t SET name = 'a' RETURNING id").scalars().all());
        let mut next = run_of(engine.execute("DELETE FROM t WHERE id = 1"));
        crate::support::together::queue(&engine, std::slice::from_mut(&mut unread));
        crate::support::together::queue(&engine, std::slice::from_mut(&mut next));

        drop(held);
        // While nobody polls the first.
        next.await.unwrap();
        engine.execute("DELETE FROM t WHERE id = 2").await.unwrap();

        assert_eq!(unread.await.unwrap().len(), 2_000);
        assert_eq!(count(&engine).await, 1_998);
    });
}

#[test]
fn a_member_reads_what_those_before_it_wrote_and_nothing_of_one_that_failed() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        let ends = together(
            &engine,
            vec![
                engine.execute("INSERT INTO t VALUES (2, 'two')"),
                engine.execute("INSERT INTO t VALUES (3, 'three'), (1, 'again')"),
                engine.execute("INSERT INTO t SELECT max(id) + 10, 'sum ' || sum(id) FROM t"),
                engine.execute("INSERT INTO t SELECT max(id) + 10, 'sum ' || sum(id) FROM t"),
            ],
        )
        .await;

        assert_eq!(ends[1].as_ref().unwrap_err().kind(), ErrorKind::UniqueViolation);
        let rows: Vec<(i64, String)> =
            engine.query("SELECT id, name FROM t").scalars().all().await.unwrap();
        let expected = [(1, "name 1"), (2, "two"), (12, "sum 3"), (22, "sum 15")]
            .map(|(id, name)| (id, name.to_owned()));
        assert_eq!(rows, expected);
    });
}
