//! Dates and times of `chrono`, `time` and `jiff`: what is stored, what else is read, and that SQLite's own
//! date functions read it too.

use ::chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use ::jiff::{Timestamp, civil};
use ::time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime, UtcOffset};
use headwater::{AsyncEngine, Value};

use super::{column, read, store, stored, text};
use crate::support::run;

const STAMP: &str = "2026-11-22T17:01:47.000000012Z";
const PLAIN_STAMP: &str = "2026-11-22T17:01:47.000000012";
const DATE: &str = "2026-11-22";
const TIME: &str = "17:01:47.000000012";

fn chrono() -> NaiveDateTime {
    let date = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
    date.and_hms_nano_opt(17, 1, 47, 12).unwrap()
}

fn time() -> PrimitiveDateTime {
    let date = Date::from_calendar_date(2026, Month::November, 22).unwrap();
    date.with_hms_nano(17, 1, 47, 12).unwrap()
}

fn jiff() -> civil::DateTime {
    civil::date(2026, 11, 22).at(17, 1, 47, 12)
}

/// Stores a value, sees what is stored, and reads it again as the same type: alone, as an Option, in a tuple.
macro_rules! stored_as {
    ($engine:expr, $($value:expr, $type:ty => $text:expr;)+) => {$(
        store($engine, $value).await;
        assert_eq!(stored::<Value>($engine).await, text($text));
        assert_eq!(stored::<$type>($engine).await, $value);
        assert_eq!(stored::<Option<$type>>($engine).await, Some($value));
        assert_eq!(stored::<($type,)>($engine).await, ($value,));
    )+};
}

#[test]
fn each_type_of_each_crate_is_stored_as_the_same_text() {
    run(async {
        let east = FixedOffset::east_opt(5_400).unwrap();
        let plus = UtcOffset::from_hms(1, 30, 0).unwrap();
        for declared in ["", "TEXT", "DATETIME", "TIMESTAMP"] {
            let engine = &column(declared).await;

            stored_as! { engine,
                chrono().and_utc(), DateTime<Utc> => STAMP;
                chrono().and_utc().with_timezone(&east), DateTime<FixedOffset> => STAMP;
                time().as_utc(), UtcDateTime => STAMP;
                time().assume_utc(), OffsetDateTime => STAMP;
                time().assume_utc().to_offset(plus), OffsetDateTime => STAMP;
                jiff().to_zoned(::jiff::tz::TimeZone::UTC).unwrap().timestamp(), Timestamp => STAMP;
                chrono(), NaiveDateTime => PLAIN_STAMP;
                time(), PrimitiveDateTime => PLAIN_STAMP;
                jiff(), civil::DateTime => PLAIN_STAMP;
                chrono().date(), NaiveDate => DATE;
                time().date(), Date => DATE;
                jiff().date(), civil::Date => DATE;
                chrono().time(), NaiveTime => TIME;
                time().time(), Time => TIME;
                jiff().time(), civil::Time => TIME;
            }
        }
    });
}

/// Reads an expression as the date-times of all crates, which must agree; the nanoseconds since 1970.
async fn moment(engine: &AsyncEngine, text: &'static str) -> i128 {
    let of_jiff = read::<Timestamp>(engine, text).await.as_nanosecond();
    let of_chrono: DateTime<Utc> = read(engine, text).await;
    let fixed: DateTime<FixedOffset> = read(engine, text).await;
    let of_time: UtcDateTime = read(engine, text).await;
    let offset: OffsetDateTime = read(engine, text).await;
    assert_eq!(i128::from(of_chrono.timestamp_nanos_opt().unwrap()), of_jiff, "{text}");
    assert_eq!(fixed, of_chrono, "{text}");
    assert_eq!(of_time.unix_timestamp_nanos(), of_jiff, "{text}");
    assert_eq!(offset.unix_timestamp_nanos(), of_jiff, "{text}");
    assert_eq!(offset.offset().whole_seconds(), fixed.offset().local_minus_utc(), "{text}");
    of_jiff
}

#[test]
fn other_texts_and_unix_seconds_are_read() {
    run(async {
        let engine = column("").await;
        let second = 1_795_366_907_000_000_000;

        for same in [
            "'2026-11-22T17:01:47Z'",
            "'2026-11-22T17:01:47z'",
            "'2026-11-22t17:01:47Z'",
            "'2026-11-22 17:01:47'",
            "'2026-11-22T17:01:47.000'",
            "'2026-11-22 17:01:47+00:00'",
            "'2026-11-22 17:01:47 +00'",
            "'2026-11-22 18:31:47+01:30'",
            "'2026-11-22 18:31:47+0130'",
            "'2026-11-21T17:02:47-23:59'",
            "1795366907",
            "unixepoch('2026-11-22 17:01:47')",
            "datetime('2026-11-22 17:01:47')",
            "strftime('%Y-%m-%dT%H:%M:%SZ', 1795366907, 'unixepoch')",
        ] {
            assert_eq!(moment(&engine, same).await, second, "{same}");
        }
        assert_eq!(moment(&engine, "'2026-11-22 17:01:47.5'").await, second + 500_000_000);
        assert_eq!(
            moment(&engine, "'2026-11-22 17:01:47.123456789000'").await,
            second + 123_456_789
        );
        assert_eq!(moment(&engine, "'2026-11-22 17:01'").await, second - 47_000_000_000);
        assert_eq!(moment(&engine, "'2026-11-22'").await, second - 61_307_000_000_000);
        assert_eq!(moment(&engine, "-1").await, -1_000_000_000);
    });
}

#[test]
fn the_offset_of_a_text_is_that_of_what_is_read() {
    run(async {
        let engine = column("").await;
        let text = "'2026-11-22 18:31:47-01:30'";

        let chrono: DateTime<FixedOffset> = read(&engine, text).await;
        let time: OffsetDateTime = read(&engine, text).await;

        assert_eq!(chrono.to_rfc3339(), "2026-11-22T18:31:47-01:30");
        assert_eq!(time.offset().whole_minutes(), -90);
        // What is stored of it is the point in time alone.
        store(&engine, chrono).await;
        assert_eq!(stored::<Value>(&engine).await, super::text("2026-11-22T20:01:47.000000000Z"));
    });
}

#[test]
fn what_sqlite_calls_now_is_read() {
    run(async {
        let engine = column("").await;
        for now in ["datetime('now')", "CURRENT_TIMESTAMP", "unixepoch()"] {
            let at = moment(&engine, now).await;
            let beside = Timestamp::now().as_nanosecond() - at;
            assert!((-1_000_000_000..600_000_000_000).contains(&beside), "{now}: {beside}");
            read::<NaiveDateTime>(&engine, now).await;
            read::<PrimitiveDateTime>(&engine, now).await;
            read::<civil::DateTime>(&engine, now).await;
        }
        for now in ["date('now')", "CURRENT_DATE"] {
            read::<NaiveDate>(&engine, now).await;
            read::<Date>(&engine, now).await;
            read::<civil::Date>(&engine, now).await;
        }
        for now in ["time('now')", "CURRENT_TIME"] {
            read::<NaiveTime>(&engine, now).await;
            read::<Time>(&engine, now).await;
            read::<civil::Time>(&engine, now).await;
        }
    });
}

#[test]
fn sqlites_own_functions_read_what_is_stored() {
    run(async {
        let engine = column("").await;

        store(&engine, Utc.timestamp_opt(1_795_366_907, 123_456_789).unwrap()).await;
        let told: (String, i64, String, String) = engine
            .query(
                "SELECT datetime(x), unixepoch(x), strftime('%Y/%m/%d %H-%M-%f', x), date(x, '+1 month') \
                 FROM t",
            )
            .scalars()
            .one()
            .await
            .unwrap();
        assert_eq!(told.0, "2026-11-22 17:01:47");
        assert_eq!(told.1, 1_795_366_907);
        assert_eq!(told.2, "2026/11/22 17-01-47.123");
        assert_eq!(told.3, "2026-12-22");
        store(&engine, jiff()).await;
        assert_eq!(read::<String>(&engine, "datetime(x) FROM t").await, "2026-11-22 17:01:47");
        store(&engine, time().date()).await;
        assert_eq!(read::<String>(&engine, "strftime('%j', x) FROM t").await, "326");
        store(&engine, chrono().time()).await;
        assert_eq!(read::<String>(&engine, "time(x, '+1 hour') FROM t").await, "18:01:47");
    });
}

#[test]
fn a_stored_time_is_compared_with_one_in_the_same_form() {
    run(async {
        let engine = column("").await;
        store(&engine, Utc.timestamp_opt(1_795_366_907, 0).unwrap()).await;
        let holds = async |condition: &str| {
            read::<bool>(&engine, format!("{condition} FROM t").leak()).await
        };

        assert!(holds("datetime(x) < datetime(x, '+1 hour')").await);
        assert!(holds("x < strftime('%Y-%m-%dT%H:%M:%f000000Z', x, '+1 hour')").await);
        assert!(holds("x = strftime('%Y-%m-%dT%H:%M:%f000000Z', x)").await);
        assert!(!holds("x < datetime(x, '+1 hour')").await, "a space sorts before a `T`");
    });
}

#[test]
fn a_date_time_without_a_zone_is_read_from_integers_as_in_utc() {
    run(async {
        let engine = column("").await;

        assert_eq!(
            read::<NaiveDateTime>(&engine, "1795366907").await.to_string(),
            "2026-11-22 17:01:47"
        );
        assert_eq!(read::<PrimitiveDateTime>(&engine, "-1").await.year(), 1969);
        assert_eq!(
            read::<civil::DateTime>(&engine, "0").await,
            civil::date(1970, 1, 1).at(0, 0, 0, 0)
        );
    });
}
