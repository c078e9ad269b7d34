//! Stopping: dropping a result, or a future, ends its query; the connection goes on at once.

use std::time::{Duration, Instant};

use headwater::{AsyncConnection, AsyncEngine, Result};
use tokio::time::timeout;

use crate::page;

const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

const HUGE: &str = "SELECT count(*) FROM flights AS a, flights AS b WHERE a.distance < b.air_time";

/// Returns how long the connection took to answer after it was busy with the huge query.
pub(crate) async fn stop(engine: &AsyncEngine) -> Result<Duration> {
    page::section("Stop: drop a query and go on");
    let connection = engine.connect().await?;

    let mut numbers = connection.query(ENDLESS).scalars::<i64>().await?;
    let mut last = 0;
    while last < 1_000
        && let Some(number) = numbers.try_next().await?
    {
        last = number;
    }
    drop(numbers);
    let after_endless = answer(&connection).await?;
    page::number("rows taken of an endless query", last);
    page::figure(
        "dropped; the same connection answers in",
        page::brief(after_endless),
    );

    let patience = Duration::from_millis(100);
    let join = connection.query(HUGE).scalar_one();
    let outcome: Result<Result<i64>, _> = timeout(patience, join).await;
    let after_huge = answer(&connection).await?;
    let outcome = outcome.map_or("none", |_| "some");
    page::figure(
        &format!("answer of a huge join within {}", page::brief(patience)),
        outcome,
    );
    page::figure(
        "timed out; the same connection answers in",
        page::brief(after_huge),
    );
    Ok(after_huge)
}

/// Times the next query of the connection, which includes whatever the last one still does.
async fn answer(connection: &AsyncConnection) -> Result<Duration> {
    let start = Instant::now();
    let _: i64 = connection
        .query("SELECT count(*) FROM airlines")
        .scalar_one()
        .await?;
    Ok(start.elapsed())
}
