//! What can run a job, and how a job is given to it.

use std::fmt;
use std::future::poll_fn;
use std::panic::Location;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

#[cfg(feature = "tracing")]
use super::trace;
use super::trace::Watched;
use crate::clock::Clock;
use crate::driver::{Bounds, Job, Origin, Outcome, Request};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Patience, Received, Stop, handoff};
use crate::statement::Options;

/// What runs jobs: an engine, a connection, a transaction or a snapshot.
pub(crate) trait Runner: Send + Sync + fmt::Debug {
    /// Sends a job to where it runs or waits. It never blocks.
    fn submit(&self, job: Box<Job>);

    fn bounds(&self) -> &Bounds;

    fn clock(&self) -> &Clock;
}

pub(crate) type Run = Arc<dyn Runner>;

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
