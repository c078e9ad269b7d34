//! JSON: text, of `serde_json`'s own values and of anything that `serde` writes and reads.

use std::collections::BTreeMap;

use headwater::{ErrorKind, Json, ToValue, Value};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{column, misfit, read, refused, store, stored, text};
use crate::support::{holds_for_any, run, watched};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Settings {
    theme: String,
    size: Option<u8>,
}

fn settings() -> Settings {
    Settings { theme: "dark".to_owned(), size: Some(7) }
}

#[test]
fn a_json_value_is_stored_as_text_that_sqlites_own_functions_read() {
    run(async {
        let engine = column("TEXT").await;
        let value = json!({"name": "Ada", "tags": ["a", null, 1.5, true]});

        store(&engine, &value).await;

        assert_eq!(stored::<Value>(&engine).await, text(&value.to_string()));
        assert_eq!(stored::<serde_json::Value>(&engine).await, value);
        assert_eq!(read::<String>(&engine, "x ->> '$.name' FROM t").await, "Ada");
        let tags: serde_json::Value = read(&engine, "x -> '$.tags' FROM t").await;
        assert_eq!(tags, value["tags"]);
    });
}

#[test]
fn a_struct_is_stored_and_read_through_json() {
    run(async {
        let engine = column("TEXT").await;

        store(&engine, Json(settings())).await;
        store(&engine, Json(&settings())).await;

        assert_eq!(stored::<Value>(&engine).await, text(r#"{"theme":"dark","size":7}"#));
        let read: Json<Settings> = stored(&engine).await;
        assert_eq!((read.theme.as_str(), read.0.clone()), ("dark", settings()));
        assert_eq!(stored::<Option<Json<Settings>>>(&engine).await, Some(Json(settings())));
        assert_eq!(stored::<(Json<Settings>,)>(&engine).await, (Json(settings()),));
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"{"theme":"dark","size":7}"#);
    });
}

#[test]
fn the_null_of_json_and_that_of_sql_are_two_things() {
    run(async {
        let engine = column("TEXT").await;

        store(&engine, serde_json::Value::Null).await;
        assert_eq!(stored::<Value>(&engine).await, text("null"));
        assert_eq!(stored::<Option<serde_json::Value>>(&engine).await, Some(json!(null)));
        assert_eq!(stored::<Json<Option<i64>>>(&engine).await, Json(None));
        store(&engine, None::<serde_json::Value>).await;
        assert_eq!(stored::<Value>(&engine).await, Value::Null);
        assert_eq!(stored::<Option<serde_json::Value>>(&engine).await, None);
        let told = misfit::<serde_json::Value>(&engine, "x FROM t").await;
        assert_eq!(told, "NULL cannot be read as Value; read it as an Option");
    });
}

#[test]
fn a_number_of_a_column_declared_json_is_read_as_a_json_number() {
    run(async {
        let engine = column("JSON").await;

        store(&engine, json!(5)).await;
        assert_eq!(stored::<Value>(&engine).await, Value::Integer(5));
        assert_eq!(stored::<serde_json::Value>(&engine).await, json!(5));
        assert_eq!(stored::<Json<u8>>(&engine).await, Json(5));
        store(&engine, json!(0.5)).await;
        assert_eq!(stored::<Json<f64>>(&engine).await, Json(0.5));
        store(&engine, json!("5")).await;
        assert_eq!(stored::<serde_json::Value>(&engine).await, json!("5"));
        let told = misfit::<Json<u8>>(&engine, "256").await;
        assert_eq!(told, "INTEGER does not fit Json<u8>: the JSON is of another type, expected u8");
        let told = misfit::<serde_json::Value>(&engine, "9e999").await;
        assert_eq!(told, "REAL does not fit Value: JSON has no number that is not finite");
    });
}

#[test]
fn an_error_tells_where_in_the_text_it_is_and_nothing_of_the_text() {
    run(async {
        let engine = column("").await;

        let told = misfit::<serde_json::Value>(&engine, "'{\"a\": hunter2}'").await;
        assert_eq!(told, "TEXT does not fit Value: the text is not JSON, at line 1, column 7");
        let told = misfit::<Json<Settings>>(&engine, "'{\"theme\": \"dark\"'").await;
        assert_eq!(
            told,
            "TEXT does not fit Json<Settings>: the JSON ends too early, at line 1, column 16"
        );
        let told = misfit::<Json<Settings>>(&engine, "'{\"size\": 7}'").await;
        assert!(told.contains("the JSON has a missing field `theme`, at line 1"), "{told}");
        let told =
            misfit::<Json<Settings>>(&engine, "'{\"theme\": \"a\", \"size\": \"hunter2\"}'").await;
        assert!(told.contains("expected u8, at line 1") && !told.contains("hunter"), "{told}");
    });
}

#[test]
fn a_blob_is_not_json_and_the_error_says_what_to_do() {
    run(async {
        let engine = column("").await;

        let told = misfit::<serde_json::Value>(&engine, "jsonb('[1]')").await;
        assert!(told.starts_with("BLOB does not fit Value: JSON is stored as text"), "{told}");
        assert!(told.contains("select `json(…)` of it"), "{told}");
        assert_eq!(read::<Json<Vec<u8>>>(&engine, "json(jsonb('[1]'))").await, Json(vec![1]));
    });
}

#[test]
fn what_has_no_json_cannot_be_bound() {
    run(async {
        let engine = column("").await;
        let map = BTreeMap::from([((1, 2), 3)]);

        let told = refused(&engine, Json(&map)).await;

        assert!(told.contains("cannot be written as JSON"), "{told}");
        assert_eq!(Json(map).to_value().unwrap_err().kind(), ErrorKind::Bind);
    });
}

/// Any JSON of a few levels.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|value| json!(value)),
        any::<i64>().prop_map(|value| json!(value)),
        any::<u64>().prop_map(|value| json!(value)),
        any::<f64>().prop_map(|value| json!(value)),
        any::<String>().prop_map(|value| json!(value)),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

#[test]
fn any_json_comes_back() {
    watched(|| {
        let engine = futures::executor::block_on(column("TEXT"));

        holds_for_any(128, &any_json(), |value| {
            futures::executor::block_on(async {
                store(&engine, &value).await;
                assert_eq!(stored::<serde_json::Value>(&engine).await, value);
                assert_eq!(stored::<Json<serde_json::Value>>(&engine).await, Json(value));
            });
        });
    });
}

#[test]
fn a_float_that_json_does_not_have_is_refused_wherever_it_stands() {
    #[derive(Serialize)]
    enum Shape {
        Circle { radius: f32 },
        Square(Option<f64>),
        Point,
    }

    for (value, fine) in [
        (Json(vec![Shape::Point, Shape::Square(None)]), true),
        (Json(vec![Shape::Square(Some(1e308))]), true),
        (Json(vec![Shape::Square(Some(f64::NAN))]), false),
        (Json(vec![Shape::Point, Shape::Circle { radius: f32::INFINITY }]), false),
    ] {
        assert_eq!(value.to_value().is_ok(), fine);
    }
    let map = Json(BTreeMap::from([("null", (0.5, [f64::NEG_INFINITY]))]));
    let error = map.to_value().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Bind);
    assert!(error.to_string().contains("a NaN or an infinity"), "{error}");
    assert!(Json(BTreeMap::from([("null", (0.5, None::<()>))])).to_value().is_ok());
}

#[test]
fn json_that_is_nested_too_deeply_is_told_to_be_so() {
    run(async {
        let engine = column("TEXT").await;

        store(&engine, format!("{}{}", "[".repeat(500), "]".repeat(500))).await;

        let told = misfit::<serde_json::Value>(&engine, "x FROM t").await;
        assert!(told.contains("nested too deeply"), "{told}");
    });
}
