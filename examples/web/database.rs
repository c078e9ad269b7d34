//! Opening the database: the pool's bounds, and the tables as the files in `migrations/` make them.

use std::path::Path;
use std::time::Duration;

use headwater::{AsyncEngine, EngineBuilder, Result, migrations};

/// Within so long a single answer is there, or the client is told to come again.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) fn builder(path: &Path) -> EngineBuilder {
    // A client does not wait for as long as a batch job does: so less than the default of 30 seconds.
    EngineBuilder::file(path).acquire_timeout(TIMEOUT).busy_timeout(TIMEOUT)
}

/// Opens the database and brings its tables up to date: each file of the folder runs once, in its order.
///
/// Several processes may do so at once. A file that was changed after it ran is an error, not a surprise.
pub(crate) async fn open(builder: EngineBuilder) -> Result<AsyncEngine> {
    let engine = builder.open().await?;
    let report = engine.migrate(migrations!("examples/web/migrations")).await?;
    tracing::info!("{report}");
    Ok(engine)
}
