//! What an error tells: the place in the SQL, the constraint with its table and columns, what to do.

use headwater::{AsyncEngine, Error, ErrorKind};

use crate::support::run;

const SCHEMA: &str = "
    CREATE TABLE users(
        id INTEGER PRIMARY KEY,
        email TEXT NOT NULL UNIQUE,
        age INTEGER CHECK (age >= 0),
        born INTEGER,
        died INTEGER,
        CONSTRAINT lived CHECK (died IS NULL OR \"born\" <= died)
    );
    CREATE TABLE posts(
        id INTEGER PRIMARY KEY,
        author INTEGER NOT NULL REFERENCES users(id),
        UNIQUE (id, author)
    );
    CREATE TABLE likes(
        post INTEGER REFERENCES posts(id) DEFERRABLE INITIALLY DEFERRED,
        fan INTEGER REFERENCES users(id)
    );
    CREATE TABLE strictly(n INTEGER) STRICT;
    CREATE TABLE watched(n INTEGER);
    CREATE TRIGGER odd BEFORE INSERT ON watched WHEN new.n % 2 = 1 BEGIN SELECT RAISE(ABORT, 'no odd numbers'); END;
    INSERT INTO users(id, email) VALUES (1, 'ada@example.org');
    INSERT INTO posts VALUES (10, 1);
";

async fn opened() -> AsyncEngine {
    let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
    engine.execute_batch(SCHEMA).await.unwrap();
    engine
}

/// The error of a text by each of the ways that a text can be written in.
async fn refused(engine: &AsyncEngine, text: &'static str) -> Vec<Error> {
    let transaction = engine.begin().await.unwrap();
    let errors = vec![
        transaction.execute(text).await.unwrap_err(),
        transaction.query(text).all().await.unwrap_err(),
        transaction.execute_many(text, [()]).await.unwrap_err(),
        transaction.execute_batch(text).await.unwrap_err(),
    ];
    transaction.rollback().await.unwrap();
    let alone = engine.execute(text).await.unwrap_err();
    let (one, other) = futures::join!(engine.execute(text), engine.query(text).all());
    let together = [one.unwrap_err(), other.unwrap_err()];
    errors.into_iter().chain([alone]).chain(together).collect()
}

#[track_caller]
fn names(
    error: &Error,
    kind: ErrorKind,
    table: Option<&str>,
    columns: &[&str],
    name: Option<&str>,
) {
    let constraint = error.constraint().unwrap();

    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.is_constraint_violation());
    assert_eq!(constraint.table.as_deref(), table, "{error}");
    assert_eq!(constraint.columns, columns, "{error}");
    assert_eq!(constraint.name.as_deref(), name, "{error}");
}

#[test]
fn a_violated_constraint_is_told_with_its_table_and_columns_however_the_row_is_written() {
    let unique = ErrorKind::UniqueViolation;
    let check = ErrorKind::CheckViolation;
    let cases = [
        (
            "INSERT INTO users(email) VALUES ('ada@example.org')",
            unique,
            "users",
            vec!["email"],
            None,
        ),
        ("INSERT INTO users(id, email) VALUES (1, 'x')", unique, "users", vec!["id"], None),
        (
            "INSERT INTO users(id) VALUES (7)",
            ErrorKind::NotNullViolation,
            "users",
            vec!["email"],
            None,
        ),
        (
            "INSERT INTO users(email, age) VALUES ('x', -1)",
            check,
            "users",
            vec!["age"],
            Some("age >= 0"),
        ),
        (
            "UPDATE USERS SET born = 2000, died = 1900",
            check,
            "users",
            vec!["born", "died"],
            Some("lived"),
        ),
        ("INSERT INTO strictly VALUES ('x')", check, "strictly", vec!["n"], None),
        (
            "INSERT INTO posts VALUES (11, 99)",
            ErrorKind::ForeignKeyViolation,
            "posts",
            vec!["author"],
            None,
        ),
    ];
    run(async {
        let engine = opened().await;
        for (text, kind, table, columns, name) in cases {
            for error in refused(&engine, text).await {
                names(&error, kind, Some(table), &columns, name);
                assert_eq!(error.sql(), Some(text));
            }
        }
    });
}

#[test]
fn a_foreign_key_is_told_from_both_of_its_sides() {
    run(async {
        let engine = opened().await;
        engine.execute("DROP TABLE likes").await.unwrap();

        let child = engine.execute("UPDATE posts SET author = 99").await.unwrap_err();
        let parent = engine.execute("DELETE FROM users").await.unwrap_err();

        let expected = "posts(author) -> users(id) is violated";
        names(&child, ErrorKind::ForeignKeyViolation, Some("posts"), &["author"], None);
        names(&parent, ErrorKind::ForeignKeyViolation, Some("posts"), &["author"], None);
        assert_eq!(
            child.hint().unwrap(),
            format!("{expected}: write the row of users first, or refer to one that is there")
        );
        assert_eq!(
            parent.hint().unwrap(),
            format!(
                "{expected}: rows of posts still refer to the row; change or delete them first"
            )
        );
    });
}

#[test]
fn a_row_that_is_replaced_goes() {
    run(async {
        let engine = opened().await;
        engine.execute("INSERT INTO likes VALUES (10, NULL)").await.unwrap();

        let text = "INSERT OR REPLACE INTO posts VALUES (11, 99)";
        let error = engine.execute(text).await.unwrap_err();

        let hint = error.hint().unwrap();
        assert!(hint.contains("posts(author)") && hint.contains("likes(post)"), "{hint}");
    });
}

#[test]
fn of_several_foreign_keys_that_it_may_be_all_are_listed() {
    run(async {
        let engine = opened().await;

        let error = engine.execute("DELETE FROM users").await.unwrap_err();

        names(&error, ErrorKind::ForeignKeyViolation, None, &[], None);
        let hint = error.hint().unwrap();
        assert!(
            hint.ends_with("by one of likes(fan) -> users(id), posts(author) -> users(id)")
                || hint.ends_with("by one of posts(author) -> users(id), likes(fan) -> users(id)"),
            "{hint}"
        );
    });
}

#[test]
fn a_commit_that_fails_tells_which_foreign_key_is_violated() {
    run(async {
        let engine = opened().await;
        let write = "INSERT INTO likes(post) VALUES (99)";
        let transaction = engine.begin().await.unwrap();
        transaction.execute(write).await.unwrap();

        let of_a_handle = transaction.commit().await.unwrap_err();
        let of_many =
            engine.execute_many("INSERT INTO likes(post) VALUES (?)", [(10,), (99,)]).await;
        let connection = engine.connect().await.unwrap();
        let of_a_script =
            connection.execute_batch("BEGIN; INSERT INTO likes(post) VALUES (99); COMMIT").await;
        connection.execute_batch("ROLLBACK").await.unwrap();

        let expected =
            "likes(post) -> posts(id) is violated: a row of likes refers to no row of posts";
        for error in [of_a_handle, of_many.unwrap_err(), of_a_script.unwrap_err()] {
            names(&error, ErrorKind::ForeignKeyViolation, Some("likes"), &["post"], None);
            assert_eq!(error.hint(), Some(expected));
        }
        assert_eq!(
            engine.query("SELECT count(*) FROM likes").scalar_one::<i64>().await.unwrap(),
            0
        );
    });
}

#[test]
fn what_a_trigger_refuses_is_refused_by_a_check() {
    run(async {
        let engine = opened().await;

        let error = engine.execute("INSERT INTO watched VALUES (1)").await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::CheckViolation);
        assert!(error.to_string().starts_with("no odd numbers"), "{error}");
    });
}

#[test]
fn a_caret_stands_under_the_place_that_sqlite_reports() {
    run(async {
        let engine = opened().await;

        let error = engine.query("SELECT id,\n       emial\nFROM users").all().await.unwrap_err();

        assert_eq!(error.position(), Some((2, 8)));
        assert_eq!(
            error.to_string(),
            "no such column: emial; perhaps `email` is meant, at line 2, column 8:\n         emial\n         ^"
        );
    });
}

#[test]
fn a_name_that_is_nearly_right_is_suggested() {
    run(async {
        let engine = opened().await;
        let hint = async |text: &'static str| {
            let error = engine.execute(text).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Syntax, "{error}");
            error.hint().map(str::to_owned)
        };

        assert_eq!(hint("SELECT * FROM user").await.unwrap(), "perhaps `users` is meant");
        assert_eq!(hint("SELECT * FROM main.pots").await.unwrap(), "perhaps `posts` is meant");
        assert_eq!(
            hint("INSERT INTO users(emails) VALUES (1)").await.unwrap(),
            "perhaps `email` is meant"
        );
        assert_eq!(hint("SELECT u.emal FROM users u").await.unwrap(), "perhaps `email` is meant");
        assert_eq!(hint("SELECT * FROM elsewhere").await, None);
    });
}

#[test]
fn whatever_sqlite_does_not_prepare_is_an_error_of_the_text() {
    let texts = [
        "SELECT",
        "SELECT * FROM users LEFT",
        "SELECT 1 UNION SELECT 1, 2",
        "SELECT (SELECT 1, 2)",
        "INSERT INTO users VALUES (1)",
        "SELECT max(id, max(id)) FROM users GROUP BY count(*)",
        "CREATE TABLE users(a)",
        "CREATE TABLE two(a, a)",
        "SELECT nothing(1)",
        "SELECT * FROM users ORDER BY 99",
        "UPDATE sqlite_schema SET name = 'x'",
        "CREATE VIEW v AS SELECT ?",
    ];
    run(async move {
        let engine = opened().await;
        for text in texts {
            let error = engine.execute(text).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Syntax, "{text}: {error}");
            assert_eq!(error.sql(), Some(text));
        }
    });
}

#[test]
fn an_error_that_a_running_statement_raises_is_not_one_of_the_text() {
    run(async {
        let engine = opened().await;

        let error = engine.query("SELECT abs(-9223372036854775808)").all().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Other);
        assert!(error.to_string().starts_with("integer overflow"), "{error}");
    });
}

#[test]
fn every_kind_is_in_the_table_of_the_documentation_or_said_to_be_of_no_use_yet() {
    let source = include_str!("../../src/error/kind.rs");
    let (documentation, variants) = source.split_once("pub enum ErrorKind").unwrap();
    let unused =
        documentation.split_once("`Deadlock`").map(|(_, rest)| format!("`Deadlock`{rest}"));
    let kinds = variants.lines().filter_map(|line| line.trim().strip_suffix(','));

    let mut count = 0;
    for kind in kinds {
        let in_table = documentation.contains(&format!("/// | [`{kind}`](Self::{kind}) | "));
        let unused = unused.as_ref().is_some_and(|unused| unused.contains(&format!("`{kind}`")));
        assert!(in_table != unused, "{kind}: in the table {in_table}, unused {unused}");
        count += 1;
    }
    assert!(count > 30);
}

/// The error of a text after a script has made what it needs.
async fn after(script: &'static str, text: &'static str) -> Error {
    let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
    engine.execute_batch(script).await.unwrap();
    engine.execute(text).await.unwrap_err()
}

#[test]
fn what_restrict_refuses_is_told_as_a_foreign_key() {
    run(async {
        let error = after(
            "CREATE TABLE p(id INTEGER PRIMARY KEY);
             CREATE TABLE c(p REFERENCES p(id) ON DELETE RESTRICT ON UPDATE RESTRICT);
             INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);",
            "DELETE FROM p",
        )
        .await;

        names(&error, ErrorKind::ForeignKeyViolation, Some("c"), &["p"], None);
    });
}

#[test]
fn a_row_that_a_clause_of_the_table_replaces_goes_too() {
    run(async {
        let error = after(
            "CREATE TABLE q(id INTEGER PRIMARY KEY);
             CREATE TABLE p(id INTEGER PRIMARY KEY, code UNIQUE ON CONFLICT REPLACE, u REFERENCES q);
             CREATE TABLE c(p REFERENCES p);
             INSERT INTO p VALUES (1, 'x', NULL); INSERT INTO c VALUES (1);",
            "INSERT INTO p VALUES (2, 'x', NULL)",
        )
        .await;

        names(&error, ErrorKind::ForeignKeyViolation, None, &[], None);
        assert!(error.hint().unwrap().contains("c(p) -> p"), "{error}");
    });
}

#[test]
fn a_key_that_was_violated_before_is_not_blamed_on_a_commit() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        let connection = engine.connect().await.unwrap();
        let script = "CREATE TABLE p(id INTEGER PRIMARY KEY);
             CREATE TABLE a(x REFERENCES p);
             CREATE TABLE b(y REFERENCES p DEFERRABLE INITIALLY DEFERRED);
             PRAGMA foreign_keys = OFF;
             INSERT INTO a VALUES (7);
             PRAGMA foreign_keys = ON;
             BEGIN;
             INSERT INTO b VALUES (8);
             COMMIT;";

        let error = connection.execute_batch(script).await.unwrap_err();
        connection.execute("ROLLBACK").await.unwrap();

        names(&error, ErrorKind::ForeignKeyViolation, None, &[], None);
    });
}

#[test]
fn a_check_that_two_of_the_written_tables_have_is_told_of_neither() {
    run(async {
        let error = after(
            "CREATE TABLE a(n CHECK (n > 0));
             CREATE TABLE b(n CHECK (n > 0));
             CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO b VALUES (new.n - 1); END;",
            "INSERT INTO a VALUES (1)",
        )
        .await;

        names(&error, ErrorKind::CheckViolation, None, &[], Some("n > 0"));
    });
}

#[test]
fn functions_types_and_remarks_are_no_columns_of_a_check() {
    run(async {
        let error = after(
            "CREATE TABLE bookings(
                 date TEXT, -- a user's CONSTRAINT late CHECK ) of old
                 text INTEGER,
                 made TEXT,
                 CONSTRAINT late CHECK (date(made) IS NOT NULL AND CAST(made AS text) <> '')
             )",
            "INSERT INTO bookings(made) VALUES ('never')",
        )
        .await;

        names(&error, ErrorKind::CheckViolation, Some("bookings"), &["made"], Some("late"));
    });
}

#[test]
fn an_index_on_an_expression_is_told_with_its_table() {
    run(async {
        let error = after(
            "CREATE TABLE users(email TEXT);
             CREATE UNIQUE INDEX by_email ON users(lower(email));
             INSERT INTO users VALUES ('ada@example.org');",
            "INSERT INTO users VALUES ('ADA@example.org')",
        )
        .await;

        names(&error, ErrorKind::UniqueViolation, Some("users"), &[], Some("by_email"));
    });
}

#[test]
fn a_name_with_a_point_in_it_is_not_told_as_two() {
    run(async {
        let error = after(
            "CREATE TABLE \"x.y\"(a UNIQUE); INSERT INTO \"x.y\" VALUES (1);",
            "INSERT INTO \"x.y\" VALUES (1)",
        )
        .await;

        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        assert!(error.constraint().is_none(), "{error}");
    });
}

#[test]
fn a_script_is_shown_with_a_caret_under_the_place_too() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();

        let error = engine.execute_batch("SELECT 1;\nSELECT 2, SELEC").await.unwrap_err();

        assert_eq!(error.position(), Some((2, 11)));
        assert!(error.to_string().ends_with("  SELECT 2, SELEC\n            ^"), "{error}");
    });
}
