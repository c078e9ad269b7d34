//! Dates and times of `time`.
//!
//! An `OffsetDateTime` is stored in UTC, and read with the offset that the text has.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime, UtcOffset};

use super::iso::{self, Moment};
use super::{FromValue, Mismatch, ToValue, Value, ValueRef};
use crate::error::Result;

fn date_of(date: Date) -> iso::Date {
    let (year, month, day) = date.to_calendar_date();
    iso::Date { year, month: u8::from(month).into(), day: day.into() }
}

fn time_of(time: Time) -> iso::Time {
    let (hour, minute, second, nanosecond) = time.as_hms_nano();
    iso::Time { hour: hour.into(), minute: minute.into(), second: second.into(), nanosecond }
}

fn date(date: iso::Date) -> Result<Date, Mismatch> {
    let small = |number| u8::try_from(number).ok();
    let month = small(date.month).and_then(|month| Month::try_from(month).ok());
    let made = month.zip(small(date.day));
    made.and_then(|(month, day)| Date::from_calendar_date(date.year, month, day).ok())
        .ok_or_else(iso::no_such_day)
}

fn time(time: iso::Time) -> Result<Time, Mismatch> {
    let made = || {
        let small = |number| u8::try_from(number).ok();
        let (hour, minute) = (small(time.hour)?, small(time.minute)?);
        Time::from_hms_nano(hour, minute, small(time.second)?, time.nanosecond).ok()
    };
    made().ok_or_else(iso::out_of_range)
}

fn unix(seconds: i64) -> Result<UtcDateTime, Mismatch> {
    let at = UtcDateTime::from_unix_timestamp(seconds).map_err(|_| iso::out_of_range())?;
    iso::within(at, at.year())
}

#[diagnostic::do_not_recommend]
impl ToValue for UtcDateTime {
    fn to_value(&self) -> Result<Value> {
        iso::moment(date_of(self.date()), time_of(self.time()))
    }
}

impl FromValue<'_> for UtcDateTime {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        OffsetDateTime::from_value(value).map(Self::from)
    }
}

#[diagnostic::do_not_recommend]
impl ToValue for OffsetDateTime {
    fn to_value(&self) -> Result<Value> {
        let utc = self.checked_to_offset(UtcOffset::UTC).ok_or_else(iso::cannot_be_stored)?;
        iso::moment(date_of(utc.date()), time_of(utc.time()))
    }
}

impl FromValue<'_> for OffsetDateTime {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match iso::read_moment(value)? {
            Moment::Unix(seconds) => unix(seconds).map(Self::from),
            Moment::Shown(day, clock, offset) => {
                let offset = UtcOffset::from_whole_seconds(offset.unwrap_or_default());
                let offset = offset.map_err(|_| iso::out_of_range())?;
                let at = Self::new_in_offset(date(day)?, time(clock)?, offset);
                let utc = at.checked_to_offset(UtcOffset::UTC).ok_or_else(iso::out_of_range)?;
                iso::within(at, utc.year())
            }
        }
    }
}

#[diagnostic::do_not_recommend]
impl ToValue for PrimitiveDateTime {
    fn to_value(&self) -> Result<Value> {
        iso::plain_moment(date_of(self.date()), time_of(self.time()))
    }
}

impl FromValue<'_> for PrimitiveDateTime {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match iso::read_plain_moment(value)? {
            Moment::Unix(seconds) => unix(seconds).map(|at| Self::new(at.date(), at.time())),
            Moment::Shown(day, clock, _) => Ok(Self::new(date(day)?, time(clock)?)),
        }
    }
}

iso::stored!(Date, iso::date, |date: &Date| date_of(*date), iso::read_date, date);
iso::stored!(Time, iso::time, |time: &Time| time_of(*time), iso::read_time, time);
