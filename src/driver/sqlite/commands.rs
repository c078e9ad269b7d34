//! What a connection does with a job: check it, get what it needs, run it.

use std::any::Any;

use super::cursor;
use super::prepare::Prepared;
use super::state::{Many, State, stopped};
use super::transactions;
use super::unit;
use super::verdict::Place;
use super::writes;
use crate::driver::{Incoming, Job, Native, Outcome, Query, Request, Unit, Wanted};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::outbox;
use crate::statement::{Statement, Text};

/// Runs a job to its end.
pub(super) async fn perform(state: &State<'_>, mut job: Box<Job>) {
    if job.scope.is_none() {
        // A job of a transaction comes after the lease is owned, or after it has ended: then the
        // connection may be another's by now.
        state.own(job.lease.as_ref());
    }
    state.until_abandoned().await;
    state.cursors.reap().await;
    if !job.reply.start() {
        // It was called off, or nobody waits for it: not a step of it is made.
        state.release(job.lease.take());
        job.permit = None;
        return;
    }
    state.keep_permit(&mut job);
    state.until_many_undone().await;
    if !matches!(job.request, Request::Query(_)) {
        outbox::flush();
    }
    match std::mem::replace(&mut job.request, Request::Taken) {
        Request::Query(query) => statement(state, job, query).await,
        Request::Describe(statement) => describe(state, job, &statement),
        Request::Many { statement, rows } => many(state, job, statement, rows).await,
        Request::Unit(unit) => unit_of_work(state, job, unit).await,
        Request::Script(text) => script(state, job, text).await,
        Request::Lease(begin) => transactions::lease(state, job, begin).await,
        Request::Begin(scope) => {
            if let Some(job) = permitted(state, job, || Request::Begin(scope)) {
                transactions::begin(state, job, scope).await;
            }
        }
        Request::Savepoint(scope) => transactions::savepoint(state, job, scope),
        Request::Commit(scope) => transactions::commit(state, job, scope).await,
        Request::Rollback(scope) => transactions::rollback(state, job, scope).await,
        Request::Native(call) => native(state, job, call),
        Request::Taken => {}
    }
}

fn fail(state: &State<'_>, mut job: Box<Job>, error: Error) {
    state.settle();
    state.release(job.lease.take());
    job.fail(error);
}

/// Prepares a text that writes rows of its own transaction.
pub(super) fn prepare_text<'c>(
    state: &State<'c>,
    text: &str,
    place: Place,
) -> Result<Prepared<'c>> {
    let prepared = state.cache.take(text, place)?;
    if let Err(error) = prepared.verdict.check(place) {
        state.cache.put(prepared);
        return Err(error.with_sql(text));
    }
    Ok(prepared)
}

/// Prepares a statement and checks that it may run where it is.
pub(super) fn prepare<'c>(
    state: &State<'c>,
    job: &Job,
    statement: &Statement,
    wanted: Wanted,
) -> Result<(Prepared<'c>, Place)> {
    let place = state.place(job)?;
    let prepared = match wanted {
        Wanted::Streamed => state.cache.take_current(statement.text(), place)?,
        Wanted::Nothing | Wanted::Together => state.cache.take(statement.text(), place)?,
    };
    if let Err(error) = prepared.verdict.check(place) {
        state.cache.put(prepared);
        return Err(error.with_sql(statement.text()));
    }
    if state.writes_many.get() == Some(Many::Transaction)
        && (prepared.verdict.writes || prepared.verdict.transaction)
    {
        state.cache.put(prepared);
        return Err(many_in_progress());
    }
    Ok((prepared, place))
}

#[cold]
pub(super) fn many_in_progress() -> Error {
    Error::new(
        ErrorKind::Locked,
        "`execute_many` or `insert_stream` is writing rows on this connection, all or none of them; wait \
         for it, or write its rows and yours in one transaction from `begin()`",
    )
}

async fn statement(state: &State<'_>, job: Box<Job>, query: Query) {
    let (mut prepared, _) = match prepare(state, &job, &query.statement, query.wanted) {
        Ok(prepared) => prepared,
        Err(error) => return fail(state, job, error),
    };
    if !prepared.is_quick() || query.wanted == Wanted::Streamed {
        // Those who wait for their answers must not wait for this one too.
        outbox::flush();
    }
    if let Err(error) = prepared.bind(query.statement.parameters()) {
        state.cache.put(prepared);
        return fail(state, job, error);
    }
    let begins = prepared.verdict.transaction && state.connection.is_autocommit();
    if !(prepared.verdict.writes || prepared.verdict.transaction) {
        if job.one_shot && state.has_permit() {
            state.cache.put(prepared);
            return read_elsewhere(state, job, query);
        }
        state.note(&prepared);
        return cursor::read(state, job, query, prepared).await;
    }
    if !(prepared.verdict.writes || begins) {
        return run_write(state, job, query, prepared).await;
    }
    let mut parts = Some((query, prepared));
    let permitted = permitted(state, job, || match parts.take() {
        Some((query, prepared)) => {
            state.cache.put(prepared);
            Request::Query(query)
        }
        None => Request::Taken,
    });
    if let (Some(job), Some((query, prepared))) = (permitted, parts) {
        run_write(state, job, query, prepared).await;
    }
}

/// Sends a job that was taken for one that writes to where it keeps nobody from writing.
fn read_elsewhere(state: &State<'_>, mut job: Box<Job>, query: Query) {
    job.request = Request::Query(query);
    job.reply.defer();
    state.release(job.lease.take());
    state.settle();
    match (job.reply.ticket().stopped(), state.host.upgrade()) {
        (Some(why), _) => fail(state, job, stopped(why)),
        (None, Some(host)) => host.queue_read(job),
        (None, None) => {}
    }
}

async fn run_write<'c>(state: &State<'c>, job: Box<Job>, query: Query, prepared: Prepared<'c>) {
    if prepared.verdict.transaction {
        transactions::words(state, job, query, prepared).await;
    } else {
        writes::write(state, job, query, prepared).await;
    }
}

/// Gets the right to write for a job, at once or never: a job that has to wait is sent to where it waits,
/// with its request.
fn permitted(
    state: &State<'_>,
    mut job: Box<Job>,
    request: impl FnOnce() -> Request,
) -> Option<Box<Job>> {
    let in_transaction = job.scope.is_some() || !state.connection.is_autocommit();
    if in_transaction || state.has_permit() {
        return Some(job);
    }
    let host = state.host.upgrade()?;
    if !job.one_shot
        && let Some(permit) = host.try_permit(&job)
    {
        job.permit = Some(permit);
        state.keep_permit(&mut job);
        return Some(job);
    }
    job.request = request();
    job.reply.defer();
    if job.one_shot {
        // It will run on the connection that writes, and this one is free again.
        state.release(job.lease.take());
    }
    match job.reply.ticket().stopped() {
        // Its deadline came while it had begun, and comes only once.
        Some(why) => fail(state, job, stopped(why)),
        None => host.queue_write(job),
    }
    None
}

/// Prepares a statement and tells what it is. Nothing runs, so it may be anything, wherever it is asked.
fn describe(state: &State<'_>, job: Box<Job>, statement: &Statement) {
    // SQLite runs some pragmas as it prepares them: as for the engine's own connections, they are refused.
    let prepared =
        state.place(&job).and_then(|_| state.cache.take_current(statement.text(), Place::Engine));
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return fail(state, job, error),
    };
    let description = prepared.describe();
    state.cache.put(prepared);
    state.settle();
    let Job { reply, lease, .. } = *job;
    state.release(lease);
    let description = Some(Box::new(description));
    reply.finish(Ok(Outcome { description, ..Outcome::default() }));
}

async fn many(state: &State<'_>, job: Box<Job>, statement: Statement, rows: Incoming) {
    let (prepared, _) = match prepare(state, &job, &statement, Wanted::Nothing) {
        Ok(prepared) => prepared,
        Err(error) => return fail(state, job, error),
    };
    if prepared.verdict.transaction || prepared.verdict.state.is_some() {
        state.cache.put(prepared);
        let error = Error::new(
            ErrorKind::Statement,
            "only a statement that reads or writes rows can be run for each of many",
        );
        return fail(state, job, error.with_sql(statement.text()));
    }
    if state.writes_many.get().is_some() {
        // Savepoints end in the order opposite to that of their beginning; these two need not.
        state.cache.put(prepared);
        return fail(state, job, many_in_progress());
    }
    let mut parts = Some((statement, rows, prepared));
    let permitted = permitted(state, job, || match parts.take() {
        Some((statement, rows, prepared)) => {
            state.cache.put(prepared);
            Request::Many { statement, rows }
        }
        None => Request::Taken,
    });
    if let (Some(job), Some((_, rows, prepared))) = (permitted, parts) {
        writes::many(state, job, rows, prepared).await;
    }
}

/// Runs a unit, which is part of a transaction: outside of one there is nothing that it would be whole in.
async fn unit_of_work(state: &State<'_>, job: Box<Job>, unit: Unit) {
    let place = match state.place(&job) {
        Ok(place) => place,
        Err(error) => return fail(state, job, error),
    };
    if state.writes_many.get().is_some() {
        return fail(state, job, many_in_progress());
    }
    unit::run(state, job, unit, place).await;
}

async fn script(state: &State<'_>, job: Box<Job>, text: Text) {
    let place = match state.place(&job) {
        // The engine lends the script a connection of its own.
        Ok(Place::Engine) => Place::Connection,
        Ok(place) => place,
        Err(error) => return fail(state, job, error),
    };
    if state.writes_many.get() == Some(Many::Transaction) {
        return fail(state, job, many_in_progress());
    }
    let mut parts = Some(text);
    let permitted = permitted(state, job, || parts.take().map_or(Request::Taken, Request::Script));
    if let (Some(job), Some(text)) = (permitted, parts) {
        writes::script(state, job, text, place).await;
    }
}

/// Runs code of the caller's on the connection itself.
fn native(state: &State<'_>, job: Box<Job>, call: Native) {
    let Job { reply, lease, .. } = *job;
    // What it does to the connection is not known.
    state.changed.set(true);
    let native = {
        let _running = state.enter(reply.ticket(), false);
        call(state.connection as &dyn Any)
    };
    state.publish_foreign();
    state.settle();
    state.release(lease);
    reply.finish(Ok(Outcome { native: Some(native), ..Outcome::default() }));
}
