//! `Describe`: what the database says of a statement, of which nothing runs.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::run::{Run, dispatch, poll_end};
use super::trace::Watched;
use crate::driver::{Description, Origin, Request};
use crate::error::{Error, ErrorKind, Result};
use crate::statement::Statement;

/// Asks the database what a statement is, and runs nothing of it.
///
/// A statement that may not run where it is asked about, such as BEGIN on the engine, is described all the
/// same. Of a statement's options its timeout counts.
///
/// # Errors
///
/// [`ErrorKind::Syntax`] when the database does not accept the text: it names the place, and a table or a
/// column that is not there. [`ErrorKind::Statement`] when the text is empty or has several statements, and
/// for a PRAGMA that would change the connection as it is prepared. [`ErrorKind::PoolTimeout`],
/// [`ErrorKind::CannotOpen`] and [`ErrorKind::Closed`] as for a query.
///
/// # Cancel safety
///
/// Nothing runs, so nothing is lost but the answer.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
/// let query = engine.describe("SELECT 1 AS one, ? AS two").await?;
/// assert_eq!(query.columns().names().collect::<Vec<_>>(), ["one", "two"]);
/// assert_eq!((query.parameters(), query.writes()), (1, false));
///
/// let error = engine.describe("SELECT nme FROM sqlite_schema").await.unwrap_err();
/// assert_eq!((error.kind(), error.offset()), (headwater::ErrorKind::Syntax, Some(7)));
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[must_use = "nothing is asked unless it is awaited"]
pub struct Describe {
    state: State,
    site: &'static Location<'static>,
}

enum State {
    New(Run, Statement),
    Running(Watched),
    Over,
}

impl Describe {
    pub(crate) fn new(run: Run, statement: Statement, site: &'static Location<'static>) -> Self {
        Self { state: State::New(run, statement), site }
    }
}

fn start(run: &Run, statement: Statement, origin: Origin) -> Result<Watched> {
    statement.check()?;
    let options = statement.options();
    dispatch(&**run, Request::Describe(statement), options, origin)
}

impl Future for Describe {
    type Output = Result<Description>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut answer = match std::mem::replace(&mut self.state, State::Over) {
            State::New(run, statement) => start(&run, statement, Origin::new(self.site, context))?,
            State::Running(answer) => answer,
            // Polled after its end, it stays pending, as a future may.
            State::Over => return Poll::Pending,
        };
        let Poll::Ready(end) = poll_end(&mut answer, context) else {
            self.state = State::Running(answer);
            return Poll::Pending;
        };
        Poll::Ready(end.and_then(|outcome| outcome.description.map(|it| *it).ok_or_else(nothing)))
    }
}

#[cold]
fn nothing() -> Error {
    Error::new(ErrorKind::Other, "the connection gave no description")
}

impl fmt::Debug for Describe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Describe");
        if let State::New(_, statement) = &self.state {
            debug.field("statement", statement);
        }
        debug.finish_non_exhaustive()
    }
}
