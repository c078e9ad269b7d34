//! The same work by sea-orm, one piece for each line of its input.
//!
//! The benchmark `objects` starts this program beside itself with the path of its database, and writes the
//! name of a piece of work; the answer is a line of the wall time and the CPU time in nanoseconds, and of
//! a number made of what was read or written.

mod author;
mod inserted;
mod post;
mod user;
mod work;

use std::error::Error;
use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};
use work::Work;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("the path of a database is missing")?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let db = runtime.block_on(connect(&path))?;
    for line in std::io::stdin().lock().lines() {
        let work = runtime.block_on(Work::prepare(&db, &line?))?;
        let cpu = cpu_time();
        let since = Instant::now();
        let sum = runtime.block_on(work.run(&db))?;
        let wall = since.elapsed();
        let cpu = cpu_time().saturating_sub(cpu);
        let mut out = std::io::stdout().lock();
        writeln!(out, "{} {} {sum}", wall.as_nanos(), cpu.as_nanos())?;
        out.flush()?;
    }
    Ok(())
}

/// Opens the database with the settings that both other sides have.
async fn connect(path: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(format!("sqlite://{path}"));
    options.max_connections(1).sqlx_logging(false).map_sqlx_sqlite_opts(|options| {
        options
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .pragma("cache_size", "-2048")
            .pragma("mmap_size", "0")
    });
    Database::connect(options).await
}

/// The CPU time of all threads of this process, where the system tells it in nanoseconds.
fn cpu_time() -> Duration {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return Duration::ZERO;
    };
    let nanos = threads.flatten().filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}
