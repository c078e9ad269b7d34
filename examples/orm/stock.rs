//! What the shop has and sells to begin with.

use headwater::{AsyncSession, AsyncSessionmaker, Result, Tracked, select};

use crate::entities::{
    Author, Book, Cents, Customer, Order, OrderLine, Shelf, ShelvedBook, Status,
};
use crate::page;

/// Title, year, price in cents, copies, shelf.
type Written = (&'static str, i32, i64, i64, &'static str);

const SHELVES: [&str; 4] = ["Novels", "Gothic", "Science fiction", "Journeys"];

/// Name, year of birth, and the books.
const AUTHORS: [(&str, i32, &[Written]); 6] = [
    (
        "Jane Austen",
        1775,
        &[
            ("Pride and Prejudice", 1813, 1150, 14, "Novels"),
            ("Emma", 1815, 1090, 6, "Novels"),
            ("Northanger Abbey", 1817, 990, 3, "Gothic"),
        ],
    ),
    (
        "Mary Shelley",
        1797,
        &[
            ("Frankenstein", 1818, 950, 9, "Gothic"),
            ("The Last Man", 1826, 1390, 2, "Science fiction"),
        ],
    ),
    (
        "Bram Stoker",
        1847,
        &[
            ("Dracula", 1897, 1250, 8, "Gothic"),
            ("The Lair of the White Worm", 1911, 450, 0, "Gothic"),
        ],
    ),
    (
        "Jules Verne",
        1828,
        &[
            ("Around the World in Eighty Days", 1873, 1075, 7, "Journeys"),
            ("The Mysterious Island", 1875, 1420, 4, "Journeys"),
        ],
    ),
    (
        "H. G. Wells",
        1866,
        &[
            ("The Time Machine", 1895, 890, 11, "Science fiction"),
            ("The Invisible Man", 1897, 920, 1, "Science fiction"),
        ],
    ),
    ("Charles Darwin", 1809, &[("The Voyage of the Beagle", 1839, 1890, 2, "Journeys")]),
];

/// Day, status, and how many of which books.
type Sold = (&'static str, Status, &'static [(&'static str, i64)]);

/// Name, email, city, and the orders.
type Client = (&'static str, &'static str, Option<&'static str>, &'static [Sold]);

const CUSTOMERS: [Client; 7] = [
    (
        "Ada Byron",
        "ada@example.org",
        Some("London"),
        &[
            ("2025-01-14", Status::Sent, &[("The Time Machine", 1), ("Frankenstein", 1)]),
            ("2025-02-03", Status::Sent, &[("Around the World in Eighty Days", 2)]),
        ],
    ),
    ("Edmond Albius", "edmond@example.org", None, &[]),
    (
        "Hedy Kiesler",
        "hedy@example.org",
        Some("Vienna"),
        &[
            ("2025-02-11", Status::Returned, &[("Dracula", 1)]),
            (
                "2025-02-20",
                Status::Sent,
                &[("Pride and Prejudice", 1), ("Emma", 1), ("Dracula", 1)],
            ),
        ],
    ),
    (
        "Katherine Coleman",
        "katherine@example.org",
        Some("Hampton"),
        &[
            (
                "2025-03-08",
                Status::Sent,
                &[("The Time Machine", 3), ("The Voyage of the Beagle", 1)],
            ),
            ("2025-04-05", Status::Open, &[("Pride and Prejudice", 1)]),
        ],
    ),
    (
        "Lewis Latimer",
        "lewis@example.org",
        Some("New York"),
        &[("2025-03-09", Status::Sent, &[("The Mysterious Island", 1)])],
    ),
    (
        "Sofia Korvin",
        "sofia@example.org",
        Some("Stockholm"),
        &[
            ("2025-03-27", Status::Sent, &[("Pride and Prejudice", 2), ("Frankenstein", 1)]),
            ("2025-04-02", Status::Open, &[("The Last Man", 1), ("The Invisible Man", 1)]),
        ],
    ),
    ("Tycho Brahe", "tycho@example.org", Some("Prague"), &[]),
];

pub(crate) async fn stock(sessions: &AsyncSessionmaker) -> Result<()> {
    page::section("Fill: sessions.transaction(async |mut session| { session.add_all(..); .. })");
    // Committed when it gives `Ok`, and else rolled back.
    let (books, orders) = sessions
        .transaction(async |mut session| {
            let books = books(&mut session).await?;
            let orders = orders(&mut session).await?;
            Ok((books, orders))
        })
        .await?;
    page::number("authors", AUTHORS.len());
    page::number("books", books);
    page::number("customers", CUSTOMERS.len());
    page::number("orders", orders);
    Ok(())
}

/// Authors first: a flush gives them the keys that their books refer to.
async fn books(session: &mut AsyncSession) -> Result<usize> {
    let shelves = session.add_all(SHELVES.map(|name| Shelf { id: 0, name: name.into() }));
    let authors = session.add_all(AUTHORS.map(|(name, born, _)| Author {
        id: 0,
        name: name.into(),
        born: Some(born),
    }));
    session.flush().await?;

    let mut books = Vec::new();
    for (author, (_, _, written)) in authors.iter().zip(AUTHORS) {
        for (title, year, cents, stock, shelf) in written {
            let book = session.add(Book {
                id: 0,
                title: (*title).into(),
                author_id: author.key(),
                year: *year,
                price: Cents(*cents),
                stock: *stock,
                version: 1,
            });
            books.push((book, *shelf));
        }
    }
    session.flush().await?;

    for shelf in shelves {
        let on_it = books.iter().filter(|(_, name)| *name == shelf.read().name);
        let link =
            |book: &Tracked<Book>| ShelvedBook { shelf_id: shelf.key(), book_id: book.key() };
        session.add_all(on_it.map(|(book, _)| link(book)));
    }
    Ok(books.len())
}

async fn orders(session: &mut AsyncSession) -> Result<usize> {
    let customers = session.add_all(CUSTOMERS.map(|(name, email, city, _)| Customer {
        id: 0,
        name: name.into(),
        email: email.into(),
        city: city.map(str::to_owned),
    }));
    session.flush().await?;

    let mut orders = 0;
    for (customer, (_, _, _, sold)) in customers.iter().zip(CUSTOMERS) {
        for (day, status, lines) in sold {
            let customer_id = customer.key();
            let order = Order { id: 0, customer_id, day: (*day).into(), status: *status };
            let order = session.add(order);
            session.flush().await?;
            for (title, quantity) in *lines {
                let book = find(session, title).await?;
                session.add(OrderLine {
                    order_id: order.key(),
                    book_id: book.key(),
                    quantity: *quantity,
                    price: book.read().price,
                });
            }
            orders += 1;
        }
    }
    Ok(orders)
}

/// Finds a book by its title: a handle of the session's.
pub(crate) async fn find(session: &mut AsyncSession, title: &str) -> Result<Tracked<Book>> {
    session.scalars(select::<Book>().filter(Book::TITLE.eq(title))).one().await
}
