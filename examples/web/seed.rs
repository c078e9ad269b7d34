//! Filling an empty database from `examples/data`, as one stream into one transaction.

use futures::StreamExt;
use headwater::{AsyncEngine, Error, Result, Value};

// The quickstart reads the same files.
#[path = "../quickstart/data.rs"]
#[expect(dead_code, reason = "the quickstart has other tables")]
mod data;

const COLUMNS: [&str; 9] = [
    "time_hour",
    "carrier",
    "flight",
    "tailnum",
    "origin",
    "dest",
    "distance",
    "dep_delay",
    "arr_delay",
];

/// Loads up to `limit` flights, unless there are some or none are wanted.
pub(crate) async fn seed(engine: &AsyncEngine, limit: usize) -> Result<()> {
    let filled: bool = engine.query("SELECT EXISTS (SELECT 1 FROM airlines)").scalar_one().await?;
    if filled || limit == 0 {
        return Ok(());
    }
    tracing::info!("filling the database");
    engine.insert_stream("airlines", ["carrier", "name"], data::airlines()?).await?;
    let places: Vec<usize> = COLUMNS.iter().filter_map(|name| place(name)).collect();
    let flights =
        data::flights()?.take(limit).map(move |row| row.and_then(|row| pick(&row, &places)));
    let done = engine.insert_stream("flights", COLUMNS, flights).await?;
    tracing::info!("{} flights", done.rows_affected());
    Ok(())
}

/// Where a column is in the file.
fn place(name: &str) -> Option<usize> {
    data::COLUMNS.iter().position(|column| *column == name)
}

fn pick(row: &[Value], places: &[usize]) -> Result<Vec<Value>> {
    let field = |place: &usize| row.get(*place).cloned();
    places
        .iter()
        .map(field)
        .collect::<Option<_>>()
        .ok_or_else(|| Error::other("a line is too short"))
}
