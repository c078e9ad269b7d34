//! A web service over SQLite: flights as JSON, page by page, and all of them as one stream.
//!
//! ```text
//! cargo run --release --features json --example web -- --addr 127.0.0.1:8080 --db flights.db
//!
//! curl http://127.0.0.1:8080/flights/1
//! curl 'http://127.0.0.1:8080/flights?origin=JFK&limit=2'
//! curl -N http://127.0.0.1:8080/flights.ndjson | head
//! ```
//!
//! Begin with `routes`, then `flights`, `errors`, `pages` and `stream`; `server` is about the end. A new
//! database is filled with the flights that left New York in 2013 (`--flights 0` leaves it empty).

mod app;
mod arguments;
mod database;
mod errors;
mod flights;
mod health;
mod http;
mod pages;
mod routes;
mod seed;
mod server;
mod stream;
#[cfg(test)]
mod tests;
mod tour;

use std::error::Error;
use std::process::ExitCode;

use arguments::Arguments;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match start().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn start() -> Result<(), Box<dyn Error>> {
    let Some(arguments) = Arguments::read()? else {
        return Ok(());
    };
    if std::env::var_os("HEADWATER_EXAMPLE_ONCE").is_some() {
        return tour::tour(arguments.flights).await;
    }
    let listener = TcpListener::bind(&arguments.addr).await?;
    let engine = database::open(database::builder(&arguments.db)).await?;
    seed::seed(&engine, arguments.flights).await?;
    server::announce(&listener)?;
    server::serve(listener, engine, arguments.grace, server::signal()).await?;
    Ok(())
}
