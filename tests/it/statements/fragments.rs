//! `{name:sql}` and `Statement::join`: statements inside statements, with their values.

use std::time::Duration;

use headwater::{AsyncEngine, ErrorKind, Statement, sql};

use super::{assert_untouched, filled};
use crate::support::run;

async fn ids(engine: &AsyncEngine, statement: Statement) -> Vec<i64> {
    engine.query(statement).scalars().all().await.unwrap()
}

#[test]
fn a_fragment_brings_its_values() {
    run(async {
        let (_tank, engine) = filled().await;
        let (low, name) = (2, "name 3");
        let filter = sql!("id >= {low} AND name = {}", name);

        let statement = sql!("SELECT {} FROM t WHERE {filter:sql} AND id < {}", 7, 9);

        assert_eq!(statement.text(), "SELECT ?1 FROM t WHERE id >= ?2 AND name = ?3 AND id < ?4");
        assert_eq!(ids(&engine, statement).await, [7]);
    });
}

#[test]
fn fragments_stand_in_fragments_to_any_depth() {
    run(async {
        let (_tank, engine) = filled().await;
        let mut filter = sql!("id = {}", 1);
        for id in 2..=50 {
            filter = sql!("id = {id} OR ({filter:sql})");
        }

        let found = ids(&engine, sql!("SELECT id FROM t WHERE {filter:sql} ORDER BY id")).await;

        assert_eq!(found, [1, 2, 3]);
        assert!(filter.text().starts_with("id = ?1 OR (id = ?2 OR (id = ?3"), "{}", filter.text());
    });
}

#[test]
fn a_fragment_that_is_shown_twice_is_right_both_times() {
    run(async {
        let (_tank, engine) = filled().await;
        let two = sql!("id = {}", 2);

        let once =
            sql!("SELECT id FROM t WHERE {two:sql} UNION ALL SELECT id FROM t WHERE {two:sql}");
        let copied =
            sql!("SELECT id FROM t WHERE {:sql} UNION ALL SELECT id FROM t WHERE {:sql}", two, two);

        assert!(once.text().ends_with("?1") && copied.text().ends_with("?2"));
        assert_eq!(ids(&engine, once).await, [2, 2]);
        assert_eq!(ids(&engine, copied).await, [2, 2]);
    });
}

#[test]
fn a_fragment_may_have_the_placeholders_of_the_database() {
    run(async {
        let (_tank, engine) = filled().await;
        let plain = sql("id = ? OR name = ?").bind(1).bind("name 2");
        let numbered = sql("id = ?2 OR name = ?1").bind("name 2").bind(3);
        let named = sql("id = :id OR name = @name OR id = :id")
            .bind_named("id", 1)
            .bind_named("@name", "name 3");

        for (fragment, expected) in [(plain, [1, 2]), (numbered, [2, 3]), (named, [1, 3])] {
            let one = 0;
            let found = sql!("SELECT id FROM t WHERE id > {one} AND ({fragment:sql}) ORDER BY id");
            assert_eq!(ids(&engine, found).await, expected);
        }
    });
}

#[test]
fn a_text_and_a_reference_and_an_option_are_fragments() {
    run(async {
        let (_tank, engine) = filled().await;
        let order = "ORDER BY id DESC";
        let filter = sql!("WHERE id > {}", 1);
        let (some, none) = (Some(&filter), None::<Statement>);

        let found = ids(&engine, sql!("SELECT id FROM t {some:sql} {none:sql} {order:sql}")).await;
        let all = ids(&engine, sql!("SELECT id FROM t {none:sql} {:sql}", &order)).await;

        assert_eq!((found, all), (vec![3, 2], vec![3, 2, 1]));
    });
}

#[test]
fn dynamic_filters_are_joined() {
    run(async {
        let (_tank, engine) = filled().await;
        let search = |low: Option<i64>, names: Option<Vec<&'static str>>| {
            let mut filters = vec![sql!("true")];
            filters.extend(low.map(|low| sql!("id >= {low}")));
            filters.extend(names.map(|names| sql!("(name IN ({names..}) OR name IS NULL)")));
            let filter = Statement::join(filters, " AND ");
            sql!("SELECT id FROM t WHERE {filter:sql} ORDER BY id LIMIT {}", 10)
        };

        assert_eq!(ids(&engine, search(None, None)).await, [1, 2, 3]);
        assert_eq!(ids(&engine, search(Some(2), None)).await, [2, 3]);
        assert_eq!(ids(&engine, search(Some(2), Some(vec!["name 1", "name 3"]))).await, [3]);
    });
}

#[test]
fn assignments_are_joined() {
    run(async {
        let (_tank, engine) = filled().await;
        let columns = [("id", "30"), ("name", "thirty")];
        let set = columns.map(|(column, value)| sql!("{column:ident} = {value}"));

        let set = Statement::join(&set, ", ");
        engine.execute(sql!("UPDATE t SET {set:sql} WHERE id = {}", 3)).await.unwrap();

        let name: String =
            engine.query("SELECT name FROM t WHERE id = 30").scalar_one().await.unwrap();
        assert_eq!(name, "thirty");
    });
}

#[test]
fn a_join_is_a_statement_itself() {
    run(async {
        let (_tank, engine) = filled().await;
        let selects = (1..=3).map(|id| sql!("SELECT {id}"));

        let union = Statement::join(selects, " UNION ALL ").batch_rows(1);

        assert_eq!(ids(&engine, union).await, [1, 2, 3]);
    });
}

#[test]
fn a_fragment_that_is_not_whole_is_refused_before_anything_runs() {
    run(async {
        let (_tank, engine) = filled().await;
        for text in
            ["id = 'a", "id = \"a", "id = [a", "id = `a", "id = 1 /*", "id = 1) OR (1 = 1", "(id"]
        {
            let fragment = sql(text);
            for statement in [
                sql!("DELETE FROM t WHERE {fragment:sql} AND id = {}", 9),
                sql!("DELETE FROM t WHERE {:sql}", Statement::join([&fragment], " AND ")),
                sql!("DELETE FROM t WHERE {:sql}", sql!("id = 9 AND {fragment:sql}")),
            ] {
                let error = engine.execute(statement).await.unwrap_err();

                assert_eq!(error.kind(), ErrorKind::Statement, "{text}");
                assert!(
                    error.to_string().contains(&format!("the fragment `{text}` has")),
                    "{error}"
                );
            }
        }
        assert_untouched(&engine, 3).await;
    });
}

#[test]
fn a_comment_at_the_end_of_a_fragment_swallows_nothing() {
    run(async {
        let (_tank, engine) = filled().await;
        let fragment = sql("id > 1 -- the first");

        let found =
            ids(&engine, sql!("SELECT id FROM t WHERE {fragment:sql} AND id < {}", 3)).await;

        assert_eq!(found, [2]);
    });
}

#[test]
fn a_fragment_does_not_grow_together_with_what_stands_beside_it() {
    run(async {
        let (_tank, engine) = filled().await;
        let (minus, star) = (sql("-1"), sql("*1"));

        let statement = sql!("SELECT 5 -{minus:sql} /{:sql}", sql("1"));

        assert_eq!(ids(&engine, statement).await, [6]);
        let error = engine.query(sql!("SELECT 1 /{star:sql} /* */")).all().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Syntax);
    });
}

#[test]
fn a_fragment_that_is_not_there_keeps_apart_what_stands_beside_it() {
    run(async {
        let (_tank, engine) = filled().await;
        let (none, empty) = (None::<Statement>, "");

        let texts = sql!("SELECT 'a'{none:sql}'b', 'c'{empty:sql}'d'");
        let texts: (String, String) = engine.query(texts).scalars().one().await.unwrap();
        let minus = ids(&engine, sql!("SELECT 5 -{none:sql}- 3")).await;
        let both = ids(&engine, sql!("SELECT 5 -{empty:sql}- 3")).await;
        let star = engine.query(sql!("SELECT 1 /{none:sql}* */ 2")).all().await.unwrap_err();

        assert_eq!((minus, both), (vec![8], vec![8]));
        assert_eq!(star.kind(), ErrorKind::Syntax, "it begins no comment");
        assert_eq!(
            texts,
            ("a".to_owned(), "c".to_owned()),
            "the second of two strings is a name, not `a'b`"
        );
    });
}

#[test]
fn a_join_leaves_out_what_is_empty_or_blank() {
    run(async {
        let (_tank, engine) = filled().await;
        let nothing = Statement::join(Vec::<Statement>::new(), " AND ");
        let none = None::<Statement>;
        let blank = sql!(" {none:sql} ");
        let filters =
            [sql(""), sql("id > ?").bind(1), nothing, sql(" \n\t"), blank, sql!("id < {}", 3)];

        let filter = Statement::join(&filters, " AND ");
        let all_blank = Statement::join([sql(""), sql(" ")], " AND ");

        assert_eq!(filter.text(), "id > ?1 AND id < ?2");
        assert_eq!(all_blank.text(), "");
        assert_eq!(ids(&engine, sql!("SELECT id FROM t WHERE {filter:sql}")).await, [2]);
        assert_eq!(ids(&engine, sql!("SELECT id FROM t {all_blank:sql}")).await.len(), 3);
    });
}

#[test]
fn a_second_statement_in_a_fragment_does_not_run() {
    run(async {
        let (_tank, engine) = filled().await;
        let fragment = sql("id = 9; DELETE FROM t");

        let error = engine.execute(sql!("DELETE FROM t WHERE {fragment:sql}")).await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Statement);
        assert_untouched(&engine, 3).await;
    });
}

#[test]
fn options_belong_to_the_whole_statement() {
    run(async {
        let (_tank, engine) = filled().await;
        let fragment = sql!("id = {}", 2);
        for with_option in [
            fragment.clone().timeout(Duration::from_secs(1)),
            fragment.clone().batch_rows(1),
            fragment.clone().stable(),
            fragment.clone().stall(headwater::Stall::Park),
        ] {
            let whole = sql!("SELECT id FROM t WHERE {with_option:sql}");

            let error = engine.query(whole).all().await.unwrap_err();

            assert_eq!(error.kind(), ErrorKind::Statement);
            assert!(error.to_string().contains("has options"), "{error}");
        }
        let whole = sql!("SELECT id FROM t WHERE {fragment:sql}").timeout(Duration::from_secs(9));
        assert_eq!(ids(&engine, whole).await, [2]);
    });
}

#[test]
fn what_is_wrong_with_a_fragment_is_wrong_with_the_whole() {
    run(async {
        let (_tank, engine) = filled().await;
        let table = "";
        for (fragment, kind) in [
            (sql!("id = {}", u64::MAX), ErrorKind::Bind),
            (sql("id = ?"), ErrorKind::Bind),
            (sql("id = :id").bind_named("it", 1), ErrorKind::Bind),
            (sql!("id IN (SELECT id FROM {table:ident})"), ErrorKind::Statement),
        ] {
            let error =
                engine.execute(sql!("DELETE FROM t WHERE {fragment:sql}")).await.unwrap_err();

            assert_eq!(error.kind(), kind, "{error}");
        }
        assert_untouched(&engine, 3).await;
    });
}
