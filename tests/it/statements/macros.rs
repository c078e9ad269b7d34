//! `sql!`: values captured where they stand, arguments by position, and lists.

use std::collections::BTreeSet;

use headwater::sql;

use super::filled;
use crate::support::run;

struct Filter {
    least: i64,
    names: Vec<String>,
}

#[test]
fn a_variable_is_captured_where_it_stands() {
    run(async {
        let (_tank, engine) = filled().await;
        let (id, name) = (2, "name 2");

        let found: Vec<i64> = engine
            .query(sql!("SELECT id FROM t WHERE id = {id} AND name = {name}"))
            .scalars()
            .all()
            .await
            .unwrap();

        assert_eq!(found, [2]);
    });
}

#[test]
fn a_captured_value_is_never_text() {
    run(async {
        let (_tank, engine) = filled().await;
        let name = "x' OR '1'='1";

        let statement = sql!("SELECT count(*) FROM t WHERE name = {name}");

        assert_eq!(statement.text(), "SELECT count(*) FROM t WHERE name = ?1");
        assert_eq!(engine.query(statement).scalar_one::<i64>().await.unwrap(), 0);
    });
}

#[test]
fn a_field_is_captured_by_its_path() {
    run(async {
        let (_tank, engine) = filled().await;
        let filter = Filter { least: 2, names: vec!["name 2".into(), "name 9".into()] };

        let found: Vec<i64> = engine
            .query(sql!(
                "SELECT id FROM t WHERE id >= {filter.least} AND name IN ({filter.names..})"
            ))
            .scalars()
            .all()
            .await
            .unwrap();

        assert_eq!(found, [2]);
        assert_eq!(filter.names.len(), 2, "what is captured is borrowed");
    });
}

#[test]
fn arguments_are_taken_in_order_and_by_number() {
    run(async {
        let (_tank, engine) = filled().await;

        let row: (i64, String, i64) = engine
            .query(sql!("SELECT {}, {}, {0}", 1 + 1, "a".repeat(3)))
            .scalars()
            .one()
            .await
            .unwrap();

        assert_eq!(row, (2, "aaa".to_owned(), 2));
    });
}

#[test]
fn captures_and_arguments_and_lists_stand_together() {
    run(async {
        let (_tank, engine) = filled().await;
        let (a, ids) = (0, [1, 3]);

        let found: Vec<i64> = engine
            .query(sql!(
                "SELECT id FROM t WHERE id > {a} AND id IN ({ids..}) AND name <> {}",
                "name 3"
            ))
            .scalars()
            .all()
            .await
            .unwrap();

        assert_eq!(found, [1]);
    });
}

#[test]
fn a_list_may_be_a_vec_a_slice_an_array_or_a_set() {
    run(async {
        let (_tank, engine) = filled().await;
        let vec = Vec::from([1, 2]);
        let slice = &vec[..];
        let array = [1, 2];
        let set = BTreeSet::from([1, 2]);

        for statement in [
            sql!("SELECT count(*) FROM t WHERE id IN ({vec..})"),
            sql!("SELECT count(*) FROM t WHERE id IN ({slice..})"),
            sql!("SELECT count(*) FROM t WHERE id IN ({array..})"),
            sql!("SELECT count(*) FROM t WHERE id IN ({set..})"),
            sql!("SELECT count(*) FROM t WHERE id IN ({..})", [1, 2]),
        ] {
            assert_eq!(engine.query(statement).scalar_one::<i64>().await.unwrap(), 2);
        }
    });
}

#[test]
fn an_empty_list_holds_nothing() {
    run(async {
        let (_tank, engine) = filled().await;
        let ids: Vec<i64> = Vec::new();

        let within: i64 = engine
            .query(sql!("SELECT count(*) FROM t WHERE id IN ({ids..})"))
            .scalar_one()
            .await
            .unwrap();
        let without: i64 = engine
            .query(sql!("SELECT count(*) FROM t WHERE id NOT IN ({ids..})"))
            .scalar_one()
            .await
            .unwrap();

        assert_eq!((within, without), (0, 3));
    });
}

#[test]
fn a_list_of_text_is_bound_and_never_text() {
    run(async {
        let (_tank, engine) = filled().await;
        let names = ["name 1", "'); DROP TABLE t; --", "name 3"];

        let found: Vec<i64> = engine
            .query(sql!("SELECT id FROM t WHERE name IN ({names..}) ORDER BY id"))
            .scalars()
            .all()
            .await
            .unwrap();

        assert_eq!(found, [1, 3]);
    });
}

#[test]
fn doubled_braces_are_braces() {
    run(async {
        let (_tank, engine) = filled().await;
        let key = "$.a";

        let value: i64 = engine
            .query(sql!(r#"SELECT json_extract('{{"a": 7}}', {key})"#))
            .scalar_one()
            .await
            .unwrap();

        assert_eq!(value, 7);
    });
}

#[test]
fn an_option_that_is_none_is_null() {
    run(async {
        let (_tank, engine) = filled().await;
        let nothing: Option<i64> = None;
        let something = Some(5);

        let row: (Option<i64>, Option<i64>) =
            engine.query(sql!("SELECT {nothing}, {something}")).scalars().one().await.unwrap();

        assert_eq!(row, (None, Some(5)));
    });
}

#[test]
fn it_writes_as_it_reads() {
    run(async {
        let (_tank, engine) = filled().await;
        let (id, name) = (4, String::from("name 4"));

        let done = engine.execute(sql!("INSERT INTO t VALUES ({id}, {name})")).await.unwrap();

        assert_eq!((done.rows_affected(), done.last_insert_id()), (1, 4));
        super::assert_untouched(&engine, 4).await;
    });
}

#[test]
fn options_follow_it() {
    run(async {
        let (_tank, engine) = filled().await;
        let id = 1;

        let statement = sql!("SELECT id FROM t WHERE id >= {id}").batch_rows(1).stable();
        let found: Vec<i64> = engine.query(statement).scalars().all().await.unwrap();

        assert_eq!(found, [1, 2, 3]);
    });
}
