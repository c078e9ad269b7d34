//! Dates and times that cannot be stored, and texts that are none: an error each, that says what was
//! expected.

use ::chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use ::jiff::{Timestamp, civil};
use ::time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime, UtcOffset};

use super::{memory, misfit, refused};
use crate::support::run;

/// Tells why an expression is none of these types, which must all say the same.
macro_rules! misfits {
    ($engine:expr, $text:expr, $($type:ty),+) => {{
        let reasons = [$(misfit::<$type>($engine, $text).await),+];
        let reasons = reasons.map(|told| told.split_once(": ").unwrap_or(("", &told)).1.to_owned());
        assert!(reasons.iter().all(|reason| *reason == reasons[0]), "{reasons:?}");
        reasons[0].clone()
    }};
}

macro_rules! no_moment {
    ($engine:expr, $text:expr) => {
        misfits!(
            $engine,
            $text,
            DateTime<Utc>,
            DateTime<FixedOffset>,
            UtcDateTime,
            OffsetDateTime,
            Timestamp
        )
    };
}

macro_rules! no_plain_moment {
    ($engine:expr, $text:expr) => {
        misfits!($engine, $text, NaiveDateTime, PrimitiveDateTime, civil::DateTime)
    };
}

macro_rules! no_date {
    ($engine:expr, $text:expr) => {
        misfits!($engine, $text, NaiveDate, Date, civil::Date)
    };
}

macro_rules! no_time {
    ($engine:expr, $text:expr) => {
        misfits!($engine, $text, NaiveTime, Time, civil::Time)
    };
}

#[test]
fn a_text_that_is_no_date_time_is_an_error_with_its_place_and_without_its_words() {
    run(async {
        let engine = &memory().await;
        let form = "as in `2026-11-22T17:01:47.000000000Z`";

        let told = no_moment!(engine, "'hunter2'");
        assert_eq!(
            told,
            format!("at byte 0 of the text a year of four digits is expected, {form}")
        );
        let told = no_moment!(engine, "'2026-11-22T17:61:00Z'");
        assert_eq!(told, format!("at byte 14 of the text a minute, 00 to 59 is expected, {form}"));
        let told = no_moment!(engine, "'2026-11-22T17:01:47Zulu'");
        assert_eq!(told, format!("at byte 20 of the text the end is expected, {form}"));
        for none in ["''", "'now'", "'17:01'", "'2026-11'", "'20261122T170147Z'", "'2026-W47-7'"] {
            assert!(no_moment!(engine, none).starts_with("at byte "), "{none}");
            assert!(no_plain_moment!(engine, none).starts_with("at byte "), "{none}");
        }
        for none in ["''", "'2026-11'", "'2026-11-22 17:01:47'", "'22.11.2026'"] {
            assert!(no_date!(engine, none).ends_with("as in `2026-11-22`"));
        }
        for none in ["''", "'17'", "'17:01:47Z'", "'2026-11-22 17:01:47'", "'5:01 pm'"] {
            assert!(no_time!(engine, none).ends_with("as in `17:01:47.000000000`"));
        }
    });
}

#[test]
fn a_day_that_does_not_exist_is_an_error() {
    run(async {
        let engine = &memory().await;
        for none in ["2026-02-29", "2026-04-31", "1900-02-29"] {
            let quoted = &format!("'{none}'");
            assert_eq!(no_date!(engine, quoted), "the month has no such day");
            assert_eq!(no_moment!(engine, quoted), "the month has no such day");
            assert_eq!(no_plain_moment!(engine, quoted), "the month has no such day");
        }
    });
}

#[test]
fn a_fraction_finer_than_a_nanosecond_is_an_error() {
    run(async {
        let engine = &memory().await;
        let why = "the fraction of its second has more than nine digits";

        assert_eq!(no_moment!(engine, "'2026-11-22T17:01:47.0000000001Z'"), why);
        assert_eq!(no_plain_moment!(engine, "'2026-11-22T17:01:47.1234567891'"), why);
        assert_eq!(no_time!(engine, "'17:01:47.1234567890001'"), why);
    });
}

#[test]
fn a_date_time_without_a_zone_is_not_read_from_a_text_that_has_one() {
    run(async {
        let engine = &memory().await;
        for zoned in ["'2026-11-22T17:01:47Z'", "'2026-11-22T17:01:47+01:00'"] {
            let told = no_plain_moment!(engine, zoned);
            assert!(
                told.starts_with("the text has an offset from UTC, which would be lost"),
                "{told}"
            );
        }
    });
}

#[test]
fn reals_blobs_and_null_are_no_dates() {
    run(async {
        let engine = &memory().await;

        for told in [
            no_moment!(engine, "julianday('now')"),
            no_plain_moment!(engine, "1.0"),
            no_date!(engine, "1.0"),
            no_time!(engine, "1.0"),
        ] {
            assert!(
                told.starts_with("a REAL, such as a Julian day, does not hold a time"),
                "{told}"
            );
        }
        let told = misfit::<DateTime<Utc>>(engine, "x'32'").await;
        assert_eq!(told, "BLOB cannot be read as DateTime<Utc>");
        let told = misfit::<civil::Date>(engine, "0").await;
        assert_eq!(told, "INTEGER cannot be read as Date");
        let told = misfit::<Time>(engine, "NULL").await;
        assert_eq!(told, "NULL cannot be read as Time; read it as an Option");
    });
}

#[test]
fn years_of_other_than_four_digits_are_neither_stored_nor_read() {
    run(async {
        let engine = &memory().await;
        let minus = NaiveDate::from_ymd_opt(-1, 12, 31).unwrap();
        let late = NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap();
        let east = FixedOffset::east_opt(3_600).unwrap();
        // Within the years by its own clock, and outside of them in UTC.
        let first = NaiveDate::from_ymd_opt(0, 1, 1).unwrap().and_hms_opt(0, 59, 59).unwrap();
        let first = first.and_local_timezone(east).unwrap();
        let last = Date::from_calendar_date(9999, Month::December, 31).unwrap();
        let last = last.with_hms(23, 0, 0).unwrap();
        let last = last.assume_offset(UtcOffset::from_hms(-1, 0, 0).unwrap());
        let before = Date::from_calendar_date(-1, Month::December, 31).unwrap();

        for told in [
            refused(engine, minus).await,
            refused(engine, late).await,
            refused(engine, late.and_hms_opt(0, 0, 0).unwrap()).await,
            refused(engine, late.and_hms_opt(0, 0, 0).unwrap().and_utc()).await,
            refused(engine, DateTime::<Utc>::MAX_UTC).await,
            refused(engine, DateTime::<Utc>::MIN_UTC).await,
            refused(engine, first).await,
            refused(engine, before).await,
            refused(engine, PrimitiveDateTime::MIN).await,
            refused(engine, UtcDateTime::MIN).await,
            refused(engine, last).await,
            refused(engine, civil::Date::MIN).await,
            refused(engine, civil::DateTime::MIN).await,
            refused(engine, Timestamp::MIN).await,
            refused(engine, Some(civil::date(-1, 12, 31))).await,
        ] {
            assert!(
                told.contains("a date outside the years 0000 to 9999 cannot be stored"),
                "{told}"
            );
        }
        for far in [
            "'0000-01-01T00:59:59+01:00'",
            "'9999-12-31T23:00:00-01:00'",
            "253402300800",
            "-62167219201",
            "9223372036854775807",
            "-9223372036854775808",
        ] {
            let told = no_moment!(engine, far);
            assert!(told.starts_with("in UTC it is outside the years 0000 to 9999"), "{told}");
        }
        assert!(no_plain_moment!(engine, "253402300800").starts_with("in UTC it is outside"));
    });
}

#[test]
fn a_timestamp_of_jiff_ends_a_day_before_the_years_do() {
    run(async {
        let engine = &memory().await;
        let last = "'9999-12-31T23:59:59.999999999Z'";

        let told = misfit::<Timestamp>(engine, last).await;

        assert!(told.contains("or outside the type's own range"), "{told}");
        assert_eq!(
            super::read::<DateTime<Utc>>(engine, last).await.to_rfc3339(),
            "9999-12-31T23:59:59.999999999+00:00"
        );
        assert_eq!(super::read::<UtcDateTime>(engine, last).await.year(), 9999);
    });
}

#[test]
fn a_leap_second_is_neither_stored_nor_read() {
    run(async {
        let engine = &memory().await;
        let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_500_000_000).unwrap();
        let day = NaiveDate::from_ymd_opt(2016, 12, 31).unwrap();

        for told in [
            refused(engine, leap).await,
            refused(engine, day.and_time(leap)).await,
            refused(engine, day.and_time(leap).and_utc()).await,
        ] {
            assert!(told.contains("a leap second cannot be stored"), "{told}");
        }
        assert!(no_moment!(engine, "'2016-12-31T23:59:60Z'").contains("a second, 00 to 59"));
        assert!(no_time!(engine, "'23:59:60'").contains("a second, 00 to 59"));
        // The day has no 24th hour either, which ISO 8601 allows and SQLite reads.
        assert!(no_time!(engine, "'24:00:00'").contains("an hour, 00 to 23"));
    });
}

#[test]
fn what_is_no_utf8_is_told_as_for_any_text() {
    run(async {
        let engine = &memory().await;

        assert!(no_moment!(engine, "CAST(x'32ff' AS TEXT)").contains("not UTF-8 from byte 1"));
    });
}
