//! The defaults that the best guides agree on and the hardened open, each read back and each changeable.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use headwater::{AsyncEngine, EngineBuilder, ErrorKind, JournalMode, Mode, Synchronous};
use rusqlite::config::DbConfig;

use crate::support::{DEADLINE, Tank, run};

/// Reads a pragma on the engine, as text.
async fn pragma(engine: &AsyncEngine, name: &str) -> String {
    let read = headwater::sql(format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"));
    engine.query(read).scalar_one().await.unwrap()
}

/// Reads one of SQLite's switches of a connection.
async fn switch(engine: &AsyncEngine, switch: DbConfig) -> bool {
    let connection = engine.connect().await.unwrap();
    connection.with_sqlite(move |c| c.db_config(switch)).await.unwrap().unwrap()
}

/// A pragma's default, and its value when the builder and the URL set it otherwise.
async fn read_back(
    name: &str,
    default: &str,
    set: impl FnOnce(EngineBuilder) -> EngineBuilder,
    option: &str,
    changed: &str,
) {
    let tank = Tank::new();
    assert_eq!(pragma(&tank.engine().await, name).await, default, "{name} by default");

    let tank = Tank::new();
    let engine = set(tank.builder()).open().await.unwrap();
    assert_eq!(pragma(&engine, name).await, changed, "{name} by the builder");

    let tank = Tank::new();
    let engine = AsyncEngine::open(format!("{}?{option}", tank.url())).await.unwrap();
    assert_eq!(pragma(&engine, name).await, changed, "{name} by {option}");
}

/// The same for one of SQLite's switches.
async fn switched(
    what: DbConfig,
    default: bool,
    set: impl FnOnce(EngineBuilder, bool) -> EngineBuilder,
    option: &str,
) {
    let tank = Tank::new();
    assert_eq!(switch(&tank.engine().await, what).await, default, "{what:?} by default");

    let engine = set(tank.builder(), !default).open().await.unwrap();
    assert_eq!(switch(&engine, what).await, !default, "{what:?} by the builder");

    let other = if default { "off" } else { "on" };
    let engine = AsyncEngine::open(format!("{}?{option}={other}", tank.url())).await.unwrap();
    assert_eq!(switch(&engine, what).await, !default, "{what:?} by {option}");
}

#[test]
fn the_journal_is_a_write_ahead_log_by_default() {
    run(async {
        for (mode, name) in [
            (JournalMode::Delete, "delete"),
            (JournalMode::Truncate, "truncate"),
            (JournalMode::Persist, "persist"),
            (JournalMode::Memory, "memory"),
        ] {
            let set = |builder: EngineBuilder| builder.journal_mode(mode);
            read_back("journal_mode", "wal", set, &format!("journal_mode={name}"), name).await;
        }
        let tank = Tank::new();
        let engine = tank.builder().journal_mode(JournalMode::Wal).open().await.unwrap();
        assert_eq!(pragma(&engine, "journal_mode").await, "wal");
    });
}

#[test]
fn synchronous_is_normal_by_default() {
    run(async {
        for (level, name, code) in [
            (Synchronous::Off, "off", "0"),
            (Synchronous::Normal, "normal", "1"),
            (Synchronous::Full, "full", "2"),
            (Synchronous::Extra, "extra", "3"),
        ] {
            let set = |builder: EngineBuilder| builder.synchronous(level);
            read_back("synchronous", "1", set, &format!("synchronous={name}"), code).await;
        }
    });
}

#[test]
fn foreign_keys_are_enforced_by_default() {
    run(async {
        let off = |builder: EngineBuilder| builder.foreign_keys(false);
        read_back("foreign_keys", "1", off, "foreign_keys=off", "0").await;
        let tank = Tank::new();
        let engine = tank.engine().await;
        engine.execute("CREATE TABLE p(id INTEGER PRIMARY KEY)").await.unwrap();
        engine.execute("CREATE TABLE c(p REFERENCES p)").await.unwrap();

        let error = engine.execute("INSERT INTO c VALUES (1)").await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
    });
}

#[test]
fn the_page_cache_is_two_mebibytes_by_default() {
    run(async {
        let set = |builder: EngineBuilder| builder.cache_size_kib(512);
        read_back("cache_size", "-2048", set, "cache_size_kib=512", "-512").await;
    });
}

#[test]
fn cells_are_checked_by_default() {
    run(async {
        let off = |builder: EngineBuilder| builder.cell_size_check(false);
        read_back("cell_size_check", "1", off, "cell_size_check=off", "0").await;
    });
}

#[test]
fn nothing_is_mapped_into_memory_by_default() {
    run(async {
        // The pragma is asked as a statement: mapping is not a table-valued function's to tell.
        async fn mapped(engine: AsyncEngine) -> i64 {
            engine.query("PRAGMA mmap_size").scalar_one().await.unwrap()
        }
        let tank = Tank::new();
        assert_eq!(mapped(tank.engine().await).await, 0);

        let set = tank.builder().mmap_size(65_536).open().await.unwrap();
        assert_eq!(mapped(set).await, 65_536);

        let set = AsyncEngine::open(format!("{}?mmap_size=65536", tank.url())).await.unwrap();
        assert_eq!(mapped(set).await, 65_536);
    });
}

#[test]
fn the_database_is_defended_against_its_texts_by_default() {
    run(async {
        let set = |builder: EngineBuilder, on| builder.defensive(on);
        switched(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true, set, "defensive").await;
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        let connection = engine.connect().await.unwrap();
        connection.execute("PRAGMA writable_schema=ON").await.unwrap();
        let error = connection.execute("DELETE FROM sqlite_schema").await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Syntax, "{error}");
        assert!(error.to_string().contains("may not be modified"), "{error}");
    });
}

#[test]
fn the_schema_is_not_trusted_by_default() {
    run(async {
        let set = |builder: EngineBuilder, on| builder.trusted_schema(on);
        switched(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false, set, "trusted_schema").await;
    });
}

#[test]
fn double_quotes_are_for_names_by_default() {
    run(async {
        let set = |builder: EngineBuilder, on| builder.double_quoted_strings(on);
        switched(DbConfig::SQLITE_DBCONFIG_DQS_DML, false, set, "double_quoted_strings").await;
        switched(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false, set, "double_quoted_strings").await;
    });
}

#[test]
fn attach_creates_no_file_by_default() {
    run(async {
        let set = |builder: EngineBuilder, on| builder.attach_create(on);
        let what = DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE;
        switched(what, false, set, "attach_create").await;
        let tank = Tank::new();
        let connection = tank.engine().await.connect().await.unwrap();
        let other = tank.folder().join("other.db");
        let attach = headwater::sql("ATTACH ? AS other").bind(other.to_str().unwrap());

        connection.execute(&attach).await.unwrap_err();

        assert!(!other.exists());
        rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE t(a)").unwrap();
        connection.execute(&attach).await.unwrap();
    });
}

#[test]
fn extensions_are_not_loaded() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;

        let error = engine.execute("SELECT load_extension('nothing')").await.unwrap_err();

        assert!(error.to_string().contains("not authorized"), "{error}");
    });
}

/// The busy timeout that SQLite itself has while a connection opens; later it is our own handler's.
async fn busy_timeout(builder: EngineBuilder) -> i64 {
    let seen = Arc::new(AtomicI64::new(-1));
    let told = Arc::clone(&seen);
    let hook = move |c: &mut rusqlite::Connection| {
        told.store(c.query_row("PRAGMA busy_timeout", [], |row| row.get(0))?, Ordering::SeqCst);
        Ok(())
    };
    builder.on_connect(hook).open().await.unwrap();
    seen.load(Ordering::SeqCst)
}

#[test]
fn the_lock_of_another_process_is_waited_for_five_seconds_by_default() {
    run(async {
        let tank = Tank::new();

        assert_eq!(busy_timeout(tank.builder()).await, 5_000);
        assert_eq!(busy_timeout(tank.builder().busy_timeout(Duration::from_millis(70))).await, 70);
        for (option, millis) in [("70", 70), ("70ms", 70), ("7s", 7_000)] {
            let url = format!("{}?busy_timeout={option}", tank.url());
            assert_eq!(busy_timeout(AsyncEngine::builder(url)).await, millis);
        }
    });
}

#[test]
fn a_lock_that_is_not_given_up_is_busy_after_the_timeout() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().busy_timeout(Duration::from_millis(30)).open().await.unwrap();
        engine.execute("CREATE TABLE t(a)").await.unwrap();
        let other = rusqlite::Connection::open(tank.path()).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let since = std::time::Instant::now();

        let error = engine.execute("INSERT INTO t VALUES (1)").await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Busy);
        assert!(error.is_retryable());
        assert!(since.elapsed() >= Duration::from_millis(30));
        other.execute_batch("ROLLBACK").unwrap();
        engine.execute("INSERT INTO t VALUES (1)").await.unwrap();
    });
}

#[test]
fn a_lock_that_is_given_up_in_time_is_waited_for() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().busy_timeout(DEADLINE).open().await.unwrap();
        engine.execute("CREATE TABLE t(a)").await.unwrap();
        let other = rusqlite::Connection::open(tank.path()).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();

        let mut insert = engine.execute("INSERT INTO t VALUES (1)");
        assert!(futures::poll!(&mut insert).is_pending());
        other.execute_batch("ROLLBACK").unwrap();

        assert_eq!(insert.await.unwrap().rows_affected(), 1);
    });
}

/// Queries an index, closes, and reports whether the planner's statistics were noted.
async fn notes_statistics(tank: &Tank, builder: EngineBuilder) -> bool {
    let engine = builder.max_connections(1).open().await.unwrap();
    engine.execute("CREATE TABLE IF NOT EXISTS n(a, b)").await.unwrap();
    engine.execute("CREATE INDEX IF NOT EXISTS n_a ON n(a, b)").await.unwrap();
    let rows = (0..2_000).map(|n| (n % 7, n));
    engine.execute_many("INSERT INTO n VALUES (?, ?)", rows).await.unwrap();
    let found = engine.query("SELECT count(*) FROM n WHERE a = 5 AND b > 3").scalar_one::<i64>();
    assert!(found.await.unwrap() > 0);
    engine.close(DEADLINE).await.unwrap();
    let after = rusqlite::Connection::open(tank.path()).unwrap();
    let noted = "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'";
    after.query_row(noted, [], |row| row.get::<_, i64>(0)).unwrap() == 1
}

#[test]
fn the_planner_is_advised_on_close_by_default() {
    run(async {
        let tank = Tank::new();
        let url = format!("{}?optimize_on_close=off", tank.url());

        assert!(!notes_statistics(&tank, tank.builder().optimize_on_close(false)).await);
        assert!(!notes_statistics(&tank, AsyncEngine::builder(url)).await);
        assert!(notes_statistics(&tank, tank.builder()).await);
    });
}

#[test]
fn a_file_is_created_by_default() {
    run(async {
        let tank = Tank::new();

        let error = tank.builder().mode(Mode::ReadWrite).open().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CannotOpen);

        tank.engine().await.execute("CREATE TABLE t(a)").await.unwrap();
        let engine = tank.builder().mode(Mode::ReadWrite).open().await.unwrap();
        engine.execute("INSERT INTO t VALUES (1)").await.unwrap();
        let engine = tank.builder().mode(Mode::ReadOnly).open().await.unwrap();
        let error = engine.execute("INSERT INTO t VALUES (1)").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ReadOnly);
    });
}

#[test]
fn every_connection_is_set_up_alike() {
    run(async {
        let tank = Tank::new();
        let files = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&files);
        let hook = move |c: &mut rusqlite::Connection| {
            let defensive = c.db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE)?;
            let keys: bool = c.query_row("PRAGMA foreign_keys", [], |row| row.get(0))?;
            let cache: i64 = c.query_row("PRAGMA cache_size", [], |row| row.get(0))?;
            seen.lock().unwrap().push((defensive, keys, cache));
            Ok(())
        };
        let engine = tank.builder().on_connect(hook).open().await.unwrap();
        engine.execute("CREATE TABLE t(a)").await.unwrap();

        let _held = [engine.connect().await.unwrap(), engine.connect().await.unwrap()];

        let seen = files.lock().unwrap();
        assert_eq!(*seen, vec![(true, true, -2_048); seen.len()]);
        assert!(seen.len() >= 3, "two that read and one that writes");
    });
}
