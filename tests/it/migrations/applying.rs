//! Migrations are applied in order, each once, on every kind of database, and all see the new schema.

use headwater::{AsyncEngine, JournalMode, Migration, Migrations, Mode, migrations};

use super::{count, one, tables, three};
use crate::support::{Tank, run, watched};

#[test]
fn a_folder_of_files_is_applied_in_order() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let folder = migrations!("tests/it/migrations/files/");

        let report = engine.migrate(&folder).await.unwrap();

        let names: Vec<_> = report.applied.iter().map(|run| run.name.as_str()).collect();
        assert_eq!(names, ["create_users", "add_email"]);
        assert_eq!(report.version, 2);
        assert_eq!(tables(&engine).await, ["_headwater_migrations", "users"]);
        engine.execute("INSERT INTO users(name, email) VALUES ('Ada', 'a@b')").await.unwrap();
        let back = engine.migrate(folder.to(1)).await.unwrap();
        assert_eq!((back.reverted.len(), back.version), (1, 1));
    });
}

#[test]
fn what_is_applied_is_not_applied_again() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        engine.migrate(three()).await.unwrap();

        let again = engine.migrate(three()).await.unwrap();
        let later = tank.engine().await.migrate(three()).await.unwrap();

        assert_eq!(again.to_string(), "applied 0 migrations; the database is at version 3");
        assert_eq!(again, later);
        assert_eq!(count(&engine, "t").await, 1);
    });
}

#[test]
fn an_up_to_date_database_is_not_locked_and_may_be_read_only() {
    run(async {
        let tank = Tank::new();
        tank.engine().await.migrate(three()).await.unwrap();
        let writer = tank.plain();
        writer.execute_batch("BEGIN IMMEDIATE").unwrap();

        let reader = tank.builder().mode(Mode::ReadOnly).open().await.unwrap();
        let report = reader.migrate(three()).await.unwrap();

        assert_eq!((report.applied.len(), report.version), (0, 3));
    });
}

#[test]
fn every_journal_mode_and_memory_can_be_migrated() {
    run(async {
        for mode in [JournalMode::Wal, JournalMode::Delete, JournalMode::Truncate] {
            let tank = Tank::new();
            let engine = tank.builder().journal_mode(mode).open().await.unwrap();
            engine.migrate(three()).await.unwrap();
            assert_eq!(count(&engine, "t").await, 1, "{mode:?}");
        }
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        engine.migrate(three()).await.unwrap();
        assert_eq!(count(&engine, "t").await, 1);
    });
}

#[test]
fn a_migration_can_be_spawned_in_any_runtime() {
    watched(|| {
        let tank = Tank::new();
        let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
        tokio.block_on(async {
            let engine = tank.engine().await;
            let task = tokio::spawn(async move { engine.migrate(three().to(2)).await });
            assert_eq!(task.await.unwrap().unwrap().version, 2);
        });
        smol::block_on(async {
            let engine = tank.engine().await;
            let task = smol::spawn(async move { engine.migrate(three()).await });
            assert_eq!(task.await.unwrap().version, 3);
        });
    });
}

#[test]
fn statements_prepared_before_see_the_new_schema_after() {
    run(async {
        const ALL: &str = "SELECT * FROM t";
        let tank = Tank::new();
        let (engine, other) = (tank.engine().await, tank.engine().await);
        engine.migrate(three().to(1)).await.unwrap();
        let held = other.connect().await.unwrap();
        for _ in 0..3 {
            engine.query(ALL).all().await.unwrap();
            other.query(ALL).all().await.unwrap();
            held.query(ALL).all().await.unwrap();
        }

        engine.migrate(three()).await.unwrap();

        let columns = |rows: &[headwater::Row]| rows[0].get::<String>("name").unwrap();
        assert_eq!(columns(&engine.query(ALL).all().await.unwrap()), "a");
        assert_eq!(columns(&other.query(ALL).all().await.unwrap()), "a");
        assert_eq!(columns(&held.query(ALL).all().await.unwrap()), "a");
    });
}

#[test]
fn triggers_strings_and_remarks_are_run_as_sqlite_reads_them() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let text = "
            -- a remark; with a semicolon
            CREATE TABLE t(a TEXT); CREATE TABLE log(a TEXT);
            CREATE TRIGGER t_log AFTER INSERT ON t BEGIN
                INSERT INTO log VALUES (CASE WHEN new.a = ';' THEN 'semicolon' ELSE 'END' END);
                INSERT INTO log VALUES ('it''s; END;');
            END;
            INSERT INTO t VALUES (';') /* no ; more */";

        engine.migrate(one(text)).await.unwrap();

        let logged = engine.query("SELECT a FROM log").scalars::<String>().all().await.unwrap();
        assert_eq!(logged, ["semicolon", "it's; END;"]);
    });
}

#[test]
fn a_windows_checkout_is_the_same_migration() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        engine.migrate(one("CREATE TABLE t(a);\nINSERT INTO t VALUES ('x\ny');\n")).await.unwrap();

        let report =
            engine.migrate(one("CREATE TABLE t(a);\r\nINSERT INTO t VALUES ('x\r\ny');\r\n")).await;

        assert_eq!(report.unwrap().applied.len(), 0);
    });
}

#[test]
fn what_a_migration_does_to_its_connection_ends_with_it() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let text = "CREATE TEMP TABLE passing(a); CREATE TABLE t AS SELECT * FROM passing;
            PRAGMA legacy_alter_table = ON";

        engine.migrate(one(text)).await.unwrap();

        // The connection that writes is a new one.
        let error = engine.execute("INSERT INTO passing VALUES (1)").await.unwrap_err();
        assert!(error.to_string().contains("no such table"), "{error}");
        let tx = engine.begin().await.unwrap();
        let on: i64 = tx.query("PRAGMA legacy_alter_table").scalar_one().await.unwrap();
        assert_eq!(on, 0);
    });
}

#[test]
fn hundreds_of_migrations_are_applied() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        let many =
            Migrations::new((1..=200).rev().map(|version| {
                Migration::new(version, "m", format!("CREATE TABLE t{version}(a)"))
            }));

        let report = engine.migrate(many).await.unwrap();

        let versions: Vec<_> = report.applied.iter().map(|run| run.version).collect();
        assert_eq!(versions, (1..=200).collect::<Vec<_>>());
        assert_eq!(tables(&engine).await.len(), 201);
    });
}
