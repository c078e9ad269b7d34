//! Rounds, medians and the table.

use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How much to measure.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) rounds: usize,
    pub(crate) rows: i64,
    pub(crate) batch_rows: usize,
    pub(crate) batch_bytes: usize,
    /// Another program that does the same work, to be measured beside this one.
    pub(crate) beside: Option<PathBuf>,
    filter: Vec<String>,
}

impl Settings {
    pub(crate) fn from_arguments() -> Self {
        let mut settings = Self {
            rounds: 11,
            rows: 1_000_000,
            batch_rows: 4_096,
            batch_bytes: 256 << 10,
            beside: None,
            filter: Vec::new(),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--rounds" => settings.rounds = arguments.next().unwrap().parse().unwrap(),
                "--batch-rows" => settings.batch_rows = arguments.next().unwrap().parse().unwrap(),
                "--batch-bytes" => {
                    settings.batch_bytes = arguments.next().unwrap().parse().unwrap()
                }
                "--beside" => settings.beside = Some(arguments.next().unwrap().into()),
                "--rows" => settings.rows = arguments.next().unwrap().parse().unwrap(),
                "--bench" | "--test" => {}
                word => settings.filter.push(word.to_owned()),
            }
        }
        settings
    }

    /// Reports whether something of this name is to be measured.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.filter.is_empty() || self.filter.iter().any(|word| name.contains(word.as_str()))
    }
}

/// One measured round, and a number made of what it did.
pub(crate) struct Round {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    pub(crate) sum: u64,
}

/// Compares pieces of work of two sides; each gives a number that must be the same.
pub(crate) struct Comparison {
    settings: Settings,
}

impl Comparison {
    /// Begins a table of two sides: the one that is compared with, and the one that is measured.
    pub(crate) fn new(settings: &Settings, [peer, ours]: [&str; 2]) -> Self {
        println!("{:<40} {peer:>12} {ours:>12} {:>7} {:>7}", "work", "wall", "cpu");
        Self { settings: settings.clone() }
    }

    pub(crate) fn compare(
        &mut self,
        name: &str,
        peer: &mut dyn FnMut() -> u64,
        ours: &mut dyn FnMut() -> u64,
    ) {
        self.compare_rounds(name, &mut || measure(&mut *peer), &mut || measure(&mut *ours));
    }

    /// Compares what measures itself: work that something comes before which does not count.
    pub(crate) fn compare_rounds(
        &mut self,
        name: &str,
        peer: &mut dyn FnMut() -> Round,
        ours: &mut dyn FnMut() -> Round,
    ) {
        if !self.settings.wants(name) {
            return;
        }
        // One round of each to warm the caches, and to see that they do the same.
        assert_eq!(peer().sum, ours().sum, "{name}: the two sides do not give the same");
        let (mut peers, mut own) = (Vec::new(), Vec::new());
        for round in 0..self.settings.rounds {
            // Who goes first changes, so that neither always finds what the other has left.
            if round % 2 == 0 {
                peers.push(peer());
                own.push(ours());
            } else {
                own.push(ours());
                peers.push(peer());
            }
        }
        let wall = |rounds: &[Round]| median(rounds.iter().map(|round| round.wall));
        let cpu = |rounds: &[Round]| median(rounds.iter().map(|round| round.cpu));
        println!(
            "{name:<40} {:>12.1?} {:>12.1?} {:>7.2} {:>7}",
            wall(&peers),
            wall(&own),
            ratio(wall(&own), wall(&peers)),
            // The system's count of CPU time is too coarse for less.
            if cpu(&peers) > Duration::from_millis(2) {
                format!("{:.2}", ratio(cpu(&own), cpu(&peers)))
            } else {
                "-".to_owned()
            },
        );
    }
}

/// Does a piece of work and measures it.
pub(crate) fn measure(work: impl FnOnce() -> u64) -> Round {
    let cpu = cpu_time();
    let since = Instant::now();
    let sum = std::hint::black_box(work());
    Round { wall: since.elapsed(), cpu: cpu_time().saturating_sub(cpu), sum }
}

fn median(values: impl Iterator<Item = Duration>) -> Duration {
    let mut values: Vec<_> = values.collect();
    values.sort();
    values[values.len() / 2]
}

fn ratio(ours: Duration, theirs: Duration) -> f64 {
    ours.as_secs_f64() / theirs.as_secs_f64().max(1e-9)
}

/// The CPU time of all threads of this process, where the system tells it in nanoseconds.
fn cpu_time() -> Duration {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return Duration::ZERO;
    };
    let nanos = threads.flatten().filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}
