//! The command line.

use std::io::Write;
use std::time::Duration;

use lexopt::prelude::{Long, ValueExt};

const USAGE: &str = "\
usage: web_load [--addr ADDRESS:PORT [--pid PID]] [--clients COUNT] [--seconds SECONDS] [--pace MIB]

  --addr      where `web` listens (one is started)
  --pid       its process, whose memory is watched
  --clients   how many clients ask at once (64)
  --seconds   for how long (10)
  --pace      how much the slow client reads a second, in MiB (4)
";

pub(crate) struct Arguments {
    pub(crate) addr: Option<String>,
    pub(crate) pid: Option<u32>,
    pub(crate) clients: u64,
    pub(crate) time: Duration,
    pub(crate) pace: usize,
}

impl Arguments {
    /// Reads them; `None` when only help was asked for.
    pub(crate) fn read() -> Result<Option<Self>, Box<dyn std::error::Error>> {
        // Where examples are run to see that they work, it is brief.
        let once = std::env::var_os("HEADWATER_EXAMPLE_ONCE").is_some();
        let (seconds, pace) = if once { (2, 64) } else { (10, 4) };
        let mut read =
            Self { addr: None, pid: None, clients: 64, time: Duration::from_secs(seconds), pace };
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("addr") => read.addr = Some(parser.value()?.string()?),
                Long("pid") => read.pid = Some(parser.value()?.parse()?),
                Long("clients") => read.clients = parser.value()?.parse()?,
                Long("seconds") => read.time = Duration::from_secs(parser.value()?.parse()?),
                Long("pace") => read.pace = parser.value()?.parse::<usize>()?.max(1),
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
