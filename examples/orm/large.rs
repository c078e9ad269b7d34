//! Many entities with what belongs to them, as a stream: memory is bounded by a batch.

use std::time::{Duration, Instant};

use headwater::{AsyncEngine, Result, query::count, select};

use crate::entities::{Customer, Order, Status};
use crate::page::{self, Memory};

const CITIES: [&str; 5] = ["Bergen", "Cork", "Ghent", "Lyon", "Porto"];

pub(crate) async fn large(engine: &AsyncEngine, customers: u64) -> Result<()> {
    page::section("Stream: select::<Customer>().with(Customer::ORDERS), in bounded memory");
    make(engine, customers).await?;
    stream(engine).await?;
    collect(engine).await
}

/// Entities go into the database as they are made; nobody holds them all.
async fn make(engine: &AsyncEngine, customers: u64) -> Result<()> {
    let start = Instant::now();
    let first: i64 = engine.query(select::<Customer>().columns(count())).one().await?;
    let first = first + 1;
    let last = first + i64::try_from(customers).unwrap_or(i64::MAX - first);
    engine.bulk_insert((first..last).map(customer)).await?;
    let orders = engine.bulk_insert((first..last).flat_map(orders)).await?;

    page::number("customers made", customers);
    page::number("orders made", orders.rows());
    page::figure("in", brief(start.elapsed()));
    Ok(())
}

fn customer(id: i64) -> Customer {
    let city = CITIES.get(usize::try_from(id).unwrap_or(0) % (CITIES.len() + 1));
    Customer {
        id,
        name: format!("Customer number {id}"),
        email: format!("customer{id}@example.org"),
        city: city.map(|city| (*city).to_owned()),
    }
}

/// The orders of a customer: none, one, two or three.
fn orders(customer_id: i64) -> impl Iterator<Item = Order> {
    (0..customer_id % 4).map(move |number| Order {
        id: 0,
        customer_id,
        day: format!("2025-{:02}-{:02}", customer_id % 12 + 1, number * 9 + 1),
        status: Status::Sent,
    })
}

/// Takes them as they come: one query for the customers, and one for the orders of each batch of them.
async fn stream(engine: &AsyncEngine) -> Result<()> {
    let (memory, start) = (Memory::new(), Instant::now());
    let (mut customers, mut orders, mut most) = (0, 0, 0);

    let query = select::<Customer>().order_by(Customer::ID).with(Customer::ORDERS);
    let mut stream = engine.query(query).await?;
    while let Some((_, theirs)) = stream.try_next().await? {
        customers += 1;
        orders += theirs.len();
        most = most.max(theirs.len());
    }

    page::number("customers streamed, each with their orders", customers);
    page::number("orders of them", orders);
    page::number("the most of one customer", most);
    page::figure("in", brief(start.elapsed()));
    page::figure("memory that it took at the most", memory.peak());
    Ok(())
}

/// Collects the same into a `Vec`, for comparison.
async fn collect(engine: &AsyncEngine) -> Result<()> {
    let (memory, start) = (Memory::new(), Instant::now());
    let query = select::<Customer>().order_by(Customer::ID).with(Customer::ORDERS);
    let all = engine.query(query).all().await?;

    page::number("collected instead, customers in a Vec", all.len());
    page::figure("in", brief(start.elapsed()));
    page::figure("memory that it took at the most", memory.peak());
    Ok(())
}

/// Writes a duration in a unit that suits it, `57.2 ms`.
fn brief(time: Duration) -> String {
    format!("{time:.1?}")
}
