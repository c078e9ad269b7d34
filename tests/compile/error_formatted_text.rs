//! A text put together with `format!` is no statement.

use headwater::{AsyncEngine, Result};

async fn wrong(engine: &AsyncEngine, name: &str) -> Result<()> {
    engine.query(&format!("SELECT id FROM users WHERE name = '{name}'")).all().await?;
    engine.execute(format!("DELETE FROM users WHERE name = '{name}'")).await?;
    engine.execute_batch(format!("DELETE FROM users WHERE name = '{name}'; VACUUM")).await?;
    Ok(())
}

fn main() {}
