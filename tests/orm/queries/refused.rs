//! Queries that make no sense: each a typed, worded error, and nothing runs.

use headwater::{
    Entity, ErrorKind, IntoStatement, delete, insert,
    query::{alias, case, column, excluded, func, value},
    raw, select, sql, update,
};

use super::library::{Author, Book, Library, Portrait};
use crate::support::run;

/// What is said of a statement when it is run.
async fn refused(statement: impl IntoStatement) -> (ErrorKind, String) {
    let library = Library::new().await;
    let error = library.engine.execute(statement).await.unwrap_err();
    (error.kind(), error.to_string())
}

/// Checks that a statement is refused as misuse, in these words.
async fn misused(statement: impl IntoStatement, words: &str) {
    let (kind, said) = refused(statement).await;
    assert_eq!(kind, ErrorKind::Entity, "{said}");
    assert!(said.contains(words), "{said}");
}

#[test]
fn a_column_of_a_table_that_is_not_read_is_named() {
    run(async {
        let author = alias::<Author>("author");
        let here = "the column `name` of `Author` is used, but";

        misused(
            select::<Book>().filter(Author::NAME.eq("x")),
            &format!("{here} the query does not read from `authors`: join it"),
        )
        .await;
        misused(
            select::<Book>().join(Book::AUTHOR.to(&author)).filter(Author::NAME.eq("x")),
            &format!("{here} the query does not read from `authors` but under the name `author`"),
        )
        .await;
        misused(
            select::<Author>().filter(author.column(Author::NAME).eq("x")),
            &format!("{here} the query has no alias `author`: join it"),
        )
        .await;
        misused(
            update::<Author>().set(Author::NAME, excluded(Author::NAME)).all_rows(),
            &format!("{here} only what an upsert does on a conflict has `excluded` columns"),
        )
        .await;
        misused(delete::<Book>().filter(Author::NAME.eq("x")), here).await;
        misused(select::<Book>().order_by(Author::NAME), here).await;
        misused(select::<Book>().columns(column::<i64>("nowhere", "x")), "`nowhere`").await;
    });
}

#[test]
fn a_table_that_is_read_twice_wants_an_alias() {
    run(async {
        misused(
            select::<Author>().join(Author::TEACHER),
            "the query reads from `authors` twice: give one of them a name with `alias`",
        )
        .await;
    });
}

#[test]
fn a_relation_along_no_foreign_key_is_named() {
    run(async {
        let wrong = headwater::HasMany::<Portrait, Book>::by(&[1]);

        misused(
            select::<Portrait>().join(wrong),
            "goes along `title`, which is no foreign key of `Book` to `Portrait`",
        )
        .await;
    });
}

#[test]
fn a_value_that_cannot_be_bound_is_named_by_its_column_and_not_shown() {
    run(async {
        let (kind, said) = refused(select::<Book>().filter(Book::PRICE.lt(f64::NAN))).await;
        let set = update::<Book>().set(Book::PRICE, f64::NAN).filter(Book::ID.eq(1));
        let (set_kind, set_said) = refused(set).await;
        let book = Book {
            id: 0,
            title: "secret".into(),
            author_id: None,
            pages: 1,
            price: f64::NAN,
            lent: false,
        };
        let (insert_kind, insert_said) = refused(insert(book)).await;

        assert_eq!(
            (kind, set_kind, insert_kind),
            (ErrorKind::Bind, ErrorKind::Bind, ErrorKind::Bind)
        );
        for said in [said, set_said, insert_said] {
            assert!(said.contains("for the column `price` of `Book`"), "{said}");
            assert!(said.contains("NaN") && !said.contains("secret"), "{said}");
        }
    });
}

#[test]
fn more_values_than_the_database_takes_are_refused_with_advice() {
    run(async {
        let library = Library::new().await;
        let most = 0..32_766_i64;

        let fits = select::<Book>().columns(Book::ID).filter(Book::ID.in_(most.clone()));
        let two = fits.clone().filter(Book::ID.eq(1));
        let twice = Book::ID.in_(0..16_383_i64) & Book::PAGES.in_(0..16_383_i64);

        assert_eq!(library.all(fits).await.len(), 6);
        assert_eq!(library.all(select::<Book>().columns(Book::ID).filter(twice)).await.len(), 6);
        let (kind, said) = refused(two).await;
        assert_eq!(kind, ErrorKind::Bind);
        assert!(said.starts_with("32767 values are bound"), "{said}");
    });
}

#[test]
fn what_is_said_behind_a_union_is_refused_where_it_would_be_of_the_first_query() {
    run(async {
        let both = || select::<Book>().union(select::<Book>());

        misused(both().filter(Book::LENT), "`filter` stands behind a union").await;
        misused(both().join(Book::AUTHOR), "`join` stands behind a union").await;
        misused(both().distinct(), "`distinct` stands behind a union").await;
    });
}

#[test]
fn names_and_fragments_that_cannot_be_written_are_refused() {
    run(async {
        misused(
            select::<Book>().columns(func::<i64>("abs(1); --", Book::ID)),
            "the name of a function has other characters",
        )
        .await;
        misused(alias::<Book>("").select(), "is empty").await;
        misused(alias::<Book>("a\0b").select(), "has a NUL").await;
        misused(select::<Book>().columns(value(1).filter_where(true)), "behind an aggregate").await;
        let (kind, _) = refused(select::<Book>().filter(raw::<bool>("(pages"))).await;
        assert_eq!(kind, ErrorKind::Statement);
        let (kind, _) = refused(select::<Book>().filter(raw::<bool>(sql("pages > ?")))).await;
        assert_eq!(kind, ErrorKind::Bind);
    });
}

#[test]
fn a_name_stays_one_name_whatever_is_in_it() {
    run(async {
        let library = Library::new().await;
        let odd = alias::<Book>("a\" FROM books; --");

        let ids: Vec<i64> = library
            .all(
                odd.select()
                    .columns(odd.column(Book::ID).alias("x\"y"))
                    .order_by(odd.column(Book::ID)),
            )
            .await;

        assert_eq!(ids, [1, 2, 3, 4, 5, 6]);
    });
}

#[test]
fn nothing_shows_a_value() {
    let secret = "secret";
    let condition = Book::TITLE.eq(secret);
    let query = select::<Book>().filter(condition.clone()).page(Book::ID.asc(), Some(4_711), 5);
    let book = Book {
        id: 4_711,
        title: secret.into(),
        author_id: None,
        pages: 1,
        price: 1.0,
        lent: false,
    };

    let shown = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        condition,
        query,
        query.to_sql().unwrap(),
        insert(book.clone()),
        insert(book).on_conflict(Book::ID),
        update::<Book>().set(Book::TITLE, secret).filter(Book::ID.eq(4_711)),
        delete::<Book>().filter(Book::TITLE.eq(secret)),
        case::<String>().when(true, secret),
    );

    assert!(!shown.contains(secret) && !shown.contains("4711"), "{shown}");
    assert!(shown.contains("Select(\"SELECT ") && shown.contains("Update(\"UPDATE "), "{shown}");
    assert_eq!(Book::table().name, "books");
}
