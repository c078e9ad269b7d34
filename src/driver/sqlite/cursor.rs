//! A query's way through its connection: step, pack, hand over, and give the others their turn.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use rusqlite::types::ValueRef as SqlRef;
use rusqlite::{Row, Rows, Statement};

use super::aside::Aside;
use super::errors::translate;
use super::hooks;
use super::prepare::{Prepared, columns_of, reprepared};
use super::registry::OpenCursor;
use super::state::{State, stopped};
use crate::driver::{Bounds, Done, Job, Outcome, Query, Reply, Wanted};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Stop, yield_now};
use crate::row::{Bin, Buffers, Columns, RowBatch};
use crate::value::ValueRef;

/// The first batch of a stream is one row; each further one is this much larger.
const GROWTH: usize = 8;

/// A half-filled batch is not kept from a waiting consumer for longer than this.
const PROMPT: Duration = Duration::from_millis(1);

/// How often a full-speed scan looks at the time.
const LOOK_EVERY: usize = 32;

/// Runs a query that only reads.
pub(super) async fn read<'c>(
    state: &State<'c>,
    job: Box<Job>,
    query: Query,
    mut prepared: Prepared<'c>,
) {
    let Job { reply, lease, deadline, .. } = *job;
    let bounds = bounds_of(&state.config.bounds, &query);
    let streamed = query.wanted == Wanted::Streamed;
    let mut packer = Packer::new(&prepared, bounds, streamed, query.limit);
    // Columns are known before the first row.
    let told = streamed.then(|| packer.header());
    let told = told.map(|header| {
        let columns = Arc::clone(header.columns());
        reply.send(header);
        columns
    });
    let mut aside = None;
    let end = {
        let cursor = state.cursors.open(query.statement.options().stable, reply.ticket());
        state.show();
        let mut scan = Scan { state, reply: &reply, cursor: &cursor, aside: &mut aside };
        let mut rows = prepared.statement.raw_query();
        scan.run(&mut rows, &mut packer).await
        // The statement is reset here, and the cursor is out of the registry after it.
    };
    state.show();
    let end = end.map_err(|error| error.with_sql(query.statement.text()));
    if let Err(error) = &end {
        state.note_error(error);
    }
    packer.look(&prepared.statement);
    state.cache.put_with(prepared, &packer.columns);
    // Rows that came before an error are part of the result.
    let last = packer.last(told.as_ref());
    let Some(aside) = aside else {
        state.release(lease);
        finish(reply, end, last);
        return;
    };
    // What was put aside needs neither the statement nor the connection.
    state.release(lease);
    let end = feed(aside, last, &packer.bin, &reply, end).await;
    drop(deadline);
    finish(reply, end, None);
}

fn finish(reply: Reply, end: Result<()>, last: Option<RowBatch>) {
    match last {
        Some(last) => reply.send_last(last, end.map(|()| Outcome::default())),
        None => reply.finish(end.map(|()| Outcome::default())),
    }
}

/// Hands over what was put aside, at the consumer's pace, and then gives the end.
pub(super) async fn feed(
    aside: Aside,
    mut last: Option<RowBatch>,
    bin: &Arc<Bin>,
    reply: &Reply,
    end: Result<()>,
) -> Result<()> {
    let mut reading = aside.read()?;
    while let Some(batch) = reading.next(bin)?.or_else(|| last.take()) {
        reply.room().await;
        if let Some(why) = reply.ticket().stopped() {
            return Err(stopped(why));
        }
        reply.send(batch);
        yield_now().await;
    }
    end
}

pub(super) fn bounds_of(bounds: &Bounds, query: &Query) -> Bounds {
    let batch_rows = query.statement.options().batch_rows;
    Bounds { batch_rows: batch_rows.map_or(bounds.batch_rows, usize::from), ..*bounds }
}

/// One scan and what it is tied to.
struct Scan<'a, 'c> {
    state: &'a State<'c>,
    reply: &'a Reply,
    cursor: &'a OpenCursor,
    aside: &'a mut Option<Aside>,
}

impl Scan<'_, '_> {
    async fn run(&mut self, rows: &mut Rows<'_>, packer: &mut Packer) -> Result<()> {
        loop {
            let turn = self.turn(rows, packer)?;
            match turn {
                Turn::Exhausted => return Ok(()),
                Turn::Filled => self.hand_over(packer.take(), &packer.bin).await?,
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

    /// Gives a batch to the consumer or, if it has to, puts it aside; then lets the others run.
    async fn hand_over(&mut self, batch: RowBatch, bin: &Arc<Bin>) -> Result<()> {
        if self.cursor.reads_aside() {
            return self.put_aside(batch, bin).await;
        }
        // Rows much larger than a batch may be are computed one by one, however many batches may wait.
        let large = batch.size() > self.state.config.bounds.batch_bytes.saturating_mul(2);
        self.reply.send(batch);
        yield_now().await;
        let (cursor, reply) = (self.cursor, self.reply);
        if !self.state.wal && !has_room(reply).await {
            // A parked read would keep every other connection from committing.
            cursor.read_aside();
        }
        poll_fn(|context| {
            let room = |context: &mut Context<'_>| match large {
                true => reply.poll_drained(context),
                false => reply.poll_room(context),
            };
            cursor.poll_unless_told(context, room, false)
        })
        .await;
        Ok(())
    }

    async fn put_aside(&mut self, batch: RowBatch, bin: &Arc<Bin>) -> Result<()> {
        let limit = self.state.config.bounds.spill_limit;
        let aside =
            self.aside.get_or_insert_with(|| Aside::new(&self.state.config.bounds, Some(limit)));
        aside.push(batch)?;
        if aside.is_full() {
            self.state.cursors.mark_full(self.cursor);
            if self.state.wal && !self.cursor.is_stable() {
                // Who asked for it is told that it cannot be; the read itself is not harmed.
                return self.catch_up(bin).await;
            }
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!(
                    "the result had to be read aside and is larger than the bound of {limit} bytes; raise `spill_limit`, or read it on a connection of its own"
                ),
            ));
        }
        yield_now().await;
        Ok(())
    }
}

impl Scan<'_, '_> {
    /// Hands over what was put aside, at the consumer's pace, and goes on without.
    async fn catch_up(&mut self, bin: &Arc<Bin>) -> Result<()> {
        let Some(aside) = self.aside.take() else {
            return Ok(());
        };
        let mut reading = aside.read()?;
        while let Some(batch) = reading.next(bin)? {
            let (cursor, reply) = (self.cursor, self.reply);
            poll_fn(|context| {
                cursor.poll_unless_told(context, |context| reply.poll_room(context), true)
            })
            .await;
            if cursor.is_ended() {
                return Err(stopped(Stop::Closed));
            }
            if let Some(why) = reply.ticket().stopped() {
                return Err(stopped(why));
            }
            reply.send(batch);
            yield_now().await;
        }
        self.cursor.read_on();
        Ok(())
    }
}

async fn has_room(reply: &Reply) -> bool {
    poll_fn(|context| Poll::Ready(reply.poll_room(context).is_ready())).await
}

pub(super) enum Turn {
    Filled,
    Exhausted,
}

/// Packs rows into batches.
pub(super) struct Packer {
    pub(super) columns: Arc<Columns>,
    pub(super) bin: Arc<Bin>,
    buffers: Buffers,
    bounds: Bounds,
    /// Rows of the batch at hand, and how many it is to have.
    rows: usize,
    target: usize,
    /// Rows of the batches before it.
    before: u64,
    /// Rows that may still come.
    left: u64,
    streamed: bool,
    /// How often SQLite had prepared the statement again when its columns were read.
    reprepared: i32,
    started: bool,
}

impl Packer {
    pub(super) fn new(
        prepared: &Prepared<'_>,
        bounds: Bounds,
        streamed: bool,
        limit: Option<u64>,
    ) -> Self {
        Self {
            columns: Arc::clone(prepared.columns()),
            bin: Arc::new(Bin::new(bounds.batch_bytes.saturating_mul(4))),
            buffers: Buffers::default(),
            bounds,
            rows: 0,
            target: if streamed { 1 } else { bounds.batch_rows },
            before: 0,
            left: limit.unwrap_or(u64::MAX),
            streamed,
            reprepared: reprepared(&prepared.statement),
            started: false,
        }
    }

    /// A batch of no rows, which tells the columns.
    pub(super) fn header(&self) -> RowBatch {
        RowBatch::new(Arc::clone(&self.columns), Buffers::default(), 0, None)
    }

    /// Steps until the batch is full or the rows are over.
    pub(super) fn fill(&mut self, rows: &mut Rows<'_>, reply: &Reply) -> Result<Turn> {
        // The first row of a batch counts too: where each row is slow, none waits for the next.
        let since = Instant::now();
        let mut progress = hooks::progress();
        loop {
            if self.left == 0 {
                return Ok(Turn::Exhausted);
            }
            match rows.next() {
                Ok(Some(row)) => self.pack(row)?,
                Ok(None) => return Ok(Turn::Exhausted),
                Err(error) => return Err(translate(error, None)),
            }
            self.left -= 1;
            if self.is_full() {
                return Ok(Turn::Filled);
            }
            // A row that was long searched for is looked at, wherever in its batch it stands.
            let searched = std::mem::replace(&mut progress, hooks::progress()) != progress;
            if self.streamed && self.is_due(since, searched) && reply.is_drained() {
                return Ok(Turn::Filled);
            }
        }
    }

    /// Adds a row to the batch at hand.
    pub(super) fn pack(&mut self, row: &Row<'_>) -> Result<()> {
        if !self.started {
            self.look(row.as_ref());
        }
        let width = self.columns.len();
        self.buffers.reserve(width);
        for column in 0..width {
            let value = row.get_ref(column).map_err(|error| translate(error, None))?;
            self.buffers.push(match value {
                SqlRef::Null => ValueRef::Null,
                SqlRef::Integer(value) => ValueRef::Integer(value),
                SqlRef::Real(value) => ValueRef::Real(value),
                SqlRef::Text(bytes) => match std::str::from_utf8(bytes) {
                    Ok(text) => ValueRef::Text(text),
                    Err(_) => ValueRef::InvalidText(bytes),
                },
                SqlRef::Blob(bytes) => ValueRef::Blob(bytes),
            })?;
        }
        self.rows += 1;
        Ok(())
    }

    /// Looks, after the first step, at what the columns are: a statement from the cache learns of a
    /// changed schema only there.
    pub(super) fn look(&mut self, statement: &Statement<'_>) {
        if !self.started && reprepared(statement) != self.reprepared {
            self.columns = columns_of(statement);
        }
        self.started = true;
    }

    /// Reports whether the batch at hand can take no more.
    pub(super) fn is_full(&self) -> bool {
        self.rows >= self.target || self.buffers.size() >= self.bounds.batch_bytes
    }

    /// Reports whether the batch at hand has been filling for long; the first rows of a batch are
    /// looked at one by one, because they may be slow, and later ones now and then.
    fn is_due(&self, since: Instant, searched: bool) -> bool {
        if !searched && self.rows > LOOK_EVERY && !self.rows.is_multiple_of(LOOK_EVERY) {
            return false;
        }
        since.elapsed() >= PROMPT
    }

    /// Takes the batch at hand and begins another one.
    pub(super) fn take(&mut self) -> RowBatch {
        let next = self.bin.take_like(&self.buffers);
        let buffers = std::mem::replace(&mut self.buffers, next);
        let batch = RowBatch::new(
            Arc::clone(&self.columns),
            buffers,
            self.before,
            Some(Arc::clone(&self.bin)),
        );
        self.before += self.rows as u64;
        self.rows = 0;
        self.target = self.target.saturating_mul(GROWTH).min(self.bounds.batch_rows);
        batch
    }

    /// Takes the last batch; there is one even without rows, if no other has told the columns.
    pub(super) fn last(&mut self, told: Option<&Arc<Columns>>) -> Option<RowBatch> {
        let is_told = told.is_some_and(|told| Arc::ptr_eq(told, &self.columns));
        let needed = self.rows > 0 || (self.before == 0 && !is_told);
        needed.then(|| self.take())
    }
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
