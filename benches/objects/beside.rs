//! Another program that does the same work, one piece for each line that it is given.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use super::harness::Round;

pub(crate) struct Beside {
    program: Child,
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Beside {
    pub(crate) fn start(program: &Path, database: &Path) -> Self {
        let mut program = Command::new(program)
            .arg(database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let asks = program.stdin.take();
        let answers = BufReader::new(program.stdout.take().unwrap());
        Self { program, asks, answers }
    }

    /// Has it do a piece of work, which it measures itself.
    pub(crate) fn work(&mut self, name: &str) -> Round {
        writeln!(self.asks.as_mut().unwrap(), "{name}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let numbers: Vec<u64> = line.split_whitespace().map(|part| part.parse().unwrap()).collect();
        let &[wall, cpu, sum] = numbers.as_slice() else {
            panic!("the other program did not do {name:?}");
        };
        Round { wall: Duration::from_nanos(wall), cpu: Duration::from_nanos(cpu), sum }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.asks.take());
        let _ = self.program.wait();
    }
}
