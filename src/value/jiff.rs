//! Dates and times of `jiff`.
//!
//! A `Zoned` is neither stored nor read: the text has no room for its zone. Store its `timestamp()`, and
//! the name of the zone in a column of its own.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use super::iso::{self, Moment};
use super::{FromValue, Mismatch, ToValue, Value, ValueRef};
use crate::error::Result;

fn date_of(date: Date) -> iso::Date {
    iso::Date { year: date.year().into(), month: number(date.month()), day: number(date.day()) }
}

fn time_of(time: Time) -> iso::Time {
    iso::Time {
        hour: number(time.hour()),
        minute: number(time.minute()),
        second: number(time.second()),
        nanosecond: number(time.subsec_nanosecond()),
    }
}

/// Gives a field of a date or a time of day, none of which is negative.
fn number(field: impl Into<i32>) -> u32 {
    field.into().unsigned_abs()
}

fn date(date: iso::Date) -> Result<Date, Mismatch> {
    let made = || {
        let (month, day) = (i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?);
        Date::new(i16::try_from(date.year).ok()?, month, day).ok()
    };
    made().ok_or_else(iso::no_such_day)
}

fn time(time: iso::Time) -> Result<Time, Mismatch> {
    let made = || {
        let small = |number| i8::try_from(number).ok();
        let (hour, minute) = (small(time.hour)?, small(time.minute)?);
        Time::new(hour, minute, small(time.second)?, i32::try_from(time.nanosecond).ok()?).ok()
    };
    made().ok_or_else(iso::out_of_range)
}

fn unix(seconds: i64) -> Result<Timestamp, Mismatch> {
    let at = Timestamp::from_second(seconds).map_err(|_| iso::out_of_range())?;
    iso::within(at, Offset::UTC.to_datetime(at).year().into())
}

#[diagnostic::do_not_recommend]
impl ToValue for Timestamp {
    fn to_value(&self) -> Result<Value> {
        let utc = Offset::UTC.to_datetime(*self);
        iso::moment(date_of(utc.date()), time_of(utc.time()))
    }
}

impl FromValue<'_> for Timestamp {
    /// A `Timestamp` ends a day before the year 9999 does; what is later is an error.
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match iso::read_moment(value)? {
            Moment::Unix(seconds) => unix(seconds),
            Moment::Shown(day, clock, offset) => {
                let local = date(day)?.to_datetime(time(clock)?);
                let offset = Offset::from_seconds(offset.unwrap_or_default());
                let at = offset.and_then(|offset| offset.to_timestamp(local));
                let at = at.map_err(|_| iso::out_of_range())?;
                iso::within(at, Offset::UTC.to_datetime(at).year().into())
            }
        }
    }
}

#[diagnostic::do_not_recommend]
impl ToValue for DateTime {
    fn to_value(&self) -> Result<Value> {
        iso::plain_moment(date_of(self.date()), time_of(self.time()))
    }
}

impl FromValue<'_> for DateTime {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match iso::read_plain_moment(value)? {
            Moment::Unix(seconds) => unix(seconds).map(|at| Offset::UTC.to_datetime(at)),
            Moment::Shown(day, clock, _) => Ok(date(day)?.to_datetime(time(clock)?)),
        }
    }
}

iso::stored!(Date, iso::date, |date: &Date| date_of(*date), iso::read_date, date);
iso::stored!(Time, iso::time, |time: &Time| time_of(*time), iso::read_time, time);
