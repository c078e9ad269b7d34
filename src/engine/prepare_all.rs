//! `prepare_all!` when it runs: each text that the macro has found is described by the database.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::executor::Executor;
use crate::error::{Error, ErrorKind, Result};
use crate::result::Describe;
use crate::statement::sql;

/// One `sql!` of a source. Only `prepare_all!` makes one.
#[derive(Debug)]
#[doc(hidden)]
pub struct Listed {
    pub file: &'static str,
    pub line: usize,
    /// The text, or why it is not known.
    pub text: Result<&'static str, &'static str>,
}

/// What [`prepare_all!`](crate::prepare_all!) has found right.
///
/// Its `Display` says how many texts were prepared, and then, on a line each, which could not be.
#[derive(Clone, Debug)]
pub struct PreparedAll {
    prepared: usize,
    unprepared: Vec<Unprepared>,
}

impl PreparedAll {
    /// Returns how many texts the database has accepted.
    #[must_use]
    pub fn prepared(&self) -> usize {
        self.prepared
    }

    /// Returns the texts that could not be checked, in the order of their files and lines.
    #[must_use]
    pub fn unprepared(&self) -> &[Unprepared] {
        &self.unprepared
    }
}

impl fmt::Display for PreparedAll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} prepared, {} not", self.prepared, self.unprepared.len())?;
        self.unprepared.iter().try_for_each(|one| write!(f, "\n  {one}"))
    }
}

/// A `sql!` that [`prepare_all!`](crate::prepare_all!) could not check; its `Display` is
/// `src/users.rs:12: why`.
#[derive(Clone, Debug)]
pub struct Unprepared {
    file: &'static str,
    line: usize,
    why: &'static str,
}

impl Unprepared {
    /// Returns the path of the source, from the folder of its package.
    #[must_use]
    pub fn file(&self) -> &'static str {
        self.file
    }

    /// Returns the line, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Says why it could not be checked.
    #[must_use]
    pub fn why(&self) -> &'static str {
        self.why
    }
}

impl fmt::Display for Unprepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.why)
    }
}

/// Prepares each of the texts; what `prepare_all!` expands to.
#[doc(hidden)]
#[track_caller]
pub fn prepare_all<E: Executor>(
    database: &E,
    texts: &'static [Listed],
) -> BoxFuture<'static, Result<PreparedAll>> {
    let (run, site) = (database.runner(), Location::caller());
    Box::pin(async move {
        let mut all = PreparedAll { prepared: 0, unprepared: Vec::new() };
        let mut faults = Vec::new();
        for &Listed { file, line, text } in texts {
            let text = match text {
                Ok(text) => text,
                Err(why) => {
                    all.unprepared.push(Unprepared { file, line, why });
                    continue;
                }
            };
            match Describe::new(Arc::clone(&run), sql(text), site).await {
                Ok(_) => all.prepared += 1,
                Err(error) if is_of_the_text(&error) => faults.push((file, line, error)),
                Err(error) => return Err(error),
            }
        }
        if faults.is_empty() { Ok(all) } else { Err(refused(all.prepared, &faults)) }
    })
}

/// Whether another text could have been accepted.
fn is_of_the_text(error: &Error) -> bool {
    use ErrorKind::{Bind, Other, Statement, Syntax, TooLarge};
    matches!(error.kind(), Syntax | Statement | Bind | TooLarge | Other)
}

#[cold]
fn refused(prepared: usize, faults: &[(&str, usize, Error)]) -> Error {
    let (count, of) = (faults.len(), prepared + faults.len());
    let mut message = format!("the database does not accept {count} of {of} `sql!` texts");
    for (file, line, error) in faults {
        let said = error.to_string().replace('\n', "\n    ");
        message.push_str(&format!("\n  {file}:{line}: {said}"));
    }
    Error::new(ErrorKind::Syntax, message)
}
