//! The table of what was applied is headwater's own, and what is done to it is told as a migration's error.

use headwater::{Migration, Migrations, sql};

use super::{cause, count, one, refused, tables, three};
use crate::support::{Tank, run};

#[test]
fn what_has_the_tables_name_and_is_not_ours_is_told() {
    run(async {
        for foreign in [
            "CREATE TABLE _headwater_migrations(version, name)",
            "CREATE TABLE _Headwater_MIGRATIONS(a)",
            "CREATE VIEW _headwater_migrations AS SELECT 1 AS version",
            "CREATE VIEW _HEADWATER_migrations AS SELECT 1 AS version, 2 AS name, 3 AS checksum, 4 AS \
             applied_at, 5 AS elapsed_us, 1 AS format",
            "CREATE TABLE a(b); CREATE INDEX _HEADWATER_MIGRATIONS ON a(b)",
            "CREATE VIRTUAL TABLE _headwater_migrations USING fts5(a)",
        ] {
            let tank = Tank::new();
            let engine = tank.engine().await;
            engine.execute_batch(sql(foreign)).await.unwrap();

            let error = refused(&engine, three()).await;
            let status = three().status(&engine).await.unwrap_err();

            assert!(error.to_string().starts_with("`_headwater_migrations` is not "), "{error}");
            assert_eq!((status.kind(), status.to_string()), (error.kind(), error.to_string()));
        }
    });
}

#[test]
fn a_trigger_and_a_temp_table_may_have_the_tables_name() {
    run(async {
        let tank = Tank::new();
        let builder = tank.builder().on_connect(|c| {
            c.execute_batch("CREATE TEMP TABLE _headwater_migrations(version, name)")
        });
        let engine = builder.open().await.unwrap();
        let trigger = "CREATE TABLE a(b); CREATE TRIGGER _headwater_migrations INSERT ON a BEGIN SELECT 1; END";
        engine.execute_batch(sql(trigger)).await.unwrap();

        engine.migrate(three().to(2)).await.unwrap();
        engine.migrate(three().to(1)).await.unwrap();
        engine.migrate(three()).await.unwrap();
        assert_eq!(engine.migrate(three()).await.unwrap().applied.len(), 0);

        assert_eq!(count(&engine, "main._headwater_migrations").await, 3);
        assert_eq!(three().status(&engine).await.unwrap().len(), 3);
    });
}

#[test]
fn a_migration_that_changes_the_table_is_told_with_the_file() {
    run(async {
        for text in [
            "CREATE TABLE a(b); DROP TABLE _headwater_migrations",
            "CREATE TABLE a(b); ALTER TABLE _headwater_migrations RENAME TO c",
            "CREATE TABLE a(b); ALTER TABLE _headwater_migrations RENAME COLUMN name TO title",
            "CREATE TABLE a(b); CREATE TRIGGER c INSERT ON _headwater_migrations BEGIN \
             SELECT RAISE(ABORT, 'no'); END",
            "CREATE TABLE a(b); INSERT INTO _headwater_migrations VALUES (1, '', '', '', 0, 1)",
        ] {
            let tank = Tank::new();
            let engine = tank.engine().await;

            let error = refused(&engine, one(text)).await;

            assert!(error.to_string().starts_with("migration 1 (one): its row in "), "{error}");
            assert_ne!(cause(&error).kind(), error.kind());
            assert_eq!(tables(&engine).await, Vec::<String>::new());
        }
    });
}

#[test]
fn a_way_back_that_drops_the_table_is_told_with_the_file() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let text = "DROP TABLE _headwater_migrations";
        let both = Migrations::new([Migration::new(1, "one", "CREATE TABLE a(b)").down(text)]);
        engine.migrate(&both).await.unwrap();

        let error = refused(&engine, both.to(0)).await;

        assert!(error.to_string().starts_with("migration 1 (one), down: its row in "), "{error}");
        assert_eq!(count(&engine, "_headwater_migrations").await, 1);
    });
}
