//! Shared reads: quick lookups that waited together run in one read transaction, one after the other.
//!
//! To take SQLite's read lock and to give it back costs as much as a lookup, and so does each message to
//! the thread. All of them were asked before the transaction begins, so the state that it shows is new
//! enough for each. One that turns out not to be quick begins again alone, and those behind it go back to
//! the pool, where another connection may be free: nobody waits for long behind somebody else's query.

use std::collections::VecDeque;

use super::commands::{perform, prepare};
use super::cursor::finish;
use super::hooks;
use super::packer::{Packer, bounds_of};
use super::prepare::Prepared;
use super::state::{State, stopped};
use crate::driver::{Job, Query, Request, Wanted};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::outbox;
use crate::row::RowBatch;

/// A lookup that is looked at so often as it runs is not quick: it has taken thousands of operations.
const LOOKS: u32 = 2;

/// Runs jobs that waited together, in their order, for as long as they are quick.
pub(super) async fn perform_all(state: &State<'_>, jobs: Vec<Box<Job>>) {
    let mut waiting = VecDeque::from(jobs);
    let mut lease = waiting.front().and_then(|job| job.lease.clone());
    state.own(lease.as_ref());
    state.until_abandoned().await;
    state.cursors.reap().await;
    if waiting.len() > 1 && state.run("BEGIN").is_ok() {
        let mut sharing = Sharing::default();
        while let Some(job) = waiting.pop_front() {
            let mut answer = match sharing.look_up(state, job) {
                Looked::Up(answer) => answer,
                Looked::Over => continue,
                Looked::Slow(job) => {
                    waiting.push_front(job);
                    break;
                }
            };
            if waiting.is_empty() {
                // Who sees the last answer finds the connection free.
                sharing.end(state);
                answer.job.lease = None;
                state.release(lease.take());
                answer.give(state.takes_more());
                return;
            }
            // Another process has the file locked: the others would each wait for it, one after the other.
            let locked = matches!(&answer.end, Err(error) if error.kind() == ErrorKind::Busy);
            answer.give(true);
            if locked {
                break;
            }
        }
        sharing.end(state);
    }
    let Some(job) = waiting.pop_front() else {
        return state.release(lease);
    };
    outbox::flush();
    if !waiting.is_empty()
        && let Some(host) = state.host.upgrade()
    {
        waiting.iter_mut().for_each(|job| job.lease = None);
        host.give_back(waiting.into());
    }
    drop(lease);
    perform(state, job).await;
}

/// What became of a job.
enum Looked {
    /// Its answer is here.
    Up(Answer),
    /// Nobody waits for it.
    Over,
    /// It cannot be shared.
    Slow(Box<Job>),
}

/// An answer that is not given yet.
struct Answer {
    job: Box<Job>,
    end: Result<()>,
    last: Option<RowBatch>,
}

impl Answer {
    /// Gives the answer; its waiter may be woken a moment later if there is more to do.
    fn give(self, more: bool) {
        let Self { job, end, last } = self;
        let Job { reply, lease, deadline, .. } = *job;
        drop((lease, deadline));
        match more {
            true => outbox::keep_wakes(|| finish(reply, end, last)),
            false => finish(reply, end, last),
        }
    }
}

/// A statement that serves one job after the other.
#[derive(Default)]
struct Sharing<'c> {
    serving: Option<(Prepared<'c>, Packer)>,
}

impl<'c> Sharing<'c> {
    fn look_up(&mut self, state: &State<'c>, job: Box<Job>) -> Looked {
        if !job.reply.start() {
            return Looked::Over;
        }
        let Request::Query(query) = &job.request else {
            return Looked::Slow(job);
        };
        if query.wanted == Wanted::Streamed {
            return Looked::Slow(job);
        }
        if let Err(error) = self.serve(state, &job, query) {
            return Looked::Up(Answer { job, end: Err(error), last: None });
        }
        let Some((prepared, packer)) = &mut self.serving else {
            return Looked::Slow(job);
        };
        let writes = prepared.verdict.writes || prepared.verdict.transaction;
        if writes || !prepared.is_quick() {
            return Looked::Slow(job);
        }
        match run(state, &job, query, prepared, packer) {
            Ok(Some(end)) => {
                let end = end.map_err(|error| error.with_sql(query.statement.text()));
                if let Err(error) = &end {
                    state.note_error(error);
                }
                packer.look(&prepared.statement);
                let last = packer.last(None);
                Looked::Up(Answer { job, end, last })
            }
            Ok(None) => {
                // What was packed of it is thrown away.
                prepared.took = None;
                self.put_back(state);
                Looked::Slow(job)
            }
            Err(error) => Looked::Up(Answer { job, end: Err(error), last: None }),
        }
    }

    /// Makes the statement of a job the one that serves.
    fn serve(&mut self, state: &State<'c>, job: &Job, query: &Query) -> Result<()> {
        let text = query.statement.text();
        if self.serving.as_ref().is_none_or(|(serving, _)| **serving.text() != *text) {
            self.put_back(state);
            let (prepared, _) = prepare(state, job, &query.statement, query.wanted)?;
            let packer =
                Packer::new(&prepared, bounds_of(&state.config.bounds, query), false, None);
            self.serving = Some((prepared, packer));
        }
        Ok(())
    }

    fn put_back(&mut self, state: &State<'c>) {
        if let Some((prepared, packer)) = self.serving.take() {
            state.cache.put_with(prepared, &packer.columns);
        }
    }

    /// Ends the transaction: the next to read on the connection sees what is new.
    fn end(&mut self, state: &State<'c>) {
        self.put_back(state);
        if !state.connection.is_autocommit() && state.run("COMMIT").is_err() {
            let _ = state.connection.execute_batch("ROLLBACK");
        }
    }
}

/// Runs a lookup: `None` if it is not quick, an error if it does not run at all.
fn run(
    state: &State<'_>,
    job: &Job,
    query: &Query,
    prepared: &mut Prepared<'_>,
    packer: &mut Packer,
) -> Result<Option<Result<()>>> {
    let misbound = |error: Error| error.with_sql(query.statement.text());
    prepared.bind(query.statement.parameters()).map_err(misbound)?;
    packer.renew(bounds_of(&state.config.bounds, query), query.limit);
    let ticket = job.reply.ticket();
    let (filled, slow) = {
        let _running = state.enter(ticket, true);
        if let Some(why) = ticket.stopped() {
            return Err(stopped(why));
        }
        // Only now is it sure that it does nothing that lasts.
        job.reply.mark_harmless();
        hooks::bound_looks(Some(LOOKS));
        let mut rows = prepared.statement.raw_query();
        let filled = packer.fill_at_once(&mut rows);
        (filled, hooks::bound_looks(None))
    };
    if let Some(why) = ticket.stopped() {
        return Ok(Some(Err(stopped(why))));
    }
    Ok(match filled {
        // Larger than one batch, or ended by the hook.
        Ok(false) => None,
        Err(_) if slow => None,
        Ok(true) => Some(Ok(())),
        Err(error) => Some(Err(error)),
    })
}
