//! A unit of work: many statements in one hand-over, each for many rows of values, all of it or nothing.

use std::time::Duration;

use super::commands::prepare_text;
use super::cursor::done_of;
use super::explain;
use super::packer::Packer;
use super::prepare::Prepared;
use super::registry::OpenCursor;
use super::state::{State, stopped};
use super::verdict::Place;
use super::watch::{Named, tell_slow, timed};
use super::whole::Whole;
use super::writes::{exhaust, failed, first_step};
use crate::driver::{Done, Job, Keeps, Outcome, Page, Reply, Step, StepDone, Unit, UnitDone};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Stop, yield_now};
use crate::value::ValueRef;

/// Runs a unit in a savepoint of the transaction that it belongs to.
pub(super) async fn run(state: &State<'_>, job: Box<Job>, unit: Unit, place: Place) {
    let Job { reply, lease, deadline, scope, origin, span, .. } = *job;
    let writing = state.write_on();
    let mut took = Duration::ZERO;
    let (whole, begun) = Whole::begin(state, &reply, scope).await;
    let end = match begun {
        Ok(()) => steps(state, &reply, &whole.cursor, (unit, place), &mut took).await,
        Err(error) => Err(error),
    };
    let end = whole.end(&reply, end, &mut took);
    tell_slow(state, Named { text: "a unit of work", site: origin.site, span: &span }, took);
    drop(writing);
    state.note_end(&end);
    let version = state.after_write().await;
    drop(deadline);
    state.release(lease);
    reply.finish(end.map(|(done, unit)| Outcome {
        done: Done { version, ..done },
        unit: Some(Box::new(unit)),
        ..Outcome::default()
    }));
}

async fn steps(
    state: &State<'_>,
    reply: &Reply,
    cursor: &OpenCursor,
    (unit, place): (Unit, Place),
    took: &mut Duration,
) -> Result<(Done, UnitDone)> {
    let (mut done, mut given) = (Done::default(), UnitDone::default());
    for (number, mut step) in unit.steps.into_iter().enumerate() {
        let mut prepared = prepare_text(state, &step.text, place)?;
        let pages = std::mem::take(&mut step.values).into_pages();
        let mut run = StepRun { state, reply, step: &step, number, given: StepDone::default() };
        let end = run.pages(pages, &mut prepared, cursor, (&mut done, took)).await;
        let given_by_step = run.given;
        state.cache.put(prepared);
        end?;
        given.steps.push(given_by_step);
    }
    Ok((done, given))
}

/// One statement of a unit as it runs.
struct StepRun<'a, 'c> {
    state: &'a State<'c>,
    reply: &'a Reply,
    step: &'a Step,
    number: usize,
    given: StepDone,
}

impl StepRun<'_, '_> {
    /// Writes the rows; between two pages the others of the connection get their turn.
    async fn pages(
        &mut self,
        pages: Vec<Page>,
        prepared: &mut Prepared<'_>,
        cursor: &OpenCursor,
        (done, took): (&mut Done, &mut Duration),
    ) -> Result<()> {
        let mut packer = Packer::new(prepared, self.state.config.bounds, false, None);
        let mut first = 0;
        for page in pages {
            timed(self.state, took, || {
                (0..page.rows()).try_for_each(|row| -> Result<()> {
                    let one = self
                        .row(prepared, &mut packer, page.row(row))
                        .map_err(|error| self.explained(error, prepared, first + row))?;
                    done.rows_affected += one.rows_affected;
                    done.last_insert_id = one.last_insert_id;
                    Ok(())
                })
            })?;
            first += page.rows();
            drop(page);
            self.let_others(cursor).await?;
        }
        self.given.batches.extend(packer.last(None).filter(|_| self.step.keeps == Keeps::Rows));
        Ok(())
    }

    /// Gives the other statements of the connection their turn; what this one is in may end meanwhile.
    async fn let_others(&self, cursor: &OpenCursor) -> Result<()> {
        yield_now().await;
        match self.reply.ticket().stopped() {
            Some(why) => Err(stopped(why)),
            None if cursor.is_ended() => Err(stopped(Stop::Closed)),
            None => Ok(()),
        }
    }

    fn row<'v>(
        &mut self,
        prepared: &mut Prepared<'_>,
        packer: &mut Packer,
        values: impl ExactSizeIterator<Item = ValueRef<'v>>,
    ) -> Result<Done> {
        prepared.bind_positional(values)?;
        let before = self.state.connection.total_changes();
        self.execute(prepared, packer)?;
        let done = done_of(self.state, before);
        self.given.changed += done.rows_affected;
        if self.step.one_each && done.rows_affected != 1 {
            return Err(missed(done.rows_affected));
        }
        if self.step.keeps == Keeps::RowIds {
            self.given.row_ids.push(done.last_insert_id);
        }
        Ok(done)
    }

    /// Runs the statement once, to its end.
    fn execute(&mut self, prepared: &mut Prepared<'_>, packer: &mut Packer) -> Result<()> {
        let mut rows = prepared.statement.raw_query();
        // One of those that the registry has is this one.
        let open = self.state.cursors.len().saturating_sub(1);
        if self.step.keeps != Keeps::Rows {
            return exhaust(self.state, self.reply, false, open, &mut rows);
        }
        let pack = |row: &rusqlite::Row<'_>| packer.pack(row);
        let mut more = first_step(self.state, self.reply, open == 0, false, &mut rows, pack)?;
        while more {
            match rows.next() {
                Ok(Some(row)) => packer.pack(row)?,
                Ok(None) => more = false,
                Err(error) => return Err(failed(self.reply, error)),
            }
        }
        if packer.is_full() {
            self.given.batches.push(packer.take());
        }
        Ok(())
    }

    #[cold]
    fn explained(&self, error: Error, prepared: &Prepared<'_>, row: usize) -> Error {
        let error = explain::refused(self.state.connection, error, &prepared.verdict.tables);
        error.with_sql(&self.step.text).at_row(self.number, row)
    }
}

#[cold]
fn missed(rows: u64) -> Error {
    let what = match rows {
        0 => "the statement met no row".to_owned(),
        rows => format!("the statement changed {rows} rows where there was one to change"),
    };
    Error::new(ErrorKind::StaleEntity, what)
}
