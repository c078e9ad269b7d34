//! Sweeps of what the engine hands out: connections, transactions, snapshots, scopes.

use headwater::{Error, Executor, Result};

use super::super::sweep::sweeps;
use super::{INSERT, INTO, ONE_MORE, SOME, UNTOUCHED};

/// Each method of whatever runs statements, in one transaction's worth of work.
async fn generic(db: impl Executor) -> Result<()> {
    db.query(SOME).first().await?;
    db.describe(INSERT).await?;
    db.execute("UPDATE t SET name = name WHERE id = 1").await?;
    db.execute_many("UPDATE t SET name = ? WHERE id = 2", [["a"], ["b"]]).await?;
    db.insert_stream("probe", ["n"], [[1], [2]]).await?;
    db.execute_batch("SELECT 1; SELECT 2").await?;
    Ok(())
}

sweeps! {
    connect_is_dropped_anywhere: ["AsyncEngine::connect"], UNTOUCHED, |engine| {
        engine.connect().await?
    }
    begin_is_dropped_anywhere: ["AsyncEngine::begin"], UNTOUCHED, |engine| {
        drop(engine.begin().await?);
    }
    a_snapshot_is_dropped_anywhere:
    ["AsyncEngine::snapshot", "Snapshot::query"], UNTOUCHED, |engine| {
        let snapshot = engine.snapshot().await?;
        snapshot.query(SOME).all().await?;
        let mut result = snapshot.query(SOME).await?;
        drop(snapshot);
        result.try_next().await?
    }
    what_a_snapshot_refuses_is_dropped_anywhere: [
        "Snapshot::execute", "Snapshot::execute_many", "Snapshot::insert_stream",
        "Snapshot::execute_batch",
    ], UNTOUCHED, |engine| {
        let snapshot = engine.snapshot().await?;
        snapshot.execute(INSERT).await.unwrap_err();
        snapshot.execute_many(INTO, [[1]]).await.unwrap_err();
        snapshot.insert_stream("t", ["name"], [[1]]).await.unwrap_err();
        snapshot.execute_batch(INSERT).await.unwrap_err();
        snapshot.execute_batch("SELECT 1; SELECT 2").await?
    }
    a_scope_is_dropped_anywhere: ["AsyncEngine::transaction"], ONE_MORE, |engine| {
        engine.transaction(async |tx| {
            tx.execute(INSERT).await?;
            let mut result = tx.query(SOME).await?;
            result.try_next().await
        }).await?
    }
    a_scope_with_errors_of_its_own_is_dropped_anywhere:
    ["AsyncEngine::try_transaction"], ONE_MORE, |engine| {
        engine.try_transaction::<_, Error, _>(async |tx| tx.execute(INSERT).await).await?
    }
    a_scope_that_is_tried_again_is_dropped_anywhere:
    ["AsyncEngine::transaction_retry"], ONE_MORE, |engine| {
        engine.transaction_retry(2, |tx| async move { tx.execute(INSERT).await }).await?
    }
    a_scope_that_fails_is_dropped_anywhere:
    ["AsyncEngine::transaction_retry"], UNTOUCHED, |engine| {
        let end: Result<()> = engine.transaction_retry(2, |tx| async move {
            tx.execute(INSERT).await?;
            Err(Error::other("no"))
        }).await;
        assert!(end.is_err());
    }
    a_connection_is_dropped_anywhere: ["AsyncConnection::query"], UNTOUCHED, |engine| {
        let connection = engine.connect().await?;
        connection.query(SOME).all().await?;
        let mut result = connection.query(SOME).await?;
        result.try_next().await?;
        connection.query("SELECT 1").scalar_one::<i64>().await?
    }
    begin_on_a_connection_is_dropped_anywhere: ["AsyncConnection::begin"], ONE_MORE, |engine| {
        let connection = engine.connect().await?;
        let tx = connection.begin().await?;
        tx.execute(INSERT).await?;
        tx.commit().await?;
        connection.query("SELECT 1").all().await?
    }
    a_scope_of_a_connection_is_dropped_anywhere:
    ["AsyncConnection::transaction", "AsyncConnection::try_transaction"], ONE_MORE, |engine| {
        let connection = engine.connect().await?;
        connection.transaction(async |tx| tx.query(SOME).all().await).await?;
        connection.try_transaction::<_, Error, _>(async |tx| tx.execute(INSERT).await).await?
    }
    a_closure_on_the_connection_is_dropped_anywhere:
    ["AsyncConnection::with_sqlite"], ONE_MORE, |engine| {
        let connection = engine.connect().await?;
        connection.with_sqlite(|sqlite| sqlite.execute(INSERT, []).is_ok()).await?
    }
    a_connection_whose_state_changed_is_dropped_anywhere:
    ["AsyncConnection::execute"], UNTOUCHED, |engine| {
        let connection = engine.connect().await?;
        connection.execute("CREATE TEMP TABLE mine(a)").await?;
        connection.execute("PRAGMA cache_size = 10").await?;
        connection.query("SELECT * FROM mine").all().await?
    }
    notices_are_dropped_anywhere:
    ["AsyncEngine::notices", "Notices", "Notices::next"], UNTOUCHED, |engine| {
        let mut notices = engine.notices();
        let query = engine.query(SOME).all();
        // No notice comes: the query ends this.
        futures::future::select(notices.next(), std::pin::pin!(query)).await
    }
    what_only_describes_is_dropped_anywhere: [
        "AsyncEngine::describe", "AsyncConnection::describe", "Transaction::describe",
        "Snapshot::describe", "Describe",
    ], UNTOUCHED, |engine| {
        assert!(engine.describe(INSERT).await?.writes());
        let connection = engine.connect().await?;
        connection.describe("DROP TABLE t").await?;
        let tx = connection.begin().await?;
        tx.describe(SOME).await?;
        tx.rollback().await?;
        drop(connection);
        let snapshot = engine.snapshot().await?;
        snapshot.describe(INTO).await?;
    }
    generic_code_on_the_engine_is_dropped_anywhere: [
        "Executor::query", "Executor::describe", "Executor::execute", "Executor::execute_many",
        "Executor::insert_stream", "Executor::execute_batch",
    ], UNTOUCHED, |engine| {
        generic(&engine).await?
    }
    generic_code_on_a_connection_and_in_a_transaction_is_dropped_anywhere: [
        "Executor::query", "Executor::describe", "Executor::execute", "Executor::execute_many",
        "Executor::insert_stream", "Executor::execute_batch",
    ], UNTOUCHED, |engine| {
        let connection = engine.connect().await?;
        generic(&connection).await?;
        let tx = engine.begin().await?;
        generic(&tx).await?;
        tx.commit().await?
    }
}
