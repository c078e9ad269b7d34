//! Sweeps of migrations: each is applied with its row or not at all, up and down.

use headwater::{AsyncEngine, Migration, MigrationState, Migrations, Result};

use super::super::sweep::sweeps;
use super::UNTOUCHED;

/// Two migrations, of which the second runs without foreign keys.
fn migrations() -> Migrations {
    let make = "CREATE TABLE made(a); INSERT INTO made VALUES (1), (2)";
    let fill =
        "-- headwater: foreign_keys = off\nCREATE TABLE more(a); INSERT INTO more VALUES (1)";
    Migrations::new([
        Migration::new(1, "make", make).down("DELETE FROM made; DROP TABLE made"),
        Migration::new(2, "fill", fill).down("-- headwater: foreign_keys = off\nDROP TABLE more"),
    ])
}

/// Fails where a table is there without its row, or a row without its table.
async fn check(engine: &AsyncEngine) -> Result<()> {
    let snapshot = engine.snapshot().await?;
    let tables = "SELECT name FROM sqlite_schema WHERE name IN ('made', 'more') ORDER BY name";
    let tables: Vec<String> = snapshot.query(tables).scalars().all().await?;
    drop(snapshot);
    let status = migrations().status(engine).await?;
    let applied = status.iter().filter(|one| one.state == MigrationState::Applied);
    let applied: Vec<_> =
        applied.map(|one| ["made", "more"][usize::from(one.version == 2)]).collect();
    assert_eq!(tables, applied);
    Ok(())
}

sweeps! {
    migrations_are_dropped_anywhere: ["AsyncEngine::migrate"], UNTOUCHED, |engine| {
        // What the last drop has left, before it is gone on from.
        check(&engine).await?;
        engine.migrate(migrations()).await?;
        engine.migrate(migrations().to(1)).await?;
        engine.migrate(migrations().to(0)).await?;
        check(&engine).await?
    }
    a_migration_that_fails_is_dropped_anywhere: ["AsyncEngine::migrate"], UNTOUCHED, |engine| {
        let text = "CREATE TABLE made(a); DELETE FROM t; SELECT * FROM missing";
        let wrong = Migrations::new([Migration::new(1, "wrong", text)]);
        engine.migrate(wrong).await.unwrap_err();
        check(&engine).await?
    }
    the_status_of_migrations_is_dropped_anywhere: ["Migrations::status"], UNTOUCHED, |engine| {
        migrations().status(&engine).await?
    }
}
