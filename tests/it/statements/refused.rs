//! Texts that are refused before anything of them runs, each with a clear error.

use headwater::{ErrorKind, sql};

use super::{assert_untouched, filled, refusals};
use crate::support::run;

#[test]
fn case_70_a_nul_in_the_text_is_refused_with_its_place() {
    run(async {
        let (_tank, engine) = filled().await;
        for (text, at) in [
            ("DELETE FROM t\0 WHERE id = 9", "byte 13"),
            ("DELETE FROM t\0", "byte 13"),
            ("\0DELETE FROM t", "byte 0"),
            ("DELETE FROM t WHERE name = '\0'", "byte 28"),
        ] {
            for error in refusals(&engine, sql(text)).await {
                assert_eq!(error.kind(), ErrorKind::Statement, "{text:?}");
                assert!(error.to_string().contains(at), "{error}");
            }
            let error = engine.execute_batch(text).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Statement, "{text:?}");
            let error = engine.execute_many(sql(text), [(1,)]).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Statement, "{text:?}");
        }
        assert_untouched(&engine, 3).await;
    });
}

#[test]
fn case_70_a_nul_in_a_value_is_a_part_of_it() {
    run(async {
        let (_tank, engine) = filled().await;

        let back: String = engine.query(sql("SELECT ?").bind("a\0b")).scalar_one().await.unwrap();

        assert_eq!(back, "a\0b");
    });
}

#[test]
fn case_71_a_second_statement_is_refused_and_the_first_does_not_run() {
    run(async {
        let (_tank, engine) = filled().await;
        for text in [
            "DELETE FROM t; DELETE FROM t",
            "DELETE FROM t; SELECT 1",
            "SELECT 1; DELETE FROM t;",
            "DELETE FROM t;;DROP TABLE t",
            "DELETE FROM t; /* so */ DROP TABLE t -- there",
        ] {
            for error in refusals(&engine, sql(text)).await {
                assert_eq!(error.kind(), ErrorKind::Statement, "{text}");
                assert!(error.to_string().contains("`execute_batch`"), "{error}");
                assert_eq!(error.sql(), Some(text));
            }
        }
        assert_untouched(&engine, 3).await;
    });
}

#[test]
fn case_71_what_follows_a_statement_may_be_a_comment() {
    run(async {
        let (_tank, engine) = filled().await;
        for text in [
            "SELECT 7;",
            "SELECT 7 -- seven",
            "SELECT 7; -- seven",
            "SELECT 7;; /* seven */ ;",
            "/* first */ SELECT 7",
        ] {
            assert_eq!(engine.query(sql(text)).scalar_one::<i64>().await.unwrap(), 7, "{text}");
        }
    });
}

#[test]
fn case_71_an_empty_text_or_a_comment_alone_is_refused() {
    run(async {
        let (_tank, engine) = filled().await;
        for text in ["", " \n\t", ";", ";;", "-- only a comment", "/* only a comment */", "/* open"]
        {
            for error in refusals(&engine, sql(text)).await {
                assert_eq!(error.kind(), ErrorKind::Statement, "{text:?}");
                assert!(error.to_string().contains("empty or only a comment"), "{text:?}: {error}");
            }
        }
    });
}

#[test]
fn case_71_an_empty_script_does_nothing() {
    run(async {
        let (_tank, engine) = filled().await;
        for script in ["", ";", " -- nothing"] {
            engine.execute_batch(script).await.unwrap();
        }
        assert_untouched(&engine, 3).await;
    });
}

#[test]
fn a_text_that_is_wrong_is_shown_with_the_place() {
    run(async {
        let (_tank, engine) = filled().await;
        for (text, at) in [
            ("SELEC 1", Some(0)),
            ("SELECT nope FROM t", Some(7)),
            ("SELECT * FROM nope", None),
            ("SELECT (1", None),
            ("DELETE FROM t WHERE", None),
            ("SELECT nope(1)", Some(7)),
            ("INSERT INTO t(nope) VALUES (1)", None),
        ] {
            for error in refusals(&engine, sql(text)).await {
                assert_eq!(error.kind(), ErrorKind::Syntax, "{text}: {error}");
                assert_eq!(error.sql(), Some(text));
                if at.is_some() {
                    assert_eq!(error.offset(), at, "{text}");
                }
            }
        }
        assert_untouched(&engine, 3).await;
    });
}
