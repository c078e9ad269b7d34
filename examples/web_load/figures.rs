//! What came of the requests: how many a second, how long they took, and with which status.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Key,
    Page,
    Write,
}

#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) time: Duration,
    took: BTreeMap<Kind, Vec<Duration>>,
    statuses: BTreeMap<u16, u64>,
    failed: u64,
}

impl Figures {
    pub(crate) fn note(&mut self, kind: Kind, status: u16, took: Duration) {
        self.took.entry(kind).or_default().push(took);
        *self.statuses.entry(status).or_default() += 1;
    }

    /// Notes a request without an answer.
    pub(crate) fn fail(&mut self) {
        self.failed += 1;
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (kind, took) in other.took {
            self.took.entry(kind).or_default().extend(took);
        }
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.failed += other.failed;
    }

    /// Reports whether the service answered, and as it should.
    pub(crate) fn check(&self) -> Result<(), String> {
        let odd = self.statuses.keys().any(|status| !matches!(status, 200 | 201 | 404 | 503));
        let good = self.statuses.contains_key(&200) && self.statuses.contains_key(&201);
        if odd || self.failed > 0 || !good {
            return Err("the service did not answer as it should".to_owned());
        }
        Ok(())
    }

    pub(crate) fn show(self) -> io::Result<()> {
        let mut out = io::stdout();
        let all: Vec<Duration> = self.took.values().flatten().copied().collect();
        writeln!(out, "{:8}{:>12}{:>12}{:>12}{:>12}", "", "per second", "p50", "p99", "max")?;
        row(&mut out, "all", all, self.time)?;
        for (kind, took) in self.took {
            row(&mut out, &format!("{kind:?}"), took, self.time)?;
        }
        let statuses = self.statuses.iter().map(|(status, count)| format!("{status}: {count}"));
        let statuses = statuses.collect::<Vec<_>>().join(", ");
        writeln!(out, "answers by status: {statuses}; without an answer: {}", self.failed)
    }
}

fn row(
    out: &mut impl Write,
    name: &str,
    mut took: Vec<Duration>,
    time: Duration,
) -> io::Result<()> {
    took.sort_unstable();
    let rate = took.len() as f64 / time.as_secs_f64().max(f64::EPSILON);
    let share = |percent: usize| {
        let place = (took.len() * percent / 100).min(took.len().saturating_sub(1));
        format!("{:.2?}", took.get(place).copied().unwrap_or_default())
    };
    writeln!(out, "{name:8}{rate:>12.0}{:>12}{:>12}{:>12}", share(50), share(99), share(100))
}
