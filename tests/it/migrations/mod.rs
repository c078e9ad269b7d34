//! Migrations: what is applied once and as a whole, what is told of it, and by how many at once.

mod applying;
mod foreign_keys;
mod ours;
mod settings;
mod together;
mod told;
mod versions;
mod waiting;

use headwater::{AsyncEngine, Error, ErrorKind, Migration, Migrations, sql};

/// Three migrations, the first two with a way back.
fn three() -> Migrations {
    Migrations::new([
        Migration::new(1, "create_t", "CREATE TABLE t(id INTEGER PRIMARY KEY)")
            .down("DROP TABLE t"),
        Migration::new(
            2,
            "add_name",
            "ALTER TABLE t ADD COLUMN name TEXT; INSERT INTO t VALUES (1, 'a')",
        )
        .down("DELETE FROM t; ALTER TABLE t DROP COLUMN name"),
        Migration::new(3, "create_u", "CREATE TABLE u(a)"),
    ])
}

/// One migration of a text.
fn one(text: impl Into<std::borrow::Cow<'static, str>>) -> Migrations {
    Migrations::new([Migration::new(1, "one", text)])
}

/// The names of the tables, without SQLite's own.
async fn tables(engine: &AsyncEngine) -> Vec<String> {
    let text = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name";
    engine.query(text).scalars().all().await.unwrap()
}

/// The error of a migration that does not succeed.
async fn refused(engine: &AsyncEngine, migrations: Migrations) -> Error {
    let error = engine.migrate(migrations).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration, "{error}");
    error
}

/// What caused an error.
fn cause(error: &Error) -> &Error {
    error.downcast_ref::<Error>().unwrap()
}

async fn count(engine: &AsyncEngine, table: &str) -> i64 {
    engine.query(sql(format!("SELECT count(*) FROM {table}"))).scalar_one().await.unwrap()
}
