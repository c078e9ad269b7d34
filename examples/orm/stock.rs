//! What the shop has and sells to begin with.

use headwater::{AsyncSession, AsyncSessionmaker, Result, Tracked};

use crate::entities::{
    Author, Book, Cents, Customer, Order, OrderLine, Shelf, ShelvedBook, Status,
};
use crate::page;

/// Name, year of birth, and the books: title, year, price in cents, copies, shelf.
type Shelved = (&'static str, i32, i64, i64, usize);

const AUTHORS: [(&str, i32, &[Shelved]); 6] = [
    (
        "Jane Austen",
        1775,
        &[
            ("Pride and Prejudice", 1813, 1150, 14, 0),
            ("Emma", 1815, 1090, 6, 0),
            ("Northanger Abbey", 1817, 990, 3, 1),
        ],
    ),
    (
        "Mary Shelley",
        1797,
        &[("Frankenstein", 1818, 950, 9, 1), ("The Last Man", 1826, 1390, 2, 2)],
    ),
    (
        "Bram Stoker",
        1847,
        &[("Dracula", 1897, 1250, 8, 1), ("The Lair of the White Worm", 1911, 450, 0, 1)],
    ),
    (
        "Jules Verne",
        1828,
        &[
            ("Around the World in Eighty Days", 1873, 1075, 7, 3),
            ("The Mysterious Island", 1875, 1420, 4, 3),
        ],
    ),
    (
        "H. G. Wells",
        1866,
        &[("The Time Machine", 1895, 890, 11, 2), ("The Invisible Man", 1897, 920, 1, 2)],
    ),
    ("Charles Darwin", 1809, &[("The Voyage of the Beagle", 1839, 1890, 2, 3)]),
];

const SHELVES: [&str; 4] = ["Novels", "Gothic", "Science fiction", "Journeys"];

const CUSTOMERS: [(&str, &str, Option<&str>); 7] = [
    ("Ada Byron", "ada@example.org", Some("London")),
    ("Edmond Albius", "edmond@example.org", None),
    ("Hedy Kiesler", "hedy@example.org", Some("Vienna")),
    ("Katherine Coleman", "katherine@example.org", Some("Hampton")),
    ("Lewis Latimer", "lewis@example.org", Some("New York")),
    ("Sofia Korvin", "sofia@example.org", Some("Stockholm")),
    ("Tycho Brahe", "tycho@example.org", Some("Prague")),
];

/// Customer, day, status, and how many of which books.
type Sold = (usize, &'static str, Status, &'static [(usize, i64)]);

const ORDERS: [Sold; 9] = [
    (0, "2025-01-14", Status::Sent, &[(9, 1), (3, 1)]),
    (0, "2025-02-03", Status::Sent, &[(7, 2)]),
    (2, "2025-02-11", Status::Returned, &[(5, 1)]),
    (2, "2025-02-20", Status::Sent, &[(0, 1), (1, 1), (5, 1)]),
    (3, "2025-03-08", Status::Sent, &[(9, 3), (11, 1)]),
    (4, "2025-03-09", Status::Sent, &[(8, 1)]),
    (5, "2025-03-27", Status::Sent, &[(0, 2), (3, 1)]),
    (5, "2025-04-02", Status::Open, &[(4, 1), (10, 1)]),
    (3, "2025-04-05", Status::Open, &[(0, 1)]),
];

pub(crate) async fn stock(sessions: &AsyncSessionmaker) -> Result<()> {
    page::section("Fill: sessions.transaction(async |mut session| { session.add_all(..); .. })");
    let counts = sessions
        .transaction(async |mut session| {
            let books = books(&mut session).await?;
            let sold = orders(&mut session, &books).await?;
            Ok([books.len(), sold])
        })
        .await?;
    page::number("authors", AUTHORS.len());
    page::number("books", counts[0]);
    page::number("customers", CUSTOMERS.len());
    page::number("orders", ORDERS.len());
    page::number("lines of orders", counts[1]);
    Ok(())
}

/// Authors first: a flush gives them the keys that their books refer to.
async fn books(session: &mut AsyncSession) -> Result<Vec<Tracked<Book>>> {
    let shelves = SHELVES.map(|name| Shelf { id: 0, name: name.to_owned() });
    let shelves = session.add_all(shelves);
    let authors =
        AUTHORS.map(|(name, born, _)| Author { id: 0, name: name.to_owned(), born: Some(born) });
    let authors = session.add_all(authors);
    session.flush().await?;

    let mut books = Vec::new();
    let mut places = Vec::new();
    for (author, (_, _, written)) in authors.iter().zip(AUTHORS) {
        for (title, year, price, stock, shelf) in written {
            books.push(session.add(Book {
                id: 0,
                title: (*title).to_owned(),
                author_id: author.key(),
                year: *year,
                price: Cents(*price),
                stock: *stock,
                version: 1,
            }));
            places.push(&shelves[*shelf]);
        }
    }
    session.flush().await?;

    let shelved = books.iter().zip(places);
    session.add_all(
        shelved.map(|(book, shelf)| ShelvedBook { shelf_id: shelf.key(), book_id: book.key() }),
    );
    Ok(books)
}

async fn orders(session: &mut AsyncSession, books: &[Tracked<Book>]) -> Result<usize> {
    let customers = session.add_all(CUSTOMERS.map(|(name, email, city)| Customer {
        id: 0,
        name: name.to_owned(),
        email: email.to_owned(),
        city: city.map(str::to_owned),
    }));
    session.flush().await?;
    let orders = session.add_all(ORDERS.map(|(customer, day, status, _)| Order {
        id: 0,
        customer_id: customers[customer].key(),
        day: day.to_owned(),
        status,
    }));
    session.flush().await?;

    let mut lines = Vec::new();
    for (order, (_, _, _, sold)) in orders.iter().zip(ORDERS) {
        lines.extend(sold.iter().map(|(book, quantity)| OrderLine {
            order_id: order.key(),
            book_id: books[*book].key(),
            quantity: *quantity,
            price: books[*book].read().price,
        }));
    }
    Ok(session.add_all(lines).len())
}

/// Finds a book by its title: a handle of the session's.
pub(crate) async fn find(session: &mut AsyncSession, title: &str) -> Result<Tracked<Book>> {
    let named = headwater::select::<Book>().filter(Book::TITLE.eq(title));
    session.scalars(named).one().await
}
