//! `sql!` inside macros: whose names a text sees.

use headwater::sql;

use super::filled;
use crate::support::run;

/// The text is the caller's, and so are the names in it.
macro_rules! with_text {
    ($text:literal $(, $argument:expr)*) => {{
        let id = 100;
        let _ = id;
        sql!($text $(, $argument)*)
    }};
}

/// The text is the macro's own, and so are the names in it.
macro_rules! with_own_text {
    ($id:expr) => {{
        let id = $id;
        sql!("SELECT id FROM t WHERE id = {id} AND id < {}", $id + 1)
    }};
}

/// A macro whose names come from both sides.
macro_rules! with_name {
    ($name:ident) => {
        sql!("SELECT id FROM t WHERE id = {}", $name)
    };
}

/// A macro that calls another one.
macro_rules! nested {
    ($text:literal) => {
        with_text!($text)
    };
}

#[test]
fn names_in_the_text_of_a_caller_are_those_of_the_caller() {
    run(async {
        let (_tank, engine) = filled().await;
        let id = 2;

        for statement in [
            with_text!("SELECT id FROM t WHERE id = {id}"),
            with_text!(r#"SELECT id FROM t WHERE "id" = {id}"#),
            with_text!("SELECT id FROM t WHERE id = {}", id),
            nested!("SELECT id FROM t WHERE id = {id}"),
        ] {
            assert_eq!(engine.query(statement).scalar_one::<i64>().await.unwrap(), 2);
        }
    });
}

#[test]
fn names_in_the_text_of_a_macro_are_its_own() {
    run(async {
        let (_tank, engine) = filled().await;
        let id = 1;

        let statement = with_own_text!(id + 2);

        assert_eq!(engine.query(statement).scalar_one::<i64>().await.unwrap(), 3);
        assert_eq!(engine.query(with_name!(id)).scalar_one::<i64>().await.unwrap(), 1);
    });
}

#[test]
fn a_text_may_be_raw_and_go_over_lines() {
    let (a, b) = (1, 2);

    assert_eq!(sql!(r##"SELECT "#" , {a}"##).text(), r##"SELECT "#" , ?1"##);
    assert_eq!(
        sql!(
            "SELECT {a}, \
             {b}"
        )
        .text(),
        "SELECT ?1, ?2"
    );
    assert_eq!(
        sql!(
            "SELECT {a},
             {b}"
        )
        .text()
        .lines()
        .count(),
        2
    );
}

#[test]
fn names_that_the_expansion_uses_itself_can_be_captured() {
    let (__statement, template, value, text) = (1, 2, 3, 4);

    let statement = sql!("SELECT {__statement}, {template}, {value}, {text}");

    assert_eq!(statement.text(), "SELECT ?1, ?2, ?3, ?4");
}
