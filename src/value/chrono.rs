//! Dates and times of `chrono`.
//!
//! A `DateTime` of any zone is stored in UTC; it is read as one of `Utc`, or of the `FixedOffset` that the
//! text has. `DateTime<Local>` is not read, since it would need the system's zones: read `DateTime<Utc>` and
//! call `with_timezone`.

use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike, Utc,
};

use super::iso::{self, Moment};
use super::{FromValue, Mismatch, ToValue, Value, ValueRef};
use crate::error::Result;

fn date_of(date: &impl Datelike) -> iso::Date {
    iso::Date { year: date.year(), month: date.month(), day: date.day() }
}

fn time_of(time: &impl Timelike) -> iso::Time {
    iso::Time {
        hour: time.hour(),
        minute: time.minute(),
        second: time.second(),
        nanosecond: time.nanosecond(),
    }
}

fn date(date: iso::Date) -> Result<NaiveDate, Mismatch> {
    NaiveDate::from_ymd_opt(date.year, date.month, date.day).ok_or_else(iso::no_such_day)
}

fn time(time: iso::Time) -> Result<NaiveTime, Mismatch> {
    NaiveTime::from_hms_nano_opt(time.hour, time.minute, time.second, time.nanosecond)
        .ok_or_else(iso::out_of_range)
}

fn unix(seconds: i64) -> Result<DateTime<Utc>, Mismatch> {
    let at = DateTime::from_timestamp(seconds, 0).ok_or_else(iso::out_of_range)?;
    iso::within(at, at.year())
}

#[diagnostic::do_not_recommend]
impl<Zone: TimeZone> ToValue for DateTime<Zone> {
    fn to_value(&self) -> Result<Value> {
        let utc = self.naive_utc();
        iso::moment(date_of(&utc), time_of(&utc))
    }
}

impl FromValue<'_> for DateTime<FixedOffset> {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match iso::read_moment(value)? {
            Moment::Unix(seconds) => unix(seconds).map(|at| at.fixed_offset()),
            Moment::Shown(day, clock, offset) => {
                let local = date(day)?.and_time(time(clock)?);
                let offset = FixedOffset::east_opt(offset.unwrap_or_default());
                let at = offset.and_then(|offset| local.and_local_timezone(offset).single());
                let at = at.ok_or_else(iso::out_of_range)?;
                iso::within(at, at.naive_utc().year())
            }
        }
    }
}

impl FromValue<'_> for DateTime<Utc> {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        DateTime::<FixedOffset>::from_value(value).map(|at| at.to_utc())
    }
}

#[diagnostic::do_not_recommend]
impl ToValue for NaiveDateTime {
    fn to_value(&self) -> Result<Value> {
        iso::plain_moment(date_of(self), time_of(self))
    }
}

impl FromValue<'_> for NaiveDateTime {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match iso::read_plain_moment(value)? {
            Moment::Unix(seconds) => unix(seconds).map(|at| at.naive_utc()),
            Moment::Shown(day, clock, _) => Ok(date(day)?.and_time(time(clock)?)),
        }
    }
}

iso::stored!(NaiveDate, iso::date, date_of, iso::read_date, date);
iso::stored!(NaiveTime, iso::time, time_of, iso::read_time, time);
