//! A small bookshop: entities, typed queries and sessions.
//!
//! ```text
//! cargo run --release --example orm            # with 50,000 customers for the last stop
//! cargo run --release --example orm 200000     # with so many
//! ```
//!
//! `entities` is where to begin; each stop of the tour is a module that reads on its own, in the order of
//! `tour` below. Only `page` is not about the library.

mod ask;
mod belongings;
mod conflict;
mod entities;
mod large;
mod page;
mod rules;
mod savepoint;
mod stock;
mod tables;
mod unit;

use std::env;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use headwater::{AsyncEngine, AsyncSessionmaker, EngineBuilder, Error, Result};

/// How many customers the last stop makes, where nothing else is asked for.
const CUSTOMERS: u64 = 50_000;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let customers = match arguments.as_slice() {
        [] => Ok(CUSTOMERS),
        [customers] => customers.parse(),
        _ => "".parse(),
    };
    let Ok(customers) = customers else {
        page::complain("usage: orm [NUMBER OF CUSTOMERS]");
        return ExitCode::from(2);
    };
    match in_temporary_folder(customers).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            page::complain(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn in_temporary_folder(customers: u64) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("headwater-").tempdir();
    let folder = folder.map_err(Error::other)?;
    at(&folder.path().join("bookshop.db"), customers).await
}

async fn at(path: &Path, customers: u64) -> Result<()> {
    let engine = EngineBuilder::file(path).open().await?;
    page::title("Headwater: a bookshop of objects");

    let toured = tour(&engine, customers).await;
    let closed = engine.close(Duration::from_secs(10)).await;
    toured.and(closed)
}

async fn tour(engine: &AsyncEngine, customers: u64) -> Result<()> {
    // One for each engine; sessions are made of it, one for each piece of work.
    let sessions = AsyncSessionmaker::new(engine);

    tables::tables(engine).await?;
    stock::stock(&sessions).await?;
    unit::unit_of_work(&sessions).await?;
    conflict::conflict(&sessions).await?;
    rules::rules(&sessions).await?;
    savepoint::savepoint(&sessions).await?;
    ask::ask(engine).await?;
    belongings::belongings(engine, &sessions).await?;
    large::large(engine, customers).await
}
