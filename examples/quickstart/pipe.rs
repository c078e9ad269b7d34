//! Combinators: a result is a `Stream`, so all of `futures` works on it.

use std::future::ready;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use futures::TryStreamExt;
use headwater::{AsyncEngine, Result};

use crate::page;

/// A flight that arrived: carrier and minutes of delay.
type Arrival = (String, i64);

pub(crate) async fn pipe(engine: &AsyncEngine) -> Result<()> {
    page::section("Combine: a query is a Stream");
    let service = Service::default();

    engine
        .query("SELECT carrier, arr_delay FROM flights WHERE arr_delay IS NOT NULL")
        .scalars::<Arrival>()
        .await?
        .try_filter(|(_, minutes)| ready(*minutes > 60))
        .try_chunks(500)
        .map_err(|failed| failed.1)
        .try_for_each_concurrent(4, |parcel| service.report(parcel))
        .await?;

    page::number("flights over an hour late", service.flights.into_inner());
    page::number("parcels sent to a slow service", service.parcels.into_inner());
    page::number("of them under way at once", service.busiest.into_inner());
    Ok(())
}

/// Stands for a web service that takes its time; meanwhile the query waits, and memory does not grow.
#[derive(Default)]
struct Service {
    flights: AtomicUsize,
    parcels: AtomicUsize,
    under_way: AtomicUsize,
    busiest: AtomicUsize,
}

impl Service {
    async fn report(&self, parcel: Vec<Arrival>) -> Result<()> {
        let under_way = self.under_way.fetch_add(1, Relaxed) + 1;
        self.busiest.fetch_max(under_way, Relaxed);
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.under_way.fetch_sub(1, Relaxed);

        self.flights.fetch_add(parcel.len(), Relaxed);
        self.parcels.fetch_add(1, Relaxed);
        Ok(())
    }
}
