//! INSERT, UPDATE, DELETE, and what they give back.

use headwater::{
    Entity, ErrorKind, Result, delete, insert, insert_all, insert_into,
    query::{count, excluded, value},
    select, update,
};

use super::library::{Author, Book, Library, Subject};
use crate::support::run;

fn author(id: i64, name: &str) -> Author {
    Author { id, name: name.into(), email: None, born: None, teacher_id: None }
}

#[test]
fn an_inserted_entity_comes_back_with_what_the_database_gave_it() {
    run(async {
        let library = Library::new().await;

        let statement = insert(author(0, "Emmy Noether")).returning_entity();
        let emmy: Author = library.engine.query(statement).one().await.unwrap();
        let done = library.engine.execute(insert(author(20, "Kurt"))).await.unwrap();

        assert_eq!(emmy, author(6, "Emmy Noether"));
        assert_eq!((done.rows_affected(), done.last_insert_id()), (1, 20));
        assert_eq!(library.plain::<String>("SELECT name FROM authors WHERE id = 20"), ["Kurt"]);
    });
}

#[test]
fn several_entities_are_one_statement_whose_keys_may_be_given_or_not() {
    run(async {
        let library = Library::new().await;

        let statement = insert_all([author(0, "A"), author(30, "B"), author(0, "C")]);
        let ids: Vec<i64> = library.all(statement.returning(Author::ID)).await;
        let left = insert_all([author(0, "D"), author(0, "E")]).to_sql().unwrap();

        assert_eq!(ids, [6, 30, 31]);
        assert!(left.text().starts_with("INSERT INTO \"authors\" (\"name\", "), "{left}");
    });
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "events", validate = "Self::named")]
struct Event {
    #[entity(primary_key, generated)]
    id: i64,
    #[entity(default = "'unnamed'")]
    name: Option<String>,
    #[entity(computed = "length(name)")]
    length: i64,
}

impl Event {
    fn named(&self) -> Result<()> {
        match &self.name {
            Some(name) if name.is_empty() => Err(headwater::Error::other("an event wants a name")),
            _ => Ok(()),
        }
    }
}

async fn events() -> Library {
    let library = Library::new().await;
    let made = "CREATE TABLE events(id INTEGER PRIMARY KEY, name TEXT DEFAULT 'unnamed', length AS (length(name)))";
    library.engine.execute(made).await.unwrap();
    library
}

#[test]
fn what_the_database_fills_by_itself_is_left_to_it() {
    run(async {
        let library = events().await;

        let event = Event { id: 0, name: None, length: 99 };
        let statement = insert(event);
        let text = statement.to_sql().unwrap();
        let event = library.engine.query(statement.returning_entity()).one().await.unwrap();

        assert_eq!(text.text(), "INSERT INTO \"events\" DEFAULT VALUES");
        assert_eq!(event, Event { id: 1, name: Some("unnamed".into()), length: 7 });
    });
}

#[test]
fn what_one_statement_cannot_say_is_refused_before_it_runs() {
    run(async {
        let library = events().await;
        let event = |name: Option<&str>| Event { id: 0, name: name.map(str::to_owned), length: 0 };

        let mixed = insert_all([event(None), event(Some("x"))]);
        let mixed = library.engine.execute(mixed).await.unwrap_err();
        let nothing = library.engine.execute(insert_all(Vec::<Event>::new())).await.unwrap_err();
        let unnamed = library.engine.execute(insert(event(Some("")))).await.unwrap_err();
        let computed = update::<Event>().set(Event::LENGTH, 3).filter(Event::ID.eq(1));
        let computed = library.engine.execute(computed).await.unwrap_err();

        assert_eq!(mixed.kind(), ErrorKind::Entity);
        assert!(mixed.to_string().contains("the column `name` of `Event`"), "{mixed}");
        assert_eq!(nothing.kind(), ErrorKind::Entity);
        assert!(unnamed.to_string().contains("an event wants a name"), "{unnamed}");
        assert!(computed.to_string().contains("`length` of `Event` is computed"), "{computed}");
        assert_eq!(library.plain::<i64>("SELECT count(*) FROM events"), [0]);
    });
}

#[test]
fn rows_of_columns_are_inserted_from_values_and_from_queries() {
    run(async {
        let library = Library::new().await;

        let values = insert_into::<Author>()
            .columns((Author::NAME, Author::BORN))
            .values(("Emmy", 1882))
            .values(("Sofja", None))
            .rows([("Hypatia", Some(350))]);
        let expressions = insert_into::<Author>()
            .columns((Author::NAME, Author::BORN))
            .values((value("Kurt").upper(), value(1900) + 6))
            .returning((Author::NAME, Author::BORN));
        let copied = insert_into::<Subject>().columns(Subject::NAME).from_select(
            select::<Author>().columns(Author::NAME.lower()).filter(Author::BORN.lt(1850)),
        );
        let done = library.engine.execute(values).await.unwrap();
        let kurt = library.all(expressions).await;
        let copied = library.engine.execute(copied).await.unwrap();

        assert_eq!(done.rows_affected(), 3);
        assert_eq!(kurt, [("KURT".to_owned(), Some(1906))]);
        assert_eq!(copied.rows_affected(), 2);
        let names =
            "SELECT name FROM subjects WHERE name LIKE '%a' OR name LIKE 'ada%' ORDER BY name";
        assert_eq!(library.plain::<String>(names), ["ada lovelace", "hypatia"]);
    });
}

#[test]
fn an_update_sets_what_it_says_where_it_says() {
    run(async {
        let library = Library::new().await;

        let statement = update::<Book>()
            .set(Book::PAGES, Book::PAGES * 2)
            .set(Book::AUTHOR_ID, None)
            .set(Book::TITLE, Book::TITLE.concat("!"))
            .set_if(Book::LENT, None::<bool>)
            .set_if(Book::PRICE, Some(1.5))
            .filter(Book::PAGES.lt(30))
            .filter(!Book::LENT);
        let changed: Vec<Book> = library.all(statement.returning_entity()).await;
        let done = library
            .engine
            .execute(update::<Book>().set(Book::LENT, true).all_rows())
            .await
            .unwrap();

        assert_eq!(
            changed,
            [Book {
                id: 3,
                title: "Computing Machinery!".into(),
                author_id: None,
                pages: 56,
                price: 1.5,
                lent: false
            }]
        );
        assert_eq!(done.rows_affected(), 6);
    });
}

#[test]
fn an_update_may_take_its_values_from_a_query() {
    run(async {
        let library = Library::new().await;

        let count = select::<Book>().columns(count()).filter(Book::AUTHOR_ID.eq(Author::ID));
        let statement = update::<Author>()
            .set(Author::TEACHER_ID, None)
            .set(Author::BORN, count.into_scalar().cast::<Option<i32>>())
            .filter(Author::ID.in_([2, 5]))
            .returning((Author::ID, Author::BORN));
        let mut born = library.all(statement).await;
        born.sort_unstable();

        assert_eq!(born, [(2, Some(2)), (5, Some(0))]);
    });
}

#[test]
fn a_delete_removes_what_it_says_and_shows_it() {
    run(async {
        let library = Library::new().await;

        let statement = delete::<Book>()
            .filter(Book::AUTHOR_ID.is_null())
            .returning((Book::ID, (Book::PAGES + 1).alias("more")));
        let gone: Vec<(i64, i64)> = library.all(statement).await;
        let in_list = delete::<Book>().filter(
            Book::AUTHOR_ID
                .in_(select::<Author>().columns(Author::ID).filter(Author::NAME.like("Grace%"))),
        );
        let done = library.engine.execute(in_list).await.unwrap();

        assert_eq!(gone, [(6, 301)]);
        assert_eq!(done.rows_affected(), 1);
        assert_eq!(library.plain::<i64>("SELECT id FROM books"), [1, 2, 3, 4]);
    });
}

#[test]
fn what_writes_every_row_has_to_say_so() {
    run(async {
        let library = Library::new().await;

        let all = library.engine.execute(delete::<Book>()).await.unwrap_err();
        let set = library.engine.execute(update::<Book>().set(Book::LENT, true)).await.unwrap_err();
        let nothing =
            library.engine.execute(update::<Book>().filter(Book::ID.eq(1))).await.unwrap_err();

        for (error, what) in [
            (all, "DELETE of `Book` has no filter, and would write every row of `books`"),
            (set, "UPDATE of `Book` has no filter"),
            (nothing, "UPDATE of `Book` sets nothing"),
        ] {
            assert_eq!(error.kind(), ErrorKind::Entity);
            assert!(error.to_string().contains(what), "{error}");
        }
        assert_eq!(library.plain::<i64>("SELECT count(*) FROM books WHERE NOT lent"), [4]);
    });
}

#[test]
fn an_upsert_changes_the_row_that_is_there() {
    run(async {
        let library = Library::new().await;
        let ada = || Author {
            id: 0,
            name: "Ada King".into(),
            email: Some("ada@example.org".into()),
            born: Some(1),
            teacher_id: None,
        };

        let nothing = insert(ada()).on_conflict(Author::EMAIL).do_nothing();
        let ignored = insert(ada()).or_ignore();
        let set = insert(ada())
            .on_conflict(Author::EMAIL)
            .set(Author::NAME, excluded(Author::NAME))
            .set(Author::BORN, Author::BORN + excluded(Author::BORN))
            .do_update()
            .returning_entity();
        let nothing = library.engine.execute(nothing).await.unwrap().rows_affected();
        let ignored = library.engine.execute(ignored).await.unwrap().rows_affected();
        let changed = library.engine.query(set).one().await.unwrap();
        let whole = insert(ada()).on_conflict(Author::EMAIL).do_update().returning(Author::BORN);
        let whole = library.engine.query(whole).one().await.unwrap();

        assert_eq!((nothing, ignored), (0, 0));
        assert_eq!((changed.id, changed.name.as_str(), changed.born), (1, "Ada King", Some(1816)));
        assert_eq!(whole, Some(1));
    });
}

#[test]
fn an_upsert_may_be_filtered_and_come_from_a_query() {
    run(async {
        let library = Library::new().await;

        let copied = insert_into::<Subject>()
            .columns(Subject::NAME)
            .from_select(select::<Subject>().columns(Subject::NAME))
            .on_conflict(Subject::NAME)
            .do_nothing();
        let older = insert(Author { born: Some(1), ..author(1, "x") })
            .on_conflict(Author::ID)
            .set(Author::BORN, excluded(Author::BORN))
            .filter(Author::BORN.lt(excluded(Author::BORN)))
            .do_update();
        let copied = library.engine.execute(copied).await.unwrap().rows_affected();
        let older = library.engine.execute(older).await.unwrap().rows_affected();

        assert_eq!((copied, older), (0, 0));
    });
}

#[test]
fn connections_transactions_and_snapshots_run_them_all() {
    run(async {
        let library = Library::new().await;
        let find = select::<Book>().filter(Book::LENT);

        let connection = library.engine.connect().await.unwrap();
        let one = connection.query(&find).all().await.unwrap();
        let tx = library.engine.begin().await.unwrap();
        tx.execute(update::<Book>().set(Book::LENT, true).all_rows()).await.unwrap();
        let all = tx.query(&find).all().await.unwrap();
        tx.rollback().await.unwrap();
        let snapshot = library.engine.snapshot().await.unwrap();
        let again = snapshot.query(find.clone().batch_rows(1).stable()).all().await.unwrap();
        let mut stream =
            library.engine.query(find.timeout(std::time::Duration::from_secs(50))).await.unwrap();
        let first = stream.try_next().await.unwrap();

        assert_eq!((one.len(), all.len(), again.len()), (2, 6, 2));
        assert_eq!(first.map(|book| book.id), Some(2));
    });
}
