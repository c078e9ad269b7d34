//! The URL of a database: where it is, and options by name.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::statement::Stall;

/// A URL, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) place: Place,
    /// Names and decoded values, in their order.
    pub(super) options: Vec<(String, String)>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    Memory,
    File(PathBuf),
}

impl Url {
    pub(super) fn parse(url: &str) -> Result<Self> {
        let Some((scheme, rest)) = url.split_once(':') else {
            return Err(bad_url(
                "the URL has no scheme: it begins with `sqlite:`, as in `sqlite://app.db`",
            ));
        };
        if !scheme.eq_ignore_ascii_case("sqlite") {
            // What follows the scheme may hold a password.
            return Err(bad_url(format!(
                "the scheme `{scheme}:` is not known: this build knows `sqlite:`"
            )));
        }
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let path = path.strip_prefix("//").unwrap_or(path);
        let place = match path {
            ":memory:" => Place::Memory,
            "" => {
                return Err(bad_url(
                    "the URL names no file: write `sqlite://app.db`, or `sqlite::memory:`",
                ));
            }
            path => Place::File(decoded_path(path)?),
        };
        let options = query.map_or(Ok(Vec::new()), parse_options)?;
        Ok(Self { place, options })
    }
}

fn parse_options(query: &str) -> Result<Vec<(String, String)>> {
    let mut options: Vec<(String, String)> = Vec::new();
    for option in query.split('&').filter(|option| !option.is_empty()) {
        let Some((name, value)) = option.split_once('=') else {
            return Err(bad_url(format!("the option `{option}` has no value: write `{option}=…`")));
        };
        let (name, value) = (decoded_text(name)?, decoded_text(value)?);
        if options.iter().any(|(known, _)| *known == name) {
            return Err(bad_url(format!("the option `{name}` is given twice")));
        }
        options.push((name, value));
    }
    Ok(options)
}

fn decoded_path(path: &str) -> Result<PathBuf> {
    let bytes = decoded(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt as _;
        Ok(std::ffi::OsString::from_vec(bytes).into())
    }
    #[cfg(not(unix))]
    {
        String::from_utf8(bytes)
            .map(PathBuf::from)
            .map_err(|_| bad_url("the path is not UTF-8 when it is percent-decoded"))
    }
}

fn decoded_text(text: &str) -> Result<String> {
    String::from_utf8(decoded(text)?)
        .map_err(|_| bad_url("an option is not UTF-8 when it is percent-decoded"))
}

fn decoded(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        match rest {
            [] => return Ok(bytes),
            [b'%', high, low, after @ ..] => {
                let (Some(high), Some(low)) = (hex(*high), hex(*low)) else {
                    return Err(bad_percent());
                };
                let byte = high << 4 | low;
                if byte == 0 {
                    return Err(bad_url("the URL has a NUL, `%00`, which no file name can have"));
                }
                bytes.push(byte);
                rest = after;
            }
            [b'%', ..] => return Err(bad_percent()),
            [0, ..] => return Err(bad_url("the URL has a NUL, which no file name can have")),
            [byte, after @ ..] => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cold]
fn bad_percent() -> Error {
    bad_url(
        "a `%` in the URL is not followed by two hexadecimal digits: write `%25` for a percent sign",
    )
}

#[cold]
pub(super) fn bad_url(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::BadUrl, message)
}

/// Reads an option's value, or says what it can be.
pub(super) fn value<T>(
    name: &str,
    text: &str,
    wanted: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T> {
    read(text).ok_or_else(|| bad_url(format!("the option `{name}` is {wanted}, not `{text}`")))
}

/// Reads a duration: `20us`, `250ms`, `5s`, or a number of milliseconds.
pub(super) fn duration(text: &str) -> Option<Duration> {
    if let Some(micros) = text.strip_suffix("us") {
        return micros.parse().ok().map(Duration::from_micros);
    }
    if let Some(millis) = text.strip_suffix("ms") {
        return millis.parse().ok().map(Duration::from_millis);
    }
    if let Some(seconds) = text.strip_suffix('s') {
        return seconds.parse().ok().map(Duration::from_secs);
    }
    text.parse().ok().map(Duration::from_millis)
}

/// Reads a duration, or `never`.
pub(super) fn duration_or_never(text: &str) -> Option<Duration> {
    if text == "never" { Some(Duration::MAX) } else { duration(text) }
}

/// Reads a number of bytes: `64MiB`, `512KiB`, `1GiB`, or a bare number.
fn bytes(text: &str) -> Option<u64> {
    for (unit, size) in [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)] {
        if let Some(number) = text.strip_suffix(unit) {
            return number.parse::<u64>().ok()?.checked_mul(size);
        }
    }
    text.parse().ok()
}

/// Reads what is done about a slow consumer: `park`, `spill:64MiB` or `abort:30s`.
pub(super) fn stall(text: &str) -> Option<Stall> {
    match text.split_once(':') {
        None if text == "park" => Some(Stall::Park),
        Some(("spill", limit)) => bytes(limit).map(Stall::Spill),
        Some(("abort", limit)) => duration(limit).map(Stall::AbortAfter),
        _ => None,
    }
}

/// Reads a switch.
pub(super) fn switch(text: &str) -> Option<bool> {
    match text {
        "on" | "true" | "yes" | "1" => Some(true),
        "off" | "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> Place {
        Place::File(path.into())
    }

    #[test]
    fn two_slashes_are_relative_and_three_absolute() {
        assert_eq!(Url::parse("sqlite://a/b.db").unwrap().place, file("a/b.db"));
        assert_eq!(Url::parse("sqlite:///a/b.db").unwrap().place, file("/a/b.db"));
        assert_eq!(Url::parse("sqlite:b.db").unwrap().place, file("b.db"));
    }

    #[test]
    fn memory_is_a_place_of_its_own() {
        assert_eq!(Url::parse("sqlite::memory:").unwrap().place, Place::Memory);
    }

    #[test]
    fn a_path_is_percent_decoded() {
        assert_eq!(Url::parse("sqlite://a%20%3F%25.db").unwrap().place, file("a ?%.db"));
        assert!(Url::parse("sqlite://a%2").is_err());
        assert!(Url::parse("sqlite://a%zz").is_err());
        assert!(Url::parse("sqlite://a%00b").is_err());
    }

    #[test]
    fn options_are_decoded_and_given_once() {
        let url = Url::parse("sqlite://a?mode=ro&busy_timeout=%35s").unwrap();
        assert_eq!(url.options[1], ("busy_timeout".to_owned(), "5s".to_owned()));
        assert!(Url::parse("sqlite://a?mode=ro&mode=rw").is_err());
        assert!(Url::parse("sqlite://a?mode").is_err());
    }

    #[test]
    fn an_unknown_scheme_is_named_and_what_follows_is_not_shown() {
        let error = Url::parse("postgres://user:secret@host/db").unwrap_err();

        assert_eq!(error.kind(), ErrorKind::BadUrl);
        assert!(error.to_string().contains("postgres"));
        assert!(!error.to_string().contains("secret"));
    }

    #[test]
    fn durations_have_units_or_are_milliseconds() {
        assert_eq!(duration("20us"), Some(Duration::from_micros(20)));
        assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(duration("5s"), Some(Duration::from_secs(5)));
        assert_eq!(duration("7"), Some(Duration::from_millis(7)));
        assert_eq!(duration("soon"), None);
        assert_eq!(duration_or_never("never"), Some(Duration::MAX));
        assert_eq!(duration_or_never("1s"), Some(Duration::from_secs(1)));
    }

    #[test]
    fn what_is_done_about_a_slow_consumer_has_a_name_and_a_bound() {
        assert_eq!(stall("park"), Some(Stall::Park));
        assert_eq!(stall("spill:4096"), Some(Stall::Spill(4_096)));
        assert_eq!(stall("spill:2KiB"), Some(Stall::Spill(2 << 10)));
        assert_eq!(stall("spill:64MiB"), Some(Stall::Spill(64 << 20)));
        assert_eq!(stall("spill:1GiB"), Some(Stall::Spill(1 << 30)));
        assert_eq!(stall("abort:30s"), Some(Stall::AbortAfter(Duration::from_secs(30))));
        let none = ["", "spill", "abort", "park:1", "spill:", "spill:1 MB", "spill:99999999999GiB"];
        for text in none {
            assert_eq!(stall(text), None, "{text}");
        }
    }
}
