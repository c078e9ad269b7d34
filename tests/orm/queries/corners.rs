//! Corners of queries that are put together, and of inserts: what each means there, or that it is refused.

use headwater::{
    Entity, ErrorKind, IntoStatement, insert, insert_all, insert_into,
    query::{alias, count, cte, excluded, exists, not_exists, recursive_cte, subquery},
    schema, select, update,
};

use super::library::{Author, Book, BookSubject, Library};
use crate::support::run;

/// What is said against an INSERT or a query when it is run.
async fn refusal(library: &Library, statement: impl IntoStatement) -> String {
    let error = library.engine.execute(statement).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Entity, "{error}");
    error.to_string()
}

#[test]
fn a_query_with_definitions_of_its_own_may_be_the_second_of_a_union() {
    run(async {
        let library = Library::new().await;
        let thin = cte("thin", select::<Book>().filter(Book::PAGES.lt(20)));
        let thick = cte("thick", select::<Book>().filter(Book::PAGES.gt(100)));
        let thin = || thin.select::<Book>().columns(thin.of(Book::ID));
        let thick = || thick.select::<Book>().columns(thick.of(Book::ID));

        let both = thin().union_all(thick());
        let second = select::<Author>().columns(Author::ID).except(thin());
        let third = thin().union(thick()).union(thin());
        let within = select::<Book>().columns(Book::ID).filter(Book::ID.in_(thin().union(thick())));

        assert_eq!(library.all(both).await, [5, 6]);
        assert_eq!(library.all(second).await, [1, 2, 3, 4]);
        assert_eq!(library.all(third).await, [5, 6]);
        assert_eq!(library.all(within).await, [5, 6]);
    });
}

#[test]
fn a_definition_gives_entities_that_others_stand_beside() {
    run(async {
        let library = Library::new().await;
        let thin = cte("thin", select::<Book>().filter(Book::PAGES.lt(30)));
        let thick = subquery("thick", select::<Book>().filter(Book::PAGES.gt(70)));

        let defined = thin
            .select::<Book>()
            .join_on::<Author>(thin.of(Book::AUTHOR_ID).eq(Author::ID))
            .and_entity::<Author>()
            .order_by(thin.of(Book::ID));
        let derived = thick
            .select::<Book>()
            .left_join_on::<Author>(thick.of(Book::AUTHOR_ID).eq(Author::ID))
            .and_optional::<Author>()
            .order_by(thick.of(Book::ID));
        let ordered =
            thin.select::<Book>().union(thick.select()).order_by(thin.of(Book::PAGES).desc());

        let defined: Vec<_> = library.all(defined).await;
        let names: Vec<_> = defined.iter().map(|row| (row.0.0.id, &*row.0.1.name)).collect();
        assert_eq!(names, [(3, "Alan Turing"), (5, "Grace Hopper")]);
        let derived: Vec<_> = library.all(derived).await;
        let born: Vec<_> =
            derived.iter().map(|row| (row.0.0.id, row.0.1.as_ref().map(|one| one.born))).collect();
        assert_eq!(born, [(4, Some(Some(1903))), (6, None)]);
        let ordered: Vec<Book> = library.all(ordered).await;
        assert_eq!(ordered.iter().map(|book| book.id).collect::<Vec<_>>(), [6, 4, 3, 5]);
    });
}

#[test]
fn columns_of_one_name_stay_apart_where_queries_are_put_together() {
    run(async {
        let library = Library::new().await;
        let ids = || {
            select::<Book>()
                .join(Book::AUTHOR)
                .columns((Book::ID, Author::ID))
                .filter(Book::ID.eq(5))
        };

        let both = ids().limit(1).union_all(ids().limit(1));
        let plain = subquery("plain", ids());
        let plain = plain.select::<Book>().columns(plain.of(Author::ID));
        let defined = cte("defined", ids());
        let defined = defined.select::<Book>().columns(defined.of(Author::ID));

        assert_eq!(library.all(both).await, [(5, 3), (5, 3)]);
        for (name, query) in [("plain", plain), ("defined", defined)] {
            let said = query.to_sql().unwrap_err().to_string();
            let expected = format!(
                "two columns of `{name}` have the name `id`: give one of them another with `.alias`"
            );
            assert_eq!(said, expected);
        }
    });
}

#[test]
fn a_statement_gives_back_columns_of_its_own_table_only() {
    run(async {
        let library = Library::new().await;

        let changed = update::<Book>().set(Book::PAGES, 1).filter(Book::ID.eq(1));
        let error = library.engine.query(changed.returning(Author::ID)).all().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Entity);
        assert!(error.to_string().contains("`id` of `Author`"), "{error}");
        assert_eq!(library.plain::<i64>("SELECT pages FROM books WHERE id = 1"), [66]);
    });
}

#[test]
fn a_definition_does_not_take_the_place_of_a_table() {
    run(async {
        let library = Library::new().await;
        let books = cte("Books", select::<Author>().filter(Author::ID.eq(1)));
        let other = alias::<Book>("other");
        let said = "the query reads from the table `books`, and has a common table expression of that name: give the \
                    expression another one";

        let united = books.select::<Author>().columns(books.of(Author::ID));
        let united = united.union(select::<Book>().columns(Book::ID));
        let within = books.select::<Author>().filter(exists(select::<Book>()));
        let aliased = books.select::<Author>().filter(exists(other.select()));
        let own = cte("books", select::<Book>()).select::<Book>();
        let fine = books.select::<Author>().columns(books.of(Author::ID));
        let line = recursive_cte("line", select::<Author>().columns(Author::ID), |line| {
            select::<Book>()
                .join_with(line, line.of(Author::ID).eq(Book::ID))
                .columns(Book::ID)
                .filter(Book::ID.lt(0))
        });

        for query in [united.to_sql(), within.to_sql(), aliased.to_sql(), own.to_sql()] {
            let error = query.unwrap_err();
            assert_eq!((error.kind(), &*error.to_string()), (ErrorKind::Entity, said));
        }
        assert_eq!(library.all(fine).await, [1]);
        let counted = line.select::<Author>().columns(count());
        assert_eq!(library.all(counted).await, [5]);
    });
}

#[test]
fn a_query_of_an_aggregate_gives_a_row_even_of_none() {
    run(async {
        let library = Library::new().await;
        let none = || select::<Book>().filter(Book::ID.lt(0));
        let authors = || select::<Author>().columns(count());
        let many = |least: i64| select::<Book>().columns(count()).having(count().gt(least));

        let counted = authors().filter(exists(none().columns(count())));
        let rows = authors().filter(exists(none()));
        let without = authors().filter(not_exists(none().columns(Book::PAGES.max())));
        let had = authors().filter(exists(many(3)) & not_exists(many(1_000)));

        assert_eq!(library.all(counted).await, [5]);
        assert_eq!(library.all(rows).await, [0]);
        assert_eq!(library.all(without).await, [0]);
        assert_eq!(library.all(had).await, [5]);
    });
}

#[test]
fn an_upsert_takes_its_rows_from_queries_that_are_put_together() {
    run(async {
        let library = Library::new().await;
        let titles = || select::<Book>().columns((Book::ID, Book::TITLE));
        let into = || insert_into::<Author>().columns((Author::ID, Author::NAME));

        let upsert = into()
            .from_select(titles().union(titles()))
            .on_conflict(Author::ID)
            .set(Author::NAME, excluded(Author::NAME))
            .do_update();
        let ignored = into().from_select(titles().union_all(titles())).or_ignore();
        let changed = library.engine.execute(upsert).await.unwrap();
        let again = library.engine.execute(ignored).await.unwrap();

        assert_eq!((changed.rows_affected(), again.rows_affected()), (6, 0));
        let name = library.plain::<String>("SELECT name FROM authors WHERE id = 6");
        assert_eq!(name, ["100% _Anonymous_"]);
    });
}

#[test]
fn an_upsert_of_a_key_alone_gives_the_row_that_is_there() {
    run(async {
        let library = Library::new().await;
        let link = BookSubject { book_id: 1, subject: "machines".into() };

        let upsert = insert(link.clone())
            .on_conflict((BookSubject::BOOK_ID, BookSubject::SUBJECT))
            .do_update()
            .returning_entity();

        assert_eq!(library.all(upsert).await, [link]);
    });
}

#[test]
fn what_would_be_dropped_without_a_word_is_refused() {
    run(async {
        let library = Library::new().await;
        let before = library.plain::<i64>("SELECT count(*) FROM authors");
        let ada = || Author { id: 1, name: "A".into(), email: None, born: None, teacher_id: None };
        let into = || insert_into::<Author>().columns((Author::ID, Author::NAME));
        let titles = || select::<Book>().columns((Book::ID, Book::TITLE));

        let set = insert(ada()).on_conflict(Author::ID).set(Author::NAME, "B").do_nothing();
        let filtered = insert(ada()).on_conflict(Author::ID).filter(Author::ID.gt(2)).do_nothing();
        let replaced = into().from_select(titles()).values((9, "x"));
        let dropped = into().values((9, "x")).from_select(titles());
        let twice =
            insert_into::<Author>().columns((Author::NAME, Author::NAME)).values(("a", "b"));

        for conflict in [set, filtered] {
            let said = refusal(&library, conflict).await;
            assert!(said.contains("into `Author`") && said.contains("`do_update`"), "{said}");
        }
        for sources in [replaced, dropped] {
            let said = refusal(&library, sources).await;
            assert!(said.contains("into `Author` has several sources of its rows"), "{said}");
        }
        let said = refusal(&library, twice).await;
        assert_eq!(said, "an INSERT into `Author` names the column `name` twice");
        assert_eq!(library.plain::<i64>("SELECT count(*) FROM authors"), before);
    });
}

#[test]
fn a_column_that_an_upsert_sets_twice_is_set_to_the_last() {
    run(async {
        let library = Library::new().await;
        let ada = Author { id: 1, name: "A".into(), email: None, born: None, teacher_id: None };

        let upsert = insert(ada)
            .on_conflict(Author::ID)
            .set(Author::NAME, "B")
            .set(Author::NAME, "C")
            .do_update()
            .returning(Author::NAME);

        assert_eq!(upsert.to_sql().unwrap().text().matches("\"name\" =").count(), 1);
        assert_eq!(library.all(upsert).await, ["C"]);
    });
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "accounts")]
struct Account {
    #[entity(primary_key)]
    id: i64,
    name: String,
    #[entity(version)]
    version: i64,
}

#[test]
fn an_upsert_counts_the_version_of_the_row_that_is_there() {
    run(async {
        let library = Library::new().await;
        schema().entity::<Account>().create_all(&library.engine).await.unwrap();
        let account = |name: &str| Account { id: 1, name: name.into(), version: 3 };
        let upsert = |name| insert(account(name)).on_conflict(Account::ID).do_update();

        let mut versions = Vec::new();
        for name in ["a", "b", "c"] {
            let written = library.all(upsert(name).returning_entity()).await;
            versions.extend(written.into_iter().map(|account| (account.name, account.version)));
        }

        assert_eq!(versions, [("a".to_owned(), 3), ("b".to_owned(), 4), ("c".to_owned(), 5)]);
    });
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "tickets")]
struct Ticket {
    #[entity(primary_key, generated)]
    id: i64,
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "stamps")]
struct Stamp {
    #[entity(primary_key, generated, default = "lower(hex(randomblob(4)))")]
    code: String,
    #[entity(default = "7")]
    cents: Option<i64>,
}

#[test]
fn several_entities_may_leave_all_to_the_database() {
    run(async {
        let library = Library::new().await;
        let engine = &library.engine;
        let made = schema().entity::<Ticket>().entity::<Stamp>();
        made.create_all(engine).await.unwrap();
        let differences = made.diff(engine).await.unwrap().to_string();
        let left = || Stamp { code: String::new(), cents: None };

        let tickets = insert_all(vec![Ticket { id: 0 }; 3]).returning_entity();
        let stamp: Stamp = engine.query(insert(left()).returning_entity()).one().await.unwrap();
        let stamps = refusal(&library, insert_all([left(), left()])).await;
        let given = Stamp { code: "a".into(), cents: Some(1) };
        let mixed = refusal(&library, insert_all([left(), given])).await;

        let ids: Vec<i64> = library.all(tickets).await.iter().map(|ticket| ticket.id).collect();
        assert_eq!(ids, [1, 2, 3]);
        assert!(
            !differences.contains("stamps") && !differences.contains("tickets"),
            "{differences}"
        );
        assert_eq!((stamp.code.len(), stamp.cents), (8, Some(7)));
        assert!(stamps.contains("`Stamp`") && stamps.contains("one by one"), "{stamps}");
        assert!(mixed.contains("`code` of `Stamp`") && mixed.contains("apart"), "{mixed}");
    });
}
