//! Sweeps of transactions and savepoints; case 10: whatever was dropped as it committed is there as a
//! whole or not at all.

use super::super::sweep::sweeps;
use super::{INSERT, INTO, MANY, ONE_MORE, SOME, UNTOUCHED, thousand};

sweeps! {
    case_10_a_commit_is_dropped_anywhere:
    ["Transaction::commit", "Transaction::execute"], ONE_MORE, |engine| {
        let tx = engine.begin().await?;
        tx.execute(INSERT).await?;
        tx.commit().await?
    }
    case_10_a_commit_with_open_results_is_dropped_anywhere:
    ["Transaction::commit", "Transaction::query"], ONE_MORE, |engine| {
        let tx = engine.begin().await?;
        tx.execute(INSERT).await?;
        tx.query(SOME).all().await?;
        let mut rows = tx.query(headwater::sql(SOME).batch_rows(3)).await?;
        rows.try_next().await?;
        tx.commit().await?;
        while rows.try_next().await.unwrap_or_default().is_some() {}
    }
    case_10_a_commit_that_fails_is_dropped_anywhere: ["Transaction::commit"], UNTOUCHED, |engine| {
        let tx = engine.begin().await?;
        tx.execute_batch(
            "CREATE TABLE parent(id INTEGER PRIMARY KEY);
             CREATE TABLE child(of REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED);
             INSERT INTO child VALUES (1)",
        ).await?;
        tx.execute(INSERT).await?;
        tx.commit().await.unwrap_err()
    }
    a_rollback_is_dropped_anywhere: ["Transaction::rollback"], UNTOUCHED, |engine| {
        let tx = engine.begin().await?;
        tx.execute(INSERT).await?;
        tx.rollback().await?
    }
    savepoints_are_dropped_anywhere:
    ["Transaction::savepoint", "Transaction::commit", "Transaction::rollback"], ONE_MORE, |engine| {
        let tx = engine.begin().await?;
        let undone = tx.savepoint().await?;
        undone.execute("DELETE FROM t").await?;
        undone.rollback().await?;
        let kept = tx.savepoint().await?;
        kept.execute(INSERT).await?;
        let inner = kept.savepoint().await?;
        inner.query(SOME).first().await?;
        inner.commit().await?;
        kept.commit().await?;
        tx.commit().await?
    }
    rows_in_a_transaction_are_dropped_anywhere: ["Transaction::execute_many"], MANY, |engine| {
        let tx = engine.begin().await?;
        tx.execute_many(INTO, thousand()).await?;
        tx.commit().await?
    }
    streamed_rows_in_a_transaction_are_dropped_anywhere:
    ["Transaction::insert_stream"], MANY, |engine| {
        let tx = engine.begin().await?;
        tx.insert_stream("t", ["name"], futures::stream::iter(thousand())).await?;
        tx.commit().await?
    }
    a_script_in_a_transaction_is_dropped_anywhere:
    ["Transaction::execute_batch"], UNTOUCHED, |engine| {
        let tx = engine.begin().await?;
        tx.execute_batch("DELETE FROM t; INSERT INTO t(name) SELECT 1; SELECT 2").await?;
        tx.rollback().await?
    }
    transaction_words_are_dropped_anywhere: ["AsyncConnection::execute"], ONE_MORE, |engine| {
        let connection = engine.connect().await?;
        connection.execute("BEGIN").await?;
        connection.execute(INSERT).await?;
        connection.execute("COMMIT").await?
    }
}
