//! How an export can end: what is said on standard error, and the exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use headwater::Error;

/// What a shell reports of a program that SIGPIPE ended.
const BROKEN_PIPE: u8 = 128 + 13;

#[derive(Debug)]
pub(crate) enum Ending {
    /// All rows are written.
    Complete,
    /// A signal asked for the end; the exit code is that of a program that it killed.
    Stopped(u8),
    /// The arguments are no use.
    Usage(String),
    /// The database refused, or the statement failed.
    Database(Error),
    /// A value cannot be written exactly.
    Value(String),
    /// What is read or written besides the database failed.
    Output(io::Error),
    /// The same, where the file has a name.
    File(String),
}

impl Ending {
    /// Says what has to be said.
    pub(crate) fn tell(self) -> ExitCode {
        let (code, message) = match self {
            Self::Complete => return ExitCode::SUCCESS,
            Self::Stopped(code) => return ExitCode::from(code),
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return ExitCode::from(BROKEN_PIPE);
            }
            Self::Usage(problem) => (2, format!("{problem} (see --help)")),
            Self::Database(error) => (1, error.to_string()),
            Self::Value(problem) | Self::File(problem) => (1, problem),
            Self::Output(error) => (1, format!("the output cannot be written: {error}")),
        };
        complain(&message);
        ExitCode::from(code)
    }
}

impl From<Error> for Ending {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

/// Writes a line to standard error; where that is closed, nobody wants it.
pub(crate) fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "export: {message}");
}
