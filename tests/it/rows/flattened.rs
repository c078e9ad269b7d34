//! Structs within structs: read from the columns of the same result.

use futures::TryStreamExt;
use headwater::{Columns, ErrorKind, FromRow, Positions, Result, Row};

use super::{memory, row};
use crate::support::{Tank, run};

#[derive(Debug, PartialEq, FromRow)]
struct Author {
    id: i64,
    name: String,
}

#[derive(Debug, PartialEq, FromRow)]
struct Post {
    id: i64,
    #[from_row(flatten, prefix = "author_")]
    author: Author,
    title: String,
}

/// What left joins give.
#[derive(Debug, PartialEq, FromRow)]
struct Line {
    id: i64,
    #[from_row(flatten, prefix = "author_")]
    author: Option<Author>,
}

fn ada() -> Author {
    Author { id: 7, name: "Ada".to_owned() }
}

#[test]
fn a_flattened_struct_is_read_from_the_same_columns() {
    #[derive(Debug, PartialEq, FromRow)]
    struct Page {
        #[from_row(flatten)]
        author: Author,
        page: i64,
    }
    run(async {
        let page: Page = row("SELECT 3 AS page, 'Ada' AS NAME, 7 AS id").await.decode().unwrap();

        assert_eq!(page, Page { author: ada(), page: 3 });
    });
}

#[test]
fn a_prefix_tells_the_columns_of_a_join_apart() {
    run(async {
        let text = "SELECT 1 AS id, 'Notes' AS title, 7 AS author_id, 'Ada' AS Author_Name";

        let post: Post = row(text).await.decode().unwrap();

        assert_eq!(post, Post { id: 1, author: ada(), title: "Notes".to_owned() });
    });
}

#[test]
fn a_name_as_written_goes_before_one_in_another_case_behind_a_prefix_too() {
    run(async {
        let text =
            "SELECT 1 AS id, 't' AS title, 9 AS AUTHOR_ID, 7 AS author_id, 'Ada' AS author_name";

        let post: Post = row(text).await.decode().unwrap();

        assert_eq!(post.author.id, 7);
    });
}

#[test]
fn structs_are_flattened_to_any_depth_with_a_prefix_behind_a_prefix() {
    #[derive(Debug, PartialEq, FromRow)]
    struct Shelf {
        #[from_row(flatten, prefix = "second_")]
        second: Book,
        #[from_row(flatten)]
        first: Book,
    }
    #[derive(Debug, PartialEq, FromRow)]
    struct Book {
        #[from_row(flatten, prefix = "post_")]
        post: Post,
        #[from_row(default)]
        pages: i64,
    }
    run(async {
        let row = row("SELECT 1 AS post_id, 'a' AS post_title, 7 AS post_author_id, 'Ada' AS post_author_name,
                              2 AS second_post_id, 'b' AS second_post_title, 8 AS second_post_author_id,
                              'Alan' AS second_post_author_name, 90 AS second_pages")
        .await;

        let shelf: Shelf = row.decode().unwrap();

        let alan = Author { id: 8, name: "Alan".to_owned() };
        let first = Post { id: 1, author: ada(), title: "a".to_owned() };
        let second = Post { id: 2, author: alan, title: "b".to_owned() };
        assert_eq!(shelf.first, Book { post: first, pages: 0 });
        assert_eq!(shelf.second, Book { post: second, pages: 90 });
    });
}

#[test]
fn a_missing_column_of_a_flattened_struct_is_told_by_its_full_name() {
    run(async {
        let row = row("SELECT 1 AS id, 'Notes' AS title, 7 AS author_id").await;

        let error = row.decode::<Post>().unwrap_err();

        assert_eq!(error.kind(), ErrorKind::ColumnNotFound);
        assert_eq!(
            error.to_string(),
            "`Post` cannot be read: `Author` cannot be read: there is no column named `author_name`: \
             the result has `id`, `title`, `author_id`"
        );
    });
}

#[test]
fn a_left_join_gives_none_where_all_columns_of_the_other_side_are_null() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        engine
            .execute_batch(
                "CREATE TABLE authors(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
                 CREATE TABLE lines(id INTEGER PRIMARY KEY, author INTEGER);
                 INSERT INTO authors VALUES (7, 'Ada');
                 INSERT INTO lines VALUES (1, 7), (2, NULL), (3, 8), (4, 7);",
            )
            .await
            .unwrap();
        let text = "SELECT lines.id, authors.id AS author_id, authors.name AS author_name
                    FROM lines LEFT JOIN authors ON authors.id = author ORDER BY lines.id";

        let streamed = engine.query(text).scalars::<Line>().await.unwrap();
        let streamed: Vec<Line> = streamed.try_collect().await.unwrap();
        let collected: Vec<Line> = engine.query(text).scalars().all().await.unwrap();

        let authors = [Some(ada()), None, None, Some(ada())];
        let expected: Vec<Line> =
            (1..).zip(authors).map(|(id, author)| Line { id, author }).collect();
        assert_eq!(streamed, expected);
        assert_eq!(collected, expected);
    });
}

#[test]
fn a_left_join_of_which_only_some_columns_are_null_is_read_as_usual() {
    run(async {
        let row = row("SELECT 1 AS id, 7 AS author_id, NULL AS author_name").await;

        let error = row.decode::<Line>().unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Decode);
        let told = error.to_string();
        assert!(told.contains("(`author_name`): NULL cannot be read as String"), "{told}");
    });
}

#[test]
fn the_columns_of_a_left_join_must_be_there() {
    run(async {
        let engine = memory().await;

        let result =
            engine.query("SELECT 1 AS id, NULL AS author_id").scalars::<Line>().all().await;

        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ColumnNotFound);
        assert!(error.to_string().contains("`author_name`"), "{error}");
    });
}

#[test]
fn a_left_join_within_a_left_join_counts_for_it() {
    #[derive(Debug, PartialEq, FromRow)]
    struct Outer {
        #[from_row(flatten, prefix = "line_")]
        line: Option<Line>,
    }
    run(async {
        let read = async |line: &str, id: &str, name: &str| {
            let text = format!(
                "SELECT {line} AS line_id, {id} AS line_author_id, {name} AS line_author_name"
            );
            let outer = memory().await.query(headwater::sql(text)).scalars::<Outer>().one().await;
            outer.map(|outer| outer.line)
        };

        assert_eq!(read("NULL", "NULL", "NULL").await.unwrap(), None);
        assert_eq!(read("1", "NULL", "NULL").await.unwrap(), Some(Line { id: 1, author: None }));
        let full = read("1", "7", "'Ada'").await.unwrap();
        assert_eq!(full, Some(Line { id: 1, author: Some(ada()) }));
        // The author is there, and so must be the line.
        assert_eq!(read("NULL", "7", "'Ada'").await.unwrap_err().kind(), ErrorKind::Decode);
    });
}

#[test]
fn a_type_whose_decoder_is_written_by_hand_is_flattened_too() {
    #[derive(Debug, PartialEq)]
    struct Point(f64, f64);
    impl FromRow for Point {
        fn positions(columns: &Columns) -> Result<Positions> {
            Positions::by_name(columns, &["x", "y"], "Point")
        }
        fn from_row(row: &Row, positions: &Positions) -> Result<Self> {
            Ok(Self(row.get_at(positions, 0)?, row.get_at(positions, 1)?))
        }
    }
    #[derive(Debug, PartialEq, FromRow)]
    struct Way {
        #[from_row(flatten, prefix = "from_")]
        from: Point,
        #[from_row(flatten, prefix = "to_")]
        to: Option<Point>,
    }
    run(async {
        let there = row("SELECT 1.0 AS from_x, 2.0 AS from_y, 3.0 AS to_x, 4.0 AS to_y").await;
        let nowhere = row("SELECT 1.0 AS from_x, 2.0 AS from_y, NULL AS to_x, NULL AS to_y").await;

        let there: Way = there.decode().unwrap();
        let nowhere: Way = nowhere.decode().unwrap();

        assert_eq!(there, Way { from: Point(1.0, 2.0), to: Some(Point(3.0, 4.0)) });
        assert_eq!(nowhere, Way { from: Point(1.0, 2.0), to: None });
    });
}

#[test]
fn a_flattened_row_is_the_whole_row() {
    #[derive(Debug, FromRow)]
    struct Extended {
        id: i64,
        #[from_row(flatten)]
        row: Row,
        #[from_row(flatten)]
        again: Option<Row>,
    }
    run(async {
        let extended: Extended = row("SELECT 1 AS id, 'x' AS more").await.decode().unwrap();

        assert_eq!(extended.id, 1);
        assert_eq!(extended.row.get::<&str>("more").unwrap(), "x");
        assert_eq!(extended.again.unwrap().len(), 2);
    });
}

#[test]
fn a_type_that_reads_by_position_is_not_flattened() {
    #[derive(Debug, FromRow)]
    struct Pair(i64, i64);
    #[derive(Debug, FromRow)]
    #[expect(dead_code, reason = "it is never read")]
    struct Holder {
        #[from_row(flatten)]
        pair: Pair,
    }
    run(async {
        let row = row("SELECT 1, 2").await;
        let Pair(first, second) = row.decode().unwrap();
        assert_eq!((first, second), (1, 2));

        let error = row.decode::<Holder>().unwrap_err();

        assert_eq!(error.kind(), ErrorKind::ColumnNotFound);
        let told = error.to_string();
        assert!(told.starts_with("`Holder` cannot be read: `Pair` is read by position"), "{told}");
    });
}

#[test]
fn a_generic_struct_is_flattened() {
    #[derive(Debug, PartialEq, FromRow)]
    struct With<T, U> {
        id: i64,
        #[from_row(flatten, prefix = "a_")]
        inner: T,
        #[from_row(flatten, prefix = "b_")]
        other: Option<U>,
    }
    run(async {
        let row = row("SELECT 1 AS id, 7 AS a_id, 'Ada' AS a_name, NULL AS b_id, NULL AS b_name");

        let with: With<Author, Author> = row.await.decode().unwrap();

        assert_eq!(with, With { id: 1, inner: ada(), other: None });
    });
}
