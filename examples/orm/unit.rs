//! A unit of work: objects are added, edited and deleted in memory, and one flush writes what has changed.

use headwater::{AsyncSessionmaker, Result, select};

use crate::entities::{Author, Book, Cents, Shelf, ShelvedBook};
use crate::page;
use crate::stock::find;

pub(crate) async fn unit_of_work(sessions: &AsyncSessionmaker) -> Result<()> {
    page::section("Unit of work: add, edit, delete, link; then session.commit()");
    let mut session = sessions.session();
    let dracula = find(&mut session, "Dracula").await?;
    let worm = find(&mut session, "The Lair of the White Worm").await?;
    let novels = session.scalars(select::<Shelf>().filter(Shelf::NAME.eq("Novels"))).one().await?;

    // The author's key is the database's to give, so it is flushed before a book refers to it.
    let eliot = session.add(Author { id: 0, name: "George Eliot".into(), born: Some(1819) });
    session.flush().await?;

    let middlemarch = session.add(Book {
        id: 0,
        title: "Middlemarch".into(),
        author_id: eliot.key(),
        year: 1871,
        price: Cents(1590),
        stock: 5,
        version: 1,
    });
    let on_novels = ShelvedBook { shelf_id: novels.key(), book_id: dracula.key() };
    let link = session.add(on_novels);
    dracula.edit(|book| book.price = Cents(1190));
    // What is equal in the end is not written.
    novels.edit(|shelf| shelf.name = shelf.name.clone());
    session.delete(&worm);

    let changes = session.changes();
    page::number("to be inserted", changes.new.len());
    page::number("to be updated", changes.dirty.len());
    page::number("to be deleted", changes.deleted.len());
    page::figure("columns that are written of \"Dracula\"", dracula.changed_columns().join(", "));
    let before = (middlemarch.state(), middlemarch.key());
    let version = session.commit().await?;

    let after = (middlemarch.state(), middlemarch.key());
    page::figure("\"Middlemarch\" before", format!("{:?}, with the key {}", before.0, before.1));
    page::figure("\"Middlemarch\" after", format!("{:?}, with the key {}", after.0, after.1));
    page::figure("\"The Lair of the White Worm\" is", format!("{:?}", worm.state()));
    page::figure("the link to the shelf is", format!("{:?}", link.state()));
    page::figure("version of the commit", version);

    // The identity map: a key that is known costs no SQL, and gives the same object.
    let same = session.get_one::<Book>(dracula.key()).await?;
    page::figure("asked for by its key, the same object", same.is(&dracula));
    session.close().await
}
