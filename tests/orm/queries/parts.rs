//! Queries within queries: subqueries, common table expressions, unions.

use headwater::{
    query::{alias, count, cte, exists, not_exists, raw_table, recursive_cte, subquery, value},
    select, sql,
};

use super::library::{Author, Book, Library};
use crate::support::run;

#[test]
fn a_subquery_sees_the_row_that_it_stands_beside() {
    run(async {
        let library = Library::new().await;
        let books = || select::<Book>().filter(Book::AUTHOR_ID.eq(Author::ID));

        let counted = select::<Author>()
            .columns((Author::ID, books().columns(count()).into_scalar()))
            .order_by(Author::ID);
        let with =
            select::<Author>().filter(exists(books())).columns(Author::ID).order_by(Author::ID);
        let without = select::<Author>().filter(not_exists(books())).columns(Author::ID);
        let thick = select::<Author>()
            .filter(books().columns(Book::PAGES.max()).into_scalar().gt(60))
            .columns(Author::ID)
            .order_by(Author::ID);

        let counts = [(1, Some(1)), (2, Some(2)), (3, Some(1)), (4, Some(1)), (5, Some(0))];
        assert_eq!(library.all(counted).await, counts);
        assert_eq!(library.all(with).await, [1, 2, 3, 4]);
        assert_eq!(library.all(without).await, [5]);
        assert_eq!(library.all(thick).await, [1, 4]);
    });
}

#[test]
fn a_subquery_of_the_same_table_goes_by_an_alias() {
    run(async {
        let library = Library::new().await;
        let other = alias::<Book>("other");

        let thickest = select::<Book>()
            .columns(Book::ID)
            .filter(not_exists(other.select().filter(
                other.column(Book::AUTHOR_ID).is(Book::AUTHOR_ID)
                    & other.column(Book::PAGES).gt(Book::PAGES),
            )))
            .order_by(Book::ID);

        assert_eq!(library.all(thickest).await, [1, 2, 4, 5, 6]);
    });
}

#[test]
fn a_named_query_is_read_from_as_a_table() {
    run(async {
        let library = Library::new().await;
        let prolific = cte(
            "prolific",
            select::<Book>()
                .columns((Book::AUTHOR_ID, count().alias("books")))
                .group_by(Book::AUTHOR_ID)
                .having(count().gt(1)),
        );
        let thin = cte("thin", select::<Book>().filter(Book::PAGES.lt(40)));

        let joined = select::<Author>()
            .join_with(&prolific, prolific.of(Book::AUTHOR_ID).eq(Author::ID))
            .columns((Author::NAME, prolific.column::<i64>("books")));
        let whole: Vec<Book> = library.all(thin.select::<Book>().order_by(thin.of(Book::ID))).await;
        let both = thin
            .select::<Book>()
            .join_with(&prolific, prolific.of(Book::AUTHOR_ID).eq(thin.of(Book::AUTHOR_ID)))
            .columns(thin.of(Book::ID))
            .order_by(thin.of(Book::ID));
        let within = select::<Author>().filter(
            Author::ID.in_(
                select::<Book>()
                    .join_with(&prolific, prolific.of(Book::AUTHOR_ID).eq(Book::AUTHOR_ID))
                    .columns(Book::AUTHOR_ID),
            ),
        );

        assert_eq!(library.all(joined).await, [("Alan Turing".to_owned(), 2)]);
        assert_eq!(whole.iter().map(|book| book.id).collect::<Vec<_>>(), [2, 3, 5]);
        assert_eq!(library.all(both).await, [2, 3]);
        assert_eq!(library.all(within).await.len(), 1);
    });
}

#[test]
fn a_recursive_query_goes_on_from_its_own_rows() {
    run(async {
        let library = Library::new().await;
        let line = recursive_cte(
            "line",
            select::<Author>().columns((Author::ID, Author::TEACHER_ID)).filter(Author::ID.eq(5)),
            |line| {
                select::<Author>()
                    .join_with(line, line.of(Author::TEACHER_ID).eq(Author::ID))
                    .columns((Author::ID, Author::TEACHER_ID))
            },
        );

        let query = select::<Author>()
            .join_with(&line, line.of(Author::ID).eq(Author::ID))
            .columns(Author::ID)
            .order_by(Author::ID);

        assert_eq!(library.all(query).await, [4, 5]);
    });
}

#[test]
fn a_table_is_made_of_a_query_and_of_raw_sql() {
    run(async {
        let library = Library::new().await;
        let totals = subquery(
            "totals",
            select::<Book>()
                .columns((Book::AUTHOR_ID, Book::PAGES.sum().alias("pages")))
                .group_by(Book::AUTHOR_ID),
        );
        let least = 60;
        let wanted = raw_table(
            "wanted",
            sql!("SELECT value AS id FROM json_each({}) WHERE value < {}", "[1, 3, 9]", 5),
        );

        let query = select::<Author>()
            .join_with(&totals, totals.of(Book::AUTHOR_ID).eq(Author::ID))
            .filter(totals.column::<i64>("pages").gt(least))
            .columns(Author::ID)
            .order_by(Author::ID);
        let chosen = select::<Book>()
            .join_with(&wanted, wanted.column::<i64>("id").eq(Book::ID))
            .filter(Book::PAGES.gt(30))
            .columns(Book::ID);
        let top = subquery("top", select::<Book>().order_by(Book::PAGES.desc()).limit(3));
        let of_top = top.select::<Book>().order_by(top.of(Book::ID)).filter(top.of(Book::ID).lt(5));

        assert_eq!(library.all(query).await, [1, 2, 4]);
        assert_eq!(library.all(chosen).await, [1]);
        assert_eq!(
            library.all(of_top).await.iter().map(|book| book.id).collect::<Vec<_>>(),
            [1, 4]
        );
    });
}

#[test]
fn queries_are_put_together() {
    run(async {
        let library = Library::new().await;
        let thin = || select::<Book>().columns(Book::ID).filter(Book::PAGES.lt(40));
        let lent = || select::<Book>().columns(Book::ID).filter(Book::LENT);

        let union = thin().union(lent()).order_by(Book::ID.desc());
        let union_all = thin().union_all(lent()).order_by(Book::ID);
        let intersect = thin().intersect(lent()).order_by(Book::ID);
        let except = thin().except(lent());
        let three = thin()
            .union(lent())
            .union(select::<Book>().columns(Book::ID))
            .order_by(Book::ID)
            .limit(2)
            .offset(1);

        assert_eq!(library.all(union).await, [5, 3, 2]);
        assert_eq!(library.all(union_all).await, [2, 2, 3, 5, 5]);
        assert_eq!(library.all(intersect).await, [2, 5]);
        assert_eq!(library.all(except).await, [3]);
        assert_eq!(library.all(three).await, [2, 3]);
    });
}

#[test]
fn each_query_keeps_its_own_order_and_limit_when_it_is_put_together() {
    run(async {
        let library = Library::new().await;
        let ends = |order| select::<Book>().order_by(order).limit(1);

        let both = ends(Book::PAGES.asc()).union_all(ends(Book::PAGES.desc())).order_by(Book::ID);
        let books: Vec<Book> = library.all(both).await;

        assert_eq!(books.iter().map(|book| book.id).collect::<Vec<_>>(), [5, 6]);
    });
}

#[test]
fn what_is_put_together_is_taken_from_left_to_right() {
    run(async {
        let library = Library::new().await;
        let ids = |least: i64, most: i64| {
            select::<Book>().columns(Book::ID).filter(Book::ID.between(least, most))
        };

        // INTERSECT would bind tighter in PostgreSQL.
        let query = ids(1, 2).union(ids(4, 6)).intersect(ids(2, 5)).order_by(Book::ID);
        let postgres = query.to_sql_for(headwater::Dialect::Postgres).unwrap().to_string();

        assert_eq!(library.all(query).await, [2, 4, 5]);
        assert!(postgres.contains("(SELECT \"books\".\"id\" FROM \"books\" WHERE"), "{postgres}");
    });
}

#[test]
fn a_value_may_be_a_column_of_its_own() {
    run(async {
        let library = Library::new().await;

        let marked = select::<Book>()
            .columns((Book::ID, value("thin").alias("size")))
            .filter(Book::PAGES.lt(20))
            .union_all(
                select::<Book>()
                    .columns((Book::ID, value("thick").alias("size")))
                    .filter(Book::PAGES.gt(200)),
            )
            .order_by(Book::ID);

        assert_eq!(
            library.all(marked).await,
            [(5, "thin"), (6, "thick")].map(|(id, size)| (id, size.to_owned()))
        );
    });
}
