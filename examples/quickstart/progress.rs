//! A progress bar on standard error; where that is no terminal, one plain line at the end.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::page;

const WIDTH: u64 = 30;
const REDRAW: Duration = Duration::from_millis(50);

/// Counts rows and shows how many there are; its drop ends the show.
pub(crate) struct Progress {
    label: &'static str,
    rows: u64,
    total: u64,
    started: Instant,
    drawn: Instant,
    terminal: bool,
}

impl Progress {
    pub(crate) fn new(label: &'static str, total: u64) -> Self {
        let now = Instant::now();
        Self {
            label,
            rows: 0,
            total,
            started: now,
            drawn: now,
            terminal: io::stderr().is_terminal(),
        }
    }

    pub(crate) fn advance(&mut self) {
        self.rows += 1;
        if self.terminal && self.rows.is_multiple_of(256) && self.drawn.elapsed() >= REDRAW {
            self.drawn = Instant::now();
            let share = |of| self.rows.min(self.total) * of / self.total.max(1);
            let (done, percent) = (share(WIDTH), share(100));
            let cell = |place| if place < done { '#' } else { '.' };
            let bar: String = (0..WIDTH).map(cell).collect();
            let pace = page::per_second(self.rows, self.started.elapsed());
            let label = self.label;
            replace_line(&format!("  {label} [{bar}] {percent:>3} % {pace:>11} rows/s"));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.terminal {
            return replace_line("");
        }
        let (rows, total) = (page::grouped(self.rows), page::grouped(self.total));
        page::complain(&format!("{} {rows} of {total} rows", self.label));
    }
}

fn replace_line(line: &str) {
    let mut out = io::stderr().lock();
    let _ = write!(out, "\r{line:<72}\r");
    let _ = out.flush();
}
