//! A tour of Headwater over every flight that left New York in 2013.
//!
//! ```text
//! cargo run --release --example quickstart              # a database in a temporary folder
//! cargo run --release --example quickstart flights.db   # one that stays, at this path
//! ```
//!
//! Each stop of the tour is a module that reads on its own: begin with `scan`, then `load` and `pipe`.
//! Only `data`, `page` and `progress` are not about the library.

mod anywhere;
mod ask;
mod data;
mod load;
mod page;
mod pipe;
mod progress;
mod scan;
mod schema;
mod stop;
mod write;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use headwater::{AsyncEngine, EngineBuilder, Error, Result};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let toured = match arguments.as_slice() {
        [] => in_temporary_folder().await,
        [path] if !path.to_string_lossy().starts_with('-') => at(path).await,
        _ => {
            page::complain("usage: quickstart [PATH OF A NEW DATABASE]");
            return ExitCode::from(2);
        }
    };
    match toured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            page::complain(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn in_temporary_folder() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("headwater-").tempdir();
    let folder = folder.map_err(Error::other)?;
    at(&folder.path().join("flights.db")).await?;
    page::text("It was temporary and is removed; give a path to keep one.");
    Ok(())
}

async fn at(path: &Path) -> Result<()> {
    if path.exists() {
        let path = path.display();
        return Err(Error::other(format!("{path} exists; give the path of a new file")));
    }
    let engine = EngineBuilder::file(path).open().await?;
    page::title("Headwater: every flight that left New York in 2013");

    let toured = tour(&engine).await;
    let closed = engine.close(Duration::from_secs(10)).await;
    toured.and(closed)?;

    page::text(&format!("\nThe database is {}.", path.display()));
    Ok(())
}

async fn tour(engine: &AsyncEngine) -> Result<()> {
    let loaded = load::load(engine).await?;
    let (scanned, first_row) = scan::scan(engine).await?;
    pipe::pipe(engine).await?;
    ask::ask(engine).await?;
    write::write(engine).await?;
    let answered = stop::stop(engine).await?;
    anywhere::anywhere(engine).await?;

    page::section("In short");
    page::figure("rows loaded per second", loaded);
    page::figure("rows streamed per second", scanned);
    page::figure("time to first row", page::brief(first_row));
    page::figure("next answer after a stopped query", page::brief(answered));
    page::figure("peak memory of this process", page::peak_memory());
    Ok(())
}
