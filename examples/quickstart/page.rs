//! The report: sections and aligned figures on standard output, complaints on standard error.
//!
//! What cannot be written is let go, so that `quickstart | head` ends without a fuss.

use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::time::Duration;

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
    text(&format!("  {label:<48}{value:>24}"));
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

pub(crate) fn per_second(rows: u64, time: Duration) -> String {
    let seconds = time.as_secs_f64().max(f64::EPSILON);
    grouped(format!("{:.0}", rows as f64 / seconds))
}

/// Writes a duration in a unit that suits it, `57.2 ms`.
pub(crate) fn brief(time: Duration) -> String {
    format!("{time:.1?}")
}

/// Returns the most memory that this process has had resident, where the system tells.
pub(crate) fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kibibytes
        .map_or("not measured".to_owned(), |kibibytes| format!("{:.1} MiB", kibibytes / 1024.0))
}
