//! The progress and the last line, on standard error.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::ending::complain;

const REDRAW: Duration = Duration::from_millis(200);

/// Shows how far the export is; it is looked at once for each batch, and draws five times a second.
pub(crate) struct Progress {
    show: Show,
    quiet: bool,
    started: Instant,
    drawn: Instant,
    on_screen: bool,
    has_said: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Show {
    Nothing,
    /// One line that is written over.
    Line,
    /// A line each time, where nothing can be written over.
    Lines,
}

impl Progress {
    /// Shows it where it is asked for, or where it disturbs nobody: on a terminal that does not show the
    /// rows too.
    pub(crate) fn new(asked: bool, quiet: bool, rows_on_terminal: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        let show = match (quiet, terminal) {
            (true, _) => Show::Nothing,
            (_, true) if asked || !rows_on_terminal => Show::Line,
            (_, false) if asked => Show::Lines,
            _ => Show::Nothing,
        };
        let now = Instant::now();
        Self { show, quiet, started: now, drawn: now, on_screen: false, has_said: false }
    }

    /// Draws, if it is time.
    pub(crate) fn look(&mut self, rows: u64, bytes: u64) {
        if self.show == Show::Nothing || self.drawn.elapsed() < REDRAW {
            return;
        }
        self.drawn = Instant::now();
        let line = summary(rows, bytes, self.started.elapsed());
        if self.show == Show::Lines {
            return complain(&line);
        }
        let mut out = io::stderr().lock();
        let _ = write!(out, "\r{line}\x1b[K");
        let _ = out.flush();
        self.on_screen = true;
    }

    /// Takes the progress off the screen.
    pub(crate) fn clear(&mut self) {
        if self.on_screen {
            let mut out = io::stderr().lock();
            let _ = write!(out, "\r\x1b[K");
            let _ = out.flush();
            self.on_screen = false;
        }
    }

    /// Tells somebody who waits what to do, the first time.
    pub(crate) fn say_once(&mut self, words: &str) {
        if !self.has_said {
            self.has_said = true;
            self.clear();
            complain(words);
        }
    }

    /// Writes the last line.
    pub(crate) fn sum_up(&mut self, rows: u64, bytes: u64, stopped: bool) {
        self.clear();
        if !self.quiet {
            let how = if stopped { "stopped after " } else { "" };
            complain(&format!("{how}{}", summary(rows, bytes, self.started.elapsed())));
        }
    }
}

fn summary(rows: u64, bytes: u64, time: Duration) -> String {
    let seconds = time.as_secs_f64().max(f64::EPSILON);
    let pace = grouped(&format!("{:.0}", rows as f64 / seconds));
    let noun = if rows == 1 { "row" } else { "rows" };
    let rows = grouped(&rows.to_string());
    format!("{rows} {noun}, {} in {time:.1?} ({pace} rows/s)", size(bytes))
}

fn size(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["bytes", "KiB", "MiB", "GiB"] {
        if size < 1024.0 {
            return match unit {
                "bytes" => format!("{bytes} bytes"),
                _ => format!("{size:.1} {unit}"),
            };
        }
        size /= 1024.0;
    }
    format!("{size:.1} TiB")
}

/// Writes a natural number with commas, `336,776`.
fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_counts_rows_bytes_and_time() {
        let second = Duration::from_secs(1);

        assert_eq!(summary(1, 14, second), "1 row, 14 bytes in 1.0s (1 rows/s)");
        assert_eq!(
            summary(336_776, 61 << 20, second),
            "336,776 rows, 61.0 MiB in 1.0s (336,776 rows/s)"
        );
    }

    #[test]
    fn sizes_have_the_unit_that_suits_them() {
        assert_eq!(size(1_023), "1023 bytes");
        assert_eq!(size(1_536), "1.5 KiB");
        assert_eq!(size(5 << 40), "5.0 TiB");
    }
}
