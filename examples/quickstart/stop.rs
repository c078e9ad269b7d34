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
    while let Some(number) = numbers.try_next().await? {
        if number == 1_000 {
            page::number("rows taken of an endless query", number);
            break;
        }
    }
    drop(numbers);
    let answered = answer(&connection).await?;
    page::figure("dropped; the connection answers in", page::brief(answered));

    let join = connection.query(HUGE).scalar_one::<i64>();
    let outcome = timeout(Duration::from_millis(100), join).await;
    let answered = answer(&connection).await?;
    let outcome = outcome.map_or("none", |_| "some");
    page::figure("answer of a huge join within 100 ms", outcome);
    page::figure("dropped; the connection answers in", page::brief(answered));
    Ok(answered)
}

/// Times the connection's next query, and with it whatever the last one still does.
async fn answer(connection: &AsyncConnection) -> Result<Duration> {
    let start = Instant::now();
    let _: i64 = connection.query("SELECT count(*) FROM airlines").scalar_one().await?;
    Ok(start.elapsed())
}
