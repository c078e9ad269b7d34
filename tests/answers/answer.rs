//! What a statement gave, whoever ran it: columns, typed rows, and how it failed.

use std::fmt;

/// A value of the database, compared bit for bit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    /// The bits of a REAL, so that -0.0 is another value than 0.0.
    Real(u64),
    Text(String),
    /// What the database calls a text although it is not UTF-8.
    InvalidText(Vec<u8>),
    Blob(Vec<u8>),
}

impl From<headwater::ValueRef<'_>> for Cell {
    fn from(value: headwater::ValueRef<'_>) -> Self {
        use headwater::ValueRef;
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(value) => Self::Integer(value),
            ValueRef::Real(value) => Self::Real(value.to_bits()),
            ValueRef::Text(value) => Self::Text(value.to_owned()),
            ValueRef::Blob(value) => Self::Blob(value.to_vec()),
            ValueRef::InvalidText(value) => Self::InvalidText(value.to_vec()),
            other => panic!("a value of a kind that is not known here: {other:?}"),
        }
    }
}

impl From<rusqlite::types::ValueRef<'_>> for Cell {
    fn from(value: rusqlite::types::ValueRef<'_>) -> Self {
        use rusqlite::types::ValueRef;
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(value) => Self::Integer(value),
            ValueRef::Real(value) => Self::Real(value.to_bits()),
            ValueRef::Text(value) => match String::from_utf8(value.to_vec()) {
                Ok(text) => Self::Text(text),
                Err(invalid) => Self::InvalidText(invalid.into_bytes()),
            },
            ValueRef::Blob(value) => Self::Blob(value.to_vec()),
        }
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Real(bits) => write!(f, "{:?} ({bits:016x})", f64::from_bits(*bits)),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::InvalidText(value) => write!(f, "text {value:02x?}"),
            Self::Blob(value) => write!(f, "blob {value:02x?}"),
        }
    }
}

/// How a statement failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// SQLite's extended code; none for what is refused before SQLite is asked.
    pub(crate) code: Option<i32>,
    pub(crate) message: String,
    /// Several statements were given where one is taken.
    pub(crate) several: bool,
    /// It was refused by Headwater, for where it was to run.
    pub(crate) refused: bool,
}

/// What a statement gave up to its end or its failure.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// The names of the columns, where the way it was run tells them.
    pub(crate) columns: Option<Vec<String>>,
    pub(crate) rows: Vec<Vec<Cell>>,
    pub(crate) fault: Option<Fault>,
}

impl Answer {
    pub(crate) fn failed(fault: impl Into<Fault>) -> Self {
        Self { fault: Some(fault.into()), ..Self::default() }
    }
}

impl From<headwater::Error> for Fault {
    fn from(error: headwater::Error) -> Self {
        let code = error.sqlite_code();
        let message = error.to_string();
        let several = code.is_none() && message.starts_with("the text holds several statements");
        let refused = code.is_none() && error.kind() == headwater::ErrorKind::Statement;
        Self { code, message, several, refused }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        let several = matches!(error, rusqlite::Error::MultipleStatement);
        match error {
            rusqlite::Error::SqliteFailure(failure, message) => Self {
                code: Some(failure.extended_code),
                message: message.unwrap_or_else(|| failure.to_string()),
                several,
                refused: false,
            },
            rusqlite::Error::SqlInputError { error: failure, msg, .. } => {
                Self { code: Some(failure.extended_code), message: msg, several, refused: false }
            }
            other => Self { code: None, message: other.to_string(), several, refused: false },
        }
    }
}
