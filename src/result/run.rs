//! What can run a job, and how a job is given to it.

use std::fmt;
use std::future::poll_fn;
use std::panic::Location;
#[cfg(feature = "orm")]
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

#[cfg(feature = "orm")]
use futures::Stream;
#[cfg(feature = "orm")]
use futures::future::BoxFuture;

#[cfg(feature = "tracing")]
use super::trace;
use super::trace::Watched;
#[cfg(feature = "orm")]
use super::{AsyncResult, Query};
use crate::clock::Clock;
use crate::driver::{Bounds, Job, Origin, Outcome, Request};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Patience, Received, Stop, handoff};
use crate::statement::Options;
#[cfg(feature = "orm")]
use crate::statement::{Rows, Stall, sql};

/// What runs jobs: an engine, a connection, a transaction or a snapshot.
pub(crate) trait Runner: Send + Sync + fmt::Debug {
    /// Sends a job to where it runs or waits. It never blocks.
    fn submit(&self, job: Box<Job>);

    fn bounds(&self) -> &Bounds;

    fn clock(&self) -> &Clock;

    /// Gives what runs several statements on one state of the database.
    #[cfg(feature = "orm")]
    fn one_state(
        self: Arc<Self>,
        site: &'static Location<'static>,
    ) -> BoxFuture<'static, Result<OneState>>;
}

pub(crate) type Run = Arc<dyn Runner>;

/// What runs several statements on one state of the database, as long as this is held.
#[cfg(feature = "orm")]
pub(crate) struct OneState {
    pub(crate) run: Run,
    /// A statement of the same connection that stays open, and with it what it sees.
    anchor: Option<AsyncResult>,
}

#[cfg(feature = "orm")]
impl OneState {
    /// What is in a transaction sees one state already, and what it writes itself.
    pub(crate) fn of(run: Run) -> Self {
        Self { run, anchor: None }
    }

    /// Holds the state of a connection outside of a transaction: for SQLite the statements of a connection
    /// that overlap read one state, so one of them begins first and is kept open.
    pub(crate) async fn anchored(run: Run, site: &'static Location<'static>) -> Result<Self> {
        // It has more rows than can be sent ahead, and few enough to be read aside where a write asks for it.
        const ANCHOR: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) \
             SELECT i FROM n CROSS JOIN (SELECT rootpage FROM sqlite_schema LIMIT 1)";
        let statement = sql(ANCHOR).batch_rows(1).stall(Stall::Park);
        let mut anchor = Query::<Rows>::new(Arc::clone(&run), statement, site).await?;
        anchor.try_next().await?;
        Ok(Self { run, anchor: Some(anchor) })
    }

    /// Shows that whoever holds this goes on: a statement of which nothing is taken for long is told of.
    pub(crate) fn go_on(&mut self, context: &mut Context<'_>) -> Result<()> {
        let Some(anchor) = &mut self.anchor else {
            return Ok(());
        };
        match Pin::new(anchor).poll_next(context) {
            Poll::Ready(Some(Err(error))) => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(feature = "orm")]
impl fmt::Debug for OneState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneState").field("run", &self.run).finish_non_exhaustive()
    }
}

/// Sends a request, with the deadline that its options ask for.
pub(crate) fn dispatch(
    run: &dyn Runner,
    request: Request,
    options: Options,
    origin: Origin,
) -> Result<Watched> {
    let bounds = run.bounds();
    let (reply, answer) = handoff(bounds.batches, Patience::new(bounds.patience));
    let mut job = Job::new(request, reply, origin);
    if let Some(limit) = options.timeout {
        let expiry = job.reply.expiry();
        let text = job.shown();
        let timer = run.clock().after(limit, move || {
            expiry.stop(Stop::Deadline, move || {
                Error::new(
                    ErrorKind::Timeout,
                    format!("the statement had not begun when its timeout of {limit:?} was over"),
                )
            });
            expiry.give_up(move || {
                let late =
                    Error::new(ErrorKind::Timeout, "the statement did not end within its timeout");
                match &text {
                    Some(text) => late.with_sql(text),
                    None => late,
                }
            });
        });
        job.deadline = Some(timer?);
    }
    #[cfg(feature = "tracing")]
    let answer = Watched::new(answer, trace::begin(&mut job, run.clock()));
    #[cfg(not(feature = "tracing"))]
    let answer = Watched::new(answer);
    run.submit(job);
    Ok(answer)
}

/// Sends a request and waits for its end.
pub(crate) async fn ask(
    run: &dyn Runner,
    request: Request,
    site: &'static Location<'static>,
) -> Result<Outcome> {
    let origin = Origin::here(site).await;
    let mut answer = dispatch(run, request, Options::default(), origin)?;
    poll_fn(|context| poll_end(&mut answer, context)).await
}

/// Waits for the end and passes over rows.
pub(super) fn poll_end(answer: &mut Watched, context: &mut Context<'_>) -> Poll<Result<Outcome>> {
    loop {
        if let Received::End(end) = ready!(answer.poll_receive(context)) {
            return Poll::Ready(end);
        }
    }
}
