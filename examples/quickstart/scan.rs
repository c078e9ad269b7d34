//! Streaming: rows arrive while the query runs, and their columns are borrowed from them.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use headwater::{AsyncEngine, Result};

use crate::page;

/// Returns how many rows were streamed per second, and the time to the first of them.
pub(crate) async fn scan(engine: &AsyncEngine) -> Result<(String, Duration)> {
    page::section("Stream: while let Some(row) = result.try_next().await?");
    let (mut rows, mut miles, mut cancelled) = (0, 0, 0);
    let mut destinations = HashSet::new();
    let mut first_row = Duration::ZERO;

    let start = Instant::now();
    let mut result = engine.query("SELECT dest, distance, dep_time FROM flights").await?;
    while let Some(row) = result.try_next().await? {
        if rows == 0 {
            first_row = start.elapsed();
        }
        let dest: &str = row.get("dest")?;
        let distance: i64 = row.get("distance")?;
        let departure: Option<i64> = row.get("dep_time")?;

        rows += 1;
        miles += distance;
        cancelled += u64::from(departure.is_none());
        if !destinations.contains(dest) {
            destinations.insert(dest.to_owned());
        }
    }
    let pace = page::per_second(rows, start.elapsed());

    page::number("flights", rows);
    page::number("miles in all", miles);
    page::number("destinations", destinations.len());
    page::number("flights that never left", cancelled);
    page::figure("time to first row", page::brief(first_row));
    page::figure("rows per second", &pace);
    Ok((pace, first_row))
}
