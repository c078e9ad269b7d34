//! The data: files of comma-separated values as streams of rows to insert.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::thread;

use futures::channel::mpsc;
use futures::executor::block_on;
use futures::{Stream, StreamExt, stream};
use headwater::{Error, Result, Value};
use liblzma::read::XzDecoder;

/// How many flights the file holds.
pub(crate) const FLIGHTS: u64 = 336_776;

/// The columns of `flights`, in the order of the file.
pub(crate) const COLUMNS: [&str; 19] = [
    "year",
    "month",
    "day",
    "dep_time",
    "sched_dep_time",
    "dep_delay",
    "arr_time",
    "sched_arr_time",
    "arr_delay",
    "carrier",
    "flight",
    "tailnum",
    "origin",
    "dest",
    "air_time",
    "distance",
    "hour",
    "minute",
    "time_hour",
];

type Row = Result<Vec<Value>>;

pub(crate) fn airlines() -> Result<impl Stream<Item = Row>> {
    records("airlines.csv", |file| file)
}

pub(crate) fn flights() -> Result<impl Stream<Item = Row>> {
    records("flights.csv.xz", XzDecoder::new)
}

/// Streams the rows of a file, which a thread unpacks and parses a few chunks ahead at most.
fn records<R: Read>(
    name: &'static str,
    unpack: impl FnOnce(File) -> R + Send + 'static,
) -> Result<impl Stream<Item = Row>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    let problem = move |error| Error::other(format!("examples/data/{name}: {error}"));
    let file = File::open(folder.join(name)).map_err(problem)?;
    let (sender, receiver) = mpsc::channel(2);
    thread::spawn(move || {
        let lines = BufReader::new(unpack(file)).lines();
        let rows = lines.skip(1).map(|line| line.map(row).map_err(problem));
        // It ends with the file, or when the receiver is dropped.
        block_on(stream::iter(rows).chunks(512).map(Ok).forward(sender))
    });
    Ok(receiver.flat_map(stream::iter))
}

/// Reads a line: no field of these files is quoted, and an empty one is NULL.
fn row(line: String) -> Vec<Value> {
    let value = |field: &str| match field.parse() {
        _ if field.is_empty() => Value::Null,
        Ok(number) => Value::Integer(number),
        Err(_) => Value::Text(field.to_owned()),
    };
    line.split(',').map(value).collect()
}
