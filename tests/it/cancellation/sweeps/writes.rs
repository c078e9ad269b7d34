//! Sweeps of what writes: one statement, many rows, scripts.

use headwater::{Error, Result};

use super::super::sweep::{ROWS, sweeps};
use super::{INSERT, INTO, MANY, ONE_MORE, UNTOUCHED, thousand};

sweeps! {
    execute_is_dropped_anywhere: ["AsyncEngine::execute", "Execute"], ONE_MORE, |engine| {
        engine.execute(INSERT).await?
    }
    a_long_execute_is_dropped_anywhere: ["Execute"], MANY, |engine| {
        let long = "INSERT INTO t(name) SELECT a.id FROM t a, t b, t c LIMIT 1000";
        engine.execute(long).await?
    }
    an_execute_that_only_reads_is_dropped_anywhere: ["Execute"], UNTOUCHED, |engine| {
        engine.execute("SELECT count(*) FROM t a, t b").await?
    }
    execute_on_a_connection_is_dropped_anywhere:
    ["AsyncConnection::execute", "Execute"], ONE_MORE, |engine| {
        engine.connect().await?.execute(INSERT).await?
    }
    execute_many_is_dropped_anywhere:
    ["AsyncEngine::execute_many", "ExecuteMany"], MANY, |engine| {
        engine.execute_many(INTO, thousand()).await?
    }
    execute_many_that_fails_is_dropped_anywhere: ["ExecuteMany"], UNTOUCHED, |engine| {
        let rows = thousand().map(|row| if row[0] < 900 { Ok(row) } else { Err(Error::other("no")) });
        engine.execute_many(INTO, rows).await.unwrap_err()
    }
    execute_many_on_a_connection_is_dropped_anywhere:
    ["AsyncConnection::execute_many", "ExecuteMany"], MANY, |engine| {
        engine.connect().await?.execute_many(INTO, thousand()).await?
    }
    insert_stream_is_dropped_anywhere: ["AsyncEngine::insert_stream"], MANY, |engine| {
        engine.insert_stream("t", ["name"], futures::stream::iter(thousand())).await?
    }
    insert_stream_of_a_query_is_dropped_anywhere:
    ["AsyncEngine::insert_stream", "AsyncResult"], &[ROWS, 2 * ROWS], |engine| {
        let names = engine.query("SELECT name FROM t").scalars::<(String,)>().await?;
        engine.insert_stream("t", ["name"], names).await?
    }
    insert_stream_on_a_connection_is_dropped_anywhere:
    ["AsyncConnection::insert_stream"], MANY, |engine| {
        let connection = engine.connect().await?;
        connection.insert_stream("t", ["name"], futures::stream::iter(thousand())).await?
    }
    a_script_with_a_transaction_is_dropped_anywhere:
    ["AsyncEngine::execute_batch", "Execute"], MANY, |engine| {
        engine.execute_batch(
            "BEGIN; INSERT INTO t(name) SELECT a.id FROM t a, t b LIMIT 500;
             INSERT INTO t(name) SELECT a.id FROM t a, t b LIMIT 500; COMMIT",
        ).await?
    }
    a_script_is_dropped_between_its_statements:
    ["AsyncEngine::execute_batch"], &[ROWS, ROWS + 1, ROWS + 2, ROWS + 3], |engine| {
        engine.execute_batch(
            "INSERT INTO t(name) VALUES (1); INSERT INTO t(name) VALUES (2); INSERT INTO t(name) VALUES (3)",
        ).await?
    }
    a_script_on_a_connection_is_dropped_anywhere:
    ["AsyncConnection::execute_batch"], ONE_MORE, |engine| {
        engine.connect().await?.execute_batch("SELECT 1; INSERT INTO t(name) VALUES (1); SELECT 2").await?
    }
    writes_that_wait_for_one_another_are_dropped_anywhere: ["Execute"], &[ROWS, ROWS + 1, ROWS + 2, ROWS + 3],
    |engine| {
        let writes = (0..3).map(|_| engine.execute(INSERT));
        futures::future::join_all(writes).await.into_iter().collect::<Result<Vec<_>>>()?
    }
}
