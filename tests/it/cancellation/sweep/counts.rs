//! What the sweeps have done, told at the end of each, and of all that ran in this process.

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::support::Way;

/// Drops, by the way in which they were made.
#[derive(Clone, Copy, Default)]
pub(in crate::cancellation) struct Drops([u64; 4]);

impl Drops {
    /// Counts one more; each is of one future after one number of polls.
    pub(in crate::cancellation) fn count(&mut self, way: Way) {
        self.0[way as usize] += 1;
    }

    fn all(self) -> u64 {
        self.0.iter().sum()
    }
}

/// All that was swept in this process.
#[derive(Default)]
struct Totals {
    functions: BTreeSet<&'static str>,
    drops: Drops,
}

static TOTALS: Mutex<Option<Totals>> = Mutex::new(None);

/// Prints what one sweep did, and what all have done by now: the last line has the totals.
#[expect(clippy::print_stdout, reason = "it is what whoever runs the sweeps wants to know")]
pub(in crate::cancellation) fn tell(sweep: &str, functions: &'static [&'static str], drops: Drops) {
    let mut totals = TOTALS.lock().unwrap();
    let totals = totals.get_or_insert_default();
    totals.functions.extend(functions);
    let mut ways = String::new();
    for (way, number) in Way::ALL.iter().zip(drops.0) {
        totals.drops.0[*way as usize] += number;
        ways.push_str(&format!(", {} {number}", way.name()));
    }
    println!(
        "swept {sweep}: {} drops{ways}; so far {} functions, {} drops, {} runtimes",
        drops.all(),
        totals.functions.len(),
        totals.drops.all(),
        totals.drops.0.iter().filter(|drops| **drops > 0).count(),
    );
}
