//! Sweeps of migrations: each is applied with its row or not at all, up and down.

use headwater::{AsyncEngine, Migration, MigrationState, Migrations, Result};

use super::super::sweep::sweeps;
use super::UNTOUCHED;

/// A migration, and its way back.
fn plain() -> Migrations {
    let make = "CREATE TABLE made(a); INSERT INTO made VALUES (1), (2)";
    Migrations::new([Migration::new(1, "make", make).down("DELETE FROM made; DROP TABLE made")])
}

/// One that runs without foreign keys, on a connection of its own.
fn keyless() -> Migrations {
    let make =
        "-- headwater: foreign_keys = off\nCREATE TABLE made(a); INSERT INTO made VALUES (1)";
    Migrations::new([Migration::new(1, "make", make).down("DROP TABLE made")])
}

/// Fails where the table is there without its row, or the row without its table.
async fn check(engine: &AsyncEngine, migrations: Migrations) -> Result<()> {
    let made = "SELECT count(*) FROM sqlite_schema WHERE name = 'made'";
    let made: i64 = engine.query(made).scalar_one().await?;
    let status = migrations.status(engine).await?;
    let applied = status.iter().filter(|one| one.state == MigrationState::Applied).count();
    assert_eq!(i64::try_from(applied), Ok(made));
    Ok(())
}

sweeps! {
    a_migration_is_dropped_anywhere: ["AsyncEngine::migrate"], UNTOUCHED, |engine| {
        // What the last drop has left, before it is gone on from.
        check(&engine, plain()).await?;
        engine.migrate(plain()).await?;
        engine.migrate(plain().to(0)).await?
    }
    a_migration_without_foreign_keys_is_dropped_anywhere:
    ["AsyncEngine::migrate"], UNTOUCHED, |engine| {
        check(&engine, keyless()).await?;
        engine.migrate(keyless()).await?;
        engine.migrate(keyless().to(0)).await?
    }
    a_migration_that_fails_is_dropped_anywhere: ["AsyncEngine::migrate"], UNTOUCHED, |engine| {
        let text = "CREATE TABLE made(a); DELETE FROM t; SELECT * FROM missing";
        let wrong = Migrations::new([Migration::new(1, "wrong", text)]);
        engine.migrate(wrong).await.unwrap_err();
        check(&engine, plain()).await?
    }
    the_status_of_migrations_is_dropped_anywhere: ["Migrations::status"], UNTOUCHED, |engine| {
        plain().status(&engine).await?
    }
}
