//! What `sql!` expands to: literal pieces of text with the arguments that stand between them.
//!
//! The pieces are kept apart so that each dialect can write its own placeholders.

use std::fmt::Write as _;

use super::{Statement, Text, sql};
use crate::value::ToValue;

/// A text in pieces, on the way to a [`Statement`]. Only `sql!` makes one.
#[derive(Debug)]
#[doc(hidden)]
pub struct Template {
    pieces: &'static [&'static str],
    slots: &'static [usize],
    statement: Statement,
    /// For each argument, the numbers of its first and one past its last placeholder.
    spans: Vec<(usize, usize)>,
}

/// Begins a template; `text` is the whole text with numbered placeholders, or empty if an argument
/// is a list, so that the text depends on its length.
#[doc(hidden)]
#[must_use]
pub fn template(
    pieces: &'static [&'static str],
    slots: &'static [usize],
    text: &'static str,
) -> Template {
    Template { pieces, slots, statement: sql(text), spans: Vec::new() }
}

impl Template {
    /// Adds an argument of one value.
    #[must_use]
    pub fn arg<T: ToValue + ?Sized>(mut self, value: &T) -> Self {
        let first = self.statement.parameters.positional.len();
        self.statement = self.statement.bind(value);
        self.spans.push((first, first + 1));
        self
    }

    /// Adds an argument of as many values as `values` has.
    #[must_use]
    pub fn list<I>(mut self, values: I) -> Self
    where
        I: IntoIterator,
        I::Item: ToValue,
    {
        let first = self.statement.parameters.positional.len();
        for value in values {
            self.statement = self.statement.bind(value);
        }
        self.spans.push((first, self.statement.parameters.positional.len()));
        self
    }

    /// Renders the text.
    pub fn finish(mut self) -> Statement {
        if self.statement.text.is_empty() {
            self.statement.text = Text::Shared(self.render().into());
        }
        self.statement
    }

    fn render(&self) -> String {
        let mut text = String::new();
        let mut slots = self.slots.iter();
        for piece in self.pieces {
            text.push_str(piece);
            let span = slots.next().and_then(|slot| self.spans.get(*slot));
            let (first, end) = span.copied().unwrap_or_default();
            for number in first..end {
                let comma = if number == first { "" } else { ", " };
                // Writing to a String cannot fail.
                let _ = write!(text, "{comma}?{}", number + 1);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_spread_into_one_placeholder_for_each_value() {
        let statement = template(&["a = ", " AND b IN (", ") AND c = ", ""], &[0, 1, 0], "")
            .arg(&7)
            .list([1, 2, 3])
            .finish();

        assert_eq!(statement.text(), "a = ?1 AND b IN (?2, ?3, ?4) AND c = ?1");
    }

    #[test]
    fn an_empty_list_leaves_an_empty_pair_of_parentheses() {
        let statement = template(&["b IN (", ")"], &[0], "").list(Vec::<i64>::new()).finish();

        assert_eq!(statement.text(), "b IN ()");
    }
}
