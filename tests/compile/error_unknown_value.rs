//! A type that is no value of a database cannot be bound.

use headwater::{AsyncEngine, Result, sql};

struct Basket;

async fn wrong(engine: &AsyncEngine) -> Result<()> {
    engine.execute(sql("INSERT INTO t VALUES (?)").bind(Basket)).await?;
    Ok(())
}

fn main() {}
