//! The report: sections, aligned figures and lists on standard output, complaints on standard error.
//!
//! What cannot be written is let go, so that `orm | head` ends without a fuss.

use std::fmt::Display;
use std::fs;
use std::io::{self, Write};

pub(crate) fn title(words: &str) {
    text(words);
    text(&"=".repeat(words.len()));
}

pub(crate) fn section(words: &str) {
    text("");
    text(words);
    text(&"-".repeat(words.len()));
}

pub(crate) fn figure(label: &str, value: impl Display) {
    let value = value.to_string();
    text(&format!("  {label:<44}{value:>34}"));
}

/// A figure that is a natural number, written with commas.
pub(crate) fn number(label: &str, value: impl Display) {
    figure(label, grouped(value));
}

/// A line of a list.
pub(crate) fn item(words: &str) {
    text(&format!("    {words}"));
}

pub(crate) fn note(words: &str) {
    text(&format!("  {words}"));
}

pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn text(line: &str) {
    let _ = writeln!(io::stdout(), "{}", line.trim_end());
}

/// Writes a natural number with commas, `336,776`.
pub(crate) fn grouped(number: impl Display) -> String {
    let mut grouped = number.to_string();
    let digits = grouped.len();
    for place in (1..digits).rev() {
        if (digits - place).is_multiple_of(3) {
            grouped.insert(place, ',');
        }
    }
    grouped
}

/// How much memory this process has come to hold since the gauge was made.
pub(crate) struct Memory {
    held: Option<u64>,
}

impl Memory {
    pub(crate) fn new() -> Self {
        // Linux looks for the peak anew from here; elsewhere there is no figure.
        let _ = fs::write("/proc/self/clear_refs", "5");
        Self { held: kibibytes("VmRSS:") }
    }

    /// The most that was held at once beyond what was held in the beginning.
    pub(crate) fn peak(&self) -> String {
        match (self.held, kibibytes("VmHWM:")) {
            (Some(held), Some(peak)) => {
                format!("{:.1} MiB", peak.saturating_sub(held) as f64 / 1024.0)
            }
            _ => "not measured".to_owned(),
        }
    }
}

/// Reads a line of `/proc/self/status`, where there is such a file.
fn kibibytes(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
