//! Joins along relations and free ones, aliases, and several entities of one row.

use headwater::{
    query::{Joined, alias, count},
    select,
};

use super::library::{Author, Book, BookSubject, Library, Portrait, Subject};
use crate::support::run;

#[test]
fn a_relation_is_joined_from_either_side() {
    run(async {
        let library = Library::new().await;

        let of_books = select::<Book>()
            .join(Book::AUTHOR)
            .columns((Book::ID, Author::NAME))
            .order_by(Book::ID);
        let of_authors = select::<Author>()
            .join(Author::BOOKS)
            .columns((Book::ID, Author::NAME))
            .order_by(Book::ID);
        let names = library.all(of_books).await;

        assert_eq!(names.len(), 5);
        assert_eq!(names[1], (2, "Alan Turing".to_owned()));
        assert_eq!(library.all(of_authors).await, names);
    });
}

#[test]
fn a_left_join_keeps_what_has_no_other_side() {
    run(async {
        let library = Library::new().await;

        let query = select::<Book>()
            .left_join(Book::AUTHOR)
            .columns((Book::ID, Author::NAME.nullable()))
            .filter(Book::ID.ge(5))
            .order_by(Book::ID);
        let found = library.all(query).await;

        assert_eq!(found, [(5, Some("Grace Hopper".to_owned())), (6, None)]);
    });
}

#[test]
fn entities_of_one_row_come_as_a_tuple() {
    run(async {
        let library = Library::new().await;

        let pairs = select::<Book>().join(Book::AUTHOR).and_entity::<Author>().order_by(Book::ID);
        let pairs: Vec<Joined<(Book, Author)>> = library.all(pairs).await;
        let triples = select::<Book>()
            .left_join(Book::AUTHOR)
            .left_join(Author::PORTRAIT)
            .and_optional::<Author>()
            .and_optional::<Portrait>()
            .order_by(Book::ID);
        let triples = library.all(triples).await;

        let Joined((book, author)) = &pairs[3];
        assert_eq!(
            (book.title.as_str(), author.name.as_str()),
            ("Lambda Calculi", "Alonzo Church")
        );
        assert_eq!((book.id, author.id, author.teacher_id), (4, 4, None));
        let painters: Vec<_> = triples
            .iter()
            .map(|Joined((_, author, portrait))| {
                (author.is_some(), portrait.as_ref().map(|portrait| portrait.painter.as_str()))
            })
            .collect();
        let known = (true, Some("Unknown"));
        assert_eq!(
            painters,
            [(true, Some("Carpenter")), known, known, (true, None), (true, None), (false, None)]
        );
    });
}

#[test]
fn a_value_stands_beside_an_entity() {
    run(async {
        let library = Library::new().await;

        let query = select::<Author>()
            .left_join(Author::BOOKS)
            .and_column(Book::ID.count())
            .and_column(Book::TITLE.min())
            .group_by(Author::ID)
            .order_by(Author::ID);
        let rows: Vec<Joined<(Author, i64, Option<String>)>> = library.all(query).await;

        let counts: Vec<i64> = rows.iter().map(|Joined((_, books, _))| *books).collect();
        assert_eq!(counts, [1, 2, 1, 1, 0]);
        let Joined((nobody, _, title)) = &rows[4];
        assert_eq!((nobody.name.as_str(), title), ("Nobody", &None));
    });
}

#[test]
fn a_table_is_joined_to_itself_by_an_alias() {
    run(async {
        let library = Library::new().await;
        let teacher = alias::<Author>("teacher");

        let names = select::<Author>()
            .join(Author::TEACHER.to(&teacher))
            .columns((Author::NAME, teacher.column(Author::NAME)))
            .order_by(Author::ID);
        let pairs = select::<Author>()
            .left_join(Author::TEACHER.to(&teacher))
            .and_optional_alias(&teacher)
            .filter(teacher.column(Author::ID).is_null() | Author::ID.eq(2))
            .order_by(Author::ID);
        let pupils = teacher
            .select()
            .join_on::<Author>(Author::TEACHER_ID.eq(teacher.column(Author::ID)))
            .and_entity::<Author>();

        let church = |name: &str| (name.to_owned(), "Alonzo Church".to_owned());
        assert_eq!(library.all(names).await, [church("Alan Turing"), church("Nobody")]);
        let with: Vec<bool> =
            library.all(pairs).await.iter().map(|Joined((_, teacher))| teacher.is_some()).collect();
        assert_eq!(with, [false, true, false, false]);
        let pupils = library.all(pupils).await;
        assert!(pupils.iter().all(|Joined((teacher, pupil))| pupil.teacher_id == Some(teacher.id)));
        assert_eq!(pupils.len(), 2);
    });
}

#[test]
fn relations_go_on_from_an_alias() {
    run(async {
        let library = Library::new().await;
        let (teacher, book) = (alias::<Author>("teacher"), alias::<Book>("his"));

        let query = select::<Author>()
            .join(Author::TEACHER.to(&teacher))
            .join(Author::BOOKS.from(&teacher).to(&book))
            .columns((Author::ID, book.column(Book::TITLE)))
            .order_by(Author::ID);

        let title = || "Lambda Calculi".to_owned();
        assert_eq!(library.all(query).await, [(2, title()), (5, title())]);
    });
}

#[test]
fn many_to_many_is_joined_through_its_table() {
    run(async {
        let library = Library::new().await;

        let query = select::<Subject>()
            .join(Subject::BOOKS)
            .columns((Subject::NAME, Book::ID))
            .order_by((Subject::NAME, Book::ID));
        let counts = select::<Subject>()
            .left_join(Subject::BOOKS)
            .columns((Subject::NAME, Book::ID.count()))
            .group_by(Subject::NAME)
            .order_by(Subject::NAME);
        let linked = select::<Book>()
            .join(Book::SUBJECTS)
            .filter(BookSubject::SUBJECT.eq("logic"))
            .columns(Book::ID)
            .order_by(Book::ID);

        let row = |name: &str, id: i64| (name.to_owned(), id);
        assert_eq!(
            library.all(query).await,
            [row("logic", 2), row("logic", 4), row("machines", 1), row("machines", 2)]
        );
        assert_eq!(
            library.all(counts).await,
            [row("logic", 2), row("machines", 2), row("poetry", 0)]
        );
        assert_eq!(library.all(linked).await, [2, 4]);
    });
}

#[test]
fn tables_are_joined_by_any_condition() {
    run(async {
        let library = Library::new().await;
        let other = alias::<Book>("other");

        let thinner = select::<Book>()
            .join_with(&other, other.column(Book::PAGES).lt(Book::PAGES))
            .columns(count());
        let left = select::<Author>()
            .left_join_on::<Book>(Book::AUTHOR_ID.eq(Author::ID) & Book::PAGES.gt(60))
            .columns((Author::ID, Book::ID.nullable()))
            .order_by(Author::ID);
        let cross = select::<Author>().cross_join::<Subject>().columns(count());

        let plain = "SELECT count(*) FROM books a JOIN books b ON b.pages < a.pages";
        assert_eq!(library.all(thinner).await, library.plain::<i64>(plain));
        assert_eq!(
            library.all(left).await,
            [(1, Some(1)), (2, None), (3, None), (4, Some(4)), (5, None)]
        );
        assert_eq!(library.all(cross).await, [15]);
    });
}
