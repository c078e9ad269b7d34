//! Transactions: read a table as a stream and write rows as it goes, then commit or not.

use std::time::Instant;

use headwater::{AsyncEngine, Executor, Result, Transaction, sql};

use crate::page::{self, Pace};

pub(crate) async fn write(engine: &AsyncEngine) -> Result<()> {
    page::section("Write: stream and write in the same transaction");
    let start = Instant::now();
    let tx = engine.begin().await?;
    let rows = record_delays(&tx, 120).await?;
    let (within, outside) = (count(&tx).await?, count(engine).await?);
    let version = tx.commit().await?;
    let pace = Pace {
        rows,
        time: start.elapsed(),
    };

    page::number("flights over two hours late, an INSERT for each", rows);
    page::figure("rows written per second", pace.per_second());
    page::number("seen by the transaction before its commit", within);
    page::number("seen by others before its commit", outside);
    page::number("seen by others after its commit", count(engine).await?);
    page::figure("version of the commit", version);
    undo(engine).await
}

/// Writes a row for each late flight while the flights are still being read.
async fn record_delays(tx: &Transaction, limit: i64) -> Result<u64> {
    let mut written = 0;
    let mut late = tx
        .query(sql!(
            "SELECT rowid, carrier, arr_delay FROM flights WHERE arr_delay > {limit}"
        ))
        .scalars::<(i64, String, i64)>()
        .await?;
    while let Some((flight, carrier, minutes)) = late.try_next().await? {
        let delay = sql!("INSERT INTO delays VALUES ({flight}, {carrier}, {minutes})");
        tx.execute(delay).await?;
        written += 1;
    }
    Ok(written)
}

/// A transaction that is dropped leaves nothing behind.
async fn undo(engine: &AsyncEngine) -> Result<()> {
    let tx = engine.begin().await?;
    tx.execute("DELETE FROM delays").await?;
    drop(tx);

    page::figure("left after a DELETE that was dropped", count(engine).await?);
    Ok(())
}

/// Works for an engine, a connection, a transaction or a snapshot.
async fn count(db: &impl Executor) -> Result<i64> {
    db.query("SELECT count(*) FROM delays").scalar_one().await
}
