//! Dates and times of day as ISO 8601 text: the one form in which those of all crates are stored, and the
//! forms that are read.
//!
//! What is stored has four digits of a year and nine of a second, so that the order of the texts is the
//! order of time. What is read is what SQLite's own date functions read, in the calendar's years 0000 to
//! 9999, but for Julian days: they are REALs, and a REAL does not hold a time exactly.

use super::{FromValue, Mismatch, Value, ValueRef};
use crate::error::{Error, ErrorKind, Result};

const STAMP: &str = "2026-11-22T17:01:47.000000000Z";
const PLAIN_STAMP: &str = "2026-11-22T17:01:47.000000000";
const DATE: &str = "2026-11-22";
const TIME: &str = "17:01:47.000000000";

/// The fields of a date; whether the month has the day is for each crate's calendar to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i32,
    pub(super) month: u32,
    pub(super) day: u32,
}

/// The fields of a time of day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Time {
    pub(super) hour: u32,
    pub(super) minute: u32,
    pub(super) second: u32,
    pub(super) nanosecond: u32,
}

/// A point in time as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// The seconds since the beginning of 1970 in UTC.
    Unix(i64),
    /// A date and a time of day, and the seconds that the clock which shows them is ahead of UTC.
    Shown(Date, Time, Option<i32>),
}

/// Stores a crate's type as text, by its conversions into fields and from them.
macro_rules! stored {
    ($type:ty, $write:path, $fields:expr, $read:path, $made:path) => {
        #[diagnostic::do_not_recommend]
        impl ToValue for $type {
            fn to_value(&self) -> Result<Value> {
                $write($fields(self))
            }
        }

        impl FromValue<'_> for $type {
            fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
                $made($read(value)?)
            }
        }
    };
}
pub(super) use stored;

// Writing -----------------------------------------------------------------------------------------

/// Writes a date and a time of day in UTC.
pub(super) fn moment(date: Date, time: Time) -> Result<Value> {
    let mut text = String::with_capacity(STAMP.len());
    date.write(&mut text)?;
    text.push('T');
    time.write(&mut text)?;
    text.push('Z');
    Ok(Value::Text(text))
}

/// Writes a date and a time of day in no zone.
pub(super) fn plain_moment(date: Date, time: Time) -> Result<Value> {
    let mut text = String::with_capacity(PLAIN_STAMP.len());
    date.write(&mut text)?;
    text.push('T');
    time.write(&mut text)?;
    Ok(Value::Text(text))
}

pub(super) fn date(date: Date) -> Result<Value> {
    let mut text = String::with_capacity(DATE.len());
    date.write(&mut text)?;
    Ok(Value::Text(text))
}

pub(super) fn time(time: Time) -> Result<Value> {
    let mut text = String::with_capacity(TIME.len());
    time.write(&mut text)?;
    Ok(Value::Text(text))
}

/// The text would need a sign or a fifth digit of the year.
#[cold]
pub(super) fn cannot_be_stored() -> Error {
    Error::new(
        ErrorKind::Bind,
        "a date outside the years 0000 to 9999 cannot be stored: as text it would not sort by time",
    )
}

impl Date {
    fn write(self, text: &mut String) -> Result<()> {
        let Some(year) = u32::try_from(self.year).ok().filter(|year| *year <= 9999) else {
            return Err(cannot_be_stored());
        };
        digits(text, year, 1_000);
        text.push('-');
        digits(text, self.month, 10);
        text.push('-');
        digits(text, self.day, 10);
        Ok(())
    }
}

impl Time {
    fn write(self, text: &mut String) -> Result<()> {
        // This is how chrono holds the second 60.
        if self.nanosecond >= 1_000_000_000 {
            return Err(Error::new(
                ErrorKind::Bind,
                "a leap second cannot be stored: neither SQLite nor most calendars know it",
            ));
        }
        digits(text, self.hour, 10);
        text.push(':');
        digits(text, self.minute, 10);
        text.push(':');
        digits(text, self.second, 10);
        text.push('.');
        digits(text, self.nanosecond, 100_000_000);
        Ok(())
    }
}

/// Writes a number with leading zeros; `place` is the value of its first digit.
fn digits(text: &mut String, number: u32, mut place: u32) {
    while place > 0 {
        text.push(char::from_digit(number / place % 10, 10).unwrap_or('0'));
        place /= 10;
    }
}

// Reading -----------------------------------------------------------------------------------------

/// Reads a point in time; a text without an offset is in UTC.
pub(super) fn read_moment(value: ValueRef<'_>) -> Result<Moment, Mismatch> {
    match value {
        ValueRef::Integer(seconds) => Ok(Moment::Unix(seconds)),
        value => Reader::read(value, STAMP, Reader::moment),
    }
}

/// Reads a date and a time of day in no zone; a text with an offset is none, and an integer is in UTC.
pub(super) fn read_plain_moment(value: ValueRef<'_>) -> Result<Moment, Mismatch> {
    match value {
        ValueRef::Integer(seconds) => Ok(Moment::Unix(seconds)),
        value => Reader::read(value, PLAIN_STAMP, |reader| match reader.moment()? {
            Moment::Shown(_, _, Some(_)) => Err(Mismatch::because(
                "the text has an offset from UTC, which would be lost; read it as a type that has one",
            )),
            moment => Ok(moment),
        }),
    }
}

pub(super) fn read_date(value: ValueRef<'_>) -> Result<Date, Mismatch> {
    Reader::read(value, DATE, Reader::date)
}

pub(super) fn read_time(value: ValueRef<'_>) -> Result<Time, Mismatch> {
    Reader::read(value, TIME, Reader::time)
}

/// A month has no such day.
#[cold]
pub(super) fn no_such_day() -> Mismatch {
    Mismatch::because("the month has no such day")
}

/// The Rust type, or the form in which it would be stored again, does not reach that far.
#[cold]
pub(super) fn out_of_range() -> Mismatch {
    Mismatch::because(
        "in UTC it is outside the years 0000 to 9999, or outside the type's own range",
    )
}

/// Refuses what could be read and not be stored again.
pub(super) fn within<T>(moment: T, year_in_utc: i32) -> Result<T, Mismatch> {
    if (0..=9999).contains(&year_in_utc) { Ok(moment) } else { Err(out_of_range()) }
}

/// A text and how much of it is read.
struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    /// How Headwater itself writes it, for errors.
    form: &'static str,
}

impl<'t> Reader<'t> {
    fn read<T>(
        value: ValueRef<'t>,
        form: &'static str,
        read: impl FnOnce(&mut Self) -> Result<T, Mismatch>,
    ) -> Result<T, Mismatch> {
        let text = match value {
            ValueRef::Real(_) => {
                return Err(Mismatch::because(
                    "a REAL, such as a Julian day, does not hold a time exactly; \
                     select `datetime(…)` or `unixepoch(…)` of it",
                ));
            }
            value => <&str>::from_value(value)?.as_bytes(),
        };
        let mut reader = Self { text, at: 0, form };
        let found = read(&mut reader)?;
        if reader.at == text.len() { Ok(found) } else { Err(reader.expected("the end")) }
    }

    fn moment(&mut self) -> Result<Moment, Mismatch> {
        let date = self.date()?;
        if self.at == self.text.len() {
            return Ok(Moment::Shown(date, Time::default(), None));
        }
        if !self.skip(b"Tt ") {
            return Err(self.expected("`T` or a space"));
        }
        let time = self.time()?;
        let offset = self.offset()?;
        Ok(Moment::Shown(date, time, offset))
    }

    fn date(&mut self) -> Result<Date, Mismatch> {
        let year = self.number(4, 0..=9999, "a year of four digits")?;
        self.expect(b'-', "`-`")?;
        let month = self.number(2, 1..=12, "a month, 01 to 12")?;
        self.expect(b'-', "`-`")?;
        let day = self.number(2, 1..=31, "a day, 01 to 31")?;
        Ok(Date { year: year.cast_signed(), month, day })
    }

    fn time(&mut self) -> Result<Time, Mismatch> {
        let hour = self.number(2, 0..=23, "an hour, 00 to 23")?;
        self.expect(b':', "`:`")?;
        let minute = self.number(2, 0..=59, "a minute, 00 to 59")?;
        if !self.skip(b":") {
            return Ok(Time { hour, minute, ..Time::default() });
        }
        let second = self.number(2, 0..=59, "a second, 00 to 59")?;
        let nanosecond = if self.skip(b".") { self.fraction()? } else { 0 };
        Ok(Time { hour, minute, second, nanosecond })
    }

    /// Reads the digits of a fraction as nanoseconds; those after the ninth must be zeros.
    fn fraction(&mut self) -> Result<u32, Mismatch> {
        let mut nanosecond = self.digit().ok_or_else(|| self.expected("a digit"))? * 100_000_000;
        let mut place = 10_000_000;
        while let Some(digit) = self.digit() {
            if place == 0 && digit != 0 {
                return Err(Mismatch::because(
                    "the fraction of its second has more than nine digits",
                ));
            }
            nanosecond += digit * place;
            place /= 10;
        }
        Ok(nanosecond)
    }

    fn offset(&mut self) -> Result<Option<i32>, Mismatch> {
        if self.at == self.text.len() {
            return Ok(None);
        }
        while self.skip(b" ") {}
        if self.skip(b"Zz") {
            return Ok(Some(0));
        }
        let west = self.skip(b"-");
        if !west {
            self.expect(b'+', "`Z`, an offset such as `+01:00`, or the end")?;
        }
        let hours = self.number(2, 0..=23, "the hours of an offset, 00 to 23")?;
        let minutes = if self.skip(b":") || self.at < self.text.len() {
            self.number(2, 0..=59, "the minutes of an offset, 00 to 59")?
        } else {
            0
        };
        let seconds = (hours * 60 + minutes).cast_signed() * 60;
        Ok(Some(if west { -seconds } else { seconds }))
    }

    fn number(
        &mut self,
        digits: usize,
        range: std::ops::RangeInclusive<u32>,
        what: &str,
    ) -> Result<u32, Mismatch> {
        let from = self.at;
        let mut number = 0;
        while self.at - from < digits {
            match self.digit() {
                Some(digit) => number = number * 10 + digit,
                None => break,
            }
        }
        if self.at - from == digits && range.contains(&number) {
            return Ok(number);
        }
        self.at = from;
        Err(self.expected(what))
    }

    fn digit(&mut self) -> Option<u32> {
        let digit = char::from(*self.text.get(self.at)?).to_digit(10)?;
        self.at += 1;
        Some(digit)
    }

    /// Passes over one of these bytes, if it is there.
    fn skip(&mut self, any: &[u8]) -> bool {
        let is_there = self.text.get(self.at).is_some_and(|byte| any.contains(byte));
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, byte: u8, what: &str) -> Result<(), Mismatch> {
        if self.skip(&[byte]) { Ok(()) } else { Err(self.expected(what)) }
    }

    #[cold]
    fn expected(&self, what: &str) -> Mismatch {
        Mismatch::because(format!(
            "at byte {} of the text {what} is expected, as in `{}`",
            self.at, self.form
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Date = Date { year: 2026, month: 11, day: 22 };

    fn read(text: &str) -> Result<Moment, String> {
        read_moment(ValueRef::Text(text)).map_err(|misfit| misfit.why.unwrap().into_owned())
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let time = Time { hour: 7, minute: 1, second: 47, nanosecond: 1_020 };

        let written = moment(DAY, time).unwrap();

        assert_eq!(written, Value::Text("2026-11-22T07:01:47.000001020Z".to_owned()));
        assert_eq!(read_moment(written.as_ref()), Ok(Moment::Shown(DAY, time, Some(0))));
    }

    #[test]
    fn each_form_of_a_text_is_read() {
        let at = |hour, minute, second, nanosecond| Time { hour, minute, second, nanosecond };
        let forms = [
            ("2026-11-22", at(0, 0, 0, 0), None),
            ("2026-11-22 17:01", at(17, 1, 0, 0), None),
            ("2026-11-22T17:01:47", at(17, 1, 47, 0), None),
            ("2026-11-22t17:01:47.5z", at(17, 1, 47, 500_000_000), Some(0)),
            ("2026-11-22 17:01:47.123456789000", at(17, 1, 47, 123_456_789), None),
            ("2026-11-22 17:01:47+00", at(17, 1, 47, 0), Some(0)),
            ("2026-11-22 17:01:47 +0130", at(17, 1, 47, 0), Some(5_400)),
            ("2026-11-22T17:01-23:59", at(17, 1, 0, 0), Some(-86_340)),
        ];
        for (text, time, offset) in forms {
            assert_eq!(read(text), Ok(Moment::Shown(DAY, time, offset)), "{text}");
        }
    }

    #[test]
    fn an_error_tells_where_and_what_was_expected() {
        let errors = [
            ("", 0, "a year of four digits"),
            ("26-11-22", 0, "a year of four digits"),
            ("-0001-11-22", 0, "a year of four digits"),
            ("10000-11-22", 4, "`-`"),
            ("2026-13-22", 5, "a month, 01 to 12"),
            ("2026-11-00", 8, "a day, 01 to 31"),
            ("2026-11-22x", 10, "`T` or a space"),
            ("2026-11-22T24:00", 11, "an hour, 00 to 23"),
            ("2026-11-22T23:59:60Z", 17, "a second, 00 to 59"),
            ("2026-11-22T23:59:59.Z", 20, "a digit"),
            ("2026-11-22T23:59:59 UTC", 20, "`Z`, an offset such as `+01:00`, or the end"),
            ("2026-11-22T23:59:59Z[UTC]", 20, "the end"),
            ("2026-11-22T23:59:59+24:00", 20, "the hours of an offset, 00 to 23"),
            ("2026-11-22T23:59:59+01:0", 23, "the minutes of an offset, 00 to 59"),
            ("\u{0662}026-11-22", 0, "a year of four digits"),
        ];
        for (text, at, what) in errors {
            let told = format!("at byte {at} of the text {what} is expected, as in `{STAMP}`");
            assert_eq!(read(text), Err(told), "{text}");
        }
        assert!(read("2026-11-22T23:59:59.0000000001").unwrap_err().contains("nine digits"));
    }
}
