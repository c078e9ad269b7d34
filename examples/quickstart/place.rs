//! Where the database goes: the path given as the first argument, or a temporary directory.

use std::env;
use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The database's place; a temporary one is removed when this is dropped.
pub(crate) struct Place {
    path: PathBuf,
    text: String,
    temporary: Option<TempDir>,
}

impl Place {
    pub(crate) fn from_arguments() -> Result<Self, PlaceError> {
        let mut arguments = env::args_os().skip(1);
        match (arguments.next(), arguments.next()) {
            (None, _) => Self::temporary(),
            (Some(path), None) => Self::new_file(Path::new(&path)),
            (Some(_), Some(_)) => Err(PlaceError::Arguments),
        }
    }

    fn temporary() -> Result<Self, PlaceError> {
        let directory = tempfile::Builder::new()
            .prefix("headwater-")
            .tempdir()
            .map_err(PlaceError::Directory)?;
        let path = directory.path().join("flights.db");
        Self::checked(path, Some(directory))
    }

    fn new_file(path: &Path) -> Result<Self, PlaceError> {
        let path = std::path::absolute(path).map_err(PlaceError::Directory)?;
        if path.exists() {
            return Err(PlaceError::Exists(path));
        }
        Self::checked(path, None)
    }

    fn checked(path: PathBuf, temporary: Option<TempDir>) -> Result<Self, PlaceError> {
        match path.to_str().map(str::to_owned) {
            Some(text) => Ok(Self {
                path,
                text,
                temporary,
            }),
            None => Err(PlaceError::Encoding(path)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path as a URL; what has a meaning of its own in a URL is percent-encoded.
    pub(crate) fn url(&self) -> String {
        let mut url = String::from("sqlite://");
        for character in self.text.chars() {
            match character {
                '%' => url.push_str("%25"),
                '?' => url.push_str("%3F"),
                '#' => url.push_str("%23"),
                other => url.push(other),
            }
        }
        url
    }

    pub(crate) fn farewell(&self) -> &'static str {
        match self.temporary {
            Some(_) => "The database was temporary and is removed. Give a path to keep one.",
            None => "The database stays where it is; the tables are flights, airlines and delays.",
        }
    }
}

/// Why there is no place for the database.
#[derive(Debug)]
pub(crate) enum PlaceError {
    Arguments,
    Directory(io::Error),
    Encoding(PathBuf),
    Exists(PathBuf),
}

impl fmt::Display for PlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arguments => f.write_str("at most one path can be given"),
            Self::Directory(_) => f.write_str("there is no place for the database"),
            Self::Encoding(path) => write!(f, "the path {} is not UTF-8", path.display()),
            Self::Exists(path) => {
                write!(
                    f,
                    "{} exists already; give the path of a new file",
                    path.display()
                )
            }
        }
    }
}

impl Error for PlaceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Directory(source) => Some(source),
            _ => None,
        }
    }
}
