//! A transaction that was committed is gone.

use headwater::{AsyncEngine, Result};

async fn wrong(engine: &AsyncEngine) -> Result<()> {
    let tx = engine.begin().await?;
    tx.commit().await?;
    tx.execute("DELETE FROM t").await?;
    Ok(())
}

async fn as_wrong(engine: &AsyncEngine) -> Result<()> {
    let tx = engine.begin().await?;
    tx.rollback().await?;
    tx.commit().await?;
    Ok(())
}

fn main() {}
