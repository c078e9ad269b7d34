//! The report: sections and aligned figures on standard output, complaints on standard error.
//!
//! What cannot be written is let go, so that `quickstart | head` ends without a fuss.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, Write};
use std::iter;
use std::time::Duration;

const LABEL: usize = 50;
const VALUE: usize = 20;

/// How many rows took how long.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) rows: u64,
    pub(crate) time: Duration,
}

impl Pace {
    pub(crate) fn per_second(&self) -> String {
        let seconds = self.time.as_secs_f64().max(f64::EPSILON);
        grouped(format!("{:.0}", self.rows as f64 / seconds))
    }
}

pub(crate) fn title(words: &str) {
    text(words);
    text(&"=".repeat(words.chars().count()));
}

pub(crate) fn section(words: &str) {
    text("");
    text(words);
    text(&"-".repeat(words.chars().count()));
}

pub(crate) fn figure(label: &str, value: impl Display) {
    let value = value.to_string();
    text(&format!("  {label:<LABEL$}{value:>VALUE$}"));
}

/// A figure that is an integer, written with commas.
pub(crate) fn number(label: &str, value: impl Display) {
    figure(label, grouped(value));
}

pub(crate) fn text(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Tells an error and everything that caused it.
pub(crate) fn failure(error: &(dyn Error + 'static)) {
    for line in causes(error) {
        complain(&line);
    }
}

/// Returns a line for the error and one for each cause that says more than what it caused.
pub(crate) fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut said = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        said.push(error.to_string());
        cause = error.source();
    }
    said.dedup();
    let prefixes = iter::once("error: ").chain(iter::repeat("  because: "));
    prefixes
        .zip(said)
        .map(|(prefix, words)| format!("{prefix}{words}"))
        .collect()
}

/// Writes an integer with commas, `336,776`.
pub(crate) fn grouped(number: impl Display) -> String {
    let number = number.to_string();
    let digits = number.trim_start_matches('-').len();
    let mut out = String::with_capacity(number.len() + digits / 3);
    for (index, character) in number.chars().enumerate() {
        let left = number.len() - index;
        if left < digits && left.is_multiple_of(3) {
            out.push(',');
        }
        out.push(character);
    }
    out
}

/// Writes a duration with three digits at most and its unit, `57.2 ms`.
pub(crate) fn brief(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let (value, unit) = match seconds {
        _ if seconds < 1e-3 => (seconds * 1e6, "µs"),
        _ if seconds < 1.0 => (seconds * 1e3, "ms"),
        _ => (seconds, "s"),
    };
    let decimals = if value < 10.0 {
        2
    } else {
        usize::from(value < 100.0)
    };
    format!("{value:.decimals$} {unit}")
}
