//! `{name:ident}`: names that are known at run time.

use headwater::{ErrorKind, sql};

use super::{assert_untouched, filled};
use crate::support::run;

#[test]
fn a_name_is_quoted() {
    let (table, column) = ("t", String::from("na\"me"));

    let statement = sql!("SELECT {column:ident} FROM {table:ident} WHERE {:ident} = {}", "x", 1);

    assert_eq!(statement.text(), r#"SELECT "na""me" FROM "t" WHERE "x" = ?1"#);
}

#[test]
fn whatever_is_in_a_name_it_stays_one() {
    run(async {
        let (_tank, engine) = filled().await;
        for name in [
            "t\"; DROP TABLE t; --",
            "select",
            "a.b",
            "[x]",
            "' OR 1=1",
            "\u{1f980}",
            " ",
            "a\nb",
            "?",
        ] {
            engine.execute(sql!("CREATE TABLE {name:ident}({name:ident} INTEGER)")).await.unwrap();
            engine.execute(sql!("INSERT INTO {name:ident} VALUES ({})", 7)).await.unwrap();

            let read = sql!("SELECT {name:ident}.{name:ident} FROM main.{name:ident}");
            assert_eq!(engine.query(read).scalar_one::<i64>().await.unwrap(), 7, "{name}");
            engine.execute(sql!("DROP TABLE {name:ident}")).await.unwrap();
        }
        assert_untouched(&engine, 3).await;
    });
}

#[test]
fn a_column_that_is_not_there_is_no_text() {
    run(async {
        let (_tank, engine) = filled().await;
        let column = "nme";

        let error = engine.query(sql!("SELECT {column:ident} FROM t")).all().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Syntax);
    });
}

#[test]
fn a_qualified_name_is_two_with_a_dot() {
    run(async {
        let (_tank, engine) = filled().await;
        let (schema, table) = ("main", "t");

        let count: i64 = engine
            .query(sql!("SELECT count(*) FROM {schema:ident}.{table:ident}"))
            .scalar_one()
            .await
            .unwrap();

        assert_eq!(count, 3);
    });
}

#[test]
fn several_names_stand_with_commas() {
    run(async {
        let (_tank, engine) = filled().await;
        let columns = ["name", "id"];
        let row = ["four", "4"];

        engine.execute(sql!("INSERT INTO t({columns..:ident}) VALUES ({row..})")).await.unwrap();

        let name: String =
            engine.query("SELECT name FROM t WHERE id = 4").scalar_one().await.unwrap();
        assert_eq!(name, "four");
    });
}

#[test]
fn a_name_that_cannot_be_one_is_refused_before_anything_runs() {
    run(async {
        let (_tank, engine) = filled().await;
        let none: [&str; 0] = [];
        for (statement, why) in [
            (sql!("DELETE FROM {:ident}", ""), "is empty"),
            (sql!("DELETE FROM {:ident}", "t\0"), "has a NUL"),
            (sql!("INSERT INTO t({none..:ident}) VALUES (1)"), "is empty"),
            (sql!("INSERT INTO t({..:ident}) VALUES (1, 2)", ["id", ""]), "is empty"),
        ] {
            let error = engine.execute(statement).await.unwrap_err();

            assert_eq!(error.kind(), ErrorKind::Statement);
            assert!(error.to_string().contains(why), "{error}");
        }
        assert_untouched(&engine, 3).await;
    });
}
