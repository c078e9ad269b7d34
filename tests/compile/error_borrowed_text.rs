//! A text that does not live as long as the program is no statement.

use headwater::{AsyncEngine, Result};

async fn wrong(engine: &AsyncEngine, text: &str) -> Result<()> {
    engine.execute(text).await?;
    Ok(())
}

fn main() {}
