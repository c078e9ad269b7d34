//! Any simple query of any small table: its rows, its columns, and whether it fails.

use futures::TryStreamExt;
use headwater::{Row, Value, sql};
use proptest::prelude::*;
use proptest::sample::select;

use super::{any_columns, any_value, exact, list, plainly};
use crate::support::{Tank, holds_for_any, watched};

/// A query: its text and what is bound to it.
#[derive(Clone, Debug)]
struct Asked {
    text: String,
    parameters: Vec<Value>,
}

#[derive(Clone, Debug)]
struct Case {
    types: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
    asked: Vec<Asked>,
    batch_rows: usize,
}

const EXPRESSIONS: &[&str] = &[
    "a",
    "b",
    "c",
    "*",
    "rowid",
    "a AS b",
    "typeof(a)",
    "length(b)",
    "a + 1",
    "-c",
    "a || b",
    "abs(b)",
    "coalesce(a, b, c)",
    "CAST(c AS TEXT)",
    "CAST(b AS INTEGER)",
    "hex(a)",
    "a = b",
    "CASE WHEN a < c THEN b END",
    "? AS bound",
];

const FILTERS: &[&str] = &[
    "a < ?",
    "a IS ?",
    "b >= ? OR c IS NULL",
    "a BETWEEN ? AND ?",
    "c IN (?, ?, ?)",
    "typeof(b) = 'text' AND b > ?",
    "a LIKE ?",
    "rowid % 3 = 0",
    "EXISTS (SELECT 1 FROM t AS o WHERE o.a = t.b)",
];

const ORDERS: &[&str] = &["a", "b DESC", "c NULLS LAST", "a COLLATE NOCASE DESC", "length(b)", "1"];

fn any_query() -> impl Strategy<Value = Asked> {
    let projection = prop::collection::vec(select(EXPRESSIONS), 1..5);
    let filter = proptest::option::of(select(FILTERS));
    let order = proptest::option::of(select(ORDERS));
    let limit = proptest::option::of((-1..30_i64, 0..10_i64));
    (projection, filter, order, limit, any::<bool>(), prop::collection::vec(any_value(), 8))
        .prop_map(|(projection, filter, order, limit, distinct, values)| {
            let mut text = if distinct { "SELECT DISTINCT " } else { "SELECT " }.to_owned();
            text += &projection.join(", ");
            text += " FROM t";
            if let Some(filter) = filter {
                text += &format!(" WHERE {filter}");
            }
            match order {
                // What is left equal comes in the order of the rowid: the order is the query's own.
                Some(order) if !distinct => text += &format!(" ORDER BY {order}, rowid"),
                Some(_) | None => {}
            }
            let mut parameters: Vec<Value> =
                values.into_iter().cycle().take(text.matches('?').count()).collect();
            if let Some((limit, offset)) = limit {
                text += " LIMIT ? OFFSET ?";
                parameters.extend([Value::Integer(limit), Value::Integer(offset)]);
            }
            Asked { text, parameters }
        })
}

fn any_case() -> impl Strategy<Value = Case> {
    // Small numbers too, so that rows meet one another.
    let value = || prop_oneof![2 => any_value(), 1 => (-3..3_i64).prop_map(Value::Integer)];
    let rows = prop::collection::vec(prop::collection::vec(value(), 3), 0..20);
    let asked = prop::collection::vec(any_query(), 1..8);
    (any_columns(3), rows, asked, 1..=40_usize).prop_map(|(types, rows, asked, batch_rows)| Case {
        types,
        rows,
        asked,
        batch_rows,
    })
}

async fn check(case: Case) {
    let tank = Tank::new();
    let plain = tank.plain();
    plain.pragma_update(None, "synchronous", false).unwrap();
    let columns = list(3, |at| format!("{} {}", ["a", "b", "c"][at], case.types[at]));
    plain.execute_batch(&format!("CREATE TABLE t({columns})")).unwrap();
    let engine = tank.builder().batch_rows(case.batch_rows).open().await.unwrap();
    engine.execute_many("INSERT INTO t VALUES (?, ?, ?)", case.rows).await.unwrap();
    for Asked { text, parameters } in case.asked {
        let expected = plainly(&plain, &text, &parameters);
        let names = plain
            .prepare(&text)
            .map(|statement| statement.column_names().map(str::to_owned).collect::<Vec<_>>());
        let statement =
            parameters.into_iter().fold(sql(text.clone()), |all, value| all.bind(value));

        let together = engine.query(&statement).all().await;
        let streamed = match engine.query(&statement).await {
            Ok(result) => {
                let told: Vec<_> = result.columns().names().map(str::to_owned).collect();
                assert_eq!(told, names.unwrap(), "{text}");
                result.try_collect::<Vec<Row>>().await
            }
            Err(error) => Err(error),
        };

        match expected {
            Ok(expected) => {
                assert_eq!(exact(&together.unwrap()), expected, "together: {text}");
                assert_eq!(exact(&streamed.unwrap()), expected, "streamed: {text}");
            }
            Err(error) => {
                let code = error.sqlite_error().map(|error| error.extended_code);
                assert_eq!(together.unwrap_err().sqlite_code(), code, "together: {text}");
                assert_eq!(streamed.unwrap_err().sqlite_code(), code, "streamed: {text}");
            }
        }
    }
}

#[test]
fn any_query_of_any_table_gives_what_it_gives_the_driver_itself() {
    watched(|| {
        holds_for_any(48, &any_case(), |case| futures::executor::block_on(check(case)));
    });
}
