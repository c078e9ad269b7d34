//! Statements that write: one, one for each of many rows, or a script of several.
//!
//! A writing statement is stopped only before its first step has ended. That step does all of its work
//! and holds the write lock; what is left are its RETURNING rows, which are drained at once. So a write
//! that was dropped left no effect or its whole effect, never half.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use rusqlite::{Batch, Rows, Statement};

use super::aside::Aside;
use super::commands::many_in_progress;
use super::cursor::{done_of, feed};
use super::errors::translate;
use super::packer::{Packer, bounds_of};
use super::prepare::{Prepared, unprepared};
use super::registry::OpenCursor;
use super::state::{Many, State, stopped};
use super::transactions;
use super::verdict::{Place, Verdict};
use super::watch::{Named, tell_slow, timed};
use super::whole::Whole;
use super::{explain, hooks};
use crate::driver::{Done, Incoming, Job, Outcome, Query, Reply, Scope, Wanted};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Received, Stop, yield_now};
use crate::statement::Text;
use crate::value::Value;

/// Runs one statement that writes; its rows, if it has any, come after its commit.
pub(super) async fn write<'c>(
    state: &State<'c>,
    job: Box<Job>,
    query: Query,
    mut prepared: Prepared<'c>,
) {
    let Job { reply, lease, deadline, scope, origin, span, .. } = *job;
    let text = query.statement.text();
    let writing = state.write_on();
    let keeps_rows = query.wanted != Wanted::Nothing;
    let mut packer = Packer::new(&prepared, bounds_of(&state.config.bounds, &query), false, None);
    let mut aside = Aside::new(&state.config.bounds);
    // What others of this connection read must not show what is written now.
    state.cursors.settle_stable().await;
    let before = state.connection.total_changes();
    let mut took = Duration::ZERO;
    let rows = keeps_rows.then_some((&mut packer, &mut aside));
    let mut written = match state.still_open(scope) {
        Ok(()) => timed(state, &mut took, || run(state, &reply, &mut prepared, rows)),
        Err(error) => Err(error),
    };
    if let Err(error) = written {
        let rows = keeps_rows.then_some((&mut packer, &mut aside));
        written = match unblock(state, error).await {
            Ok(()) => timed(state, &mut took, || run(state, &reply, &mut prepared, rows)),
            Err(error) => Err(error),
        };
    }
    let written = written
        .map_err(|error| explain::refused(state.connection, error, &prepared.verdict.tables));
    // What was written in time counts, however long its rows then wait for their consumer.
    drop(deadline);
    let mut done = done_of(state, before);
    state.note(&prepared);
    packer.look(&prepared.statement);
    state.cache.put_with(prepared, &packer.columns);
    tell_slow(state, Named { text, site: origin.site, span: &span }, took);
    drop(writing);
    let mut end = written.map_err(|error| error.with_sql(text));
    state.note_end(&end);
    done.version = state.after_write().await;
    // What is left to hand over needs neither the statement nor the connection.
    state.release(lease);
    state.written.set(state.written.get().wrapping_add(1));
    if end.is_ok() && keeps_rows {
        end = match reply.ticket().stopped() {
            Some(Stop::Deadline) => Err(late_rows().with_sql(text)),
            _ => {
                let last = packer.last(None);
                feed(aside, last, packer.bin(), &reply, Ok(())).await
            }
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
        match reply.ticket().stopped() {
            Some(why) => Err(stopped(why)),
            None => state.run("BEGIN IMMEDIATE"),
        }
    };
    let _writing = state.write_on();
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

/// Runs a writing statement to its end, and keeps its rows if they are wanted.
fn run(
    state: &State<'_>,
    reply: &Reply,
    prepared: &mut Prepared<'_>,
    kept: Option<(&mut Packer, &mut Aside)>,
) -> Result<()> {
    let undoes = !prepared.verdict.transaction;
    let mut rows = prepared.statement.raw_query();
    let Some((packer, aside)) = kept else {
        return exhaust(state, reply, undoes, state.cursors.len(), &mut rows);
    };
    let alone = state.cursors.len() == 0;
    if !first_step(state, reply, alone, undoes, &mut rows, |row| packer.pack(row))? {
        return Ok(());
    }
    let drained = drain(reply, &mut rows, packer, aside);
    // Where its rows cannot be kept, a statement that stands alone must not keep its effect: the reset
    // would commit it.
    let lost = matches!(&drained, Err(error) if error.sqlite_code().is_none());
    hooks::refuse_commit(lost && undoes);
    drop(rows);
    hooks::refuse_commit(false);
    drained
}

fn drain(reply: &Reply, rows: &mut Rows<'_>, packer: &mut Packer, aside: &mut Aside) -> Result<()> {
    loop {
        if packer.is_full() {
            aside.push(packer.take())?;
        }
        match rows.next() {
            Ok(Some(row)) => packer.pack(row)?,
            Ok(None) => return Ok(()),
            Err(error) => return Err(failed(reply, error)),
        }
    }
}

/// Runs a statement to its end and passes over its rows; `open` is how many cursors are, its own aside.
pub(super) fn exhaust(
    state: &State<'_>,
    reply: &Reply,
    undoes: bool,
    open: usize,
    rows: &mut Rows<'_>,
) -> Result<()> {
    if first_step(state, reply, open == 0, undoes, rows, |_| Ok(()))? {
        while rows.next().map_err(|error| failed(reply, error))?.is_some() {}
    }
    Ok(())
}

/// The error of a step, or why it was stopped.
#[cold]
pub(super) fn failed(reply: &Reply, error: rusqlite::Error) -> Error {
    reply.ticket().stopped().map_or_else(|| translate(error, None), stopped)
}

/// Makes the step that the ticket can stop; true if it gave a row. `alone` says that the connection has
/// no other statement open, `undoes` that a commit within the step is the statement's own.
pub(super) fn first_step(
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
        Err(error) => Err(failed(reply, error)),
    }
}

/// Runs a statement once for each row of parameters: all of them or none.
pub(super) async fn many<'c>(
    state: &State<'c>,
    job: Box<Job>,
    incoming: Incoming,
    mut prepared: Prepared<'c>,
) {
    let Job { reply, lease, deadline, scope, origin, span, .. } = *job;
    let text = Rc::clone(prepared.text());
    let mut took = Duration::ZERO;
    let writing = state.write_on();
    let (whole, begun) = Whole::begin(state, &reply, scope).await;
    let end = match begun {
        Ok(()) => rows(state, &reply, &whole.cursor, incoming, &mut prepared, &mut took).await,
        Err(error) => Err(error),
    };
    state.cache.put(prepared);
    let end = whole.end(&reply, end, &mut took);
    tell_slow(state, Named { text: &text, site: origin.site, span: &span }, took);
    drop(writing);
    state.note_end(&end);
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
    took: &mut Duration,
) -> Result<Done> {
    let mut done = Done::default();
    let mut number = 0_u64;
    loop {
        let received = poll_fn(|context| {
            let told = cursor.poll_unless_told(context, |_| Poll::Pending, true).is_ready();
            if told || reply.poll_stopped(context).is_ready() {
                return Poll::Ready(None);
            }
            incoming.poll_receive(context).map(Some)
        });
        match received.await {
            Some(Received::Item(chunk)) => {
                timed(state, took, || {
                    chunk.iter().try_for_each(|values| -> Result<()> {
                        let one = one_row(state, reply, prepared, values).map_err(|error| {
                            let tables = &prepared.verdict.tables;
                            let error = explain::refused(state.connection, error, tables);
                            error.in_row(number).with_sql(prepared.text())
                        })?;
                        number += 1;
                        done.rows_affected += one.rows_affected;
                        done.last_insert_id = one.last_insert_id;
                        Ok(())
                    })
                })?;
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
    prepared.bind_positional(values.iter().map(Value::as_ref))?;
    let before = state.connection.total_changes();
    {
        let mut rows = prepared.statement.raw_query();
        // One of those that the registry has is this one.
        let open = state.cursors.len().saturating_sub(1);
        exhaust(state, reply, false, open, &mut rows)?;
    }
    Ok(done_of(state, before))
}

/// Runs the statements of a script, one after the other, up to the first that fails.
pub(super) async fn script(state: &State<'_>, job: Box<Job>, text: Text, place: Place) {
    let Job { reply, lease, deadline, one_shot, scope, origin, span, .. } = *job;
    let writing = state.write_on();
    state.cursors.settle_stable().await;
    let mut rows_affected = 0;
    let named = Named { text: &text, site: origin.site, span: &span };
    let mut end = statements(state, &reply, named, (place, scope), &mut rows_affected).await;
    if one_shot && !state.connection.is_autocommit() {
        state.roll_back();
        end = end.and(Err(Error::new(
            ErrorKind::Statement,
            "the script began a transaction and did not end it; it was rolled back",
        )));
    }
    drop(writing);
    state.note_end(&end);
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
    named: Named<'_>,
    (place, scope): (Place, Option<Scope>),
    rows_affected: &mut u64,
) -> Result<()> {
    use rusqlite::fallible_iterator::FallibleIterator as _;
    let mut batch = Batch::new(state.connection, named.text);
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
            (Err(_), Some(refused)) => return Err(refused.with_sql(named.text)),
            (Err(error), None) => {
                return Err(unprepared(state.connection, error, Some(named.text)));
            }
        };
        let shown = statement.expanded_sql().unwrap_or_default();
        let verdict =
            Verdict::new(&shown, record, statement.readonly(), statement.is_explain() != 0);
        verdict.check(place).map_err(|error| error.with_sql(shown.trim()))?;
        if verdict.transaction {
            transactions::before_words(state, &verdict).await;
        }
        if verdict.state.is_some() {
            state.changed.set(true);
        }
        // Others have had their turns since the last statement.
        state.still_open(scope)?;
        if state.writes_many.get() == Some(Many::Transaction)
            && (verdict.writes || verdict.transaction)
        {
            return Err(many_in_progress());
        }
        let undoes = !verdict.transaction;
        let before = state.connection.total_changes();
        let mut took = Duration::ZERO;
        let mut run = || timed(state, &mut took, || step(state, reply, undoes, &mut statement));
        let mut stepped = run();
        if let Err(error) = stepped {
            stepped = match unblock(state, error).await {
                Ok(()) => run(),
                Err(error) => Err(error),
            };
        }
        drop(statement);
        tell_slow(state, Named { text: shown.trim(), ..named }, took);
        stepped.map_err(|error| {
            explain::refused(state.connection, error, &verdict.tables).with_sql(shown.trim())
        })?;
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
    let mut rows = statement.raw_query();
    exhaust(state, reply, undoes, state.cursors.len(), &mut rows)
}
