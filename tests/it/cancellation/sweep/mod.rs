//! The sweep: a fresh call of an operation for each number of polls, in each runtime, dropped there, and a
//! look at everything after each drop.
//!
//! `HEADWATER_SWEEP=long` sweeps more moments between two polls.

mod counts;
mod look;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures::executor::block_on;
use headwater::AsyncEngine;

pub(super) use counts::{Drops, tell};
pub(super) use look::{Beside, ROWS, Scene};

use crate::support::{DEADLINE, Dropper, Way, watched_for};

/// For how many microseconds a future is kept after its last poll, so that its work gets further.
const PAUSES: [u64; 5] = [0, 10, 40, 150, 500];
const MORE_PAUSES: [u64; 16] = [0, 2, 4, 7, 10, 15, 22, 33, 50, 75, 110, 160, 250, 400, 700, 1_500];

/// No operation needs more polls; one that does is never done.
const MOST_POLLS: usize = 5_000;

/// An operation's future.
pub(super) type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

fn is_long() -> bool {
    std::env::var("HEADWATER_SWEEP").is_ok_and(|sweep| sweep == "long")
}

/// Runs a sweep; one that hangs fails.
pub(super) fn swept(sweep: impl FnOnce() + Send + 'static) {
    watched_for(if is_long() { 10 * DEADLINE } else { DEADLINE }, sweep);
}

/// The moments at which a future is dropped after its last poll; fewer where the number of polls itself
/// makes many.
pub(super) fn pauses(patience: Duration) -> impl Iterator<Item = Duration> {
    let pauses = if is_long() { &MORE_PAUSES[..] } else { &PAUSES[..] };
    let few = if patience.is_zero() || is_long() { pauses.len() } else { 2 };
    pauses.iter().copied().take(few).map(Duration::from_micros)
}

/// Every number of polls where each poll is of a future that was woken. One that wakes itself is polled
/// hundreds of times while nothing happens: there the numbers lie ever further apart.
pub(super) fn numbers_of_polls(patience: Duration) -> impl Iterator<Item = usize> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let polls = next;
        assert!(polls < MOST_POLLS, "the operation is never done");
        next += if patience.is_zero() { 1 } else { 1 + next / 8 };
        Some(polls)
    })
}

/// The ways to drop, each with how long a waiter polls by itself.
pub(super) fn ways() -> impl Iterator<Item = (Way, Duration)> {
    let patient = [Way::Hand, Way::TokioThread].map(|way| (way, Duration::from_micros(20)));
    Way::ALL.map(|way| (way, Duration::ZERO)).into_iter().chain(patient)
}

/// Drops an operation of the engine's anywhere; `after` are the numbers of rows that `t` may have when it
/// was dropped, and the last of them is what it has when it was not.
pub(super) fn sweep(
    name: &'static str,
    functions: &'static [&'static str],
    work: fn(AsyncEngine) -> Work,
    after: &'static [i64],
) {
    swept(move || {
        let mut drops = Drops::default();
        for (way, patience) in ways() {
            let dropper = Dropper::new(way);
            let scene = Scene::new(2, patience);
            for (number, pause) in pauses(patience).enumerate() {
                // The other reader has a stream in every other round, and is kept from helping in the rest.
                let mut beside = (number % 2 == 1).then(|| Beside::new(&scene.engine));
                let held = beside.is_none().then(|| block_on(scene.engine.connect()).unwrap());
                for polls in numbers_of_polls(patience) {
                    let end = dropper.drop_after(work(scene.engine.clone()), polls, pause);
                    drops.count(way);
                    let rows = scene.look(1, beside.is_some());
                    if let Some(beside) = &mut beside {
                        beside.read_on();
                    }
                    let done = end.is_some();
                    let possible = if done { &after[after.len() - 1..] } else { after };
                    assert!(possible.contains(&rows), "{rows} rows after {polls} polls, {way:?}");
                    if rows != ROWS {
                        scene.restore();
                    }
                    if done {
                        break;
                    }
                }
                drop(held);
                if let Some(beside) = beside {
                    beside.end();
                }
            }
            scene.end();
        }
        tell(name, functions, drops);
    });
}

/// Sweeps of the engine: each a test, with the functions it drops and what `t` may then have.
macro_rules! sweeps {
    ($($name:ident: [$($function:literal),+ $(,)?], $after:expr, |$engine:ident| $body:block)*) => {
        /// The functions that are swept here.
        pub(super) const SWEPT: &[&[&str]] = &[$(&[$($function),+]),*];

        $(
            #[test]
            fn $name() {
                fn work($engine: headwater::AsyncEngine) -> $crate::cancellation::sweep::Work {
                    Box::pin(async move {
                        let end: Result<(), headwater::Error> = async { $body; Ok(()) }.await;
                        end.unwrap();
                    })
                }
                $crate::cancellation::sweep::sweep(
                    stringify!($name), &[$($function),+], work, $after,
                );
            }
        )*
    };
}

pub(super) use sweeps;
