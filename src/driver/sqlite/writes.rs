//! Statements that write: one, one for each of many rows, or a script of several.
//!
//! A writing statement is stopped only before its first step has ended. That step does all of its work
//! and holds the write lock; what is left are its RETURNING rows, which are drained at once. So a write
//! that was dropped left no effect or its whole effect, never half.

use std::borrow::Cow;
use std::future::poll_fn;
use std::task::Poll;

use rusqlite::{Batch, Rows, Statement};

use super::aside::Aside;
use super::cursor::{Packer, bounds_of, done_of, feed};
use super::errors::translate;
use super::hooks;
use super::prepare::Prepared;
use super::registry::OpenCursor;
use super::state::{Many, State, stopped, transaction_ended};
use super::verdict::{Place, Verdict};
use crate::driver::{Done, Incoming, Job, Outcome, Query, Reply, Wanted};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Received, Stop, yield_now};
use crate::value::Value;

/// Runs one statement that writes; its rows, if it has any, come after its commit.
pub(super) async fn write<'c>(
    state: &State<'c>,
    job: Box<Job>,
    query: Query,
    mut prepared: Prepared<'c>,
) {
    let Job { reply, lease, deadline, .. } = *job;
    let text = query.statement.text();
    let mut packer = Packer::new(&prepared, bounds_of(&state.config.bounds, &query), false, None);
    let mut aside = Aside::new(&state.config.bounds, None);
    // What others of this connection read must not show what is written now.
    state.cursors.settle_stable().await;
    let before = state.connection.total_changes();
    let mut written = run(state, &reply, &mut prepared, &mut packer, &mut aside);
    if let Err(error) = written {
        written = match unblock(state, error).await {
            Ok(()) => run(state, &reply, &mut prepared, &mut packer, &mut aside),
            Err(error) => Err(error),
        };
    }
    // What was written in time counts, however long its rows then wait for their consumer.
    drop(deadline);
    let mut done = done_of(state, before);
    state.note(&prepared);
    packer.look(&prepared.statement);
    state.cache.put_with(prepared, &packer.columns);
    done.version = state.after_write().await;
    // What is left to hand over needs neither the statement nor the connection.
    state.release(lease);
    let mut end = written.map_err(|error| error.with_sql(text));
    if end.is_ok() && query.wanted != Wanted::Nothing {
        let last = packer.last(None).map_or(Ok(()), |last| aside.push(last));
        end = match (reply.ticket().stopped(), last) {
            (Some(Stop::Deadline), _) => Err(late_rows().with_sql(text)),
            (_, Ok(())) => feed(aside, &packer.bin, &reply, Ok(())).await,
            (_, Err(error)) => Err(error),
        };
    }
    reply.finish(end.map(|()| Outcome::from(done)));
}

/// The timeout passed in the moment between the end of the write and that of its deadline.
#[cold]
fn late_rows() -> Error {
    Error::new(
        ErrorKind::Timeout,
        "the statement was over as its timeout passed: its effect stays, its rows are lost",
    )
}

/// After a write failed: `Ok` if it can now be run again.
///
/// A connection that reads a state which another writer has replaced cannot write. With its open reads
/// aside it reads none, and can.
async fn unblock(state: &State<'_>, failed: Error) -> Result<()> {
    let blocked = failed.kind() == ErrorKind::BusySnapshot
        && state.connection.is_autocommit()
        && state.cursors.len() > 0;
    if !blocked {
        return Err(failed);
    }
    match state.cursors.settle_all().await {
        true => Ok(()),
        false => Err(read_too_large()),
    }
}

/// Begins a transaction that may write. A wait for the lock of another process ends when nobody waits
/// for the reply.
pub(super) async fn begin_immediate(state: &State<'_>, reply: &Reply) -> Result<()> {
    let begin = || {
        let _running = state.enter(reply.ticket(), false);
        state.run("BEGIN IMMEDIATE")
    };
    match begin() {
        Ok(()) => Ok(()),
        Err(error) => {
            unblock(state, error).await?;
            begin()
        }
    }
}

#[cold]
fn read_too_large() -> Error {
    Error::new(
        ErrorKind::BusySnapshot,
        "an open read of this connection shows a state that another writer has replaced, and is too \
         large to be read aside (`spill_limit`); write on another connection, or read in the \
         transaction that writes",
    )
}

fn run(
    state: &State<'_>,
    reply: &Reply,
    prepared: &mut Prepared<'_>,
    packer: &mut Packer,
    aside: &mut Aside,
) -> Result<()> {
    let mut rows = prepared.statement.raw_query();
    let alone = state.cursors.len() == 0;
    let undoes = !prepared.verdict.transaction;
    if !first_step(state, reply, alone, undoes, &mut rows, |row| packer.pack(row))? {
        return Ok(());
    }
    loop {
        if packer.is_full() {
            aside.push(packer.take())?;
        }
        match rows.next() {
            Ok(Some(row)) => packer.pack(row)?,
            Ok(None) => return Ok(()),
            Err(error) => return Err(translate(error, None)),
        }
    }
}

/// Makes the step that the ticket can stop; true if it gave a row. `alone` says that the connection has
/// no other statement open, `undoes` that a commit within the step is the statement's own.
fn first_step(
    state: &State<'_>,
    reply: &Reply,
    alone: bool,
    undoes: bool,
    rows: &mut Rows<'_>,
    take: impl FnOnce(&rusqlite::Row<'_>) -> Result<()>,
) -> Result<bool> {
    let ticket = reply.ticket();
    let _running = state.enter(ticket, alone);
    hooks::undo_if_stopped(undoes);
    if let Some(why) = ticket.stopped() {
        return Err(stopped(why));
    }
    match rows.next() {
        Ok(Some(row)) => take(row).map(|()| true),
        Ok(None) => Ok(false),
        Err(error) => match ticket.stopped() {
            Some(why) => Err(stopped(why)),
            None => Err(translate(error, None)),
        },
    }
}

/// Runs a statement once for each row of parameters: all of them or none.
pub(super) async fn many<'c>(
    state: &State<'c>,
    job: Box<Job>,
    incoming: Incoming,
    mut prepared: Prepared<'c>,
) {
    let Job { reply, lease, deadline, scope, .. } = *job;
    let own = state.connection.is_autocommit();
    let many = if own { Many::Transaction } else { Many::Savepoint };
    state.begin_many(many, reply.ticket());
    state.cursors.settle_stable().await;
    let (keep, undo) = match own {
        true => ("COMMIT", "ROLLBACK"),
        false => ("RELEASE headwater_many", "ROLLBACK TO headwater_many; RELEASE headwater_many"),
    };
    let begun = match own {
        true => begin_immediate(state, &reply).await,
        false if state.connection.is_autocommit() => Err(transaction_ended()),
        false if scope.is_some_and(|scope| !state.is_open(scope)) => Err(transaction_ended()),
        false => state.run("SAVEPOINT headwater_many"),
    };
    // What the rows are in can end before them: then they are told, as a cursor is, and waited for.
    let cursor = state.cursors.open(false, reply.ticket());
    let undo = begun.is_ok().then_some(undo);
    let mut end = match begun {
        Ok(()) => rows(state, &reply, &cursor, incoming, &mut prepared).await,
        Err(error) => Err(error),
    };
    state.cache.put(prepared);
    if end.is_ok()
        && let Some(why) = reply.ticket().stopped()
    {
        end = Err(stopped(why));
    }
    if end.is_ok()
        && let Err(error) = state.run(keep)
    {
        end = Err(error);
    }
    if end.is_err()
        && let Some(undo) = undo
    {
        // It fails where SQLite has ended the transaction by itself: then nothing is left to undo.
        let _ = state.connection.execute_batch(undo);
    }
    state.end_many();
    // Gone before the end of the transaction is looked for, which waits for all that run in it.
    drop(cursor);
    let version = state.after_write().await;
    drop(deadline);
    state.release(lease);
    reply.finish(end.map(|done| Outcome::from(Done { version, ..done })));
}

async fn rows(
    state: &State<'_>,
    reply: &Reply,
    cursor: &OpenCursor,
    mut incoming: Incoming,
    prepared: &mut Prepared<'_>,
) -> Result<Done> {
    let mut done = Done::default();
    let mut number = 0_u64;
    loop {
        let received = poll_fn(|context| {
            let told = cursor.poll_unless_told(context, |_| Poll::Pending, true).is_ready();
            if told || reply.ticket().stopped().is_some() {
                return Poll::Ready(None);
            }
            reply.watch(context);
            incoming.poll_receive(context).map(Some)
        });
        match received.await {
            Some(Received::Item(chunk)) => {
                for values in &chunk {
                    let one = one_row(state, reply, prepared, values)
                        .map_err(|error| error.in_row(number).with_sql(prepared.text()))?;
                    number += 1;
                    done.rows_affected += one.rows_affected;
                    done.last_insert_id = one.last_insert_id;
                }
            }
            Some(Received::End(Ok(()))) => return Ok(done),
            Some(Received::End(Err(error))) => return Err(error),
            None => {}
        }
        if let Some(why) = reply.ticket().stopped() {
            return Err(stopped(why));
        }
        yield_now().await;
        if cursor.is_ended() {
            return Err(stopped(Stop::Closed));
        }
    }
}

fn one_row(
    state: &State<'_>,
    reply: &Reply,
    prepared: &mut Prepared<'_>,
    values: &[Value],
) -> Result<Done> {
    prepared.bind_positional(values)?;
    let before = state.connection.total_changes();
    {
        let mut rows = prepared.statement.raw_query();
        // The one that the registry has is this one.
        let alone = state.cursors.len() == 1;
        if first_step(state, reply, alone, false, &mut rows, |_| Ok(()))? {
            while rows.next().map_err(|error| translate(error, None))?.is_some() {}
        }
    }
    Ok(done_of(state, before))
}

/// Runs the statements of a script, one after the other, up to the first that fails.
pub(super) async fn script(
    state: &State<'_>,
    job: Box<Job>,
    text: Cow<'static, str>,
    place: Place,
) {
    let Job { reply, lease, deadline, one_shot, .. } = *job;
    state.cursors.settle_stable().await;
    let mut rows_affected = 0;
    let mut end = statements(state, &reply, &text, place, &mut rows_affected).await;
    if one_shot && !state.connection.is_autocommit() {
        state.roll_back();
        end = end.and(Err(Error::new(
            ErrorKind::Statement,
            "the script began a transaction and did not end it; it was rolled back",
        )));
    }
    let version = state.after_write().await;
    let last_insert_id = state.connection.last_insert_rowid();
    drop(deadline);
    state.release(lease);
    let done = Done { rows_affected, last_insert_id, version };
    reply.finish(end.map(|()| Outcome::from(done)));
}

async fn statements(
    state: &State<'_>,
    reply: &Reply,
    text: &str,
    place: Place,
    rows_affected: &mut u64,
) -> Result<()> {
    use rusqlite::fallible_iterator::FallibleIterator as _;
    let mut batch = Batch::new(state.connection, text);
    loop {
        hooks::record(place);
        let next = batch.next();
        let record = hooks::take_record();
        if record.has_changed_connection() {
            state.changed.set(true);
        }
        let refused = super::verdict::why_refused(&record);
        let mut statement = match (next, refused) {
            (Ok(None), _) => return Ok(()),
            (Ok(Some(statement)), _) => statement,
            (Err(_), Some(refused)) => return Err(refused),
            (Err(error), None) => return Err(translate(error, None)),
        };
        let shown = statement.expanded_sql().unwrap_or_default();
        let verdict = Verdict::new(record, statement.readonly(), statement.is_explain() != 0);
        verdict.check(place).map_err(|error| error.with_sql(shown.trim()))?;
        if verdict.ends && !state.connection.is_autocommit() {
            state.cursors.end_since(state.text_mark.get()).await;
        }
        if verdict.state.is_some() {
            state.changed.set(true);
        }
        let undoes = !verdict.transaction;
        let before = state.connection.total_changes();
        let mut stepped = step(state, reply, undoes, &mut statement);
        if let Err(error) = stepped {
            stepped = match unblock(state, error).await {
                Ok(()) => step(state, reply, undoes, &mut statement),
                Err(error) => Err(error),
            };
        }
        drop(statement);
        stepped.map_err(|error| error.with_sql(shown.trim()))?;
        *rows_affected += done_of(state, before).rows_affected;
        yield_now().await;
    }
}

/// Runs one statement of a script.
fn step(
    state: &State<'_>,
    reply: &Reply,
    undoes: bool,
    statement: &mut Statement<'_>,
) -> Result<()> {
    let alone = state.cursors.len() == 0;
    let mut rows = statement.raw_query();
    if first_step(state, reply, alone, undoes, &mut rows, |_| Ok(()))? {
        while rows.next().map_err(|error| translate(error, None))?.is_some() {}
    }
    Ok(())
}
