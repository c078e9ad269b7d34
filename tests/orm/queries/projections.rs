//! What a query gives: entities, columns, aggregates, structs of one's own.

use headwater::{
    FromRow,
    query::{case, count, value},
    select,
};

use super::library::{Author, Book, Library};
use crate::support::run;

#[derive(FromRow, Debug, PartialEq)]
struct Shelf {
    author_id: Option<i64>,
    books: i64,
    thickest: Option<i64>,
}

#[test]
fn whole_entities_have_all_their_columns_each_by_its_name() {
    run(async {
        let library = Library::new().await;

        let query = select::<Author>().filter(Author::ID.eq(2));
        let text = query.to_sql().unwrap();
        let alan = library.engine.query(query).one().await.unwrap();

        assert!(!text.text().contains('*'), "{text}");
        assert_eq!(
            alan,
            Author {
                id: 2,
                name: "Alan Turing".into(),
                email: Some("alan@example.org".into()),
                born: Some(1912),
                teacher_id: Some(4),
            }
        );
    });
}

#[test]
fn columns_are_read_as_their_types() {
    run(async {
        let library = Library::new().await;

        let names: Vec<String> = library
            .all(select::<Author>().columns(Author::NAME).order_by(Author::ID).limit(1))
            .await;
        let born: Vec<(i64, Option<i32>)> = library
            .all(select::<Author>().columns((Author::ID, Author::BORN)).order_by(Author::ID.desc()))
            .await;
        let lent: Vec<bool> = library.all(select::<Book>().columns(Book::LENT).distinct()).await;
        let one: Vec<(i64,)> =
            library.all(select::<Book>().columns((Book::ID,)).filter(Book::ID.eq(1))).await;

        assert_eq!(names, ["Ada Lovelace"]);
        assert_eq!(born[..2], [(5, None), (4, Some(1903))]);
        assert_eq!(lent, [false, true]);
        assert_eq!(one, [(1,)]);
    });
}

#[test]
fn aggregates_are_what_the_database_says() {
    run(async {
        let library = Library::new().await;

        let all = select::<Book>().columns((
            count(),
            Book::AUTHOR_ID.count(),
            Book::AUTHOR_ID.count_distinct(),
            Book::PAGES.sum(),
            Book::PRICE.sum(),
            Book::PAGES.avg(),
            Book::TITLE.min(),
            Book::PAGES.max(),
            count().filter_where(Book::LENT),
        ));
        let all = library.engine.query(all).one().await.unwrap();
        let none = select::<Book>().columns((count(), Book::PAGES.sum())).filter(false);
        let none = library.engine.query(none).one().await.unwrap();

        let plain = |what: &str| library.plain::<i64>(&format!("SELECT {what} FROM books"))[0];
        assert_eq!(all.0, 6);
        assert_eq!(all.1, plain("count(author_id)"));
        assert_eq!(all.2, plain("count(DISTINCT author_id)"));
        assert_eq!(all.3, Some(plain("sum(pages)")));
        assert_eq!(all.4, Some(60.25));
        assert_eq!(all.5, Some(library.plain::<f64>("SELECT avg(pages) FROM books")[0]));
        assert_eq!(all.6.as_deref(), Some("100% _Anonymous_"));
        assert_eq!((all.7, all.8), (Some(300), 2));
        assert_eq!(none, (0, None));
    });
}

#[test]
fn groups_are_made_filtered_and_read_by_name() {
    run(async {
        let library = Library::new().await;

        let query = select::<Book>()
            .columns((Book::AUTHOR_ID, count().alias("books"), Book::PAGES.max().alias("thickest")))
            .group_by(Book::AUTHOR_ID)
            .having(count().ge(1) & Book::PAGES.sum().lt(100))
            .order_by((count().desc(), Book::AUTHOR_ID.desc()))
            .into_as::<Shelf>();
        let shelves = library.all(query).await;

        let shelf = |author, books, thickest| Shelf { author_id: Some(author), books, thickest };
        assert_eq!(
            shelves,
            [
                shelf(2, 2, Some(36)),
                shelf(4, 1, Some(77)),
                shelf(3, 1, Some(11)),
                shelf(1, 1, Some(66))
            ]
        );
    });
}

#[test]
fn the_order_says_where_nulls_are() {
    run(async {
        let library = Library::new().await;
        let by = |order| library.all(select::<Author>().columns(Author::ID).order_by(order));

        let first = by(Author::BORN.desc().nulls_first()).await;
        let last = by(Author::BORN.asc().nulls_last()).await;
        let plain = by(Author::BORN.asc()).await;
        let several =
            library
                .all(select::<Author>().columns(Author::ID).order_by(vec![
                    Author::TEACHER_ID.asc().untyped(),
                    Author::ID.desc().untyped(),
                ]))
                .await;

        assert_eq!(first, [5, 2, 3, 4, 1]);
        assert_eq!(last, [1, 4, 3, 2, 5]);
        assert_eq!(plain, [5, 1, 4, 3, 2]);
        assert_eq!(several, [4, 3, 1, 5, 2]);
    });
}

#[test]
fn a_limit_and_an_offset_bound_the_rows() {
    run(async {
        let library = Library::new().await;
        let ids = || select::<Book>().columns(Book::ID).order_by(Book::ID);

        assert_eq!(library.all(ids().limit(2)).await, [1, 2]);
        assert_eq!(library.all(ids().limit(2).offset(3)).await, [4, 5]);
        assert_eq!(library.all(ids().offset(4)).await, [5, 6]);
        assert_eq!(library.all(ids().limit(u64::MAX)).await.len(), 6);
        assert_eq!(library.all(ids().unordered().order_by(Book::ID.desc()).limit(1)).await, [6]);
    });
}

#[test]
fn a_case_takes_the_first_condition_that_holds() {
    run(async {
        let library = Library::new().await;
        let size =
            case::<String>().when(Book::PAGES.lt(30), "thin").when(Book::PAGES.lt(70), "fair");

        let closed = library
            .all(select::<Book>().columns(size.clone().otherwise("thick")).order_by(Book::ID))
            .await;
        let open = library.all(select::<Book>().columns(size.end()).order_by(Book::ID)).await;
        let empty = case::<i64>().otherwise(7);
        let seven = library.all(select::<Book>().columns(empty).limit(1)).await;

        assert_eq!(closed, ["fair", "fair", "thin", "thick", "thin", "thick"]);
        assert_eq!(open[3], None);
        assert_eq!(open[0].as_deref(), Some("fair"));
        assert_eq!(seven, [7]);
    });
}

#[test]
fn comparisons_of_what_can_be_null_are_read_as_options_where_they_are_selected() {
    run(async {
        let library = Library::new().await;
        let old = || select::<Author>().order_by(Author::ID.desc()).limit(1);

        let typed = old().columns(Author::BORN.lt(1900).nullable());
        let untyped = old().columns(Author::BORN.lt(1900));

        assert_eq!(library.all(typed).await, [None]);
        let error = library.engine.query(untyped).all().await.unwrap_err();
        assert!(error.to_string().contains("read it as an Option"), "{error}");
        assert_eq!(library.all(old().columns(value(3_i64) + 4)).await, [7]);
    });
}
