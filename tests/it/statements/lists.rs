//! `{list..}`: few texts for lists of all lengths, and the answers of a plain filter.

use std::collections::BTreeSet;

use headwater::{ErrorKind, Value, sql};

use super::filled;
use crate::support::run;

fn choose(ids: &[i64]) -> headwater::Statement {
    sql!("SELECT id FROM t WHERE id IN ({ids..}) ORDER BY id")
}

#[test]
fn lists_of_one_class_have_one_text() {
    let text = |length: i64| choose(&(0..length).collect::<Vec<_>>()).text().to_owned();

    for (first, last) in [(1, 1), (2, 2), (3, 4), (5, 8), (9, 16), (17, 32), (513, 1_024)] {
        assert_eq!(text(first), text(last), "{first} to {last}");
        assert_ne!(text(last), text(last + 1));
    }
    let texts: BTreeSet<String> = (0..=1_000).map(text).collect();
    assert_eq!(texts.len(), 12);
}

#[test]
fn what_follows_a_list_does_not_change_its_text_within_a_class() {
    let text = |ids: &[i64], name: &str| {
        sql!("SELECT 1 FROM t WHERE id IN ({ids..}) AND name = {name} AND id NOT IN ({ids..})")
            .text()
            .to_owned()
    };

    assert_eq!(text(&[1, 2, 3], "a"), text(&[1, 2, 3, 4], "b"));
    assert_eq!(
        text(&[1, 2, 3], "a"),
        "SELECT 1 FROM t WHERE id IN (?1, ?2, ?3, ?4) AND name = ?5 AND id NOT IN (?1, ?2, ?3, ?4)"
    );
}

#[test]
fn a_list_of_any_length_answers_as_a_plain_filter() {
    run(async {
        let tank = crate::support::Tank::new();
        let engine = tank.filled(120).await;

        for length in 0..=100 {
            let ids: Vec<i64> = (0..length).map(|number| number * 2 + 1).collect();
            let plain = |wanted: bool| {
                (1..=120).filter(|id| ids.contains(id) == wanted).collect::<Vec<i64>>()
            };

            let within: Vec<i64> = engine.query(choose(&ids)).scalars().all().await.unwrap();
            let without: Vec<i64> = engine
                .query(sql!("SELECT id FROM t WHERE id NOT IN ( /* all */ {ids..}) ORDER BY id"))
                .scalars()
                .all()
                .await
                .unwrap();

            assert_eq!(within, plain(true), "{length}");
            assert_eq!(without, plain(false), "{length}");
        }
    });
}

#[test]
fn nulls_in_a_list_mean_what_they_mean_written_out() {
    run(async {
        let (_tank, engine) = filled().await;
        for list in [
            vec![None],
            vec![Some(1), None],
            vec![Some(1), Some(2), None],
            vec![None, None, Some(7)],
            vec![Some(1), None, Some(3), None, Some(5)],
        ] {
            let written: Vec<String> = list
                .iter()
                .map(|id: &Option<i64>| id.map_or("NULL".into(), |id| id.to_string()))
                .collect();
            let written = written.join(", ");
            let text =
                format!("SELECT id, id IN ({written}), id NOT IN ({written}) FROM t ORDER BY id");

            type Answer = Vec<(i64, Option<bool>, Option<bool>)>;
            let plain: Answer = engine.query(sql(text)).scalars().all().await.unwrap();
            let bound: Answer = engine
                .query(sql!("SELECT id, id IN ({list..}), id NOT IN ({list..}) FROM t ORDER BY id"))
                .scalars()
                .all()
                .await
                .unwrap();

            assert_eq!(bound, plain, "{written}");
        }
    });
}

#[test]
fn values_of_all_kinds_are_found_in_a_list() {
    run(async {
        let (_tank, engine) = filled().await;
        let list = [
            Value::Integer(1),
            Value::Real(2.0),
            Value::Text("3".into()),
            Value::Blob(vec![4]),
            Value::Null,
        ];

        let found: Vec<bool> = engine
            .query(sql!(
                "SELECT coalesce(value IN ({list..}), false) FROM (SELECT 1 AS value UNION ALL SELECT 2
                 UNION ALL SELECT '3' UNION ALL SELECT x'04' UNION ALL SELECT 3 UNION ALL SELECT NULL)"
            ))
            .scalars()
            .all()
            .await
            .unwrap();

        assert_eq!(found, [true, true, true, true, false, false]);
    });
}

#[test]
fn elsewhere_there_are_as_many_parameters_as_values() {
    run(async {
        let (_tank, engine) = filled().await;
        let row: [Value; 2] = [Value::Integer(9), Value::Text("nine".into())];
        let letters = ["a", "b", "c"];

        engine.execute(sql!("INSERT INTO t VALUES ({row..})")).await.unwrap();
        let greatest = sql!("SELECT max({letters..}), 'b' IN ({letters..})");
        let listed = sql!("SELECT id FROM t WHERE id IN (1, {..})", [9, 2, 9]);

        assert_eq!(greatest.text(), "SELECT max(?1, ?2, ?3), 'b' IN (?1, ?2, ?3)");
        assert_eq!(listed.text(), "SELECT id FROM t WHERE id IN (1, ?1, ?2, ?3)");
        let found: (String, bool) = engine.query(greatest).scalars().one().await.unwrap();
        assert_eq!(found, ("c".to_owned(), true));
        assert_eq!(engine.query(listed).all().await.unwrap().len(), 3);
    });
}

#[test]
fn two_lists_that_would_be_too_long_together_are_not_rounded_up() {
    run(async {
        let (_tank, engine) = filled().await;
        let one: Vec<i64> = (0..16_384).collect();
        let other: Vec<i64> = (3..16_385).collect();

        let found: Vec<i64> = engine
            .query(sql!("SELECT id FROM t WHERE id IN ({one..}) AND id IN ({other..})"))
            .scalars()
            .all()
            .await
            .unwrap();

        assert_eq!((one.len() + other.len(), found), (32_766, vec![3]));
    });
}

#[test]
fn a_list_that_is_too_long_is_named_with_a_way_out() {
    run(async {
        let (_tank, engine) = filled().await;
        let ids: Vec<i64> = (0..40_000).collect();
        let one = 1;

        let error = engine.query(sql!("SELECT {one} IN ({ids..})")).all().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Bind);
        let said = error.to_string();
        for part in
            ["40001 values", "40000 of them in one list", "32766", "json_each", "insert_stream"]
        {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert_eq!(error.sql(), Some("SELECT ?1 IN (?2, ..., ?40001)"));
    });
}

#[test]
fn the_way_out_works() {
    run(async {
        let (_tank, engine) = filled().await;
        let ids: Vec<i64> = (3..50_000).collect();
        let json = format!("{ids:?}");

        let found: Vec<i64> = engine
            .query(sql!("SELECT id FROM t WHERE id IN (SELECT value FROM json_each({json}))"))
            .scalars()
            .all()
            .await
            .unwrap();

        assert_eq!(found, [3]);
    });
}
