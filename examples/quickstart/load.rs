//! Loading: `insert_stream` takes any stream of rows, at the pace of the database.

use std::time::Instant;

use futures::TryStreamExt;
use headwater::{AsyncEngine, Error, Result};

use crate::flights::{self, AIRLINES, FLIGHTS, ROWS, SCHEMA};
use crate::page::{self, Pace};
use crate::progress::Progress;

pub(crate) async fn load(engine: &AsyncEngine) -> Result<Pace> {
    page::section("Load: a stream of rows into one transaction");
    engine.execute_batch(SCHEMA).await?;

    let airlines = flights::airlines()?;
    engine
        .insert_stream("airlines", AIRLINES.map(|column| column.name), airlines)
        .await?;

    let mut progress = Progress::new("loading", ROWS);
    let flights = flights::flights()?.inspect_ok(move |_| progress.advance());
    let start = Instant::now();
    let done = engine
        .insert_stream("flights", FLIGHTS.map(|column| column.name), flights)
        .await?;
    let pace = Pace {
        rows: done.rows_affected(),
        time: start.elapsed(),
    };

    page::number("flights loaded", pace.rows);
    page::figure(
        "time, unpacking and parsing the CSV included",
        page::brief(pace.time),
    );
    page::figure("rows per second", pace.per_second());
    if pace.rows == ROWS {
        Ok(pace)
    } else {
        Err(Error::other(format!(
            "the file holds {ROWS} flights, of which {} arrived",
            pace.rows
        )))
    }
}
