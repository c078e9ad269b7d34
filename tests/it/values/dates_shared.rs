//! Dates and times of one crate read by the others, for any of them, and the order of what is stored.

use ::chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use ::jiff::{Timestamp, civil};
use ::time::{Date, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime};
use headwater::{AsyncEngine, FromRow, ToValue};
use proptest::prelude::*;

use super::{column, store, stored};
use crate::support::{holds_for_any, watched};

/// Any date of the years that can be stored, the first and the last day among them.
fn any_date() -> impl Strategy<Value = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(0, 1, 1).unwrap();
    let days = prop_oneof![Just(0), Just(3_652_424), 0..3_652_425_u64];
    days.prop_map(move |days| first + Days::new(days))
}

fn any_time() -> impl Strategy<Value = NaiveTime> {
    let nanosecond = prop_oneof![Just(0), 0..1_000_u32, 0..1_000_000_000_u32];
    (0..86_400_u32, nanosecond).prop_map(|(second, nanosecond)| {
        NaiveTime::from_num_seconds_from_midnight_opt(second, nanosecond).unwrap()
    })
}

fn any_date_time() -> impl Strategy<Value = NaiveDateTime> {
    (any_date(), any_time()).prop_map(|(date, time)| date.and_time(time))
}

/// Stores a value and reads it as another type.
async fn through<T: FromRow + Send + 'static>(engine: &AsyncEngine, value: impl ToValue) -> T {
    store(engine, value).await;
    stored(engine).await
}

fn check<S: Strategy>(inputs: &S, property: impl AsyncFn(&AsyncEngine, S::Value)) {
    let engine = futures::executor::block_on(column(""));
    holds_for_any(200, inputs, |input| futures::executor::block_on(property(&engine, input)));
}

#[test]
fn any_point_in_time_goes_from_each_crate_to_each_other() {
    watched(|| {
        // The last day is that which a `Timestamp` of jiff does not reach.
        let inputs = (any_date_time(), -1_439..1_440_i32)
            .prop_filter("jiff ends earlier", |(at, _)| {
                at.date() < NaiveDate::from_ymd_opt(9999, 12, 30).unwrap()
            });
        check(&inputs, async |engine, (at, minutes)| {
            let chrono = at.and_utc();
            let offset = FixedOffset::east_opt(minutes * 60).unwrap();
            let fixed = chrono.with_timezone(&offset);

            let time: OffsetDateTime = through(engine, chrono).await;
            let utc: UtcDateTime = through(engine, time).await;
            let jiff: Timestamp = through(engine, utc).await;
            let back: DateTime<Utc> = through(engine, jiff).await;
            let back_fixed: DateTime<FixedOffset> = through(engine, fixed).await;

            assert_eq!(back, chrono);
            assert_eq!(back_fixed, fixed);
            // Its own clock may show a year that no text of four digits has.
            if (0..=9999).contains(&fixed.year()) {
                assert_eq!(through::<Timestamp>(engine, fixed.to_rfc3339()).await, jiff);
            }
            let nanoseconds = i128::from(chrono.timestamp()) * 1_000_000_000
                + i128::from(chrono.timestamp_subsec_nanos());
            assert_eq!(jiff.as_nanosecond(), nanoseconds);
            assert_eq!(time.unix_timestamp_nanos(), nanoseconds);
        });
    });
}

#[test]
fn any_date_time_date_and_time_goes_from_each_crate_to_each_other() {
    watched(|| {
        check(&any_date_time(), async |engine, at| {
            let time: PrimitiveDateTime = through(engine, at).await;
            let jiff: civil::DateTime = through(engine, time).await;
            let back: NaiveDateTime = through(engine, jiff).await;
            assert_eq!(back, at);
            let shown = "%Y-%m-%dT%H:%M:%S";
            assert_eq!(jiff.strftime(shown).to_string(), at.format(shown).to_string());

            let time: Date = through(engine, at.date()).await;
            let jiff: civil::Date = through(engine, time).await;
            assert_eq!(through::<NaiveDate>(engine, jiff).await, at.date());

            let time: Time = through(engine, at.time()).await;
            let jiff: civil::Time = through(engine, time).await;
            assert_eq!(through::<NaiveTime>(engine, jiff).await, at.time());
        });
    });
}

#[test]
fn the_order_of_the_texts_is_that_of_time() {
    watched(|| {
        let near = (any_date_time(), any::<i16>()).prop_map(|(at, nanoseconds)| {
            at.checked_add_signed(::chrono::TimeDelta::nanoseconds(nanoseconds.into()))
        });
        let at = prop_oneof![any_date_time().prop_map(Some), near];
        let at = at.prop_filter_map("outside the years", |at| {
            at.filter(|at| (0..=9999).contains(&at.year()))
        });
        check(&prop::collection::vec(at, 0..12), async |engine, mut times| {
            engine.execute("DELETE FROM t").await.unwrap();
            let rows: Vec<_> = times.iter().map(|at| (at.and_utc(),)).collect();
            engine.execute_many("INSERT INTO t VALUES (?)", rows).await.unwrap();

            let sorted: Vec<DateTime<Utc>> =
                engine.query("SELECT x FROM t ORDER BY x").scalars().all().await.unwrap();

            times.sort();
            assert_eq!(sorted, times.iter().map(NaiveDateTime::and_utc).collect::<Vec<_>>());
        });
    });
}

#[test]
fn sqlites_own_functions_know_the_same_second_of_any_point_in_time() {
    watched(|| {
        check(&any_date_time(), async |engine, at| {
            store(engine, at.and_utc()).await;
            let (second, minute): (i64, String) = engine
                .query("SELECT unixepoch(x), strftime('%Y-%m-%dT%H:%M', x) FROM t")
                .scalars()
                .one()
                .await
                .unwrap();
            assert_eq!(second, at.and_utc().timestamp());
            assert_eq!(minute, at.format("%Y-%m-%dT%H:%M").to_string());
        });
    });
}
