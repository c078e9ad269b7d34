//! Loading: `insert_stream` takes any stream of rows, at the pace of the database.

use std::time::Instant;

use futures::StreamExt;
use headwater::{AsyncEngine, Error, Result};

use crate::data;
use crate::page;
use crate::progress::Progress;
use crate::schema;

/// Returns how many rows were loaded per second.
pub(crate) async fn load(engine: &AsyncEngine) -> Result<String> {
    page::section("Load: a stream of rows into one transaction");
    engine.execute_batch(schema::SCHEMA).await?;
    engine.insert_stream("airlines", ["carrier", "name"], data::airlines()?).await?;

    let start = Instant::now();
    let mut progress = Progress::new("loading", data::FLIGHTS);
    let flights = data::flights()?.inspect(move |_| progress.advance());
    let done = engine.insert_stream("flights", data::COLUMNS, flights).await?;
    let (rows, time) = (done.rows_affected(), start.elapsed());
    if rows != data::FLIGHTS {
        return Err(Error::other(format!("only {rows} flights arrived")));
    }

    let pace = page::per_second(rows, time);
    page::number("flights loaded", rows);
    page::figure("time, with unpacking and parsing", page::brief(time));
    page::figure("rows per second", &pace);
    Ok(pace)
}
