//! `Execute`: a statement run for its effect.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::run::{Run, dispatch, poll_end};
use super::trace::Watched;
use crate::driver::{self, Done, Origin, Request, Wanted};
use crate::error::Result;
use crate::statement::Statement;

/// Runs a statement, or the statements of a script, for its effect; rows that it gives are passed over.
///
/// On the engine, single statements that wait for their turn to write may share a commit
/// ([`group_commit`](crate::EngineBuilder::group_commit)). Each is answered after it, with its own outcome,
/// as if it had been alone; the [`version`](Done::version) is that of the commit, the same for all.
///
/// # Errors
///
/// [`ErrorKind::Syntax`](crate::ErrorKind::Syntax), [`ErrorKind::Bind`](crate::ErrorKind::Bind) and
/// [`ErrorKind::Statement`](crate::ErrorKind::Statement) before anything runs; of a script, before the
/// statement at fault runs. [`ErrorKind::PoolTimeout`](crate::ErrorKind::PoolTimeout) when no connection
/// becomes free in time: it names who holds them. [`ErrorKind::Busy`](crate::ErrorKind::Busy) when the turn
/// to write does not come in time, which names who has it, or the lock of another process does not;
/// [`ErrorKind::CannotOpen`](crate::ErrorKind::CannotOpen) and its like when a connection cannot be opened;
/// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) after the
/// statement's own [`timeout`](crate::Statement::timeout), and
/// [`ErrorKind::Closed`](crate::ErrorKind::Closed) when what it was to run on is closed. Then whatever
/// ends it as it runs, such as the violation of a constraint.
///
/// # Cancel safety
///
/// Dropped before its first poll it runs nothing. Dropped later, the statement leaves no effect if its
/// first step has not ended, and else its whole effect. What shares its commit is done all the same, once:
/// where the stop has undone it, it runs again. In a transaction a write that is stopped in its
/// step ends the transaction, as SQLite has it: what follows in it fails with
/// [`ErrorKind::TransactionEnded`](crate::ErrorKind::TransactionEnded).
///
/// A script that is dropped keeps the statements that had ended, as far as they were committed; the one
/// under way leaves no effect or its whole effect.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
/// engine.execute("CREATE TABLE t(a)").await?;
/// let done = engine.execute(headwater::sql("INSERT INTO t VALUES (?)").bind(1)).await?;
/// assert_eq!(done.rows_affected(), 1);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[must_use = "a statement does nothing unless it is awaited"]
pub struct Execute {
    state: State,
    site: &'static Location<'static>,
}

enum State {
    New(Run, Work),
    Running(Watched),
    Over,
}

enum Work {
    Statement(Statement),
    Script(Statement),
}

impl Execute {
    pub(crate) fn new(run: Run, statement: Statement, site: &'static Location<'static>) -> Self {
        Self { state: State::New(run, Work::Statement(statement)), site }
    }

    pub(crate) fn script(run: Run, script: Statement, site: &'static Location<'static>) -> Self {
        Self { state: State::New(run, Work::Script(script)), site }
    }
}

fn start(run: &Run, work: Work, origin: Origin) -> Result<Watched> {
    match work {
        Work::Statement(statement) => {
            statement.check()?;
            let options = statement.options();
            let query = driver::Query { statement, limit: None, wanted: Wanted::Nothing };
            dispatch(&**run, Request::Query(query), options, origin)
        }
        Work::Script(script) => {
            script.check()?;
            script.check_unbound("a script takes no values")?;
            let options = script.options();
            dispatch(&**run, Request::Script(script.shared_text()), options, origin)
        }
    }
}

impl Future for Execute {
    type Output = Result<Done>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut answer = match std::mem::replace(&mut self.state, State::Over) {
            State::New(run, work) => start(&run, work, Origin::new(self.site, context))?,
            State::Running(answer) => answer,
            // Polled after its end, it stays pending, as a future may.
            State::Over => return Poll::Pending,
        };
        match poll_end(&mut answer, context) {
            Poll::Ready(end) => Poll::Ready(end.map(|outcome| outcome.done)),
            Poll::Pending => {
                self.state = State::Running(answer);
                Poll::Pending
            }
        }
    }
}

impl fmt::Debug for Execute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Execute");
        if let State::New(_, Work::Statement(statement)) = &self.state {
            debug.field("statement", statement);
        }
        debug.finish_non_exhaustive()
    }
}
