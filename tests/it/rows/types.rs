//! What a row is read as: primitives, tuples, and types and structs of one's own.

use futures::TryStreamExt;
use headwater::{
    Columns, ErrorKind, FromRow, FromValue, Mismatch, Positions, Result, Row, Value, ValueRef, sql,
};

use super::{memory, row};
use crate::support::{Tank, run};

#[test]
fn primitives_read_the_first_column() {
    run(async {
        let engine = memory().await;
        macro_rules! first {
            ($text:literal, $type:ty, $expected:expr) => {
                let read: $type = engine.query($text).scalars::<$type>().one().await.unwrap();
                assert_eq!(read, $expected);
                let read = engine.query($text).scalars::<Option<$type>>().one().await.unwrap();
                assert_eq!(read, Some($expected));
                let null = sql("SELECT NULL");
                let read = engine.query(null).scalars::<Option<$type>>().one().await.unwrap();
                assert_eq!(read, None);
            };
        }

        first!("SELECT 1, 2", bool, true);
        first!("SELECT -1, 2", i8, -1);
        first!("SELECT -1, 2", i16, -1);
        first!("SELECT -1, 2", i32, -1);
        first!("SELECT -1, 2", i64, -1);
        first!("SELECT -1, 2", i128, -1);
        first!("SELECT -1, 2", isize, -1);
        first!("SELECT 1, 2", u8, 1);
        first!("SELECT 1, 2", u16, 1);
        first!("SELECT 1, 2", u32, 1);
        first!("SELECT 1, 2", u64, 1);
        first!("SELECT 1, 2", u128, 1);
        first!("SELECT 1, 2", usize, 1);
        first!("SELECT 0.5, 2", f32, 0.5);
        first!("SELECT 0.5, 2", f64, 0.5);
        first!("SELECT 'a', 2", String, "a".to_owned());
        first!("SELECT 'a', 2", Box<str>, Box::from("a"));
        first!("SELECT 'a', 2", std::sync::Arc<str>, std::sync::Arc::from("a"));
        first!("SELECT x'0102', 2", Vec<u8>, vec![1, 2]);
        first!("SELECT x'0102', 2", Box<[u8]>, Box::from([1, 2]));
        first!("SELECT x'0102', 2", std::sync::Arc<[u8]>, std::sync::Arc::from([1, 2]));
        first!("SELECT x'0102', 2", [u8; 2], [1, 2]);
        first!("SELECT 0.5, 2", Value, Value::Real(0.5));
    });
}

#[test]
fn tuples_of_one_to_sixteen_read_by_position() {
    run(async {
        let row = row("SELECT 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, '16'").await;
        macro_rules! tuple {
            ($($value:literal: $type:ty),+) => {
                assert_eq!(row.decode::<($($type,)+)>().unwrap(), ($($value,)+));
            };
        }

        tuple!(1: i64);
        tuple!(1: i64, 2: u8);
        tuple!(1: i64, 2: u8, 3: i64);
        tuple!(1: i64, 2: u8, 3: i64, 4: i64);
        tuple!(1: i64, 2: u8, 3: i64, 4: i64, 5: i64);
        tuple!(1: i64, 2: u8, 3: i64, 4: i64, 5: i64, 6: i64);
        tuple!(1: i64, 2: u8, 3: i64, 4: i64, 5: i64, 6: i64, 7: i64);
        tuple!(1: i64, 2: u8, 3: i64, 4: i64, 5: i64, 6: i64, 7: i64, 8: i64);
        tuple!(1: i64, 2: u8, 3: i64, 4: i64, 5: i64, 6: i64, 7: i64, 8: i64, 9: i64);
        tuple!(1: i64, 2: u8, 3: i64, 4: i64, 5: i64, 6: i64, 7: i64, 8: i64, 9: i64, 10: i64);
        tuple!(1: i64, 2: u8, 3: i64, 4: i64, 5: i64, 6: i64, 7: i64, 8: i64, 9: i64, 10: i64, 11: i64);
        tuple!(1: i64, 2: u8, 3: i64, 4: i64, 5: i64, 6: i64, 7: i64, 8: i64, 9: i64, 10: i64, 11: i64, 12: i64);
        // The standard library compares tuples of up to twelve.
        let (.., thirteenth) = row
            .decode::<(i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64)>()
            .unwrap();
        let (.., fourteenth) = row
            .decode::<(i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64)>()
            .unwrap();
        let (.., fifteenth) = row
            .decode::<(i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64)>()
            .unwrap();
        let (first, .., sixteenth) = row.decode::<(i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, String)>().unwrap();
        assert_eq!((thirteenth, fourteenth, fifteenth), (13, 14, 15));
        assert_eq!((first, sixteenth.as_str()), (1, "16"));
    });
}

#[test]
fn a_tuple_of_options_reads_nulls() {
    run(async {
        let row = row("SELECT NULL, 'x', NULL").await;

        let read: (Option<i64>, Option<String>, Option<Vec<u8>>) = row.decode().unwrap();

        assert_eq!(read, (None, Some("x".to_owned()), None));
    });
}

/// A type of the user's own.
#[derive(Debug, PartialEq)]
struct Percent(u8);

impl FromValue<'_> for Percent {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Integer(percent @ 0..=100) => Ok(Self(u8::try_from(percent).unwrap())),
            ValueRef::Integer(_) => Err(Mismatch::because("a percentage is 0 to 100")),
            _ => Err(Mismatch::of_type()),
        }
    }
}

#[test]
fn a_type_of_ones_own_is_read_wherever_a_primitive_is() {
    run(async {
        let row = row("SELECT 50 AS good, 101 AS bad, 'x' AS text, NULL AS none").await;

        assert_eq!(row.get::<Percent>("good").unwrap(), Percent(50));
        assert_eq!(row.get::<Option<Percent>>("none").unwrap(), None);
        assert_eq!(row.decode::<(Percent,)>().unwrap(), (Percent(50),));
        assert_eq!(
            row.get::<Percent>("bad").unwrap_err().to_string(),
            "row 0, column 1 (`bad`): INTEGER does not fit Percent: a percentage is 0 to 100",
        );
        assert_eq!(
            row.get::<Percent>("text").unwrap_err().to_string(),
            "row 0, column 2 (`text`): TEXT cannot be read as Percent",
        );
    });
}

// Structs ---------------------------------------------------------------------------------------

#[derive(Debug, PartialEq, FromRow)]
struct User {
    id: i64,
    name: String,
    #[from_row(rename = "e mail")]
    email: Option<String>,
    r#type: u8,
}

#[test]
fn a_struct_is_read_by_name_whatever_the_order_of_the_columns() {
    run(async {
        let text =
            r#"SELECT 3 AS type, 'ada@x' AS "e mail", 'unused' AS other, 'Ada' AS name, 1 AS id"#;

        let user: User = memory().await.query(text).scalars().one().await.unwrap();

        let expected =
            User { id: 1, name: "Ada".to_owned(), email: Some("ada@x".to_owned()), r#type: 3 };
        assert_eq!(user, expected);
    });
}

#[test]
fn a_struct_that_lacks_a_renamed_column_says_which() {
    run(async {
        let row = row("SELECT 1 AS id, 'Ada' AS name, 'ada@x' AS email, 1 AS type").await;

        let error = row.decode::<User>().unwrap_err();

        assert_eq!(error.kind(), ErrorKind::ColumnNotFound);
        let told = error.to_string();
        assert!(told.contains("User") && told.contains("`e mail`") && told.contains("`email`"));
    });
}

#[test]
fn a_struct_meets_an_ambiguous_name_only_if_it_asks_for_it() {
    #[derive(Debug, FromRow)]
    struct Id {
        id: i64,
    }
    run(async {
        let engine = memory().await;

        let fine: Id =
            engine.query("SELECT 1 AS id, 2 AS a, 3 AS a").scalars().one().await.unwrap();
        let twice = engine.query("SELECT 1 AS id, 2 AS id").scalars::<Id>().one().await;

        assert_eq!(fine.id, 1);
        assert!(twice.unwrap_err().to_string().contains("ambiguous"));
    });
}

#[test]
fn a_tuple_struct_is_read_by_position() {
    #[derive(Debug, PartialEq, FromRow)]
    struct Point(f64, Option<f64>);
    run(async {
        let engine = memory().await;

        let point: Point =
            engine.query("SELECT 1.5 AS x, NULL AS y, 3").scalars().one().await.unwrap();
        let short = engine.query("SELECT 1.5").scalars::<Point>().one().await.unwrap_err();

        assert_eq!(point, Point(1.5, None));
        assert_eq!(short.kind(), ErrorKind::ColumnNotFound);
        assert!(short.to_string().contains("Point"));
    });
}

#[test]
fn a_generic_struct_is_read_where_its_parameters_can_be() {
    #[derive(Debug, PartialEq, FromRow)]
    struct Tagged<T, const N: usize>
    where
        T: Clone,
    {
        tag: [u8; N],
        value: Option<T>,
    }
    run(async {
        let engine = memory().await;
        let query = || engine.query("SELECT 7 AS value, x'0a0b' AS tag");

        let number: Tagged<i32, 2> = query().scalars().one().await.unwrap();
        let text = query().scalars::<Tagged<String, 2>>().one().await.unwrap_err();
        let longer = query().scalars::<Tagged<i32, 3>>().one().await.unwrap_err();

        assert_eq!(number, Tagged { tag: [10, 11], value: Some(7) });
        assert_eq!(text.kind(), ErrorKind::Decode);
        assert!(longer.to_string().contains("2 bytes, not 3"), "{longer}");
    });
}

#[test]
fn where_a_types_columns_are_is_found_out_once_for_a_result() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static RESOLVED: AtomicUsize = AtomicUsize::new(0);
    struct Counted(i64);
    impl FromRow for Counted {
        fn positions(columns: &Columns) -> Result<Positions> {
            RESOLVED.fetch_add(1, Ordering::SeqCst);
            Positions::by_name(columns, &["id"], "Counted")
        }
        fn from_row(row: &Row, positions: &Positions) -> Result<Self> {
            row.get_at(positions, 0).map(Self)
        }
    }
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(5_000).await;

        let streamed = engine.query("SELECT name, id FROM t").scalars::<Counted>().await.unwrap();
        let sum = streamed.try_fold(0, async |sum, item| Ok(sum + item.0)).await.unwrap();
        assert_eq!((sum, RESOLVED.load(Ordering::SeqCst)), (12_502_500, 1));
        let all: Vec<Counted> =
            engine.query("SELECT name, id FROM t").scalars().all().await.unwrap();
        assert_eq!((all.len(), RESOLVED.load(Ordering::SeqCst)), (5_000, 2));
    });
}
