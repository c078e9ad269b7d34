//! What is told where the program, its files and the database do not fit together.

use headwater::{ErrorKind, Migration, Migrations, sql};

use super::{cause, count, one, refused, tables, three};
use crate::support::{Tank, run};

#[test]
fn a_statement_that_fails_names_file_and_line_and_leaves_nothing() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let text = "CREATE TABLE a(b);\n\nINSERT INTO a VALUES (1);\nSELECT b,\n  missing\nFROM a;";
        let all = Migrations::new([
            Migration::new(1, "good", "CREATE TABLE good(a)"),
            Migration::new(2, "bad", text),
            Migration::new(3, "never", "CREATE TABLE never(a)"),
        ]);

        let error = refused(&engine, all).await;

        assert!(error.to_string().starts_with("migration 2 (bad), line 5: "), "{error}");
        assert_eq!(cause(&error).kind(), ErrorKind::Syntax);
        assert!(cause(&error).to_string().contains("no such column: missing"));
        assert_eq!(tables(&engine).await, ["_headwater_migrations", "good"]);
        assert_eq!(count(&engine, "_headwater_migrations").await, 1);
        engine.execute("INSERT INTO good VALUES (1)").await.unwrap();
    });
}

#[test]
fn a_violation_is_the_cause() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let text =
            "CREATE TABLE a(b UNIQUE);\nINSERT INTO a VALUES (1);\nINSERT INTO a VALUES (1);";

        let error = refused(&engine, one(text)).await;

        assert!(error.to_string().starts_with("migration 1 (one), line 3: "), "{error}");
        assert!(cause(&error).is_unique_violation());
    });
}

#[test]
fn a_commit_that_fails_names_the_file() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let text = "CREATE TABLE a(id INTEGER PRIMARY KEY);
            CREATE TABLE b(a REFERENCES a DEFERRABLE INITIALLY DEFERRED);
            INSERT INTO b VALUES (1);";

        let error = refused(&engine, one(text)).await;

        assert!(error.to_string().starts_with("migration 1 (one): "), "{error}");
        assert_eq!(cause(&error).kind(), ErrorKind::ForeignKeyViolation);
        assert_eq!(tables(&engine).await, Vec::<String>::new());
    });
}

#[test]
fn a_statement_that_ends_the_transaction_is_told_and_leaves_nothing() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let text = "CREATE TABLE a(b UNIQUE);
            INSERT INTO a VALUES (1); INSERT OR ROLLBACK INTO a VALUES (1); CREATE TABLE c(d);";

        let error = refused(&engine, one(text)).await;

        assert!(error.to_string().contains("line 2"), "{error}");
        assert_eq!(tables(&engine).await, Vec::<String>::new());
        engine.migrate(three()).await.unwrap();
    });
}

#[test]
fn words_for_transactions_are_refused_before_anything_runs() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let all = Migrations::new([
            Migration::new(1, "good", "CREATE TABLE good(a)"),
            Migration::new(2, "bad", "CREATE TABLE a(b);\nCOMMIT;\nBEGIN"),
        ]);

        let error = refused(&engine, all).await;

        assert!(error.to_string().starts_with("migration 2 (bad), line 2: "), "{error}");
        assert_eq!(tables(&engine).await, Vec::<String>::new());
    });
}

#[test]
fn a_parameter_has_no_value() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;

        let error = refused(&engine, one("CREATE TABLE a(b); INSERT INTO a VALUES (?)")).await;

        assert_eq!(cause(&error).kind(), ErrorKind::Bind);
    });
}

#[test]
fn a_changed_file_is_told() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        engine.migrate(one("CREATE TABLE a(b)")).await.unwrap();

        let error = refused(&engine, one("CREATE TABLE a(c)")).await;

        assert!(
            error.to_string().starts_with("migration 1 (one) was changed after it was applied")
        );
    });
}

#[test]
fn an_older_program_on_a_newer_database_is_told() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        engine.migrate(three()).await.unwrap();
        let older = Migrations::new(three().iter().take(2).cloned());

        let error = refused(&engine, older.clone()).await;

        assert!(error.to_string().starts_with("migration 3 (create_u) was applied on "), "{error}");
        assert_eq!(engine.migrate(older.allow_missing()).await.unwrap().version, 3);
    });
}

#[test]
fn a_late_file_is_told_and_applied_where_that_is_allowed() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let both = three();
        engine
            .migrate(Migrations::new(both.iter().filter(|m| m.version() != 2).cloned()))
            .await
            .unwrap();

        let error = refused(&engine, both.clone()).await;
        let report = engine.migrate(both.allow_out_of_order()).await.unwrap();

        assert!(error.to_string().starts_with("migration 2 (add_name) is out of order"), "{error}");
        assert_eq!((report.applied[0].version, report.version), (2, 3));
    });
}

#[test]
fn a_table_that_is_there_already_is_told_with_the_file() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        engine.execute("CREATE TABLE t(other)").await.unwrap();

        let error = refused(&engine, three()).await;

        assert!(error.to_string().starts_with("migration 1 (create_t), line 1: "), "{error}");
        assert!(cause(&error).to_string().contains("table t already exists"));
        assert_eq!(tables(&engine).await, ["t"]);
    });
}

#[test]
fn a_list_that_is_wrong_is_told_before_the_database_is_asked() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let twice = Migrations::new([
            Migration::new(1, "a", "SELECT 1"),
            Migration::new(1, "b", "SELECT 1"),
        ]);

        let status = twice.status(&engine).await.unwrap_err();
        let error = refused(&engine, twice).await;

        assert_eq!(error.to_string(), "migration 1 (a) and migration 1 (b) have one version");
        assert_eq!(status.to_string(), error.to_string());
    });
}

#[test]
fn a_table_of_a_later_release_is_told() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        engine.migrate(three().to(1)).await.unwrap();
        engine.execute("UPDATE _headwater_migrations SET format = 2").await.unwrap();

        let error = refused(&engine, three()).await;

        assert!(error.to_string().contains("rows of format 2"), "{error}");
        assert!(three().status(&engine).await.is_err());
    });
}

#[test]
fn a_table_with_rows_of_somebody_elses_is_told() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let table = "
            CREATE TABLE _headwater_migrations(version, name, checksum, applied_at, elapsed_us, format);
            INSERT INTO _headwater_migrations(version) VALUES (1)";
        engine.execute_batch(sql(table)).await.unwrap();

        let error = refused(&engine, three()).await;

        assert!(error.to_string().contains("is not as headwater makes it"), "{error}");
    });
}
