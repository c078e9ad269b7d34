//! Short answers: `all`, `one`, `one_or_none`, `first`, `scalar_one`, and what a mistake looks like.

use headwater::{AsyncEngine, FromRow, Result, sql};

use crate::page;

/// A destination, read by the names of its columns.
#[derive(FromRow)]
struct Destination {
    dest: String,
    flights: i64,
    delay: f64,
}

pub(crate) async fn ask(engine: &AsyncEngine) -> Result<()> {
    page::section("Ask: all, one, first, scalar_one, with bound values");
    popular(engine).await?;
    carriers(engine).await?;
    mistake(engine).await;
    Ok(())
}

/// `sql!` binds what stands in braces; a value never becomes part of the text.
async fn popular(engine: &AsyncEngine) -> Result<()> {
    let (origin, least) = ("JFK", 5_000);
    let destinations: Vec<Destination> = engine
        .query(sql!(
            "SELECT dest, count(*) AS flights, avg(arr_delay) AS delay FROM flights
             WHERE origin = {origin} GROUP BY dest HAVING count(*) >= {least}
             ORDER BY flights DESC"
        ))
        .scalars()
        .all()
        .await?;

    page::text("  all: from JFK at least 5,000 times, and minutes late on average");
    for to in destinations {
        page::number(&format!("  {} {:+.1}", to.dest, to.delay), to.flights);
    }
    Ok(())
}

async fn carriers(engine: &AsyncEngine) -> Result<()> {
    let (known, unknown) = ("HA", "ZZ");
    let name: String = engine
        .query(sql!("SELECT name FROM airlines WHERE carrier = {known}"))
        .scalars()
        .one()
        .await?;
    page::figure("one: the airline HA", name);

    let nobody: Option<String> = engine
        .query(sql!("SELECT name FROM airlines WHERE carrier = {unknown}"))
        .scalars()
        .one_or_none()
        .await?;
    page::figure("one_or_none: the airline ZZ", format!("{nobody:?}"));

    let late: Option<(i64, i64, String)> = engine
        .query(sql!(
            "SELECT month, day, dest FROM flights WHERE carrier = {known} AND dep_delay > 60"
        ))
        .scalars()
        .first()
        .await?;
    if let Some((month, day, dest)) = late {
        let flight = format!("2013-{month:02}-{day:02} to {dest}");
        page::figure("first: HA leaves over an hour late", flight);
    }

    let carriers = ["AA", "DL"];
    let flights: i64 = engine
        .query(sql!("SELECT count(*) FROM flights WHERE carrier IN ({carriers..})"))
        .scalar_one()
        .await?;
    page::number("scalar_one: flights of AA and DL", flights);
    Ok(())
}

/// An error tells what is wrong, and where in which text.
async fn mistake(engine: &AsyncEngine) {
    if let Err(error) = engine.query("SELECT destination FROM flights").all().await {
        page::text(&format!("  and a mistake:\n    {error}"));
    }
}
