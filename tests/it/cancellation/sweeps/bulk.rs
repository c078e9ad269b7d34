//! Sweeps of bulk operations of entities.

use headwater::{AsyncSessionmaker, Entity};

use super::super::sweep::{ROWS, sweeps};
use super::{MANY, ONE_MORE, UNTOUCHED};

/// A row of the table of these sweeps.
#[derive(Clone, Entity)]
#[entity(table = "t")]
struct Row {
    #[entity(primary_key, generated)]
    id: i64,
    name: Option<String>,
}

fn row(id: i64) -> Row {
    Row { id, name: Some("new".to_owned()) }
}

/// Entities that have no rows yet.
fn thousand() -> impl Iterator<Item = Row> + Send + 'static {
    (0..1_000).map(|_| row(0))
}

/// What is left of a thousand in chunks of a few hundred.
const CHUNKS: &[i64] = &[ROWS, ROWS + 400, ROWS + 800, ROWS + 1_000];

/// A row that is there.
const FIRST: i64 = 1;

const ONE_LESS: &[i64] = &[ROWS, ROWS - 1];

sweeps! {
    a_bulk_insert_is_dropped_anywhere: ["AsyncEngine::bulk_insert", "BulkInsert"], MANY, |engine| {
        engine.bulk_insert(thousand()).await?
    }
    a_bulk_insert_in_chunks_is_dropped_anywhere: ["AsyncEngine::bulk_insert"], CHUNKS, |engine| {
        engine.bulk_insert(thousand()).chunks(400).await?
    }
    a_bulk_insert_that_fails_is_dropped_anywhere: ["BulkInsert"], UNTOUCHED, |engine| {
        engine.bulk_insert(thousand().chain([row(FIRST)])).await.unwrap_err()
    }
    a_bulk_upsert_is_dropped_anywhere: ["AsyncEngine::bulk_upsert", "BulkUpsert"], ONE_MORE, |engine| {
        engine.bulk_upsert([row(FIRST), row(0)]).await?
    }
    a_bulk_update_is_dropped_anywhere: ["AsyncEngine::bulk_update", "BulkUpdate"], UNTOUCHED, |engine| {
        engine.bulk_update([row(FIRST)]).await?
    }
    a_bulk_delete_is_dropped_anywhere: ["AsyncEngine::bulk_delete", "BulkDelete"], ONE_LESS, |engine| {
        engine.bulk_delete([row(FIRST)]).await?
    }
    a_bulk_delete_of_keys_is_dropped_anywhere:
    ["AsyncEngine::bulk_delete_keys", "BulkDeleteKeys"], ONE_LESS, |engine| {
        engine.bulk_delete_keys::<Row, _, _>([FIRST]).await?
    }
    bulk_operations_in_a_transaction_are_dropped_anywhere:
    [
        "Transaction::bulk_insert", "Transaction::bulk_upsert", "Transaction::bulk_update",
        "Transaction::bulk_delete", "Transaction::bulk_delete_keys",
    ], MANY, |engine| {
        let tx = engine.begin().await?;
        tx.bulk_insert(thousand()).chunks(400).await?;
        tx.bulk_upsert([row(0), row(0)]).await?;
        tx.bulk_update([row(FIRST)]).await?;
        tx.bulk_delete([row(FIRST)]).await?;
        tx.bulk_delete_keys::<Row, _, _>([FIRST + 1]).await?;
        tx.commit().await?
    }
    bulk_operations_of_a_session_are_dropped_anywhere:
    [
        "AsyncSession::insert_stream", "AsyncSession::upsert_stream", "AsyncSession::bulk_update",
        "AsyncSession::bulk_delete", "AsyncSession::bulk_delete_keys",
    ], MANY, |engine| {
        let mut session = AsyncSessionmaker::new(&engine).session();
        session.insert_stream(thousand()).await?;
        session.upsert_stream([row(0), row(0)]).await?;
        session.bulk_update([row(FIRST)]).await?;
        session.bulk_delete([row(FIRST)]).await?;
        session.bulk_delete_keys::<Row, _, _>([FIRST + 1]).await?;
        session.commit().await?
    }
}
