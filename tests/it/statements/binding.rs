//! `sql()` with the database's own placeholders, by position and by name.

use headwater::{ErrorKind, Value, sql};

use super::{assert_untouched, filled, refusals};
use crate::support::run;

#[test]
fn a_static_text_is_a_statement() {
    run(async {
        let (_tank, engine) = filled().await;

        assert_eq!(engine.query("SELECT count(*) FROM t").scalar_one::<i64>().await.unwrap(), 3);
    });
}

#[test]
fn a_text_made_at_run_time_is_a_statement_through_sql() {
    run(async {
        let (_tank, engine) = filled().await;
        let table = String::from("t");

        let rows: i64 =
            engine.query(sql(format!("SELECT count(*) FROM {table}"))).scalar_one().await.unwrap();

        assert_eq!(rows, 3);
    });
}

#[test]
fn values_are_bound_in_the_order_of_the_placeholders() {
    run(async {
        let (_tank, engine) = filled().await;

        let statement = sql("SELECT ?, ?, ?").bind(1).bind("two").bind(3.5);
        let row: (i64, String, f64) = engine.query(statement).scalars().one().await.unwrap();

        assert_eq!(row, (1, "two".to_owned(), 3.5));
    });
}

#[test]
fn a_numbered_placeholder_may_stand_twice_and_in_any_order() {
    run(async {
        let (_tank, engine) = filled().await;

        let statement = sql("SELECT ?2, ?1, ?2").bind(1).bind(2);
        let row: (i64, i64, i64) = engine.query(statement).scalars().one().await.unwrap();

        assert_eq!(row, (2, 1, 2));
    });
}

#[test]
fn a_name_is_bound_with_or_without_its_sign() {
    run(async {
        let (_tank, engine) = filled().await;
        for (text, name) in [
            ("SELECT :n", "n"),
            ("SELECT :n", ":n"),
            ("SELECT @n", "n"),
            ("SELECT @n", "@n"),
            ("SELECT $n", "n"),
            ("SELECT $n", "$n"),
            ("SELECT ?1", "1"),
        ] {
            let bound: i64 =
                engine.query(sql(text).bind_named(name, 7)).scalar_one().await.unwrap();

            assert_eq!(bound, 7, "{text} {name}");
        }
    });
}

#[test]
fn a_name_may_stand_twice_in_the_text() {
    run(async {
        let (_tank, engine) = filled().await;

        let statement = sql("SELECT :a, :b, :a").bind_named("b", 2).bind_named("a", 1);
        let row: (i64, i64, i64) = engine.query(statement).scalars().one().await.unwrap();

        assert_eq!(row, (1, 2, 1));
    });
}

#[test]
fn names_and_positions_are_bound_in_one_statement() {
    run(async {
        let (_tank, engine) = filled().await;

        let statement = sql("SELECT ?, :a, ?").bind(1).bind_named("a", "named").bind(3);
        let row: (i64, String, i64) = engine.query(statement).scalars().one().await.unwrap();

        assert_eq!(row, (1, "named".to_owned(), 3));
    });
}

#[test]
fn every_kind_of_value_travels_as_itself() {
    run(async {
        let (_tank, engine) = filled().await;
        let values = [
            Value::Null,
            Value::Integer(i64::MIN),
            Value::Real(-0.5),
            Value::Text("it's \"text\"; -- ".into()),
            Value::Blob(vec![0, 255, 39]),
        ];
        for value in values {
            let back: Value =
                engine.query(sql("SELECT ?").bind(value.clone())).scalar_one().await.unwrap();

            assert_eq!(back, value);
        }
    });
}

#[test]
fn a_statement_is_run_again_by_reference() {
    run(async {
        let (_tank, engine) = filled().await;
        let statement = sql("SELECT name FROM t WHERE id = ?").bind(2);

        for _ in 0..2 {
            let name: String = engine.query(&statement).scalar_one().await.unwrap();
            assert_eq!(name, "name 2");
        }
    });
}

#[test]
fn a_value_of_one_run_is_not_there_in_the_next() {
    run(async {
        let (_tank, engine) = filled().await;
        let text = "SELECT count(*) FROM t WHERE id = ?";
        assert_eq!(engine.query(sql(text).bind(1)).scalar_one::<i64>().await.unwrap(), 1);

        let error = engine.query(text).all().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Bind);
    });
}

#[test]
fn a_wrong_count_of_values_is_told_before_anything_runs() {
    run(async {
        let (_tank, engine) = filled().await;
        let delete = "DELETE FROM t WHERE id >= ? AND id < ?";
        for (statement, bound) in [
            (sql(delete), "0 values are bound"),
            (sql(delete).bind(0), "1 value is bound"),
            (sql(delete).bind(0).bind(9).bind(9), "3 values are bound"),
        ] {
            for error in refusals(&engine, statement).await {
                assert_eq!(error.kind(), ErrorKind::Bind);
                assert!(error.to_string().contains("2 placeholders"), "{error}");
                assert!(error.to_string().contains(bound), "{error}");
                assert_eq!(error.sql(), Some(delete));
            }
        }
        for error in refusals(&engine, sql("DELETE FROM t").bind(1)).await {
            assert_eq!(error.kind(), ErrorKind::Bind);
            assert!(error.to_string().contains("0 placeholders"), "{error}");
        }
        assert_untouched(&engine, 3).await;
    });
}

#[test]
fn a_wrong_count_beside_names_is_told_before_anything_runs() {
    run(async {
        let (_tank, engine) = filled().await;
        let delete = "DELETE FROM t WHERE id >= :least AND id < ?";
        let named = || sql(delete).bind_named("least", 0);
        for statement in [named(), named().bind(9).bind(9)] {
            for error in refusals(&engine, statement).await {
                assert_eq!(error.kind(), ErrorKind::Bind);
            }
        }
        assert_untouched(&engine, 3).await;
    });
}

#[test]
fn an_unknown_name_is_told_before_anything_runs() {
    run(async {
        let (_tank, engine) = filled().await;
        let delete = "DELETE FROM t WHERE id >= :least";

        for error in refusals(&engine, sql(delete).bind_named("lest", 0)).await {
            assert_eq!(error.kind(), ErrorKind::Bind);
            assert!(error.to_string().contains(":least"), "{error}");
        }
        let both = sql(delete).bind_named("least", 0).bind_named("most", 9);
        for error in refusals(&engine, both).await {
            assert_eq!(error.kind(), ErrorKind::Bind);
            assert!(error.to_string().contains("no placeholder named `most`"), "{error}");
        }
        for error in refusals(&engine, sql("DELETE FROM t").bind_named("a", 0)).await {
            assert_eq!(error.kind(), ErrorKind::Bind);
            assert!(error.to_string().contains("no placeholder named `a`"), "{error}");
        }
        assert_untouched(&engine, 3).await;
    });
}

#[test]
fn a_name_bound_twice_is_told_before_anything_runs() {
    run(async {
        let (_tank, engine) = filled().await;
        for again in ["a", ":a"] {
            let twice = sql("DELETE FROM t WHERE id >= :a").bind_named("a", 0).bind_named(again, 1);
            for error in refusals(&engine, twice).await {
                assert_eq!(error.kind(), ErrorKind::Bind);
                assert!(error.to_string().contains("bound twice"), "{error}");
            }
        }
        assert_untouched(&engine, 3).await;
    });
}

#[test]
fn a_value_that_the_database_cannot_hold_is_told_before_anything_runs() {
    run(async {
        let (_tank, engine) = filled().await;
        let delete = "DELETE FROM t WHERE id < ?";
        for (statement, which) in [
            (sql(delete).bind(u64::MAX), "parameter 1"),
            (sql(delete).bind(f64::NAN), "parameter 1"),
            (sql("DELETE FROM t WHERE id < :most").bind_named("most", u64::MAX), "parameter most"),
        ] {
            for error in refusals(&engine, statement).await {
                assert_eq!(error.kind(), ErrorKind::Bind);
                assert!(error.to_string().contains(which), "{error}");
                assert!(!error.to_string().contains(&u64::MAX.to_string()), "{error}");
            }
        }
        assert_untouched(&engine, 3).await;
    });
}

#[test]
fn what_is_bound_is_shown_nowhere() {
    run(async {
        let (_tank, engine) = filled().await;
        let statement = sql("INSERT INTO t VALUES (1, ?)").bind("canary");
        assert!(!format!("{statement:?}").contains("canary"));
        assert!(!format!("{:?}", engine.query(&statement)).contains("canary"));
        assert!(!format!("{:?}", engine.execute(&statement)).contains("canary"));

        let error = engine.execute(&statement).await.unwrap_err();

        assert!(error.is_unique_violation());
        assert!(!format!("{error} {error:?}").contains("canary"));
    });
}
