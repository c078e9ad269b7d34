//! Sweeps of the schema: all tables are made or dropped, or none, and looking leaves nothing.

use headwater::{AsyncEngine, Entity, Result, Schema, schema};

use super::super::sweep::sweeps;
use super::UNTOUCHED;

#[derive(Entity, Clone)]
#[entity(table = "made")]
struct Made {
    #[entity(primary_key, generated)]
    id: i64,
    #[entity(index)]
    name: String,
}

#[derive(Entity, Clone)]
#[entity(table = "made_after")]
struct After {
    #[entity(primary_key)]
    id: i64,
    #[entity(references(Made::ID))]
    made_id: i64,
}

fn both() -> Schema {
    schema().entity::<After>().entity::<Made>()
}

/// Fails where some of the schema is there and some is not.
async fn check(engine: &AsyncEngine) -> Result<()> {
    let made =
        "SELECT count(*) FROM sqlite_schema WHERE name IN ('made', 'made_after', 'ix_made_name')";
    let made: i64 = engine.query(made).scalar_one().await?;
    assert!([0, 3].contains(&made), "{made} of 3 are there");
    Ok(())
}

sweeps! {
    tables_are_made_and_dropped_as_a_whole: ["Schema::create_all", "Schema::drop_all"], UNTOUCHED,
    |engine| {
        // What the last drop has left, before it is gone on from.
        check(&engine).await?;
        both().create_all(&engine).await?;
        check(&engine).await?;
        both().drop_all(&engine).await?
    }
    in_a_transaction_they_go_with_it: ["Schema::create_all"], UNTOUCHED, |engine| {
        let tx = engine.begin().await?;
        both().create_all(&tx).await?;
        both().drop_all(&tx).await?;
        tx.commit().await?;
    }
    a_look_at_the_database_is_dropped_anywhere: ["Schema::diff"], UNTOUCHED, |engine| {
        headwater::inspect(&engine).await?;
        both().diff(&engine).await?
    }
}
