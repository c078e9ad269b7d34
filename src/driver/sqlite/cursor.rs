//! A query's way through its connection: step, pack, hand over, and give the others their turn.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rusqlite::Rows;

use super::aside::Aside;
use super::packer::{Packer, Turn, bounds_of};
use super::prepare::Prepared;
use super::registry::OpenCursor;
use super::state::{State, stopped};
use super::watch::{Named, Waits, tell_slow, timed};
use crate::driver::{Bounds, Done, Job, Outcome, Query, Reply, Wanted};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Stop, outbox, yield_now};
use crate::row::{Bin, RowBatch};
use crate::statement::Stall;

/// Runs a query that only reads.
pub(super) async fn read<'c>(
    state: &State<'c>,
    job: Box<Job>,
    query: Query,
    mut prepared: Prepared<'c>,
) {
    let Job { reply, lease, deadline, origin, span, .. } = *job;
    let named = Named { text: query.statement.text(), site: origin.site, span: &span };
    let bounds = bounds_of(&state.config.bounds, &query);
    let streamed = query.wanted == Wanted::Streamed;
    // A function that neither returns nor looks keeps its connection, but not who waits for its rows.
    reply.mark_harmless();
    let mut packer = Packer::new(&prepared, bounds, streamed, query.limit);
    // Columns are known before the first row.
    let told = streamed.then(|| packer.header());
    let told = told.map(|header| {
        let columns = Arc::clone(header.columns());
        reply.send(header);
        columns
    });
    let mut aside = Aside::new(&bounds);
    let (end, took) = {
        let cursor = state.cursors.open(query.statement.options().stable, reply.ticket());
        state.show();
        let mut scan = Scan {
            state,
            reply: &reply,
            cursor: &cursor,
            bounds: &bounds,
            aside: &mut aside,
            waits: Waits::new(state, named, &bounds),
            took: Duration::ZERO,
        };
        let mut rows = prepared.statement.raw_query();
        let end = scan.run(&mut rows, &mut packer).await;
        (end, scan.took)
        // The statement is reset here, and the cursor is out of the registry after it.
    };
    state.show();
    let end = end.map_err(|error| error.with_sql(named.text));
    if let Err(error) = &end {
        state.note_error(error);
    }
    packer.look(&prepared.statement);
    prepared.took = Some(took);
    state.cache.put_with(prepared, &packer.columns);
    tell_slow(state, named, took);
    // Rows that came before an error are part of the result.
    let last = packer.last(told.as_ref());
    // What was put aside needs neither the statement nor the connection, and the last row of it has left
    // the database in time.
    state.release(lease);
    if aside.is_empty() {
        if state.takes_more() {
            outbox::keep_wakes(|| finish(reply, end, last));
        } else {
            finish(reply, end, last);
        }
        drop(deadline);
    } else {
        drop(deadline);
        let end = feed(aside, last, packer.bin(), &reply, end).await;
        finish(reply, end, None);
    }
}

pub(super) fn finish(reply: Reply, end: Result<()>, last: Option<RowBatch>) {
    match last {
        Some(last) => reply.send_last(last, end.map(|()| Outcome::default())),
        None => reply.finish(end.map(|()| Outcome::default())),
    }
}

/// Hands over what was put aside, at the consumer's pace, and then gives the end.
pub(super) async fn feed(
    mut aside: Aside,
    mut last: Option<RowBatch>,
    bin: &Arc<Bin>,
    reply: &Reply,
    end: Result<()>,
) -> Result<()> {
    while !aside.is_empty() || last.is_some() {
        reply.room().await;
        if let Some(why) = reply.ticket().stopped() {
            return Err(stopped(why));
        }
        if let Some(batch) = aside.pop(bin)?.or_else(|| last.take()) {
            reply.send(batch);
        }
        yield_now().await;
    }
    end
}

/// One scan and what it is tied to.
struct Scan<'a, 'c> {
    state: &'a State<'c>,
    reply: &'a Reply,
    cursor: &'a OpenCursor,
    bounds: &'a Bounds,
    aside: &'a mut Aside,
    waits: Waits<'a, 'c>,
    /// How long it has run.
    took: Duration,
}

impl Scan<'_, '_> {
    async fn run(&mut self, rows: &mut Rows<'_>, packer: &mut Packer) -> Result<()> {
        loop {
            let mut took = self.took;
            let turn = timed(self.state, &mut took, || self.turn(rows, packer));
            self.took = took;
            match turn? {
                Turn::Exhausted => return Ok(()),
                Turn::Filled => {
                    let batch = packer.take();
                    self.hand_over(batch, packer.bin()).await?;
                }
            }
            if self.cursor.is_ended() {
                return Err(stopped(Stop::Closed));
            }
        }
    }

    /// Steps until a batch is full, the rows are over, or somebody wants it to stop.
    fn turn(&self, rows: &mut Rows<'_>, packer: &mut Packer) -> Result<Turn> {
        let ticket = self.reply.ticket();
        let filled = {
            let _running =
                self.state.enter_since(ticket, self.state.cursors.len() == 1, self.cursor.opened());
            // Between this look and the first step lies no wait: what stops the ticket later is seen
            // by the progress handler.
            match ticket.stopped() {
                Some(why) => return Err(stopped(why)),
                None => packer.fill(rows, self.reply),
            }
        };
        match (filled, ticket.stopped()) {
            // An interrupt may have come with the last step: then the statement must be reset before
            // anything else runs on the connection.
            (_, Some(why)) => Err(stopped(why)),
            (filled, None) => filled,
        }
    }

    /// Gives a batch to the consumer, or puts it aside for it; then lets the others run, and waits until
    /// the scan may go on.
    async fn hand_over(&mut self, batch: RowBatch, bin: &Arc<Bin>) -> Result<()> {
        // Rows much larger than a batch may be are computed one by one, however many batches may wait.
        let large = batch.size() > self.bounds.batch_bytes.saturating_mul(2);
        if self.aside.is_empty() && self.reply.has_room() {
            self.reply.send(batch);
        } else {
            self.aside.push(batch)?;
        }
        yield_now().await;
        while !self.may_go_on(large, bin)? {
            if self.cursor.reads_aside() {
                return self.catch_up(bin).await;
            }
            self.wait(large).await?;
        }
        Ok(())
    }

    /// Reports whether there is nothing to wait for, after whatever is aside has gone where there is room.
    fn may_go_on(&mut self, large: bool, bin: &Arc<Bin>) -> Result<bool> {
        self.pass_on(bin)?;
        let is_taken = || if large { self.reply.is_clear() } else { self.reply.has_room() };
        if self.is_over() || (self.aside.is_empty() && is_taken()) {
            return Ok(true);
        }
        if !self.state.wal {
            // A parked read would keep every other connection from committing.
            self.cursor.read_aside();
        }
        let limit = self.limit();
        if self.aside.size() < limit {
            return Ok(true);
        }
        if !self.cursor.reads_aside() {
            return Ok(false);
        }
        // Who asked for it is told that it cannot be.
        self.state.cursors.mark_full(self.cursor);
        if self.state.wal && !self.cursor.is_stable() {
            // The read itself is not harmed.
            return Ok(false);
        }
        Err(too_large(limit))
    }

    /// Returns how much may be aside.
    fn limit(&self) -> u64 {
        let wanted = match self.bounds.stall {
            Stall::Spill(limit) => limit,
            _ => 0,
        };
        if self.cursor.reads_aside() { wanted.max(self.bounds.spill_limit) } else { wanted }
    }

    fn is_over(&self) -> bool {
        self.cursor.is_ended() || self.reply.ticket().stopped().is_some()
    }

    /// Gives the consumer as much of what is aside as it has room for, but does not keep up with it: others
    /// wait for their turn.
    fn pass_on(&mut self, bin: &Arc<Bin>) -> Result<()> {
        for _ in 0..self.bounds.batches {
            if self.is_over() || !self.reply.has_room() {
                break;
            }
            match self.aside.pop(bin)? {
                Some(batch) => self.reply.send(batch),
                None => break,
            }
        }
        Ok(())
    }

    /// Waits until all that is aside is handed over, and goes on without.
    async fn catch_up(&mut self, bin: &Arc<Bin>) -> Result<()> {
        while !self.aside.is_empty() && !self.is_over() {
            self.wait(false).await?;
            self.pass_on(bin)?;
            yield_now().await;
        }
        self.cursor.read_on();
        Ok(())
    }

    /// Waits for the consumer, or until the cursor is told something that it does not know.
    async fn wait(&mut self, large: bool) -> Result<()> {
        let Self { reply, cursor, waits, .. } = self;
        let known = cursor.reads_aside();
        let end = poll_fn(|context| {
            let room = |context: &mut Context<'_>| match large {
                true => reply.poll_drained(context),
                false => reply.poll_room(context),
            };
            match cursor.poll_unless_told(context, room, known) {
                Poll::Ready(()) => Poll::Ready(Ok(())),
                Poll::Pending => waits.poll(context, reply.waiting()).map(Err),
            }
        })
        .await;
        waits.end();
        end
    }
}

#[cold]
fn too_large(limit: u64) -> Error {
    Error::new(
        ErrorKind::TooLarge,
        format!(
            "the result had to be read aside and is larger than the bound of {limit} bytes; raise `spill_limit`, or read it on a connection of its own"
        ),
    )
}

/// What a statement that is over did.
pub(super) fn done_of(state: &State<'_>, changes_before: u64) -> Done {
    let connection = state.connection;
    let changed = connection.total_changes() != changes_before;
    Done {
        rows_affected: if changed { connection.changes() } else { 0 },
        last_insert_id: connection.last_insert_rowid(),
        version: None,
    }
}
