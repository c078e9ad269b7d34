//! Results whose consumers take nothing: what becomes of them, and who is told.

mod aborting;
mod log;
mod notices;
mod parking;
mod policy;
mod slow;
mod spilling;

use std::time::Duration;

use futures::FutureExt as _;
use headwater::{AsyncConnection, AsyncScalars, Notice, Notices, Statement};

/// Rows of the table that is read.
const ROWS: i64 = 3_000;

const SECOND: Duration = Duration::from_secs(1);

/// Gives the connection so many turns that whatever can go on by itself has.
async fn settle(connection: &AsyncConnection) {
    for _ in 0..200 {
        connection.query("SELECT 1").scalar_one::<i64>().await.unwrap();
    }
}

/// Opens a read of numbers from 1 on, takes the first, and leaves it alone until its connection is at rest.
async fn stalled(connection: &AsyncConnection, statement: Statement) -> AsyncScalars<i64> {
    let mut ids = connection.query(statement).scalars::<i64>().await.unwrap();
    assert_eq!(ids.try_next().await.unwrap(), Some(1));
    settle(connection).await;
    ids
}

/// The next notice, if there is one already.
fn at_hand(notices: &mut Notices) -> Option<Notice> {
    notices.next().now_or_never().map(|notice| notice.expect("the notices have not ended"))
}
