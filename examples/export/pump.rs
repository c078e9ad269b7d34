//! The export itself: batches of rows from the statement, through the format, to the output.

use std::pin::pin;
use std::time::{Duration, Instant};

use headwater::{AsyncResult, Row};
use tokio::time::{Interval, MissedTickBehavior, interval_at};

use crate::ending::Ending;
use crate::format::Format;
use crate::output::{FULL, Output};
use crate::progress::Progress;
use crate::signals::Signals;

/// Rows that are at hand for so long are worth a write, be they few.
const FRESH: Duration = Duration::from_millis(50);

/// How often it is looked whether there is something to show while no row comes.
const LOOK: Duration = Duration::from_millis(200);

/// Exports a result; whatever ends it, what is written ends with a whole row.
pub(crate) async fn pump(
    result: AsyncResult,
    format: Box<dyn Format>,
    output: Output,
    progress: Progress,
    signals: &mut Signals,
) -> Result<Ending, Ending> {
    // The first look is one interval from now.
    let mut look = interval_at(tokio::time::Instant::now() + LOOK, LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pump = Pump { format, output, progress, look, rows: 0, passed: Instant::now() };
    let ended = pump.run(result, signals).await;
    pump.finish(ended, signals).await
}

struct Pump {
    format: Box<dyn Format>,
    output: Output,
    progress: Progress,
    look: Interval,
    rows: u64,
    /// When the output last got something.
    passed: Instant,
}

impl Pump {
    async fn run(&mut self, result: AsyncResult, signals: &mut Signals) -> Result<Ending, Ending> {
        self.format.start(&mut self.output.buffer);
        let mut batches = result.batches();
        loop {
            let batch = tokio::select! {
                biased;
                code = signals.stop() => return Ok(Ending::Stopped(code)),
                batch = batches.try_next() => batch?,
                _ = self.look.tick() => {
                    self.format.pause(&mut self.output.buffer)?;
                    self.pass(signals).await?;
                    self.progress.look(self.rows, self.output.bytes());
                    continue;
                }
            };
            let Some(batch) = batch else {
                return Ok(Ending::Complete);
            };
            self.write(batch, signals).await?;
            if self.rows_wait() {
                self.pass(signals).await?;
            }
            self.progress.look(self.rows, self.output.bytes());
        }
    }

    async fn write(&mut self, batch: Vec<Row>, signals: &mut Signals) -> Result<(), Ending> {
        for row in batch {
            let start = self.output.buffer.len();
            if let Err(problem) = self.format.row(&row, &mut self.output.buffer) {
                // No part of a row is written.
                self.output.buffer.truncate(start);
                return Err(problem);
            }
            self.rows += 1;
            if self.output.buffer.len() >= FULL {
                self.pass(signals).await?;
            }
        }
        Ok(())
    }

    fn rows_wait(&self) -> bool {
        !self.output.buffer.is_empty() && self.passed.elapsed() >= FRESH
    }

    /// Passes on what there is, unless the program is asked to stop while the output takes nothing.
    async fn pass(&mut self, signals: &mut Signals) -> Result<(), Ending> {
        let (rows, bytes) = (self.rows, self.output.bytes());
        let is_passed = loop {
            tokio::select! {
                biased;
                code = signals.stop() => return Err(Ending::Stopped(code)),
                passed = self.output.pass() => break passed,
                _ = self.look.tick() => self.progress.look(rows, bytes),
            }
        };
        self.passed = Instant::now();
        // Where it cannot be written, `finish` learns why.
        if is_passed { Ok(()) } else { Err(Ending::Complete) }
    }

    /// Writes what is left, clears the screen and sums up.
    async fn finish(
        mut self,
        ended: Result<Ending, Ending>,
        signals: &mut Signals,
    ) -> Result<Ending, Ending> {
        let held_back = self.format.finish(&mut self.output.buffer);
        let ended = ended.and_then(|ended| held_back.map(|()| ended));
        let mut ended = ended.unwrap_or_else(|ended| ended);
        let (rows, bytes) = (self.rows, self.output.bytes());
        let mut end = pin!(self.output.end());
        let written = loop {
            let is_asked = matches!(ended, Ending::Stopped(_));
            tokio::select! {
                biased;
                code = signals.stop() => {
                    let before = std::mem::replace(&mut ended, Ending::Stopped(code));
                    // Asked again while nobody reads the rest, it leaves that.
                    if let Ending::Stopped(_) = before {
                        self.progress.clear();
                        return Ok(ended);
                    }
                }
                written = &mut end => break written,
                _ = self.look.tick() => if is_asked {
                    self.progress.say_once("the rest is not read; interrupt again to leave it");
                },
            }
        };
        if let Err(error) = written {
            self.progress.clear();
            return Err(Ending::Output(error));
        }
        let is_stopped = !matches!(ended, Ending::Complete);
        self.progress.sum_up(rows, bytes, is_stopped);
        Ok(ended)
    }
}
