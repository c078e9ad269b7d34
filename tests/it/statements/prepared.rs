//! `prepare_all!`: the check of all `sql!` texts of a package.

use headwater::{ErrorKind, prepare_all};

use super::{assert_untouched, filled};
use crate::support::{Tank, run};

#[test]
fn what_is_right_is_counted_and_what_is_not_known_is_named() {
    run(async {
        let (_tank, engine) = filled().await;

        let all = prepare_all!(&engine, "tests/sources/right").await.unwrap();

        assert_eq!(all.prepared(), 2);
        assert_eq!(
            all.to_string(),
            "2 prepared, 2 not\n  \
             tests/sources/right/users.rs:7: a name in it is given at run time\n  \
             tests/sources/right/users.rs:9: a comment says so"
        );
        let first = &all.unprepared()[0];
        assert_eq!((first.file(), first.line()), ("tests/sources/right/users.rs", 7));
        assert_eq!(first.why(), "a name in it is given at run time");
        assert_untouched(&engine, 3).await;
    });
}

#[test]
fn each_text_that_is_wrong_is_named_with_file_and_line() {
    run(async {
        let (_tank, engine) = filled().await;

        let error = prepare_all!(&engine, "tests/sources/wrong/users.rs").await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Syntax);
        let said = error.to_string();
        assert!(said.starts_with("the database does not accept 3 of 4 `sql!` texts\n"), "{said}");
        for part in [
            "\n  tests/sources/wrong/users.rs:6: no such column: nme",
            "\n  tests/sources/wrong/users.rs:7: no such table: missing",
            "\n  tests/sources/wrong/users.rs:12: near \"WHRE\": syntax error",
        ] {
            assert!(said.contains(part), "{part} in: {said}");
        }
        assert!(!said.contains("users.rs:5"), "{said}");
        assert_untouched(&engine, 3).await;
    });
}

#[test]
fn texts_of_a_connection_are_checked_on_it() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let connection = engine.connect().await.unwrap();
        let script =
            "CREATE TEMP TABLE chosen(a); ATTACH ':memory:' AS other; CREATE TABLE other.chosen(a)";
        connection.execute_batch(script).await.unwrap();

        let all = prepare_all!(&connection, "tests/sources/wrong/temporary.rs").await.unwrap();
        let error = prepare_all!(&engine, "tests/sources/wrong/temporary.rs").await.unwrap_err();

        assert_eq!((all.prepared(), all.unprepared().len()), (2, 0));
        assert!(error.to_string().contains("temporary.rs:4: no such table"), "{error}");
    });
}

#[test]
fn an_engine_that_cannot_answer_says_so_and_blames_no_text() {
    run(async {
        let (_tank, engine) = filled().await;
        engine.close(std::time::Duration::from_secs(9)).await.unwrap();

        let error = prepare_all!(&engine, "tests/sources/right").await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Closed);
    });
}

#[test]
fn the_future_can_be_spawned() {
    fn spawned<F: Future<Output: Send> + Send + 'static>(future: F) -> F {
        future
    }
    run(async {
        let (_tank, engine) = filled().await;

        let future = spawned(prepare_all!(&engine, "tests/sources/right"));
        drop(engine);

        assert_eq!(future.await.unwrap().prepared(), 2);
    });
}

#[test]
fn the_texts_of_the_quickstart_are_right() {
    #[path = "../../../examples/quickstart/schema.rs"]
    mod schema;
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        engine.execute_batch(schema::SCHEMA).await.unwrap();

        let all = prepare_all!(&engine, "examples/quickstart").await.unwrap();

        assert!(all.prepared() >= 7, "{all}");
        assert!(all.unprepared().is_empty(), "{all}");
    });
}

#[test]
fn the_texts_of_these_tests_are_right_where_their_table_is() {
    run(async {
        let (_tank, engine) = filled().await;

        let all =
            prepare_all!(&engine, "tests/it/statements/lists.rs", "tests/it/statements/macros.rs")
                .await
                .unwrap();

        assert!(all.prepared() > 20, "{all}");
        let whys: Vec<_> = all.unprepared().iter().map(|one| one.why()).collect();
        assert_eq!(whys, ["how many values its list has is known at run time"; 3], "{all}");
    });
}
