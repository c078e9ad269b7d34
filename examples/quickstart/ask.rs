//! Short answers: `all`, `first`, `one`, `one_or_none`, `scalar_one`, and what a mistake looks like.

use headwater::{AsyncEngine, FromRow, Result, sql};

use crate::page;

/// A destination, read by the names of its columns.
#[derive(FromRow)]
struct Destination {
    dest: String,
    flights: i64,
    delay: Option<f64>,
}

pub(crate) async fn ask(engine: &AsyncEngine) -> Result<()> {
    page::section("Ask: all, first, one, scalar_one, with bound values");
    popular(engine).await?;
    carriers(engine).await?;
    mistake(engine).await;
    Ok(())
}

/// `sql!` binds what stands in braces; a value never becomes part of the text.
async fn popular(engine: &AsyncEngine) -> Result<()> {
    let origin = "JFK";
    let least = 5_000;
    let destinations: Vec<Destination> = engine
        .query(sql!(
            "SELECT dest, count(*) AS flights, avg(arr_delay) AS delay FROM flights
             WHERE origin = {origin} GROUP BY dest HAVING count(*) >= {least} ORDER BY flights DESC"
        ))
        .scalars()
        .all()
        .await?;

    page::text(&format!(
        "  all: from {origin} at least {} times",
        page::grouped(least)
    ));
    for to in destinations {
        let late = to
            .delay
            .map_or("-".to_owned(), |minutes| format!("{minutes:+.1} min"));
        page::number(
            &format!("  {}, {late} late on average", to.dest),
            to.flights,
        );
    }
    Ok(())
}

async fn carriers(engine: &AsyncEngine) -> Result<()> {
    let (carrier, unknown) = ("HA", "ZZ");
    let name: String = engine
        .query(sql!("SELECT name FROM airlines WHERE carrier = {carrier}"))
        .scalars()
        .one()
        .await?;
    page::figure(&format!("one: the airline {carrier}"), name);

    let nobody: Option<String> = engine
        .query(sql!("SELECT name FROM airlines WHERE carrier = {unknown}"))
        .scalars()
        .one_or_none()
        .await?;
    page::figure(
        &format!("one_or_none: the airline {unknown}"),
        nobody.as_deref().unwrap_or("none"),
    );

    let first: Option<(i64, i64, String)> = engine
        .query(sql!(
            "SELECT month, day, dest FROM flights WHERE carrier = {carrier} AND dep_delay > 60"
        ))
        .scalars()
        .first()
        .await?;
    let first = first.map_or("none".to_owned(), |(month, day, dest)| {
        format!("2013-{month:02}-{day:02} to {dest}")
    });
    page::figure(&format!("first: {carrier} leaves an hour late"), first);

    let carriers = ["AA", "DL"];
    let flights: i64 = engine
        .query(sql!(
            "SELECT count(*) FROM flights WHERE carrier IN ({carriers..})"
        ))
        .scalar_one()
        .await?;
    page::number("scalar_one: flights of AA and DL", flights);
    Ok(())
}

/// An error tells what is wrong and where, and keeps its cause.
async fn mistake(engine: &AsyncEngine) {
    if let Err(error) = engine.query("SELECT destination FROM flights").all().await {
        page::text("  and a mistake says:");
        for line in page::causes(&error) {
            page::text(&format!("    {line}"));
        }
    }
}
