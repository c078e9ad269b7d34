//! The entities of these tests: a library of books.

use headwater::{AsyncEngine, AsyncSession, AsyncSessionmaker, Entity, Executor, schema};

use crate::support::Tank;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authors")]
pub(super) struct Author {
    #[entity(primary_key, generated)]
    pub(super) id: i64,
    #[entity(unique)]
    pub(super) name: String,
    pub(super) born: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "books")]
pub(super) struct Book {
    #[entity(primary_key, generated)]
    pub(super) id: i64,
    #[entity(references(Author::ID, on_delete = cascade))]
    pub(super) author_id: i64,
    pub(super) title: String,
    #[entity(default = "'paper'")]
    pub(super) binding: Option<String>,
    #[entity(computed = "length(title)")]
    pub(super) length: i64,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "loans", validate = "Self::has_a_reader")]
pub(super) struct Loan {
    #[entity(primary_key)]
    pub(super) shelf: String,
    #[entity(primary_key)]
    pub(super) number: i64,
    pub(super) reader: String,
    #[entity(references(Book::ID, on_delete = set_null))]
    pub(super) book_id: Option<i64>,
    #[entity(version)]
    pub(super) version: i64,
}

impl Loan {
    fn has_a_reader(&self) -> headwater::Result<()> {
        if self.reader.is_empty() {
            return Err(headwater::Error::other("a loan has a reader"));
        }
        Ok(())
    }
}

/// A tree of subjects.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "subjects")]
pub(super) struct Subject {
    #[entity(primary_key)]
    pub(super) id: i64,
    #[entity(references(Self::ID, on_delete = cascade))]
    pub(super) parent_id: Option<i64>,
    pub(super) name: String,
}

pub(super) fn author(name: &str) -> Author {
    Author { id: 0, name: name.to_owned(), born: None }
}

pub(super) fn book(author_id: i64, title: &str) -> Book {
    Book { id: 0, author_id, title: title.to_owned(), binding: None, length: 0 }
}

pub(super) fn loan(number: i64, reader: &str) -> Loan {
    let (shelf, reader) = ("A".to_owned(), reader.to_owned());
    Loan { shelf, number, reader, book_id: None, version: 1 }
}

pub(super) fn subject(id: i64, parent_id: Option<i64>) -> Subject {
    Subject { id, parent_id, name: format!("subject {id}") }
}

/// A library without books, and who works in it.
pub(super) struct Library {
    _tank: Tank,
    pub(super) engine: AsyncEngine,
    pub(super) sessions: AsyncSessionmaker,
}

impl Library {
    pub(super) async fn new() -> Self {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let schema = schema().entity::<Author>().entity::<Book>().entity::<Loan>();
        schema.entity::<Subject>().create_all(&engine).await.unwrap();
        let sessions = AsyncSessionmaker::new(&engine);
        Self { _tank: tank, engine, sessions }
    }

    pub(super) fn session(&self) -> AsyncSession {
        self.sessions.session()
    }

    /// Reads one number.
    pub(super) async fn number(&self, text: &'static str) -> i64 {
        self.engine.query(text).scalar_one().await.unwrap()
    }

    /// Reads texts.
    pub(super) async fn texts(&self, text: &'static str) -> Vec<String> {
        texts(&self.engine, text).await
    }
}

pub(super) async fn texts(db: &impl Executor, text: &'static str) -> Vec<String> {
    db.query(text).scalars().all().await.unwrap()
}
