//! Conditions: comparisons, tests, and how they stand together.

use headwater::{
    Expr,
    query::{func, null, value},
    raw, select, sql,
};

use super::library::{Author, Book, Library};
use crate::support::run;

/// The ids of the books for which a condition holds, by a typed query and by plain SQL.
async fn books(library: &Library, condition: Expr<bool>, plain: &str) {
    let query = select::<Book>().columns(Book::ID).filter(condition).order_by(Book::ID);
    let shown = query.to_sql().unwrap().to_string();

    let found = library.all(query).await;

    let expected = library.plain::<i64>(&format!("SELECT id FROM books WHERE {plain} ORDER BY id"));
    assert_eq!(found, expected, "{shown}");
}

/// The same of authors.
async fn authors(library: &Library, condition: Expr<bool>, plain: &str) {
    let query = select::<Author>().columns(Author::ID).filter(condition).order_by(Author::ID);
    let shown = query.to_sql().unwrap().to_string();

    let found = library.all(query).await;

    let expected =
        library.plain::<i64>(&format!("SELECT id FROM authors WHERE {plain} ORDER BY id"));
    assert_eq!(found, expected, "{shown}");
}

#[test]
fn columns_are_compared_with_values_and_with_columns() {
    run(async {
        let library = Library::new().await;
        let title = String::from("Notes");

        books(&library, Book::PAGES.eq(36), "pages = 36").await;
        books(&library, Book::PAGES.ne(36), "pages <> 36").await;
        books(&library, Book::PAGES.gt(36), "pages > 36").await;
        books(&library, Book::PAGES.ge(36), "pages >= 36").await;
        books(&library, Book::PAGES.lt(36), "pages < 36").await;
        books(&library, Book::PAGES.le(36), "pages <= 36").await;
        books(&library, Book::PRICE.lt(8.0), "price < 8.0").await;
        books(&library, Book::TITLE.eq("Notes"), "title = 'Notes'").await;
        books(&library, Book::TITLE.eq(&title), "title = 'Notes'").await;
        books(&library, Book::AUTHOR_ID.eq(Book::ID), "author_id = id").await;
        books(&library, Book::ID.eq(Book::AUTHOR_ID), "id = author_id").await;
        books(&library, value(36_i64).lt(Book::PAGES), "36 < pages").await;
    });
}

#[test]
fn a_null_is_equal_to_a_null_only_by_is() {
    run(async {
        let library = Library::new().await;
        let nobody = None::<i32>;

        authors(&library, Author::BORN.is(nobody), "born IS NULL").await;
        authors(&library, Author::BORN.is(Some(1815)), "born IS 1815").await;
        authors(&library, Author::BORN.is_not(1815), "born IS NOT 1815").await;
        authors(&library, Author::BORN.is(null()), "born IS NULL").await;
        authors(&library, Author::BORN.is_null(), "born IS NULL").await;
        authors(&library, Author::BORN.is_not_null(), "born IS NOT NULL").await;
        authors(&library, Author::BORN.ne(1815), "born <> 1815").await;
    });
}

#[test]
fn values_are_chosen_from_lists_and_queries() {
    run(async {
        let library = Library::new().await;
        let (none, two) = (Vec::<i64>::new(), vec![1_i64, 2]);
        let long = || select::<Book>().columns(Book::ID).filter(Book::PAGES.gt(50));

        books(&library, Book::ID.in_([1, 3, 5]), "id IN (1, 3, 5)").await;
        books(&library, Book::ID.not_in(vec![1, 3, 5]), "id NOT IN (1, 3, 5)").await;
        books(&library, Book::ID.in_(none.clone()), "false").await;
        books(&library, Book::ID.not_in(none), "true").await;
        books(&library, Book::TITLE.in_(["Notes", "x"]), "title IN ('Notes', 'x')").await;
        books(&library, Book::AUTHOR_ID.in_(&two), "author_id IN (1, 2)").await;
        books(&library, Book::ID.in_(long()), "pages > 50").await;
        books(&library, Book::ID.not_in(long()), "NOT pages > 50").await;
        books(&library, Book::ID.in_([Book::AUTHOR_ID]), "id IN (author_id)").await;
    });
}

#[test]
fn bounds_are_both_included() {
    run(async {
        let library = Library::new().await;

        books(&library, Book::PAGES.between(28, 66), "pages BETWEEN 28 AND 66").await;
        books(&library, Book::PAGES.not_between(28, 66), "pages NOT BETWEEN 28 AND 66").await;
        let above = Book::ID.between(Book::AUTHOR_ID, Book::AUTHOR_ID + 1);
        books(&library, above, "id BETWEEN author_id AND author_id + 1").await;
    });
}

#[test]
fn patterns_match_and_escaped_ones_mean_what_they_say() {
    run(async {
        let library = Library::new().await;

        books(&library, Book::TITLE.like("%comput%"), "title LIKE '%comput%'").await;
        books(&library, Book::TITLE.not_like("%comput%"), "title NOT LIKE '%comput%'").await;
        books(&library, Book::TITLE.like_escaped("100!%%", '!'), "title LIKE '100!%%' ESCAPE '!'")
            .await;
        books(&library, Book::TITLE.like_escaped("100'%%", '\''), "id = 6").await;
        books(&library, Book::TITLE.not_like_escaped("100\\%%", '\\'), "id <> 6").await;
        books(&library, Book::TITLE.starts_with("100%"), "id = 6").await;
        books(&library, Book::TITLE.starts_with("10_%"), "false").await;
        books(&library, Book::TITLE.contains("_Anon"), "id = 6").await;
        books(&library, Book::TITLE.ends_with("s"), "title LIKE '%s'").await;
        books(&library, Book::TITLE.contains("\\"), "false").await;
        authors(&library, Author::EMAIL.like("a%"), "email LIKE 'a%'").await;
    });
}

#[test]
fn conditions_stand_together_as_they_are_written() {
    run(async {
        let library = Library::new().await;
        let (a, b, c) = (|| Book::ID.eq(1), || Book::PAGES.gt(30), || Book::LENT.eq(true));

        books(&library, a() | b() & c(), "id = 1 OR (pages > 30 AND lent)").await;
        books(&library, (a() | b()) & c(), "(id = 1 OR pages > 30) AND lent").await;
        books(&library, !(a() | b()), "NOT (id = 1 OR pages > 30)").await;
        books(&library, !a() & !b(), "NOT id = 1 AND NOT pages > 30").await;
        books(&library, Book::LENT & b(), "lent AND pages > 30").await;
        books(&library, !Book::LENT, "NOT lent").await;
        books(&library, a() | Book::LENT, "id = 1 OR lent").await;
        books(
            &library,
            (a() & b()) | (b() & c()),
            "(id = 1 AND pages > 30) OR (pages > 30 AND lent)",
        )
        .await;
        books(&library, a() | false, "id = 1").await;
    });
}

#[test]
fn a_chain_may_be_longer_than_the_database_takes_expressions_deep() {
    run(async {
        let library = Library::new().await;
        let any = (0..5_000).map(|page| Book::PAGES.eq(page)).reduce(|a, b| a | b).unwrap();

        books(&library, any, "true").await;
    });
}

#[test]
fn numbers_are_computed_as_rust_would_bracket_them() {
    run(async {
        let library = Library::new().await;

        books(&library, (Book::PAGES - (Book::ID - 5)).gt(60), "pages - (id - 5) > 60").await;
        books(&library, (Book::PAGES - Book::ID - 5).gt(60), "pages - id - 5 > 60").await;
        books(&library, ((Book::PAGES + 2) * Book::ID).gt(100), "(pages + 2) * id > 100").await;
        books(&library, (Book::PAGES + Book::ID * 2).eq(68), "pages + id * 2 = 68").await;
        books(&library, (Book::PAGES / (Book::ID * 2)).gt(7), "pages / (id * 2) > 7").await;
        books(&library, (Book::PAGES / Book::ID / 2).gt(7), "pages / id / 2 > 7").await;
        books(&library, (Book::PAGES % 2).eq(0), "pages % 2 = 0").await;
        books(&library, (Book::PRICE * 2.0).ge(16.0), "price * 2.0 >= 16.0").await;
        books(&library, (Book::AUTHOR_ID + 1).eq(3), "author_id + 1 = 3").await;
        books(&library, (Book::AUTHOR_ID + Book::ID).gt(4), "author_id + id > 4").await;
    });
}

#[test]
fn functions_of_text_and_numbers_are_those_of_the_database() {
    run(async {
        let library = Library::new().await;

        books(&library, Book::TITLE.lower().eq("notes"), "lower(title) = 'notes'").await;
        books(&library, Book::TITLE.upper().eq("NOTES"), "upper(title) = 'NOTES'").await;
        books(&library, Book::TITLE.length().gt(10), "length(title) > 10").await;
        books(&library, Book::TITLE.substr(1, 2).eq("On"), "substr(title, 1, 2) = 'On'").await;
        books(&library, Book::TITLE.concat(" ").trim().eq("Notes"), "title = 'Notes'").await;
        books(&library, Book::TITLE.replace("Notes", "x").eq("x"), "title = 'Notes'").await;
        books(&library, Book::TITLE.collate("NOCASE").eq("NOTES"), "title = 'Notes'").await;
        books(&library, (Book::PAGES - 100).abs().lt(40), "abs(pages - 100) < 40").await;
        books(&library, Book::PRICE.round(0).eq(7.0), "round(price, 0) = 7.0").await;
        books(&library, Book::PRICE.cast::<i64>().eq(7), "CAST(price AS INTEGER) = 7").await;
        books(&library, Book::AUTHOR_ID.coalesce(0).eq(0), "coalesce(author_id, 0) = 0").await;
        books(&library, Book::AUTHOR_ID.or(Book::ID).eq(6), "coalesce(author_id, id) = 6").await;
        books(&library, Book::PAGES.null_if(36).is_null(), "nullif(pages, 36) IS NULL").await;
        books(&library, func::<i64>("instr", (Book::TITLE, "o")).gt(4), "instr(title, 'o') > 4")
            .await;
    });
}

#[test]
fn raw_sql_stands_among_what_is_typed() {
    run(async {
        let library = Library::new().await;
        let (least, most) = (20, 70);

        let between = raw::<bool>(sql!("{:sql} > {least} OR {}", Book::PAGES, false));
        books(&library, between & Book::PAGES.lt(most), "pages > 20 AND pages < 70").await;
        let twice = raw::<i64>(sql("?1 + ?1").bind(18));
        books(&library, Book::PAGES.eq(twice), "pages = 36").await;
        books(&library, raw::<bool>("lent -- whether it is out"), "lent").await;
    });
}

#[test]
fn a_filter_that_has_no_value_is_left_out() {
    run(async {
        let library = Library::new().await;
        let find = |least: Option<i64>| {
            select::<Book>().columns(Book::ID).filter_if(least, |least| Book::PAGES.ge(least))
        };

        let (all, some) = (library.all(find(None)).await, library.all(find(Some(77))).await);

        assert_eq!(all.len(), 6);
        assert_eq!(some, [4, 6]);
    });
}
