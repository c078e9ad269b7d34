//! Savepoints: a part of the work can fail, and the rest goes on.

use headwater::{AsyncSession, AsyncSessionmaker, ErrorKind, Result, Tracked, select};

use crate::entities::{Customer, Order, OrderLine, Status};
use crate::page;
use crate::stock::find;

const WANTED: [(&str, i64); 3] =
    [("Dracula", 2), ("The Invisible Man", 4), ("The Mysterious Island", 1)];

pub(crate) async fn savepoint(sessions: &AsyncSessionmaker) -> Result<()> {
    page::section("Savepoint: one line of an order fails, the order does not");
    let mut session = sessions.session();
    let tycho = select::<Customer>().filter(Customer::EMAIL.eq("tycho@example.org"));
    let tycho = session.scalars(tycho).one().await?;
    let order = session.add(Order {
        id: 0,
        customer_id: tycho.key(),
        day: "2025-04-18".into(),
        status: Status::Open,
    });
    session.flush().await?;

    for (title, quantity) in WANTED {
        let mut line = session.savepoint().await?;
        let what = format!("{quantity} of \"{title}\"");
        match sell(&mut line, &order, title, quantity).await {
            Ok(left) => {
                line.commit().await?;
                page::figure(&what, format!("ordered, {left} left"));
            }
            Err(error) if error.kind() == ErrorKind::CheckViolation => {
                line.rollback().await?;
                let left = find(&mut session, title).await?.read().stock;
                page::figure(&what, format!("undone, {left} left as before"));
            }
            Err(error) => return Err(error),
        }
    }
    session.commit().await?;

    let lines = session.related(&order, Order::LINES).all().await?;
    page::number("lines of the order that was committed", lines.len());
    Ok(())
}

/// Takes copies out of the stock and puts them into an order; the table's CHECK minds that there are some.
async fn sell(
    session: &mut AsyncSession,
    order: &Tracked<Order>,
    title: &str,
    quantity: i64,
) -> Result<i64> {
    let book = find(session, title).await?;
    book.edit(|book| book.stock -= quantity);
    let price = book.read().price;
    session.add(OrderLine { order_id: order.key(), book_id: book.key(), quantity, price });
    session.flush().await?;
    Ok(book.read().stock)
}
