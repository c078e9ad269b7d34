//! Relations: loaded with entities, or asked for when they are needed. Nothing is loaded behind one's back.

use headwater::{AsyncEngine, AsyncSessionmaker, Result, select};

use crate::entities::{Author, Book, Customer, Order, Shelf};
use crate::page;

pub(crate) async fn belongings(engine: &AsyncEngine, sessions: &AsyncSessionmaker) -> Result<()> {
    page::section("Relations: select::<Author>().with(Author::BOOKS.with(Book::SHELVES))");
    eager(engine).await?;
    lazy(sessions).await
}

/// One query for the authors, one for the books of each batch of them, and one for the shelves of those.
async fn eager(engine: &AsyncEngine) -> Result<()> {
    let books = Author::BOOKS.order_by(Book::YEAR).with(Book::SHELVES.order_by(Shelf::NAME));
    let authors = select::<Author>().order_by(Author::BORN).with(books);

    let mut authors = engine.query(authors).await?;
    while let Some((author, books)) = authors.try_next().await? {
        page::note(&format!("{} (born in {})", author.name, author.born.unwrap_or_default()));
        for (book, shelves) in books {
            let shelves: Vec<_> = shelves.into_iter().map(|shelf| shelf.name).collect();
            page::item(&format!("{:<6}{:<40}{}", book.year, book.title, shelves.join(", ")));
        }
    }
    Ok(())
}

async fn lazy(sessions: &AsyncSessionmaker) -> Result<()> {
    let mut session = sessions.clone().read_only(true).session();
    let ada = select::<Customer>().filter(Customer::EMAIL.eq("ada@example.org"));
    let ada = session.scalars(ada).one().await?;

    page::note(&format!("orders of {}, asked for by session.related(..):", ada.read().name));
    let mut orders = session.related(&ada, Customer::ORDERS.order_by(Order::DAY)).await?;
    while let Some(order) = orders.try_next().await? {
        let order = order.read();
        page::item(&format!("{:<46}{:?}", order.day, order.status));
    }
    Ok(())
}
