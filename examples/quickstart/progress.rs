//! A progress bar on standard error; where that is no terminal, one plain line at the end.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::page::{self, Pace};

const WIDTH: u64 = 30;
const REDRAW: Duration = Duration::from_millis(50);

/// Counts rows and shows how many there are; its drop ends the show.
pub(crate) struct Progress {
    label: &'static str,
    total: u64,
    pace: Pace,
    started: Instant,
    drawn: Duration,
    terminal: bool,
}

impl Progress {
    pub(crate) fn new(label: &'static str, total: u64) -> Self {
        Self {
            label,
            total,
            pace: Pace {
                rows: 0,
                time: Duration::ZERO,
            },
            started: Instant::now(),
            drawn: Duration::ZERO,
            terminal: io::stderr().is_terminal(),
        }
    }

    pub(crate) fn advance(&mut self) {
        self.pace.rows += 1;
        if self.terminal && self.pace.rows.is_multiple_of(256) {
            self.pace.time = self.started.elapsed();
            if self.pace.time - self.drawn >= REDRAW {
                self.drawn = self.pace.time;
                self.draw();
            }
        }
    }

    fn draw(&self) {
        let done = self.pace.rows.min(self.total);
        let hundredths = done * 100 / self.total.max(1);
        let bar: String = (0..WIDTH)
            .map(|cell| {
                if cell * 100 < hundredths * WIDTH {
                    '#'
                } else {
                    '.'
                }
            })
            .collect();
        self.replace_line(&format!(
            "  {} [{bar}] {hundredths:>3} % {:>11} rows/s",
            self.label,
            self.pace.per_second()
        ));
    }

    fn replace_line(&self, line: &str) {
        let mut out = io::stderr().lock();
        let _ = write!(out, "\r{line:<76}\r");
        let _ = out.flush();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.pace.time = self.started.elapsed();
        if self.terminal {
            self.replace_line("");
        } else {
            let (rows, total) = (page::grouped(self.pace.rows), page::grouped(self.total));
            let per_second = self.pace.per_second();
            page::complain(&format!(
                "{} {rows} of {total} rows, {per_second} rows/s",
                self.label
            ));
        }
    }
}
