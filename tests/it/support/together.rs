//! Writers that wait together, so that they share a commit.

use std::future::Future;
use std::pin::Pin;

use futures::future::join_all;
use headwater::{AsyncEngine, Done, Result, Transaction};

use super::{eventually, poll_once};

/// Work whose answers are compared: a boxed future.
pub(crate) type Work<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

/// Boxes the run of a statement.
pub(crate) fn run_of(work: impl Future<Output = Result<Done>> + Send + 'static) -> Work<Done> {
    Box::pin(work)
}

/// Lets work begin and wait, in its order, behind a transaction that holds the right to write.
pub(crate) fn queue<F: Future + Unpin>(engine: &AsyncEngine, work: &mut [F]) {
    for one in work {
        let before = engine.status().waiting_to_write;
        poll_once(one);
        eventually("it waits to write", || engine.status().waiting_to_write == before + 1);
    }
}

/// Takes the right to write, lets the work wait for it together, and gives it on; the answers, in order.
pub(crate) async fn together<F: Future + Unpin>(
    engine: &AsyncEngine,
    mut work: Vec<F>,
) -> Vec<F::Output> {
    let held = engine.begin().await.unwrap();
    queue(engine, &mut work);
    let work = join_all(work);
    drop(held);
    work.await
}

/// Runs rounds of work until one of them was a single commit: the time for which a group waits for more
/// members is bounded, so one that is held up by other programs may come in several parts.
pub(crate) async fn in_one_commit<F, R>(engine: &AsyncEngine, mut round: R)
where
    F: Future<Output = Result<Done>> + Unpin,
    R: FnMut() -> Vec<F>,
{
    for _ in 0..200 {
        let dones = together(engine, round()).await;
        let mut versions: Vec<_> =
            dones.into_iter().filter_map(|done| done.unwrap().version()).collect();
        versions.dedup();
        if versions.len() == 1 {
            return;
        }
    }
    panic!("no round was a single commit");
}

/// Takes the right to write, so that what comes waits.
pub(crate) async fn hold(engine: &AsyncEngine) -> Transaction {
    engine.begin().await.unwrap()
}
