//! Pages by key, in every direction and with NULLs, against the whole at once.

use headwater::{AsyncEngine, Entity, select};

use super::library::{Book, Library};
use crate::support::{Tank, run};

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "marks")]
struct Mark {
    #[entity(primary_key)]
    id: i64,
    a: i64,
    b: Option<i64>,
}

/// Rows with ties and NULLs.
async fn marks(tank: &Tank) -> AsyncEngine {
    let engine = tank.engine().await;
    engine
        .execute("CREATE TABLE marks(id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)")
        .await
        .unwrap();
    let rows = (0..60).map(|id| (id, id % 4, (id % 5 != 0).then_some(id % 3)));
    engine.insert_stream("marks", ["id", "a", "b"], futures::stream::iter(rows)).await.unwrap();
    engine
}

/// Reads all pages of an order, and what plain SQL gives for the same order.
macro_rules! paged {
    ($engine:expr, $tank:expr, $order:expr, |$mark:ident| $last:expr, $plain:literal) => {{
        let (mut last, mut seen) = (None, Vec::new());
        loop {
            let page = select::<Mark>().page($order, last, 7);
            let marks = $engine.query(page).all().await.unwrap();
            assert!(marks.len() <= 7);
            let Some($mark) = marks.last() else { break };
            last = Some($last);
            seen.extend(marks.iter().map(|mark| mark.id));
            assert!(seen.len() <= 60, "{}", $plain);
        }
        let connection = $tank.plain();
        let mut whole =
            connection.prepare(concat!("SELECT id FROM marks ORDER BY ", $plain)).unwrap();
        let whole: Vec<i64> =
            whole.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(seen, whole, "{}", $plain);
    }};
}

#[test]
fn pages_together_are_the_whole_in_every_direction() {
    run(async {
        let tank = Tank::new();
        let engine = marks(&tank).await;

        paged!(engine, tank, Mark::ID.asc(), |mark| mark.id, "id");
        paged!(engine, tank, Mark::ID.desc(), |mark| mark.id, "id DESC");
        paged!(engine, tank, (Mark::A.asc(), Mark::ID.asc()), |mark| (mark.a, mark.id), "a, id");
        paged!(
            engine,
            tank,
            (Mark::A.desc(), Mark::ID.desc()),
            |mark| (mark.a, mark.id),
            "a DESC, id DESC"
        );
        paged!(
            engine,
            tank,
            (Mark::A.desc(), Mark::ID.asc()),
            |mark| (mark.a, mark.id),
            "a DESC, id"
        );
        paged!(
            engine,
            tank,
            (Mark::A.asc(), Mark::ID.desc()),
            |mark| (mark.a, mark.id),
            "a, id DESC"
        );
    });
}

#[test]
fn pages_pass_over_nulls_wherever_they_are() {
    run(async {
        let tank = Tank::new();
        let engine = marks(&tank).await;

        paged!(
            engine,
            tank,
            (Mark::B.asc(), Mark::ID.asc()),
            |mark| (mark.b, mark.id),
            "b NULLS FIRST, id"
        );
        paged!(
            engine,
            tank,
            (Mark::B.desc(), Mark::ID.asc()),
            |mark| (mark.b, mark.id),
            "b DESC NULLS LAST, id"
        );
        paged!(
            engine,
            tank,
            (Mark::B.asc().nulls_last(), Mark::ID.desc()),
            |mark| (mark.b, mark.id),
            "b NULLS LAST, id DESC"
        );
        paged!(
            engine,
            tank,
            (Mark::B.desc().nulls_first(), Mark::ID.desc()),
            |mark| (mark.b, mark.id),
            "b DESC NULLS FIRST, id DESC"
        );
        paged!(
            engine,
            tank,
            (Mark::A.asc(), Mark::B.desc(), Mark::ID.asc()),
            |mark| (mark.a, mark.b, mark.id),
            "a, b DESC NULLS LAST, id"
        );
    });
}

#[test]
fn a_page_of_one_direction_is_one_comparison_of_rows() {
    let page = select::<Book>().page((Book::PAGES.desc(), Book::ID.desc()), Some((10, 3)), 5);

    let text = page.to_sql().unwrap();

    assert!(
        text.text().contains("WHERE (\"books\".\"pages\", \"books\".\"id\") < (?1, ?2)"),
        "{text}"
    );
    assert_eq!(text.values().len(), 3);
}

#[test]
fn pages_are_filtered_as_other_queries_are() {
    run(async {
        let library = Library::new().await;
        let page = |last| {
            select::<Book>().filter(Book::PAGES.gt(20) | Book::LENT).page(Book::ID.asc(), last, 3)
        };

        let first: Vec<i64> = library.all(page(None).columns(Book::ID)).await;
        let second: Vec<i64> = library.all(page(Some(3)).columns(Book::ID)).await;

        assert_eq!((first, second), (vec![1, 2, 3], vec![4, 5, 6]));
    });
}
