//! The arguments, read once and completely before anything is opened.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::*;

use crate::format::{BadText, Blob, Kind, Settings};
use crate::parameters::Parameter;

#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Version,
    Export(Box<Export>),
}

/// What is to be exported, and how.
#[derive(Debug)]
pub(crate) struct Export {
    pub(crate) database: Database,
    pub(crate) sql: Sql,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) immutable: bool,
    /// The format that was asked for.
    pub(crate) kind: Option<Kind>,
    pub(crate) settings: Settings,
    pub(crate) output: Option<PathBuf>,
    pub(crate) progress: bool,
    pub(crate) quiet: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Database {
    Path(PathBuf),
    Url(String),
    Memory,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sql {
    Text(String),
    Stdin,
    Demo,
}

/// Reads the arguments, the program's name first; without any there is only help to give.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if arguments.len() <= 1 {
        return Ok(Command::Help);
    }
    read(lexopt::Parser::from_iter(arguments)).map_err(|error| error.to_string())
}

fn read(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut export = Export {
        database: Database::Memory,
        sql: Sql::Demo,
        parameters: Vec::new(),
        timeout: None,
        immutable: false,
        kind: None,
        settings: Settings::default(),
        output: None,
        progress: false,
        quiet: false,
    };
    let (mut places, mut demo) = (Vec::new(), false);
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Short('V') | Long("version") => return Ok(Command::Version),
            Short('f') | Long("format") => export.kind = Some(choice(&mut parser, "--format")?),
            Short('o') | Long("output") => export.output = Some(parser.value()?.into()),
            Short('p') | Long("param") => {
                export.parameters.push(Parameter::parse(&parser.value()?.string()?)?);
            }
            Short('q') | Long("quiet") => export.quiet = true,
            Long("timeout") => export.timeout = Some(duration(&parser.value()?.string()?)?),
            Long("immutable") => export.immutable = true,
            Long("null") => export.settings.null = Some(null(parser.value()?.string()?)?),
            Long("no-header") => export.settings.header = false,
            Long("blob") => export.settings.blob = choice(&mut parser, "--blob")?,
            Long("bad-text") => export.settings.bad_text = choice(&mut parser, "--bad-text")?,
            Long("progress") => export.progress = true,
            Long("demo") => demo = true,
            Value(place) if places.len() < 2 => places.push(place),
            other => return Err(other.unexpected()),
        }
    }
    if !demo {
        let [database, sql] = <[OsString; 2]>::try_from(places).map_err(|given| {
            if given.is_empty() { "DATABASE and SQL are missing" } else { "SQL is missing" }
        })?;
        export.database = Database::of(database)?;
        export.sql = if sql == "-" { Sql::Stdin } else { Sql::Text(sql.string()?) };
    } else if !places.is_empty() {
        return Err("--demo takes no DATABASE and no SQL".into());
    }
    Ok(Command::Export(Box::new(export)))
}

impl Database {
    fn of(place: OsString) -> Result<Self, lexopt::Error> {
        let is_url = |text: &OsStr| text.to_string_lossy().starts_with("sqlite:");
        if is_url(&place) {
            return Ok(Self::Url(place.string()?));
        }
        Ok(Self::Path(place.into()))
    }
}

/// One of a few words.
pub(crate) trait Choice: Sized + Copy + 'static {
    const ALL: &'static [(&'static str, Self)];
}

impl Choice for Kind {
    const ALL: &'static [(&'static str, Self)] =
        &[("ndjson", Self::Ndjson), ("csv", Self::Csv), ("table", Self::Table)];
}

impl Choice for Blob {
    const ALL: &'static [(&'static str, Self)] = &[("hex", Self::Hex), ("base64", Self::Base64)];
}

impl Choice for BadText {
    const ALL: &'static [(&'static str, Self)] =
        &[("error", Self::Error), ("replace", Self::Replace), ("blob", Self::Blob)];
}

fn choice<T: Choice>(parser: &mut lexopt::Parser, option: &str) -> Result<T, lexopt::Error> {
    let given = parser.value()?;
    let found = T::ALL.iter().find(|(name, _)| given == *name);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = T::ALL.iter().map(|(name, _)| *name).collect();
        let given = given.display();
        format!("{option}: `{given}` is none of {}", names.join(", ")).into()
    })
}

/// Keeps what stands for a NULL from breaking the lines and fields around it.
fn null(text: String) -> Result<String, lexopt::Error> {
    if text.contains(|letter: char| letter.is_control() || letter == ',' || letter == '"') {
        return Err("--null: the text may hold no comma, quote or control character".into());
    }
    Ok(text)
}

fn duration(text: &str) -> Result<Duration, lexopt::Error> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let unit = text.strip_prefix(digits).unwrap_or_default();
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => 0,
    };
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(milliseconds));
    match number {
        Some(number) if milliseconds > 0 => Ok(Duration::from_millis(number)),
        _ => Err(format!("--timeout: `{text}` is no time like 500ms, 30s, 5m or 1h").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Command, String> {
        parse(["export"].iter().chain(arguments).map(OsString::from))
    }

    fn export(arguments: &[&str]) -> Export {
        match parsed(arguments) {
            Ok(Command::Export(export)) => *export,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_database_is_a_path_unless_it_begins_as_a_url() {
        let path = |path: &str| Database::Path(path.into());

        assert_eq!(export(&["a b?.db", "SELECT 1"]).database, path("a b?.db"));
        assert_eq!(export(&["--", "-x.db", "SELECT 1"]).database, path("-x.db"));
        assert_eq!(
            export(&["sqlite:a.db", "SELECT 1"]).database,
            Database::Url("sqlite:a.db".to_owned())
        );
    }

    #[test]
    fn options_stand_anywhere() {
        let export = export(&["-fcsv", "a.db", "--null", "-", "-", "--no-header", "-q"]);

        assert_eq!(export.kind, Some(Kind::Csv));
        assert_eq!(export.sql, Sql::Stdin);
        assert_eq!(export.settings.null.as_deref(), Some("-"));
        assert!(!export.settings.header && export.quiet && !export.progress);
    }

    #[test]
    fn what_is_no_use_is_said_in_one_line() {
        let cases: [(&[&str], &str); 10] = [
            (&["a.db"], "SQL is missing"),
            (&["-q"], "DATABASE and SQL are missing"),
            (&["a.db", "SELECT 1", "more"], "unexpected argument \"more\""),
            (&["--demo", "a.db"], "--demo takes no DATABASE and no SQL"),
            (&["--nosuch"], "invalid option '--nosuch'"),
            (&["--format", "xml"], "--format: `xml` is none of ndjson, csv, table"),
            (&["--format"], "missing argument for option '--format'"),
            (&["--timeout", "soon"], "--timeout: `soon` is no time like 500ms, 30s, 5m or 1h"),
            (&["--null", "a,b"], "--null: the text may hold no comma, quote or control character"),
            (&["--param", "int:x"], "--param: `x` is not an integer of 64 bits"),
        ];
        for (arguments, problem) in cases {
            assert_eq!(parsed(arguments).unwrap_err(), problem);
        }
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("500ms").unwrap(), Duration::from_millis(500));
        assert_eq!(duration("30s").unwrap(), Duration::from_secs(30));
        assert_eq!(duration("5m").unwrap(), Duration::from_secs(300));
        assert_eq!(duration("1h").unwrap(), Duration::from_secs(3_600));
        for text in ["", "5", "s", "-1s", "1.5s", "1 s", "99999999999999999999s", "9e9h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
