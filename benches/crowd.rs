//! Many tasks at once: point selects on a few connections, single-row inserts with and without group
//! commit, and what the guards of a connection cost. Interleaved rounds, of which the medians are compared.
//!
//! `cargo bench --bench crowd` runs all of it; `cargo bench --bench crowd -- insert` what has that word in
//! its name; `-- --rounds 21 --rows 200000` changes the size.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    dead_code,
    missing_docs,
    reason = "a benchmark prints, and stops at the first surprise"
)]

#[path = "crowd/deadlines.rs"]
mod deadlines;
#[path = "crowd/guards.rs"]
mod guards;
mod harness;
#[path = "crowd/inserts.rs"]
mod inserts;
#[path = "crowd/selects.rs"]
mod selects;

use harness::Settings;
use headwater::Synchronous;
use tokio::runtime::Runtime;

/// How many tasks there are.
const TASKS: i64 = 64;

fn main() {
    let settings = Settings::from_arguments();
    let runtime = Runtime::new().unwrap();
    println!("{TASKS} tasks, {} rounds, medians", settings.rounds);
    selects::compare(&settings, &runtime);
    inserts::compare(&settings, &runtime, Synchronous::Full);
    inserts::compare(&settings, &runtime, Synchronous::Normal);
    guards::compare(&settings);
    deadlines::show(&settings);
}
