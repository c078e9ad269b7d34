//! Exports what a query gives from any SQLite file, row by row, as NDJSON, CSV or a table.
//!
//! ```text
//! cargo run --release --example export -- --demo
//! cargo run --release --example export -- app.db "SELECT * FROM users" --format csv > users.csv
//! cargo run --release --example export -- --help
//! ```
//!
//! It holds a few batches of rows at a time, whatever the result's size, and stops at a row's end when
//! it is interrupted or its output is closed. The library is used in `source` and `pump`; `format` has
//! a file for each format.

mod arguments;
mod ending;
mod format;
mod output;
mod parameters;
mod progress;
mod pump;
mod signals;
mod source;
mod usage;

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use arguments::{Command, Export};
use ending::Ending;
use format::{Kind, Settings};
use output::{Output, Target};
use progress::Progress;
use signals::Signals;

fn main() -> ExitCode {
    let command = match arguments::parse(env::args_os()) {
        Ok(command) => command,
        Err(problem) => return Ending::Usage(problem).tell(),
    };
    match command {
        Command::Help => show(usage::HELP),
        Command::Version => show(usage::VERSION),
        Command::Export(export) => run(&export).unwrap_or_else(|ending| ending).tell(),
    }
}

fn show(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => Ending::Output(error).tell(),
    }
}

fn run(export: &Export) -> Result<Ending, Ending> {
    let sql = source::text(&export.sql)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Ending::Output)?.block_on(stream(export, sql))
}

async fn stream(export: &Export, sql: String) -> Result<Ending, Ending> {
    let mut signals = Signals::listen().map_err(Ending::Output)?;
    let opened = tokio::select! {
        code = signals.stop() => return Ok(Ending::Stopped(code)),
        opened = source::open(export, sql) => opened?,
    };
    let (engine, result) = opened;

    let to_terminal = export.output.is_none() && io::stdout().is_terminal();
    let target = match &export.output {
        Some(path) => Target::create(path, &export.database)?,
        None => Target::Stdout,
    };
    let settings = Settings { to_terminal, ..export.settings.clone() };
    let kind = export.kind.unwrap_or(if to_terminal { Kind::Table } else { Kind::Ndjson });
    let format = kind.with(settings, result.columns());
    let progress = Progress::new(export.progress, export.quiet, to_terminal);

    let output = Output::to(target).map_err(Ending::Output)?;
    let ended = pump::pump(result, format, output, progress, &mut signals).await;
    // It only reads: a statement that was dropped has stopped, and nothing waits to be written.
    drop(engine);
    ended
}
