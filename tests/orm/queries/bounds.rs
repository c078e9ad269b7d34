//! How much a query may be: how deep, and of how many values.

use headwater::{Entity, ErrorKind, Expr, Select, insert_all, select};

use super::library::{Book, Library};
use crate::support::run;

/// A query whose filter is nested as deep as it is told.
fn nested(depth: usize, deeper: impl Fn(Expr<String>) -> Expr<String>) -> Select<Book, i64> {
    let title = (0..depth).fold(Book::TITLE.expr(), |title, _| deeper(title));
    select::<Book>().columns(Book::ID).filter(title.ne("x"))
}

fn within(depth: usize) -> Select<Book, i64> {
    let ids = || select::<Book>().columns(Book::ID);
    (0..depth).fold(ids(), |query, _| ids().filter(Book::ID.in_(query)))
}

#[test]
fn what_is_nested_too_deep_is_an_error_and_takes_no_thread_down() {
    run(async {
        let library = Library::new().await;
        let deep = [
            nested(400, |title| title.concat("x")),
            nested(400, Expr::lower),
            nested(400, |title| title.coalesce("x").upper()),
            within(60),
        ];

        for query in deep {
            let error = library.engine.query(query).all().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Entity);
            assert!(error.to_string().contains("nested more than 256 deep"), "{error}");
        }
        let title = nested(240, |title| title.concat("x"));
        assert_eq!(library.all(title).await.len(), 6);
        assert_eq!(library.all(within(25)).await.len(), 6);
    });
}

#[derive(Entity, Clone)]
#[entity(table = "marks")]
struct Mark {
    #[entity(primary_key)]
    id: i64,
    value: i64,
}

#[test]
fn an_insert_of_more_values_than_the_database_takes_is_told_another_way() {
    run(async {
        let library = Library::new().await;
        library.engine.execute("CREATE TABLE marks(id INTEGER PRIMARY KEY, value)").await.unwrap();
        let marks = |from: i64, rows: i64| (from..from + rows).map(|id| Mark { id, value: -id });

        let error = library.engine.execute(insert_all(marks(0, 16_384))).await.unwrap_err();
        for rows in [16_383, 1, 16_383] {
            let from = library.plain::<i64>("SELECT count(*) FROM marks")[0];
            library.engine.execute(insert_all(marks(from, rows))).await.unwrap();
        }

        assert_eq!(error.kind(), ErrorKind::Bind);
        assert!(error.to_string().contains("32768 values"), "{error}");
        assert!(error.to_string().contains("insert the rows in parts"), "{error}");
        let wrong = library.plain::<i64>("SELECT count(*) FROM marks WHERE value <> -id");
        let all = library.plain::<i64>("SELECT count(*) FROM marks");
        assert_eq!((wrong, all), (vec![0], vec![32_767]));
    });
}
