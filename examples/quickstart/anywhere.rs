//! Any runtime, or none: the same engine on a plain thread, under `futures::executor::block_on`.

use std::collections::BTreeMap;
use std::thread;

use futures::channel::oneshot;
use futures::executor::block_on;
use headwater::{AsyncEngine, Error, Result};

use crate::page;

/// A month and a day.
type Day = (i64, i64);

pub(crate) async fn anywhere(engine: &AsyncEngine) -> Result<()> {
    page::section("Anywhere: the same engine without a runtime");
    let (answer, asked) = oneshot::channel();
    let engine = engine.clone();
    thread::spawn(move || answer.send(block_on(busiest_day(&engine))));

    if let Some(((month, day), flights)) = asked.await.map_err(Error::other)?? {
        let label = format!("flights on the busiest day, 2013-{month:02}-{day:02}");
        page::number(&label, flights);
    }
    Ok(())
}

async fn busiest_day(engine: &AsyncEngine) -> Result<Option<(Day, u64)>> {
    let mut flights = BTreeMap::<Day, u64>::new();
    let mut days = engine.query("SELECT month, day FROM flights").scalars::<Day>().await?;
    while let Some(day) = days.try_next().await? {
        *flights.entry(day).or_default() += 1;
    }
    Ok(flights.into_iter().max_by_key(|&(_, flights)| flights))
}
