//! Shapes: one text for all queries that differ by their values only, and each value at its placeholder.

use std::collections::BTreeSet;

use futures::executor::block_on;
use headwater::{
    Dialect, Expr, Select, SqlText, Value,
    query::{case, value},
    raw, select, sql, update,
};
use proptest::prelude::*;

use super::library::{Book, Library};
use crate::support::{holds_for_any, watched};

/// Where a text is in memory: one that is rendered anew is elsewhere.
fn place(text: &SqlText) -> *const u8 {
    text.text().as_ptr()
}

#[test]
fn a_shape_is_rendered_once() {
    let find = |pages: i64, title: &str, ids: Vec<i64>| {
        let found = Book::PAGES.gt(pages) & Book::TITLE.eq(title) & Book::ID.in_(ids);
        select::<Book>().filter(found).limit(3).to_sql().unwrap()
    };

    let (one, other) = (find(1, "a", vec![1, 2, 3]), find(2, "b", vec![4, 5, 6, 7]));
    let longer = find(1, "a", (0..5).collect());

    assert_eq!(place(&one), place(&other));
    assert_ne!(place(&one), place(&longer));
    let bound = |text: &SqlText| text.values().to_vec();
    let integer = Value::Integer;
    assert_eq!(
        bound(&other),
        [
            integer(2),
            Value::Text("b".into()),
            integer(4),
            integer(5),
            integer(6),
            integer(7),
            integer(3)
        ]
    );
    assert_eq!(longer.values().len(), 2 + 8 + 1);
}

#[test]
fn what_changes_the_text_changes_the_shape() {
    let (id, alike) = (Book::ID.eq(1), select::<Book>().filter(Book::ID.eq(2)).to_sql().unwrap());
    let texts: BTreeSet<String> = [
        select::<Book>().filter(id.clone()).to_sql(),
        select::<Book>().filter(!id.clone()).to_sql(),
        select::<Book>().filter(Book::PAGES.eq(1)).to_sql(),
        select::<Book>().filter(Book::ID.ne(1)).to_sql(),
        select::<Book>().filter(id.clone()).limit(1).to_sql(),
        select::<Book>().filter(id.clone()).offset(1).to_sql(),
        select::<Book>().filter(id.clone()).distinct().to_sql(),
        select::<Book>().filter(id.clone()).order_by(Book::ID).to_sql(),
        select::<Book>().filter(id.clone()).order_by(Book::ID.desc()).to_sql(),
        select::<Book>().filter(id.clone()).order_by(Book::ID.desc().nulls_last()).to_sql(),
        select::<Book>().filter(id.clone()).columns(Book::ID).to_sql(),
        select::<Book>().filter(id.clone()).columns(Book::ID.alias("x")).to_sql(),
        select::<Book>().filter(id.clone()).group_by(Book::ID).to_sql(),
        select::<Book>().having(id.clone()).to_sql(),
        select::<Book>().filter(id.clone()).to_sql_for(Dialect::Postgres),
        update::<Book>().set(Book::LENT, true).filter(id.clone()).to_sql(),
        update::<Book>().set(Book::PAGES, 1).filter(id).to_sql(),
    ]
    .into_iter()
    .map(|text| text.unwrap().to_string())
    .collect();

    assert_eq!(texts.len(), 17);
    assert!(texts.contains(alike.text()));
}

#[test]
fn far_more_shapes_than_are_kept_are_rendered_right() {
    for round in 0..2 {
        for columns in 1..3_000_usize {
            let names =
                (0..columns % 7).fold(Book::ID.gt(round), |all, n| all & Book::PAGES.gt(n as i64));
            let name = format!("n{columns}");

            let text = select::<Book>()
                .columns(Book::ID.alias(name.clone()))
                .filter(names)
                .to_sql()
                .unwrap();

            assert!(text.text().contains(&format!("AS \"{name}\"")));
            assert_eq!(text.values().len(), 1 + columns % 7);
        }
    }
}

/// A random expression, as typed queries have it, and as plain SQL has it with its values in the text.
#[derive(Clone, Debug)]
struct Pair {
    typed: Expr<bool>,
    plain: String,
}

fn numbers() -> impl Strategy<Value = (Expr<i64>, String)> {
    let leaf = prop_oneof![
        (0..400_i64).prop_map(|n| (value(n), n.to_string())),
        Just((Book::PAGES.expr(), "pages".to_owned())),
        Just((Book::ID.expr(), "id".to_owned())),
        (0..9_i64).prop_map(|n| (raw(sql!("{n} + {n}")), format!("({n} + {n})"))),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone())
                .prop_map(|((a, x), (b, y))| (a + b, format!("({x} + {y})"))),
            (inner.clone(), inner.clone())
                .prop_map(|((a, x), (b, y))| (a - b, format!("({x} - {y})"))),
            (inner.clone(), inner.clone())
                .prop_map(|((a, x), (b, y))| (a * b, format!("({x} * {y})"))),
            inner.clone().prop_map(|(a, x)| (a.abs(), format!("abs({x})"))),
            (inner.clone(), inner).prop_map(|((a, x), (b, y))| {
                let typed = case::<i64>().when(Book::LENT, a).otherwise(b);
                (typed, format!("CASE WHEN lent THEN {x} ELSE {y} END"))
            }),
        ]
    })
}

fn conditions() -> impl Strategy<Value = Pair> {
    let pair = |typed, plain| Pair { typed, plain };
    let leaf = prop_oneof![
        (numbers(), numbers())
            .prop_map(move |((a, x), (b, y))| pair(a.lt(b), format!("({x} < {y})"))),
        (numbers(), numbers())
            .prop_map(move |((a, x), (b, y))| pair(a.eq(b), format!("({x} = {y})"))),
        (numbers(), proptest::collection::vec(0..9_i64, 0..6)).prop_map(move |((a, x), list)| {
            let shown: Vec<String> = list.iter().map(i64::to_string).collect();
            pair(a.in_(list), format!("({x} IN ({}))", shown.join(", ")))
        }),
        (numbers(), numbers(), numbers()).prop_map(move |((a, x), (b, y), (c, z))| {
            pair(a.between(b, c), format!("({x} BETWEEN {y} AND {z})"))
        }),
        "[a-z%_]{0,3}".prop_map(move |text: String| {
            let plain = text.replace('%', "\\%").replace('_', "\\_");
            pair(Book::TITLE.contains(text), format!("(title LIKE '%{plain}%' ESCAPE '\\')"))
        }),
        (0..300_i64).prop_map(move |n| {
            let typed = raw::<bool>(sql("?1 < pages OR pages = ?1 OR ?2").bind(n).bind(false));
            pair(typed, format!("({n} < pages OR pages = {n} OR 0)"))
        }),
        (0..300_i64).prop_map(move |n| {
            let select = select::<Book>().columns(Book::ID).filter(Book::PAGES.gt(n));
            pair(
                Book::AUTHOR_ID.in_(select),
                format!("(author_id IN (SELECT id FROM books WHERE pages > {n}))"),
            )
        }),
    ];
    leaf.prop_recursive(4, 16, 2, move |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(move |(a, b)| pair(
                a.typed & b.typed,
                format!("({} AND {})", a.plain, b.plain)
            )),
            (inner.clone(), inner.clone()).prop_map(move |(a, b)| pair(
                a.typed | b.typed,
                format!("({} OR {})", a.plain, b.plain)
            )),
            inner.prop_map(move |a| pair(!a.typed, format!("(NOT {})", a.plain))),
        ]
    })
}

/// The numbers of the placeholders of a text, each as often as it stands there.
fn placeholders(text: &str, sigil: char) -> BTreeSet<usize> {
    let after = text.split(sigil).skip(1);
    after
        .filter_map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..end].parse().ok()
        })
        .collect()
}

fn query(pair: &Pair) -> Select<Book, i64> {
    select::<Book>().columns(Book::ID).filter(pair.typed.clone()).order_by(Book::ID)
}

#[test]
fn any_condition_has_a_value_for_each_placeholder_in_both_dialects() {
    holds_for_any(500, &conditions(), |pair| {
        for (dialect, sigil) in [(Dialect::Sqlite, '?'), (Dialect::Postgres, '$')] {
            let text = query(&pair).to_sql_for(dialect).unwrap();

            let wanted: BTreeSet<usize> = (1..=text.values().len()).collect();
            assert_eq!(placeholders(text.text(), sigil), wanted, "{text}");
        }
    });
}

#[test]
fn any_condition_finds_what_plain_sql_finds() {
    watched(|| {
        let library = block_on(Library::new());

        holds_for_any(300, &conditions(), |pair| {
            let query = query(&pair);
            let text = query.to_sql().unwrap();
            let plain = format!("SELECT id FROM books WHERE {} ORDER BY id", pair.plain);

            let found = block_on(library.engine.query(query).all()).unwrap();

            assert_eq!(found, library.plain::<i64>(&plain), "{text}\n{plain}");
        });
    });
}

#[test]
fn an_escape_that_no_text_can_have_is_refused_and_spoils_no_other_text() {
    let strange = select::<Book>().filter(Book::TITLE.like_escaped("a", '\0')).to_sql();
    let plain = select::<Book>().filter(Book::TITLE.like("a")).to_sql().unwrap();

    assert!(strange.is_err());
    assert!(plain.text().ends_with("LIKE ?1"), "{plain}");
}
