//! The command line.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::{Long, ValueExt};

const USAGE: &str = "\
usage: web [--addr ADDRESS:PORT] [--db PATH] [--flights COUNT] [--grace SECONDS]

  --addr      where to listen (127.0.0.1:8080; port 0 takes a free one)
  --db        the database, made if there is none (flights.db)
  --flights   with how many flights an empty database is filled (all that there are)
  --grace     for how long requests may go on when the service is asked to stop (10)
";

pub(crate) struct Arguments {
    pub(crate) addr: String,
    pub(crate) db: PathBuf,
    pub(crate) flights: usize,
    pub(crate) grace: Duration,
}

impl Arguments {
    /// Reads them; `None` when only help was asked for.
    pub(crate) fn read() -> Result<Option<Self>, Box<dyn std::error::Error>> {
        let mut read = Self {
            addr: "127.0.0.1:8080".to_owned(),
            db: PathBuf::from("flights.db"),
            flights: usize::MAX,
            grace: Duration::from_secs(10),
        };
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("addr") => read.addr = parser.value()?.string()?,
                Long("db") => read.db = parser.value()?.into(),
                Long("flights") => read.flights = parser.value()?.parse()?,
                Long("grace") => read.grace = Duration::from_secs(parser.value()?.parse()?),
                Long("help") => {
                    write!(std::io::stdout(), "{USAGE}")?;
                    return Ok(None);
                }
                _ => return Err(format!("{}\n\n{USAGE}", argument.unexpected()).into()),
            }
        }
        Ok(Some(read))
    }
}
