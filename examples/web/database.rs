//! Opening the database: the pool's bounds, and the tables as the files in `migrations/` make them.

use std::path::Path;
use std::time::Duration;

use headwater::{AsyncEngine, EngineBuilder, Result};

/// Within so long a single answer is there, or the client is told to come again.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) fn builder(path: &Path) -> EngineBuilder {
    // A client does not wait for as long as a batch job does: so less than the default of 30 seconds.
    EngineBuilder::file(path).acquire_timeout(TIMEOUT).busy_timeout(TIMEOUT)
}

pub(crate) async fn open(builder: EngineBuilder) -> Result<AsyncEngine> {
    let engine = builder.open().await?;
    migrate(&engine).await?;
    Ok(engine)
}

pub(crate) async fn migrate(engine: &AsyncEngine) -> Result<()> {
    engine.execute_batch(include_str!("migrations/0001_flights.sql")).await?;
    engine.execute_batch(include_str!("migrations/0002_by_origin.sql")).await?;
    Ok(())
}
