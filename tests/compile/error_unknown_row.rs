//! A row of parameters is a tuple, an array, a slice or a `Vec`.

use headwater::{AsyncEngine, Result};

struct Basket;

async fn wrong(engine: &AsyncEngine) -> Result<()> {
    engine.query("SELECT 1").scalars::<Basket>().all().await?;
    Ok(())
}

fn main() {}
