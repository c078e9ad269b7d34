//! The writer that a query is rendered into: it writes the placeholders and the fragments itself.
//!
//! What the renderer calls values are marks here. A number of a value becomes the next placeholder, and
//! is kept in the order in which they were written; a number of a fragment becomes its text.

use std::fmt;

use sea_query::{QueryBuilder, SqlWriter, Value as Mark};

use super::super::dialect::Dialect;
use crate::statement::RawSql;
use crate::value::Value;

/// The mark of the value with a number.
pub(super) fn value_mark(number: &Value) -> Mark {
    match number {
        Value::Integer(number) => Mark::BigUnsigned(u64::try_from(*number).ok()),
        _ => Mark::BigUnsigned(None),
    }
}

/// The mark of LIMIT where there is none, which SQLite wants before OFFSET.
pub(super) const NO_LIMIT: u64 = u64::MAX;

/// The mark of the fragment with a number, which stands in parentheses or already has its own.
pub(super) fn raw_mark(number: usize, parentheses: bool) -> Mark {
    let number = u32::try_from(number).ok();
    if parentheses {
        Mark::Unsigned(number)
    } else {
        Mark::Int(number.and_then(|n| n.try_into().ok()))
    }
}

pub(super) struct Writer {
    dialect: Dialect,
    text: String,
    raws: Vec<RawSql>,
    placeholders: Placeholders,
    /// Whether a mark was met that none of ours is.
    pub(super) strange: bool,
}

/// Which values have placeholders, in the order of these.
#[derive(Default)]
struct Placeholders {
    order: Vec<usize>,
    /// The placeholder of each value, from 1; 0 is none.
    given: Vec<usize>,
}

impl Placeholders {
    /// A value that is written twice keeps its placeholder.
    fn number(&mut self, value: usize) -> usize {
        if self.given.len() <= value {
            self.given.resize(value + 1, 0);
        }
        match self.given.get_mut(value) {
            Some(given) if *given == 0 => {
                self.order.push(value);
                *given = self.order.len();
                *given
            }
            Some(given) => *given,
            None => 0,
        }
    }
}

impl Writer {
    pub(super) fn new(dialect: Dialect, raws: Vec<RawSql>) -> Self {
        Self {
            dialect,
            text: String::with_capacity(256),
            raws,
            placeholders: Placeholders::default(),
            strange: false,
        }
    }

    /// The text, and the numbers of the values in the order of the placeholders.
    pub(super) fn finish(self) -> (String, Vec<usize>) {
        (self.text, self.placeholders.order)
    }

    fn value(&mut self, value: usize) {
        let number = self.placeholders.number(value);
        self.text.push(self.dialect.sigil());
        self.text.push_str(&number.to_string());
    }

    fn raw(&mut self, raw: usize, parentheses: bool) {
        let Self { dialect, text, raws, placeholders, .. } = self;
        let Some(raw) = raws.get(raw) else {
            self.strange = true;
            return;
        };
        if parentheses {
            text.push('(');
        }
        raw.write(text, |value, text| {
            let number = match value {
                Value::Integer(value) => usize::try_from(*value).unwrap_or_default(),
                _ => 0,
            };
            text.push(dialect.sigil());
            text.push_str(&placeholders.number(number).to_string());
        });
        if parentheses {
            text.push(')');
        }
    }
}

impl fmt::Write for Writer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.push_str(text);
        Ok(())
    }
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl SqlWriter for Writer {
    fn push_param<T: QueryBuilder>(&mut self, mark: Mark, _: &T) {
        match mark {
            Mark::BigUnsigned(Some(NO_LIMIT)) => self.text.push_str("-1"),
            Mark::BigUnsigned(Some(value)) => match usize::try_from(value) {
                Ok(value) => self.value(value),
                Err(_) => self.strange = true,
            },
            Mark::Unsigned(Some(raw)) => self.raw(raw as usize, true),
            Mark::Int(Some(raw)) => self.raw(usize::try_from(raw).unwrap_or(usize::MAX), false),
            _ => self.strange = true,
        }
    }

    fn as_writer(&mut self) -> &mut dyn fmt::Write {
        self
    }
}
