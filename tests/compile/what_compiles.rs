//! The right way to write what the other programs here write wrongly.
#![deny(missing_docs, unnameable_types, warnings)]

use headwater::{AsyncEngine, Entity, FromRow, Result, Value, sql};

#[derive(FromRow)]
struct User {
    id: i64,
    name: String,
}

async fn right(engine: &AsyncEngine, name: &str, table: String) -> Result<()> {
    engine.query("SELECT 1").all().await?;
    engine.query(sql!("SELECT id FROM users WHERE name = {name}")).all().await?;
    engine.query(sql(format!("SELECT id FROM {table} WHERE name = ?")).bind(name)).all().await?;
    let users: Vec<User> = engine.query("SELECT id, name FROM users").scalars().all().await?;
    assert!(users.iter().all(|user| user.id > 0 && !user.name.is_empty()));
    let tx = engine.begin().await?;
    tx.execute("DELETE FROM users").await?;
    tx.commit().await?;
    Ok(())
}

/// What a library exports: its constants are documented.
#[derive(Clone, Debug, Entity)]
#[entity(table = "authors", has_many(BOOKS: Book::AUTHOR_ID))]
pub struct Author {
    /// The key.
    #[entity(primary_key, generated)]
    pub id: AuthorId,
    /// The place.
    #[entity(flatten)]
    pub place: Place,
}

/// A place.
#[derive(Clone, Debug, Entity)]
#[entity(embedded)]
pub struct Place {
    /// Its name.
    pub city: String,
}

/// The key of an author.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Value)]
pub struct AuthorId(i64);

/// A book.
#[derive(Clone, Debug, Entity)]
pub struct Book {
    /// The key.
    #[entity(primary_key)]
    pub isbn: String,
    /// Who wrote it.
    #[entity(references(Author::ID, on_delete = cascade), belongs_to = AUTHOR)]
    pub author_id: Option<AuthorId>,
}

/// What is no column is a value all the same.
#[derive(Value)]
pub struct Shared(std::rc::Rc<str>);

/// A newtype of any type.
#[derive(Value)]
pub struct Of<T>(T);

fn entities() -> [&'static str; 3] {
    let _ = (Author::BOOKS, Book::AUTHOR, Shared("a".into()), Of(1));
    [Author::table().name, Author::PLACE.column(Place::CITY).name(), Book::AUTHOR_ID.name()]
}

fn main() {
    assert_eq!(entities(), ["authors", "city", "author_id"]);
    let _ = right;
}
