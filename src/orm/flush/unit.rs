//! A flush as a unit of work, and what comes back of it.

use std::sync::Arc;

use super::cascade::Uncertain;
use super::order::order;
use super::plan::{Planned, named};
use super::shape::{Kind, Shape};
use crate::driver::{Keeps, Step, StepDone, Unit, UnitDone, Values};
use crate::error::{Error, ErrorKind, Result};
use crate::orm::home::Home;
use crate::row::RowBatch;
use crate::statement::Text;
use crate::value::ValueRef;

/// What a flush writes: its statements, each with its rows.
pub(in crate::orm) struct Flush {
    steps: Vec<Vec<Planned>>,
    /// For each of the statements that were sent, whether it is followed by one that looks for the last row.
    followed: Vec<bool>,
    unit: Unit,
}

impl Flush {
    /// Reads what has changed, and orders it. Nothing has been sent when this fails.
    pub(in crate::orm) fn plan(home: &Home) -> Result<Self> {
        home.misuse()?;
        let held = home.held();
        let mut rows = Vec::with_capacity(held.len());
        for item in held {
            if let Some(row) = item.plan()? {
                rows.push(row);
            }
        }
        let mut flush = Self { steps: order(rows)?, followed: Vec::new(), unit: Unit::default() };
        flush.fill()?;
        Ok(flush)
    }

    pub(in crate::orm) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Takes out what is sent.
    pub(in crate::orm) fn unit(&mut self) -> Unit {
        std::mem::take(&mut self.unit)
    }

    /// Reads the values.
    fn fill(&mut self) -> Result<()> {
        let mut looked: Vec<*const Shape> = Vec::new();
        for rows in &mut self.steps {
            let shape = rows.first().map(|row| &row.shape);
            let shape = shape.filter(|shape| !looked.contains(&Arc::as_ptr(shape)));
            let look = shape.and_then(|shape| {
                let text = shape.look()?;
                looked.push(Arc::as_ptr(shape));
                Some(look(text))
            });
            self.followed.push(look.is_some());
            self.unit.steps.extend(step(rows)?.into_iter().chain(look.transpose()?));
        }
        Ok(())
    }

    /// Takes what the database has made of it; what else a cascade may have reached is given back.
    pub(in crate::orm) fn apply(self, home: &Home, done: UnitDone) -> Result<Vec<Uncertain>> {
        let (mut deleted, mut uncertain) = (Vec::new(), Vec::new());
        let mut given = done.steps.into_iter();
        for (rows, is_followed) in self.steps.into_iter().zip(self.followed) {
            let (given, look) =
                (given.next().unwrap_or_default(), is_followed.then(|| given.next()));
            let Some(shape) = rows.first().map(|row| Arc::clone(&row.shape)) else {
                continue;
            };
            if let Some(look) = look {
                check_key(&shape, look)?;
            }
            if shape.kind() != Kind::Delete && !deleted.is_empty() {
                // What is inserted from here on is not what the cascade has met.
                uncertain.extend(super::cascade(home, std::mem::take(&mut deleted)));
            }
            if let (Kind::Insert, Some(first)) = (shape.kind(), rows.first()) {
                first.item.make_room(rows.len());
            }
            let mut given = Given::new(&shape, &given);
            for mut row in rows {
                if shape.kind() == Kind::Delete {
                    deleted.push(Arc::clone(&row.item));
                }
                given.advance();
                Arc::clone(&row.item).apply(home, &mut row, &mut given)?;
            }
        }
        uncertain.extend(super::cascade(home, deleted));
        Ok(uncertain)
    }

    /// Finds the step that a statement was sent for.
    fn step(&self, sent: usize) -> usize {
        let mut sent_before = 0;
        let before = self.followed.iter().take_while(|is_followed| {
            sent_before += 1 + usize::from(**is_followed);
            sent_before <= sent
        });
        before.count()
    }

    /// Says which entity an error belongs to.
    pub(in crate::orm) fn explain(&self, error: Error) -> Error {
        let at = error.row().and_then(|(sent, row)| self.steps.get(self.step(sent))?.get(row));
        match at {
            Some(planned) if error.kind() == ErrorKind::StaleEntity => stale(planned, error),
            _ => error,
        }
    }
}

#[cold]
fn stale(planned: &Planned, error: Error) -> Error {
    let entity = named(planned.table());
    let what = match planned.shape.kind() {
        Kind::Insert => {
            format!("{entity}: the row was not inserted, as a trigger of its table has it")
        }
        _ if planned.table().version.is_some() => {
            format!("{entity}: the row was changed or deleted since it was loaded")
        }
        _ => format!("{entity}: the row is not there any more"),
    };
    let hint = "roll back, load it again and decide anew";
    Error::new(ErrorKind::StaleEntity, what).with_hint(hint).with_source(error)
}

fn step(rows: &mut [Planned]) -> Result<Option<Step>> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let shape = Arc::clone(&first.shape);
    // A link is written to help; a cascade may have been quicker.
    let one_each = shape.kind() != Kind::Link && !first.may_be_gone;
    let mut values = Values::default();
    for row in rows.iter_mut() {
        values.push(|values| row.append_to(values))?;
    }
    let keeps = match shape.returning() {
        [] => Keeps::Nothing,
        _ if shape.gives_row_id() => Keeps::RowIds,
        _ => Keeps::Rows,
    };
    Ok(Some(Step { text: shape.text(), values, keeps, one_each }))
}

/// Looks for the row that was inserted last by its key.
fn look(text: Text) -> Result<Step> {
    let mut values = Values::default();
    values.push(|_| Ok(()))?;
    Ok(Step { text, values, keeps: Keeps::Rows, one_each: false })
}

/// The rowid of a new row is taken for its key, which it is only where the table says so.
fn check_key(shape: &Shape, look: Option<StepDone>) -> Result<()> {
    if look.is_some_and(|look| look.batches.iter().any(|batch| batch.len() > 0)) {
        shape.note_looked();
        return Ok(());
    }
    let table = shape.table();
    let keys: Vec<_> = table.primary_key.iter().map(|column| table.column_name(*column)).collect();
    Err(Error::new(
        ErrorKind::Entity,
        format!(
            "{}: the database gives no key: the column `{}` is no INTEGER PRIMARY KEY there",
            named(table),
            keys.concat()
        ),
    ))
}

/// What the database gave for the rows of one statement, one after the other.
pub(in crate::orm) struct Given<'d> {
    columns: &'d [usize],
    row_ids: std::slice::Iter<'d, i64>,
    batches: std::slice::Iter<'d, RowBatch>,
    batch: Option<&'d RowBatch>,
    /// The next row of the batch.
    next: usize,
    row: Current<'d>,
}

enum Current<'d> {
    None,
    RowId(i64),
    Row(&'d RowBatch, usize),
}

impl<'d> Given<'d> {
    fn new(shape: &'d Shape, done: &'d StepDone) -> Self {
        Self {
            columns: shape.returning(),
            row_ids: done.row_ids.iter(),
            batches: done.batches.iter(),
            batch: None,
            next: 0,
            row: Current::None,
        }
    }

    /// Moves to what was given for the next row.
    pub(in crate::orm) fn advance(&mut self) {
        self.row = match self.row_ids.next() {
            Some(id) => Current::RowId(*id),
            None => self.next_row(),
        };
    }

    fn next_row(&mut self) -> Current<'d> {
        loop {
            if let Some(batch) = self.batch.filter(|batch| self.next < batch.len()) {
                self.next += 1;
                return Current::Row(batch, self.next - 1);
            }
            match self.batches.next() {
                Some(batch) => (self.batch, self.next) = (Some(batch), 0),
                None => return Current::None,
            }
        }
    }

    /// Reads what the row was given, column by column.
    pub(in crate::orm) fn read(
        &self,
        mut set: impl FnMut(usize, ValueRef<'_>) -> Result<()>,
    ) -> Result<()> {
        for (place, column) in self.columns.iter().enumerate() {
            match self.row {
                Current::RowId(id) => set(*column, ValueRef::Integer(id))?,
                Current::Row(batch, row) => {
                    if let Some(value) = batch.value(row, place) {
                        set(*column, value)?;
                    }
                }
                Current::None => {}
            }
        }
        Ok(())
    }
}
