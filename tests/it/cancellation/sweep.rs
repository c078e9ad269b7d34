//! The sweep: a fresh call of an operation for each number of polls, and a look at the engine after each.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use headwater::AsyncEngine;

use crate::support::{Tank, count, eventually, fill, poll_and_drop, watched};

/// How many rows `t` has when an operation begins.
pub(super) const ROWS: i64 = 50;

/// For how many microseconds a future is kept after its last poll, so that its work gets further.
const PAUSES: [u64; 9] = [0, 5, 10, 20, 40, 80, 150, 300, 700];

/// No operation needs more polls; one that does is never done.
const MOST_POLLS: usize = 3_000;

/// An operation's future.
pub(super) type Work = Pin<Box<dyn Future<Output = ()>>>;

/// Drops an operation after each number of polls; `after` are the numbers of rows that `t` may have
/// when it was dropped, and the last of them is what it has when it was not.
pub(super) fn sweep(work: fn(AsyncEngine) -> Work, after: &'static [i64]) {
    sweep_with(work, after, Duration::ZERO);
    sweep_with(work, after, Duration::from_micros(20));
}

fn sweep_with(work: fn(AsyncEngine) -> Work, after: &'static [i64], patience: Duration) {
    watched(move || {
        let tank = Tank::new();
        // One reader: a slot that is lost is missed at once.
        let builder = tank.builder().max_connections(1).patience(patience);
        let builder = builder.acquire_timeout(Duration::from_secs(10));
        let engine = futures::executor::block_on(builder.open()).unwrap();
        futures::executor::block_on(async {
            fill(&engine, ROWS).await;
            engine.execute("CREATE TABLE probe(n)").await.unwrap();
        });
        for pause in PAUSES.map(Duration::from_micros) {
            for polls in 0.. {
                assert!(polls < MOST_POLLS, "the operation is never done");
                let done = poll_and_drop(work(engine.clone()), polls, pause).is_some();
                let rows = futures::executor::block_on(unharmed(&engine));
                if done {
                    assert_eq!(Some(&rows), after.last(), "after {polls} polls it was done");
                    break;
                }
                assert!(after.contains(&rows), "dropped after {polls} polls it left {rows} rows");
            }
            futures::executor::block_on(restore(&engine));
        }
        let status = engine.status();
        futures::executor::block_on(engine.close(Duration::from_secs(10))).unwrap();
        assert!(status.connections <= 2, "{status:?}");
    });
}

/// Looks at the engine as the next caller does, and counts the rows of `t`; then `t` is as before.
async fn unharmed(engine: &AsyncEngine) -> i64 {
    // Its turn to write comes when what was dropped has let go of everything.
    engine.execute("INSERT INTO probe VALUES (1)").await.unwrap();
    let rows = count(engine).await;
    eventually("all is idle", || {
        let status = engine.status();
        status.waiting == 0 && status.waiting_to_write == 0 && status.idle + 1 == status.connections
    });
    if rows != ROWS {
        restore(engine).await;
    }
    rows
}

async fn restore(engine: &AsyncEngine) {
    let restore = "DELETE FROM t;
        INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
            SELECT i, 'name ' || i FROM n";
    engine.execute_batch(headwater::sql(format!("BEGIN; {restore}; COMMIT"))).await.unwrap();
}
