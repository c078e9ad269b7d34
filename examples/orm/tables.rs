//! The schema: entities make their tables, and tell how a database differs from them.

use headwater::{AsyncEngine, Result, Schema, inspect, schema};

use crate::entities::{Author, Book, Customer, Order, OrderLine, PriceChange, Shelf, ShelvedBook};
use crate::page;

/// All of the shop's entities; the order does not matter.
pub(crate) fn shop() -> Schema {
    schema()
        .entity::<Author>()
        .entity::<Book>()
        .entity::<Shelf>()
        .entity::<ShelvedBook>()
        .entity::<Customer>()
        .entity::<Order>()
        .entity::<OrderLine>()
        .entity::<PriceChange>()
}

pub(crate) async fn tables(engine: &AsyncEngine) -> Result<()> {
    page::section("Schema: schema().entity::<Author>().entity::<Book>().create_all(&engine)");
    shop().create_all(engine).await?;

    let found = inspect(engine).await?;
    let count = |of: fn(&headwater::inspection::TableInfo) -> usize| {
        found.tables.iter().map(of).sum::<usize>()
    };
    page::number("tables", found.tables.len());
    page::number("foreign keys", count(|table| table.foreign_keys.len()));
    page::number("checks", count(|table| table.checks.len()));
    page::figure("database and entities", shop().diff(engine).await?);
    Ok(())
}
