//! Rows packed into batches.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::types::ValueRef as SqlRef;
use rusqlite::{Row, Rows, Statement};

use super::errors::translate;
use super::hooks;
use super::prepare::{Prepared, columns_of, reprepared};
use crate::driver::{Bounds, Query, Reply};
use crate::error::Result;
use crate::flow::sync::has_passed;
use crate::row::{Bin, Buffers, Columns, RowBatch};
use crate::value::ValueRef;

/// The first batch of a stream is one row; each further one is this much larger.
const GROWTH: usize = 8;

/// A half-filled batch is not kept from a waiting consumer for longer than this.
const PROMPT: Duration = Duration::from_millis(1);

/// How often a full-speed scan looks at the time.
const LOOK_EVERY: usize = 32;

pub(super) fn bounds_of(bounds: &Bounds, query: &Query) -> Bounds {
    let options = query.statement.options();
    Bounds {
        batch_rows: options.batch_rows.map_or(bounds.batch_rows, usize::from),
        stall: options.stall.unwrap_or(bounds.stall),
        ..*bounds
    }
}

pub(super) enum Turn {
    Filled,
    Exhausted,
}

/// Packs rows into batches.
pub(super) struct Packer {
    pub(super) columns: Arc<Columns>,
    /// Where drained buffers come back to, once there are any.
    bin: Option<Arc<Bin>>,
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
            bin: None,
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

    /// Begins anew, for another run of the same statement.
    pub(super) fn renew(&mut self, bounds: Bounds, limit: Option<u64>) {
        self.buffers.clear();
        self.bounds = bounds;
        self.target = bounds.batch_rows;
        self.left = limit.unwrap_or(u64::MAX);
        (self.rows, self.before, self.started) = (0, 0, false);
    }

    pub(super) fn bin(&mut self) -> &Arc<Bin> {
        let largest = self.bounds.batch_bytes.saturating_mul(4);
        self.bin.get_or_insert_with(|| Arc::new(Bin::new(largest)))
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

    /// Steps to the end of the rows; false if they do not fit into one batch.
    pub(super) fn fill_at_once(&mut self, rows: &mut Rows<'_>) -> Result<bool> {
        while self.left > 0 {
            match rows.next() {
                Ok(Some(_)) if self.is_full() => return Ok(false),
                Ok(Some(row)) => self.pack(row)?,
                Ok(None) => break,
                Err(error) => return Err(translate(error, None)),
            }
            self.left -= 1;
        }
        Ok(true)
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
        has_passed(since, PROMPT)
    }

    /// Takes the batch at hand and begins another one.
    pub(super) fn take(&mut self) -> RowBatch {
        let bin = Arc::clone(self.bin());
        let next = bin.take_like(&self.buffers);
        let buffers = std::mem::replace(&mut self.buffers, next);
        let batch = RowBatch::new(Arc::clone(&self.columns), buffers, self.before, Some(bin));
        self.before += self.rows as u64;
        self.rows = 0;
        self.target = self.target.saturating_mul(GROWTH).min(self.bounds.batch_rows);
        batch
    }

    /// Takes the last batch; there is one even without rows, if no other has told the columns.
    pub(super) fn last(&mut self, told: Option<&Arc<Columns>>) -> Option<RowBatch> {
        let is_told = told.is_some_and(|told| Arc::ptr_eq(told, &self.columns));
        let needed = self.rows > 0 || (self.before == 0 && !is_told);
        // No other comes after it that could use its buffers.
        let buffers = needed.then(|| std::mem::take(&mut self.buffers))?;
        self.rows = 0;
        Some(RowBatch::new(Arc::clone(&self.columns), buffers, self.before, None))
    }
}
