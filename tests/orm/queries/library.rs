//! A small library: what the typed queries are asked about, and the same asked by plain SQL.

use headwater::{AsyncEngine, Entity, FromRow, IntoStatement, Scalars};

use crate::support::Tank;

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(
    table = "authors",
    has_many(BOOKS: Book::AUTHOR_ID),
    has_one(PORTRAIT: Portrait::AUTHOR_ID)
)]
pub(crate) struct Author {
    #[entity(primary_key, generated)]
    pub(crate) id: i64,
    pub(crate) name: String,
    #[entity(unique)]
    pub(crate) email: Option<String>,
    pub(crate) born: Option<i32>,
    #[entity(references(Author::ID), belongs_to = TEACHER)]
    pub(crate) teacher_id: Option<i64>,
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "portraits")]
pub(crate) struct Portrait {
    #[entity(primary_key, references(Author::ID), belongs_to = AUTHOR)]
    pub(crate) author_id: i64,
    pub(crate) painter: String,
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "books", many_to_many(SUBJECTS: Subject, BookSubject::BOOK_ID => BookSubject::SUBJECT))]
pub(crate) struct Book {
    #[entity(primary_key, generated)]
    pub(crate) id: i64,
    pub(crate) title: String,
    #[entity(references(Author::ID), belongs_to = AUTHOR)]
    pub(crate) author_id: Option<i64>,
    pub(crate) pages: i64,
    pub(crate) price: f64,
    pub(crate) lent: bool,
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "subjects", many_to_many(BOOKS: Book, BookSubject::SUBJECT => BookSubject::BOOK_ID))]
pub(crate) struct Subject {
    #[entity(primary_key)]
    pub(crate) name: String,
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "book_subjects")]
pub(crate) struct BookSubject {
    #[entity(primary_key, references(Book::ID))]
    pub(crate) book_id: i64,
    #[entity(primary_key, references(Subject::NAME))]
    pub(crate) subject: String,
}

const MADE: &str = "
    CREATE TABLE authors(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE, born INTEGER,
        teacher_id INTEGER REFERENCES authors(id));
    CREATE TABLE portraits(author_id INTEGER PRIMARY KEY REFERENCES authors(id), painter TEXT NOT NULL);
    CREATE TABLE books(id INTEGER PRIMARY KEY, title TEXT NOT NULL, author_id INTEGER REFERENCES authors(id),
        pages INTEGER NOT NULL, price REAL NOT NULL, lent INTEGER NOT NULL);
    CREATE TABLE subjects(name TEXT PRIMARY KEY);
    CREATE TABLE book_subjects(book_id INTEGER REFERENCES books(id), subject TEXT REFERENCES subjects(name),
        PRIMARY KEY(book_id, subject));
    INSERT INTO authors VALUES
        (1, 'Ada Lovelace', 'ada@example.org', 1815, NULL),
        (2, 'Alan Turing', 'alan@example.org', 1912, 4),
        (3, 'Grace Hopper', NULL, 1906, NULL),
        (4, 'Alonzo Church', 'church@example.org', 1903, NULL),
        (5, 'Nobody', NULL, NULL, 4);
    INSERT INTO portraits VALUES (1, 'Carpenter'), (2, 'Unknown');
    INSERT INTO books VALUES
        (1, 'Notes', 1, 66, 12.5, 0),
        (2, 'On Computable Numbers', 2, 36, 8.0, 1),
        (3, 'Computing Machinery', 2, 28, 7.25, 0),
        (4, 'Lambda Calculi', 4, 77, 31.0, 0),
        (5, 'The Education of a Computer', 3, 11, 0.5, 1),
        (6, '100% _Anonymous_', NULL, 300, 1.0, 0);
    INSERT INTO subjects VALUES ('logic'), ('machines'), ('poetry');
    INSERT INTO book_subjects VALUES (1, 'machines'), (2, 'logic'), (2, 'machines'), (4, 'logic');
";

/// The library on a disk of its own.
pub(crate) struct Library {
    tank: Tank,
    pub(crate) engine: AsyncEngine,
}

impl Library {
    pub(crate) async fn new() -> Self {
        let tank = Tank::new();
        let engine = tank.engine().await;
        engine.execute_batch(MADE).await.unwrap();
        Self { tank, engine }
    }

    /// All rows of a typed query.
    pub(crate) async fn all<T: FromRow>(
        &self,
        query: impl IntoStatement<Shape = Scalars<T>>,
    ) -> Vec<T> {
        self.engine.query(query).all().await.unwrap()
    }

    /// The first column of all rows of a plain text, by the driver alone.
    pub(crate) fn plain<T: rusqlite::types::FromSql>(&self, text: &str) -> Vec<T> {
        let connection = self.tank.plain();
        let mut statement = connection.prepare(text).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }
}
