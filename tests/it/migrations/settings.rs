//! A PRAGMA of a migration has its effect, or is refused before anything runs.

use headwater::{JournalMode, Migration, Migrations};

use super::{one, refused, tables};
use crate::support::{Tank, run};

#[test]
fn a_setting_that_would_have_no_effect_is_refused_before_anything_runs() {
    run(async {
        for pragma in [
            "journal_mode = DELETE",
            "auto_vacuum = FULL",
            "page_size = 512",
            "recursive_triggers = ON",
            "ignore_check_constraints(ON)",
            "main.cache_size = 1",
            "secure_delete = ON",
            "synchronous = OFF",
            "\"foreign_keys\" = OFF",
        ] {
            let tank = Tank::new();
            let engine = tank.engine().await;
            let all = Migrations::new([
                Migration::new(1, "good", "CREATE TABLE good(a)"),
                Migration::new(2, "bad", format!("CREATE TABLE a(b);\nPRAGMA {pragma}")),
            ]);

            let error = refused(&engine, all).await;

            assert!(error.to_string().starts_with("migration 2 (bad), line 2: "), "{error}");
            assert_eq!(tables(&engine).await, Vec::<String>::new());
        }
    });
}

#[test]
fn a_setting_that_stays_in_the_file_stays() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let text = "PRAGMA user_version = 7; PRAGMA main.\"application_id\"(8); PRAGMA journal_mode;
            PRAGMA foreign_key_check; PRAGMA table_info(a); PRAGMA optimize; PRAGMA incremental_vacuum(1)";

        engine.migrate(one(text)).await.unwrap();

        let asked = |pragma| engine.query(headwater::sql(pragma)).scalar_one::<i64>();
        assert_eq!(asked("PRAGMA user_version").await.unwrap(), 7);
        assert_eq!(asked("PRAGMA application_id").await.unwrap(), 8);
    });
}

#[test]
fn a_table_is_renamed_as_old_releases_of_sqlite_did_where_that_is_asked_for() {
    run(async {
        let tank = Tank::new();
        let builder = tank.builder().journal_mode(JournalMode::Wal);
        let engine = builder.open().await.unwrap();
        let text = "CREATE TABLE a(b); CREATE VIEW v AS SELECT b FROM a;
            PRAGMA legacy_alter_table = ON; ALTER TABLE a RENAME TO c";

        engine.migrate(one(text)).await.unwrap();

        let view = "SELECT sql FROM sqlite_schema WHERE name = 'v'";
        let view: String = engine.query(view).scalar_one().await.unwrap();
        assert_eq!(view, "CREATE VIEW v AS SELECT b FROM a");
    });
}
