//! A tour of Headwater over every flight that left New York in 2013.
//!
//! ```text
//! cargo run --release --example quickstart              # a database in a temporary directory
//! cargo run --release --example quickstart flights.db   # one that stays, at this path
//! ```
//!
//! Each stop of the tour is a module that reads on its own; `load`, `scan` and `pipe` first.

mod anywhere;
mod ask;
mod csv;
mod feed;
mod flights;
mod load;
mod memory;
mod page;
mod pipe;
mod place;
mod progress;
mod scan;
mod stop;
mod write;

use std::process::ExitCode;
use std::time::Duration;

use headwater::{AsyncEngine, Result};

use crate::place::Place;

#[tokio::main]
async fn main() -> ExitCode {
    let place = match Place::from_arguments() {
        Ok(place) => place,
        Err(error) => {
            page::failure(&error);
            page::complain("usage: quickstart [PATH OF A NEW DATABASE]");
            return ExitCode::from(2);
        }
    };
    match run(&place).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            page::failure(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(place: &Place) -> Result<()> {
    page::title("Headwater: every flight that left New York in 2013");
    page::text(&format!("The database is {}.", place.path().display()));

    let engine = AsyncEngine::open(&place.url()).await?;
    let toured = tour(&engine).await;
    let closed = engine.close(Duration::from_secs(10)).await;
    toured.and(closed)?;

    page::text("");
    page::text(place.farewell());
    Ok(())
}

async fn tour(engine: &AsyncEngine) -> Result<()> {
    let loaded = load::load(engine).await?;
    let scanned = scan::scan(engine).await?;
    pipe::pipe(engine).await?;
    ask::ask(engine).await?;
    write::write(engine).await?;
    let answered = stop::stop(engine).await?;
    anywhere::anywhere(engine).await?;

    page::section("In short");
    page::figure("rows loaded per second", loaded.per_second());
    page::figure("rows streamed per second", scanned.pace.per_second());
    page::figure("time to first row", page::brief(scanned.first_row));
    page::figure("next answer after a stopped query", page::brief(answered));
    page::figure("peak memory of this process", memory::peak());
    Ok(())
}
