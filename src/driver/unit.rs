//! `Unit`: several statements in one hand-over, each for many rows of values, done as a whole or not at all.

use super::values::Values;
use crate::row::RowBatch;
use crate::statement::Text;

/// What a flush sends: its statements, in their order.
#[derive(Debug, Default)]
pub(crate) struct Unit {
    pub(crate) steps: Vec<Step>,
}

/// One statement of a unit.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) text: Text,
    /// The statement is run once for each row of them.
    pub(crate) values: Values,
    pub(crate) keeps: Keeps,
    /// Whether each row has to change exactly one row of the database.
    pub(crate) one_each: bool,
}

/// What is kept of what a statement gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeps {
    Nothing,
    /// The rows of RETURNING.
    Rows,
    /// The rowid of each inserted row.
    RowIds,
}

/// What a unit gave, for each of its steps.
#[derive(Debug, Default)]
pub(crate) struct UnitDone {
    pub(crate) steps: Vec<StepDone>,
}

/// What one statement of a unit gave.
#[derive(Debug, Default)]
pub(crate) struct StepDone {
    /// What RETURNING gave, in the order of the rows of values.
    pub(crate) batches: Vec<RowBatch>,
    pub(crate) row_ids: Vec<i64>,
    /// How many rows of the database it has changed.
    pub(crate) changed: u64,
}
