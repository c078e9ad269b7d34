//! The tables of the shop, as structs.
//!
//! `derive(Entity)` gives each a constant for each column (`Book::PRICE`) and for each relation
//! (`Book::AUTHOR`), which queries are made of.

use std::fmt;

use headwater::{Entity, Value};

#[derive(Clone, Debug, Entity)]
#[entity(table = "authors", has_many(BOOKS: Book::AUTHOR_ID))]
pub(crate) struct Author {
    #[entity(primary_key, generated)]
    pub(crate) id: i64,
    #[entity(unique)]
    pub(crate) name: String,
    pub(crate) born: Option<i32>,
}

#[derive(Clone, Debug, Entity)]
#[entity(
    table = "books",
    check = "stock >= 0",
    validate = "Self::check",
    has_many(LINES: OrderLine::BOOK_ID),
    many_to_many(SHELVES: Shelf, ShelvedBook::BOOK_ID => ShelvedBook::SHELF_ID)
)]
pub(crate) struct Book {
    #[entity(primary_key, generated)]
    pub(crate) id: i64,
    pub(crate) title: String,
    #[entity(index, references(Author::ID), belongs_to = AUTHOR)]
    pub(crate) author_id: i64,
    pub(crate) year: i32,
    pub(crate) price: Cents,
    pub(crate) stock: i64,
    /// Counts the changes of the row: whoever writes over a change that they have not seen is told.
    #[entity(version)]
    pub(crate) version: i64,
}

impl Book {
    /// What a session asks before it writes a book.
    fn check(&self) -> Result<(), String> {
        match self.price {
            Cents(1..) => Ok(()),
            price => Err(format!("\"{}\" cannot be sold for {price}", self.title)),
        }
    }
}

#[derive(Clone, Debug, Entity)]
#[entity(
    table = "shelves",
    many_to_many(BOOKS: Book, ShelvedBook::SHELF_ID => ShelvedBook::BOOK_ID)
)]
pub(crate) struct Shelf {
    #[entity(primary_key, generated)]
    pub(crate) id: i64,
    #[entity(unique)]
    pub(crate) name: String,
}

/// That a book stands on a shelf.
#[derive(Clone, Debug, Entity)]
#[entity(table = "shelved_books")]
pub(crate) struct ShelvedBook {
    #[entity(primary_key, references(Shelf::ID, on_delete = cascade))]
    pub(crate) shelf_id: i64,
    #[entity(primary_key, index, references(Book::ID, on_delete = cascade))]
    pub(crate) book_id: i64,
}

#[derive(Clone, Debug, Entity)]
#[entity(table = "customers", has_many(ORDERS: Order::CUSTOMER_ID))]
pub(crate) struct Customer {
    #[entity(primary_key, generated)]
    pub(crate) id: i64,
    pub(crate) name: String,
    #[entity(unique)]
    pub(crate) email: String,
    pub(crate) city: Option<String>,
}

#[derive(Clone, Debug, Entity)]
#[entity(table = "orders", has_many(LINES: OrderLine::ORDER_ID))]
pub(crate) struct Order {
    #[entity(primary_key, generated)]
    pub(crate) id: i64,
    #[entity(index, references(Customer::ID, on_delete = cascade), belongs_to = CUSTOMER)]
    pub(crate) customer_id: i64,
    pub(crate) day: String,
    pub(crate) status: Status,
}

#[derive(Clone, Debug, Entity)]
#[entity(table = "order_lines", check = "quantity > 0")]
pub(crate) struct OrderLine {
    #[entity(primary_key, references(Order::ID, on_delete = cascade), belongs_to = ORDER)]
    pub(crate) order_id: i64,
    #[entity(primary_key, index, references(Book::ID), belongs_to = BOOK)]
    pub(crate) book_id: i64,
    pub(crate) quantity: i64,
    pub(crate) price: Cents,
}

/// What a book cost before and after; written by a hook, and by nobody else.
#[derive(Clone, Debug, Entity)]
#[entity(table = "price_changes")]
pub(crate) struct PriceChange {
    #[entity(primary_key, generated)]
    pub(crate) id: i64,
    #[entity(index, references(Book::ID, on_delete = cascade))]
    pub(crate) book_id: i64,
    pub(crate) before: Cents,
    pub(crate) after: Cents,
}

/// An amount of money: an integer in the database, and nothing to mix up with other integers in Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Value)]
pub(crate) struct Cents(pub(crate) i64);

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// Stored as `open`, `sent` and `returned`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
#[value(rename_all = "snake_case")]
pub(crate) enum Status {
    Open,
    Sent,
    Returned,
}
