//! Any runtime, or none: the same engine on a plain thread, under `futures::executor::block_on`.

use std::collections::BTreeMap;
use std::thread;
use std::time::Instant;

use futures::channel::oneshot;
use futures::executor::block_on;
use headwater::{AsyncEngine, Error, Result};

use crate::page::{self, Pace};

/// A month and a day.
type Day = (i64, i64);

pub(crate) async fn anywhere(engine: &AsyncEngine) -> Result<()> {
    page::section("Anywhere: the same engine without a runtime");
    let (answer, asked) = oneshot::channel();
    let engine = engine.clone();
    thread::spawn(move || answer.send(block_on(busiest_day(&engine))));
    let (((month, day), flights), pace) = asked.await.map_err(Error::other)??;

    page::number(
        &format!("flights on the busiest day, 2013-{month:02}-{day:02}"),
        flights,
    );
    page::figure("rows per second on a plain thread", pace.per_second());
    Ok(())
}

async fn busiest_day(engine: &AsyncEngine) -> Result<((Day, u64), Pace)> {
    let start = Instant::now();
    let mut rows = 0;
    let mut flights = BTreeMap::<Day, u64>::new();
    let mut days = engine
        .query("SELECT month, day FROM flights")
        .scalars::<Day>()
        .await?;
    while let Some(day) = days.try_next().await? {
        rows += 1;
        *flights.entry(day).or_default() += 1;
    }
    let busiest = flights.into_iter().max_by_key(|&(_, flights)| flights);
    let busiest = busiest.ok_or_else(|| Error::other("there are no flights"))?;
    Ok((
        busiest,
        Pace {
            rows,
            time: start.elapsed(),
        },
    ))
}
