//! What `sql!` expands to: literal pieces of text with the arguments that stand between them.
//!
//! The pieces are kept apart so that each dialect can write its own placeholders.

use std::fmt::Write as _;
use std::ops::Range;

use super::fragment::{Embedded, Fragment};
use super::name::{quoted, why_not};
use super::{MOST, Statement, Text, sql};
use crate::error::ErrorKind;
use crate::value::{ToValue, Value};

/// A text in pieces, on the way to a [`Statement`]. Only `sql!` makes one.
#[derive(Debug)]
#[doc(hidden)]
pub struct Template {
    pieces: &'static [&'static str],
    slots: &'static [usize],
    statement: Statement,
    /// The arguments, if the text is not known before they are.
    parts: Vec<Part>,
}

/// One argument of a text that depends on its arguments.
#[derive(Debug)]
struct Part {
    /// The places of its values among all that are bound.
    values: Range<usize>,
    shown: Shown,
}

/// What of an argument is in the text.
#[derive(Debug)]
enum Shown {
    /// A placeholder for each value.
    Values,
    /// Placeholders for what IN chooses from, to which some values may be bound twice.
    Choices,
    Text(String),
    Fragment(Embedded),
}

/// Begins a template; `text` is the whole text with numbered placeholders, or empty if it depends on an
/// argument: on the length of a list, on a name, or on a fragment.
#[doc(hidden)]
#[must_use]
pub fn template(
    pieces: &'static [&'static str],
    slots: &'static [usize],
    text: &'static str,
) -> Template {
    Template { pieces, slots, statement: sql(text), parts: Vec::new() }
}

impl Template {
    /// Adds an argument of one value.
    #[must_use]
    pub fn arg<T: ToValue + ?Sized>(mut self, value: &T) -> Self {
        let first = self.bound();
        self.statement = self.statement.bind(value);
        if self.statement.text.is_empty() {
            self.part(first, Shown::Values);
        }
        self
    }

    /// Adds an argument of as many values as `values` has.
    #[must_use]
    pub fn list<I>(self, values: I) -> Self
    where
        I: IntoIterator,
        I::Item: ToValue,
    {
        self.spread(values, Shown::Values)
    }

    /// Adds the values that an IN chooses from, and nothing else shows.
    #[must_use]
    pub fn choices<I>(self, values: I) -> Self
    where
        I: IntoIterator,
        I::Item: ToValue,
    {
        self.spread(values, Shown::Choices)
    }

    /// Adds a name, which is quoted.
    #[must_use]
    pub fn name<N: AsRef<str> + ?Sized>(self, name: &N) -> Self {
        self.names([name])
    }

    /// Adds names, which are quoted and separated by commas.
    #[must_use]
    pub fn names<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let mut text = String::new();
        for name in names {
            let name = name.as_ref();
            if let Some(why) = why_not(name) {
                let what = format!("a name that is given with `:ident` {why}");
                self.statement.note(ErrorKind::Statement, what);
            }
            text.push_str(if text.is_empty() { "" } else { ", " });
            text.push_str(&quoted(name));
        }
        if text.is_empty() {
            let what = "a list of names that is given with `:ident` is empty";
            self.statement.note(ErrorKind::Statement, what.to_owned());
        }
        let first = self.bound();
        self.part(first, Shown::Text(text));
        self
    }

    /// Adds a fragment with its values.
    #[must_use]
    pub fn fragment<F: Fragment + ?Sized>(mut self, fragment: &F) -> Self {
        let first = self.bound();
        match fragment.statement().map(Embedded::new) {
            Some(Ok((fragment, values))) => {
                self.statement.parameters.positional.extend(values);
                self.part(first, Shown::Fragment(fragment));
            }
            Some(Err((kind, what))) => {
                self.statement.note(kind, what);
                self.part(first, Shown::Text(String::new()));
            }
            None => self.part(first, Shown::Text(String::new())),
        }
        self
    }

    /// Renders the text.
    pub fn finish(mut self) -> Statement {
        if self.statement.text.is_empty() {
            self.fit();
            self.statement.text = Text::Shared(self.render().into());
        }
        self.statement
    }

    fn bound(&self) -> usize {
        self.statement.parameters.positional.len()
    }

    fn part(&mut self, first: usize, shown: Shown) {
        let values = first..self.bound();
        self.parts.push(Part { values, shown });
    }

    fn spread<I>(mut self, values: I, shown: Shown) -> Self
    where
        I: IntoIterator,
        I::Item: ToValue,
    {
        let first = self.bound();
        for value in values {
            self.statement = self.statement.bind(value);
        }
        self.part(first, shown);
        self
    }

    /// Rounds the lists of choices up, so that few texts serve for all lengths, unless that makes more
    /// parameters than the database takes.
    fn fit(&mut self) {
        let bound = self.bound();
        if bound > MOST {
            let longest = self.parts.iter().map(|part| part.values.len()).max().unwrap_or_default();
            self.statement.note(
                ErrorKind::Bind,
                format!(
                    "{bound} values are bound, {longest} of them in one list, and SQLite takes at most {MOST} \
                     variables in a statement; bind the list as one JSON text and write `IN (SELECT value \
                     FROM json_each({{json}}))`, or put it into a temporary table with `insert_stream`"
                ),
            );
            return;
        }
        let more: usize = self.parts.iter().map(Part::padding).sum();
        if more == 0 || bound + more > MOST {
            return;
        }
        let mut padded = Vec::with_capacity(bound + more);
        let mut values = std::mem::take(&mut self.statement.parameters.positional).into_iter();
        for part in &mut self.parts {
            let (first, padding) = (padded.len(), part.padding());
            padded.extend(values.by_ref().take(part.values.len()));
            if let Some(again) = padded.get(first..).and_then(smallest).cloned() {
                padded.extend(std::iter::repeat_n(again, padding));
            }
            part.values = first..padded.len();
        }
        self.statement.parameters.positional = padded;
    }

    fn render(&self) -> String {
        let mut text = String::new();
        let mut slots = self.slots.iter();
        let mut pieces = self.pieces.iter().peekable();
        while let Some(piece) = pieces.next() {
            text.push_str(piece);
            let Some(part) = slots.next().and_then(|slot| self.parts.get(*slot)) else {
                continue;
            };
            let (follows, written) = (pieces.peek().copied().unwrap_or(&""), text.len());
            match &part.shown {
                Shown::Values | Shown::Choices => {
                    numbers(&part.values, &mut text);
                    continue;
                }
                Shown::Text(shown) => text.push_str(shown),
                Shown::Fragment(fragment) => {
                    fragment.write(part.values.start, follows, &mut text);
                }
            }
            // Where nothing is embedded, what stands on both sides must not become one: `-` and `-` a comment.
            let white = |c: char| c.is_ascii_whitespace();
            if text.len() == written && !text.ends_with(white) && !follows.starts_with(white) {
                text.push(' ');
            }
        }
        text
    }
}

impl Part {
    /// How many values more there would be with a number of them that is a power of two.
    fn padding(&self) -> usize {
        match (&self.shown, self.values.len()) {
            (Shown::Choices, length @ 1..) => length.next_power_of_two() - length,
            _ => 0,
        }
    }
}

/// The value that costs the least to bind once more: IN does not mind which one of its own it is.
fn smallest(values: &[Value]) -> Option<&Value> {
    values.iter().min_by_key(|value| match value {
        Value::Null | Value::Integer(_) | Value::Real(_) => 0,
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
    })
}

/// Writes a placeholder for each of the values.
fn numbers(values: &Range<usize>, text: &mut String) {
    if values.len() > MOST {
        // It is never run: the error shows where the list was.
        let _ = write!(text, "?{}, ..., ?{}", values.start + 1, values.end);
        return;
    }
    for number in values.clone() {
        let comma = if number == values.start { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(text, "{comma}?{}", number + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IN: &[&str] = &["a = ", " AND b IN (", ") AND c = ", ""];

    #[test]
    fn a_list_is_spread_into_one_placeholder_for_each_value() {
        let statement = template(IN, &[0, 1, 0], "").arg(&7).list([1, 2, 3]).finish();

        assert_eq!(statement.text(), "a = ?1 AND b IN (?2, ?3, ?4) AND c = ?1");
    }

    #[test]
    fn choices_are_rounded_up_and_what_follows_is_numbered_on() {
        let statement = template(IN, &[0, 1, 2], "").arg(&7).choices([1, 2, 3]).arg(&8).finish();

        assert_eq!(statement.text(), "a = ?1 AND b IN (?2, ?3, ?4, ?5) AND c = ?6");
        let bound = [7, 1, 2, 3, 1, 8].map(Value::Integer);
        assert_eq!(statement.parameters.positional, bound);
    }

    #[test]
    fn the_value_that_is_bound_again_is_the_smallest() {
        let statement = template(&["x IN (", ")"], &[0], "").choices(["aaa", "b", "cc"]).finish();

        assert_eq!(statement.parameters.positional.last(), Some(&Value::Text("b".into())));
    }

    #[test]
    fn an_empty_list_leaves_an_empty_pair_of_parentheses() {
        let statement = template(&["b IN (", ")"], &[0], "").choices(Vec::<i64>::new()).finish();

        assert_eq!(statement.text(), "b IN ()");
    }

    #[test]
    fn a_list_is_not_rounded_up_beyond_what_the_database_takes() {
        let statement = template(&["a IN (", ") OR b IN (", ")"], &[0, 1], "")
            .choices(0..16_385)
            .choices(0..9)
            .finish();

        assert!(statement.check().is_ok());
        assert_eq!(statement.parameters.positional.len(), 16_394);
    }

    #[test]
    fn a_fragment_is_numbered_after_what_was_rounded_up() {
        let statement = template(&["a IN (", ") AND ", "=", ""], &[0, 1, 2], "")
            .choices([1, 2, 3])
            .fragment(&sql("b < ?").bind(4))
            .arg(&5)
            .finish();

        assert_eq!(statement.text(), "a IN (?1, ?2, ?3, ?4) AND b < ?5 =?6");
    }
}
