//! `Slice`: rows of a bulk operation that go to the connection together.

use crate::driver::{Keeps, Step, Unit, Values};
use crate::error::{Error, Result};
use crate::statement::Text;
use crate::value::Value;

/// A slice goes to the connection at so many rows, or so many bytes, at the latest.
const ROWS: u64 = 1_024;
const BYTES: usize = 256 << 10;

/// A statement of a bulk operation, for rows of one shape.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) text: Text,
    /// Whether each row has to change exactly one row of the database.
    pub(super) one_each: bool,
}

/// Some rows, in the order of their source: of one shape next to each other in one statement.
#[derive(Debug)]
pub(super) struct Slice {
    /// The place of its first row in the source.
    first: u64,
    rows: u64,
    bytes: usize,
    steps: Vec<Step>,
    /// Which of its operation's shapes the last step has.
    shape: usize,
}

impl Slice {
    pub(super) fn at(first: u64) -> Self {
        Self { first, rows: 0, bytes: 0, steps: Vec::new(), shape: 0 }
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns the place of the row behind its last one.
    pub(super) fn end(&self) -> u64 {
        self.first + self.rows
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows >= ROWS || self.bytes >= BYTES
    }

    /// Adds a row of the shape that has this number in its operation.
    pub(super) fn add(
        &mut self,
        number: usize,
        shape: &Shape,
        values: impl FnOnce(&mut Vec<Value>) -> Result<()>,
    ) -> Result<()> {
        if self.steps.is_empty() || self.shape != number {
            let Shape { text, one_each } = shape;
            self.steps.push(Step {
                text: text.clone(),
                values: Values::default(),
                keeps: Keeps::Nothing,
                one_each: *one_each,
            });
            self.shape = number;
        }
        if let Some(step) = self.steps.last_mut() {
            let before = step.values.bytes();
            step.values.push(values)?;
            self.bytes += step.values.bytes() - before;
        }
        self.rows += 1;
        Ok(())
    }

    /// Splits it into what is sent and where its rows were.
    pub(super) fn into_unit(self) -> (Unit, Places) {
        let places = Places {
            first: self.first,
            steps: self.steps.iter().map(|step| step.values.rows()).collect(),
        };
        (Unit { steps: self.steps }, places)
    }
}

/// Where the rows of a slice were in the source.
pub(super) struct Places {
    first: u64,
    /// How many rows each statement has.
    steps: Vec<usize>,
}

impl Places {
    /// Finds the row that an error is about, counted from 0 in the source.
    pub(super) fn of(&self, error: &Error) -> Option<u64> {
        let (step, row) = error.row()?;
        let before: usize = self.steps.iter().take(step).sum();
        Some(self.first + u64::try_from(before + row).ok()?)
    }
}
