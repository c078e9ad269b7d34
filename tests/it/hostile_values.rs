//! Values that do not fit, are not what they are called, or are very large: nothing is narrowed, wrapped
//! or lost, and each error says where it met what.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use futures::TryStreamExt;
use headwater::{AsyncEngine, ErrorKind, FromValue, Row, Value, ValueRef, sql};

use crate::support::{Tank, run};

async fn memory() -> AsyncEngine {
    AsyncEngine::open("sqlite::memory:").await.unwrap()
}

// Text that is not UTF-8 ------------------------------------------------------------------------

#[test]
fn a_text_that_is_not_utf8_is_an_error_with_its_column_and_its_place() {
    run(async {
        let row =
            memory().await.query("SELECT 1, CAST(x'61ff62' AS TEXT) AS t").one().await.unwrap();

        let error = row.get::<&str>("t").unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Decode);
        let told = error.to_string();
        assert!(told.contains("row 0, column 1 (`t`)") && told.contains("byte 1"), "{told}");
        assert_eq!(row.get::<String>("t").unwrap_err().kind(), ErrorKind::Decode);
        assert_eq!(row.get::<Option<String>>("t").unwrap_err().kind(), ErrorKind::Decode);
        assert_eq!(row.get::<Value>("t").unwrap_err().kind(), ErrorKind::Decode);
    });
}

#[test]
fn the_bytes_of_a_text_that_is_not_utf8_can_be_read() {
    run(async {
        let row = memory().await.query("SELECT CAST(x'61ff62' AS TEXT) AS t").one().await.unwrap();

        assert_eq!(row.get::<&[u8]>("t").unwrap(), b"a\xffb");
        assert_eq!(row.get::<Vec<u8>>("t").unwrap(), b"a\xffb");
        assert_eq!(row.value("t").unwrap(), ValueRef::InvalidText(b"a\xffb"));
        assert_eq!(row.value("t").unwrap().sql_type(), "TEXT");
    });
}

#[test]
fn a_text_that_is_not_utf8_harms_no_other_value() {
    run(async {
        let text = "SELECT 'a', CAST(x'ff61' AS TEXT), 'é' FROM json_each('[1,2,3]')";

        let rows = memory().await.query(text).all().await.unwrap();

        for row in &rows {
            assert_eq!((row.get::<&str>(0).unwrap(), row.get::<&str>(2).unwrap()), ("a", "é"));
            assert_eq!(row.get::<&[u8]>(1).unwrap(), b"\xffa");
        }
    });
}

#[test]
fn a_text_with_a_nul_comes_back_whole() {
    run(async {
        let text = "a\0b\u{10ffff}";

        let read: String =
            memory().await.query(sql("SELECT ?").bind(text)).scalar_one().await.unwrap();

        assert_eq!(read, text);
    });
}

// Numbers at their limits -----------------------------------------------------------------------

#[test]
fn a_nan_is_refused_and_infinities_and_minus_zero_come_back() {
    run(async {
        let engine = memory().await;
        let there_and_back = async |number: f64| {
            engine.query(sql("SELECT ?").bind(number)).scalar_one::<f64>().await
        };

        let nan = there_and_back(f64::NAN).await.unwrap_err();
        assert_eq!(nan.kind(), ErrorKind::Bind);
        assert!(nan.to_string().contains("NaN"));
        let extremes =
            [f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, 5e-324, 0.1, -0.1];
        for number in extremes {
            assert_eq!(there_and_back(number).await.unwrap().to_bits(), number.to_bits());
        }
        assert_eq!(there_and_back(-0.0).await.unwrap(), 0.0);
    });
}

#[test]
fn an_integer_out_of_range_is_refused_in_both_directions() {
    run(async {
        let engine = memory().await;
        let row = engine
            .query("SELECT 300 AS n, -1 AS m, 9223372036854775807 AS max")
            .one()
            .await
            .unwrap();

        let told = row.get::<u8>("n").unwrap_err().to_string();
        assert_eq!(told, "row 0, column 0 (`n`): INTEGER does not fit u8: it is outside 0 to 255");
        assert_eq!(row.get::<i8>("n").unwrap_err().kind(), ErrorKind::Decode);
        assert_eq!(row.get::<u64>("m").unwrap_err().kind(), ErrorKind::Decode);
        assert_eq!(row.get::<i32>("max").unwrap_err().kind(), ErrorKind::Decode);
        assert_eq!(row.get::<f64>("max").unwrap_err().kind(), ErrorKind::Decode);
        assert_eq!(row.get::<u64>("max").unwrap(), u64::try_from(i64::MAX).unwrap());
        for wide in [u64::MAX, 1 << 63] {
            let refused = engine.query(sql("SELECT ?").bind(wide)).scalar_one::<i64>().await;
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::Bind);
        }
    });
}

#[test]
fn integers_come_back_at_every_limit() {
    run(async {
        let engine = memory().await;
        macro_rules! limits {
            ($($integer:ty),+) => {$(
                for number in [<$integer>::MIN, <$integer>::MAX, 0, 1] {
                    let statement = sql("SELECT ?").bind(number);
                    let read: $integer = engine.query(statement).scalar_one().await.unwrap();
                    assert_eq!(read, number);
                }
            )+};
        }

        limits!(i8, i16, i32, i64, isize, u8, u16, u32);
    });
}

#[test]
fn a_literal_of_2_to_the_63_is_a_real_and_no_integer_reads_it() {
    run(async {
        let row = memory().await.query("SELECT 9223372036854775808 AS n").one().await.unwrap();

        let told = row.get::<i64>("n").unwrap_err().to_string();
        assert_eq!(told, "row 0, column 0 (`n`): REAL cannot be read as i64");
        assert_eq!(row.get::<u64>("n").unwrap_err().kind(), ErrorKind::Decode);
        assert_eq!(row.get::<f64>("n").unwrap(), 9_223_372_036_854_775_808.0);
    });
}

// Every SQL type as every Rust type -------------------------------------------------------------

/// What each of the values below is read as: whether NULL, 1, 300, 2^53 + 1, 0.5, 0.1, 1.0, a text, a
/// blob of two bytes and a text that is not UTF-8 can be read as the type.
const ALL: &str =
    "SELECT NULL, 1, 300, 9007199254740993, 0.5, 0.1, 1.0, 'ab', x'6162', CAST(x'61ff' AS TEXT)";

fn readable<'r, T: FromValue<'r>>(row: &'r Row) -> String {
    let read = |column| match row.get::<T>(column) {
        Ok(_) => '+',
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Decode);
            let (told, sql_type) = (error.to_string(), row.value(column).unwrap().sql_type());
            let name = row.columns().name(column).unwrap();
            let begin = format!("row 0, column {column} (`{name}`): {sql_type} ");
            assert!(told.starts_with(&begin), "{told}");
            let rust_type = std::any::type_name::<T>().rsplit("::").next().unwrap();
            let rust_type = rust_type.trim_end_matches('>');
            assert!(told.contains(rust_type), "{told} names {rust_type}");
            '-'
        }
    };
    (0..row.len()).map(read).collect()
}

#[test]
fn every_sql_type_is_read_as_every_rust_type_exactly_or_not_at_all() {
    run(async {
        let row = memory().await.query(ALL).one().await.unwrap();
        macro_rules! reads {
            ($($expected:literal: $($type:ty),+;)+) => {$($(
                assert_eq!(readable::<$type>(&row), $expected, stringify!($type));
                // The type as an Option reads NULL in addition.
                let optional = $expected.replacen('-', "+", usize::from($expected.starts_with('-')));
                assert_eq!(readable::<Option<$type>>(&row), optional, stringify!($type));
            )+)+};
        }

        reads! {
            "-+--------": bool, i8, u8;
            "-++-------": i16, u16;
            "-++-------": i32, u32;
            "-+++------": i64, u64, i128, u128, isize, usize;
            "-++-+++---": f64;
            "-++-+-+---": f32;
            "-------+--": String, Box<str>, Arc<str>, Rc<str>, Cow<'_, str>, &str;
            "-------+++": Vec<u8>, Box<[u8]>, Arc<[u8]>, Cow<'_, [u8]>, &[u8], [u8; 2];
            "----------": [u8; 3];
            "+++++++++-": Value;
        }
    });
}

#[test]
fn null_into_a_type_that_is_none_says_to_read_an_option() {
    run(async {
        let row = memory().await.query("SELECT 1 AS a, NULL AS b").one().await.unwrap();

        let told = row.get::<i64>("b").unwrap_err().to_string();

        assert_eq!(told, "row 0, column 1 (`b`): NULL cannot be read as i64; read it as an Option");
    });
}

#[test]
fn an_error_names_the_row_in_which_it_is_wherever_the_batch_begins() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3_000).await;
        let text = "SELECT CASE id WHEN 2501 THEN 'x' ELSE id END AS n FROM t";

        let streamed = engine.query(text).scalars::<i64>().await.unwrap();
        let streamed = streamed.try_collect::<Vec<_>>().await.unwrap_err();
        let together = engine.query(text).scalars::<(i64,)>().all().await.unwrap_err();

        let expected = "row 2500, column 0 (`n`): TEXT cannot be read as i64";
        assert_eq!(streamed.to_string(), expected);
        assert_eq!(together.to_string(), expected);
    });
}

#[test]
fn no_error_shows_the_value_it_met() {
    run(async {
        let row =
            memory().await.query("SELECT 'hunter2' AS secret, 123456789").one().await.unwrap();

        let text = row.get::<i64>(0).unwrap_err();
        let number = row.get::<u8>(1).unwrap_err();

        assert!(!format!("{text} {text:?}").contains("hunter2"));
        assert!(!number.to_string().replace("`123456789`", "").contains("123456789"));
    });
}

// Large and wide --------------------------------------------------------------------------------

#[test]
fn a_value_beyond_sqlites_limit_is_an_error_and_the_connection_stays() {
    run(async {
        let connection = memory().await.connect().await.unwrap();

        let error = connection.query("SELECT zeroblob(1000000001)").one().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert_eq!(connection.query("SELECT 1").scalar_one::<i64>().await.unwrap(), 1);
    });
}

#[test]
fn a_row_of_two_thousand_columns_is_read() {
    run(async {
        let columns: Vec<String> =
            (0..2_000).map(|column| format!("{column} AS c{column}")).collect();
        let text = format!("SELECT {} FROM json_each('[1,2,3]')", columns.join(", "));

        let rows = memory().await.query(sql(text)).all().await.unwrap();

        assert_eq!((rows.len(), rows[2].len()), (3, 2_000));
        for column in 0..2_000 {
            assert_eq!(rows[2].get::<usize>(column).unwrap(), column);
        }
        assert_eq!(rows[1].get::<i64>("c1999").unwrap(), 1_999);
        let missing = rows[0].get::<i64>("nope").unwrap_err().to_string();
        assert!(missing.contains("1980 more") && missing.len() < 500, "{missing}");
    });
}

#[test]
fn a_batch_of_large_rows_is_split_by_bytes() {
    run(async {
        const LARGE: usize = 8 << 20;
        let engine = memory().await;
        let text = "SELECT zeroblob(8388608), value FROM json_each('[1,2,3,4,5,6]')";

        let mut batches = engine.query(text).await.unwrap().batches();
        let mut rows = 0;
        while let Some(batch) = batches.try_next().await.unwrap() {
            assert_eq!(batch.len(), 1);
            assert_eq!(batch[0].get::<&[u8]>(0).unwrap().len(), LARGE);
            rows += 1;
        }

        assert_eq!(rows, 6);
    });
}

#[test]
fn a_large_text_is_bound_and_read_back() {
    run(async {
        let text = "añ🦀".repeat(1 << 20);

        let read: String =
            memory().await.query(sql("SELECT ?").bind(&text)).scalar_one().await.unwrap();

        assert!(read == text);
    });
}
