//! Transactions: read a table as a stream and write rows as it goes, then commit or not.

use std::time::Instant;

use headwater::{AsyncEngine, AsyncScalars, Executor, Result, Transaction, sql};

use crate::page;

/// A flight's number in the table, its carrier, and its minutes of delay.
type Delay = (i64, String, i64);

pub(crate) async fn write(engine: &AsyncEngine) -> Result<()> {
    page::section("Write: stream and write in the same transaction");
    let start = Instant::now();
    let tx = engine.begin().await?;
    let mut late = later_than(&tx, 120).await?;
    while let Some((flight, carrier, minutes)) = late.try_next().await? {
        let insert = sql!("INSERT INTO delays VALUES ({flight}, {carrier}, {minutes})");
        tx.execute(insert).await?;
    }
    let (rows, time) = (count(&tx).await?, start.elapsed());
    page::number("flights over two hours late, an INSERT for each", rows);
    page::figure("rows written per second", page::per_second(rows, time));

    page::number("seen by others before the commit", count(engine).await?);
    let version = tx.commit().await?;
    page::number("seen by others after it", count(engine).await?);
    page::figure("version of the commit", version);
    undo(engine).await
}

/// A stream can feed a statement; a transaction that is dropped leaves nothing behind.
async fn undo(engine: &AsyncEngine) -> Result<()> {
    let start = Instant::now();
    let tx = engine.begin().await?;
    tx.execute("DELETE FROM delays").await?;
    let late = later_than(&tx, 60).await?;
    let done = tx.execute_many("INSERT INTO delays VALUES (?, ?, ?)", late).await?;
    let (rows, time) = (done.rows_affected(), start.elapsed());
    drop(tx);

    page::number("over one hour late, fed to execute_many", rows);
    page::figure("rows written per second", page::per_second(rows, time));
    page::number("left when that was dropped", count(engine).await?);
    Ok(())
}

/// A result is owned: it can be returned, stored or spawned.
async fn later_than(tx: &Transaction, minutes: i64) -> Result<AsyncScalars<Delay>> {
    tx.query(sql!("SELECT rowid, carrier, arr_delay FROM flights WHERE arr_delay > {minutes}"))
        .scalars()
        .await
}

/// Works for an engine, a connection, a transaction or a snapshot.
async fn count(db: &impl Executor) -> Result<u64> {
    db.query("SELECT count(*) FROM delays").scalar_one().await
}
