//! The data: which tables and columns there are, and the files they come from.

use std::error::Error as StdError;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use futures::Stream;
use headwater::{Error, Result, Value};
use liblzma::read::XzDecoder;

use crate::csv::{Column, CsvError, Reader, integer, text};
use crate::feed;

/// A row to insert, or what is wrong with the file.
pub(crate) type Record = Result<Vec<Value>, CsvError>;

/// How many flights the file holds.
pub(crate) const ROWS: u64 = 336_776;

pub(crate) const SCHEMA: &str = "
    CREATE TABLE airlines (carrier TEXT PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE flights (
        year INTEGER NOT NULL, month INTEGER NOT NULL, day INTEGER NOT NULL,
        dep_time INTEGER, sched_dep_time INTEGER NOT NULL, dep_delay INTEGER,
        arr_time INTEGER, sched_arr_time INTEGER NOT NULL, arr_delay INTEGER,
        carrier TEXT NOT NULL REFERENCES airlines, flight INTEGER NOT NULL, tailnum TEXT,
        origin TEXT NOT NULL, dest TEXT NOT NULL,
        air_time INTEGER, distance INTEGER NOT NULL,
        hour INTEGER NOT NULL, minute INTEGER NOT NULL, time_hour TEXT NOT NULL
    );
    CREATE TABLE delays (
        flight INTEGER PRIMARY KEY, carrier TEXT NOT NULL, minutes INTEGER NOT NULL
    );
";

pub(crate) const AIRLINES: [Column; 2] = [text("carrier"), text("name")];

pub(crate) const FLIGHTS: [Column; 19] = [
    integer("year"),
    integer("month"),
    integer("day"),
    integer("dep_time"),
    integer("sched_dep_time"),
    integer("dep_delay"),
    integer("arr_time"),
    integer("sched_arr_time"),
    integer("arr_delay"),
    text("carrier"),
    integer("flight"),
    text("tailnum"),
    text("origin"),
    text("dest"),
    integer("air_time"),
    integer("distance"),
    integer("hour"),
    integer("minute"),
    text("time_hour"),
];

pub(crate) fn airlines() -> Result<impl Stream<Item = Record> + Send + Unpin + 'static> {
    records("airlines.csv", &AIRLINES, |file| file)
}

pub(crate) fn flights() -> Result<impl Stream<Item = Record> + Send + Unpin + 'static> {
    records("flights.csv.xz", &FLIGHTS, XzDecoder::new)
}

/// Streams the records of a file, which a thread decodes and parses a little ahead.
fn records<R: Read>(
    name: &'static str,
    columns: &'static [Column],
    decode: impl FnOnce(File) -> R + Send + 'static,
) -> Result<impl Stream<Item = Record> + Send + Unpin + 'static> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/data")
        .join(name);
    let file = File::open(&path).map_err(|source| Error::other(Missing { path, source }))?;
    feed::from_thread(name, move || {
        Reader::new(
            name,
            BufReader::with_capacity(64 * 1024, decode(file)),
            columns,
        )
    })
    .map_err(Error::other)
}

/// There is no such file, or it cannot be opened.
#[derive(Debug)]
struct Missing {
    path: PathBuf,
    source: io::Error,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        write!(
            f,
            "cannot open {path}, which comes with the repository but not with the package"
        )
    }
}

impl StdError for Missing {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}
