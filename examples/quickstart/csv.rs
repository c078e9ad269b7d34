//! Reads simple CSV as rows of values: commas, no quotes, and an empty field is NULL.

use std::error::Error;
use std::fmt;
use std::io::{self, BufRead};
use std::num::ParseIntError;

use headwater::Value;

/// A column of the file and of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Integer,
    Text,
}

pub(crate) const fn integer(name: &'static str) -> Column {
    Column {
        name,
        kind: Kind::Integer,
    }
}

pub(crate) const fn text(name: &'static str) -> Column {
    Column {
        name,
        kind: Kind::Text,
    }
}

/// An iterator over the records of a file; it ends after its first error.
pub(crate) struct Reader<R> {
    file: &'static str,
    source: R,
    columns: &'static [Column],
    line: String,
    number: u64,
    finished: bool,
}

impl<R: BufRead> Reader<R> {
    /// Starts with the header, which has to name exactly these columns.
    pub(crate) fn new(
        file: &'static str,
        source: R,
        columns: &'static [Column],
    ) -> Result<Self, CsvError> {
        let line = String::new();
        let mut reader = Self {
            file,
            source,
            columns,
            line,
            number: 0,
            finished: false,
        };
        let read = reader.read_line().and_then(|_| reader.check_header());
        match read {
            Ok(()) => Ok(reader),
            Err(problem) => Err(reader.error(problem)),
        }
    }

    /// Reads the next line into `self.line`, without its end; false at the end of the file.
    fn read_line(&mut self) -> Result<bool, Problem> {
        self.number += 1;
        self.line.clear();
        let bytes = self
            .source
            .read_line(&mut self.line)
            .map_err(Problem::Read)?;
        let content = self.line.trim_end_matches(['\n', '\r']).len();
        self.line.truncate(content);
        Ok(bytes > 0)
    }

    fn check_header(&self) -> Result<(), Problem> {
        let names = self.columns.iter().map(|column| column.name);
        if self.line.split(',').eq(names) {
            Ok(())
        } else {
            Err(Problem::Header)
        }
    }

    fn record(&self) -> Result<Vec<Value>, Problem> {
        if self.line.contains('"') {
            return Err(Problem::Quote);
        }
        let mut record = Vec::with_capacity(self.columns.len());
        let mut fields = self.line.split(',');
        for (column, field) in self.columns.iter().zip(&mut fields) {
            record.push(column.value(field)?);
        }
        let (found, expected) = (self.line.split(',').count(), self.columns.len());
        if found == expected {
            Ok(record)
        } else {
            Err(Problem::Count { found, expected })
        }
    }

    fn error(&self, problem: Problem) -> CsvError {
        CsvError {
            file: self.file,
            line: self.number,
            problem,
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Vec<Value>, CsvError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let record = match self.read_line() {
            Ok(true) => Some(self.record()),
            Ok(false) => None,
            Err(problem) => Some(Err(problem)),
        };
        self.finished = !matches!(record, Some(Ok(_)));
        record.map(|record| record.map_err(|problem| self.error(problem)))
    }
}

impl Column {
    fn value(self, field: &str) -> Result<Value, Problem> {
        match self.kind {
            _ if field.is_empty() => Ok(Value::Null),
            Kind::Text => Ok(Value::Text(field.to_owned())),
            Kind::Integer => match field.parse() {
                Ok(number) => Ok(Value::Integer(number)),
                Err(source) => Err(Problem::Number {
                    column: self.name,
                    source,
                }),
            },
        }
    }
}

/// What is wrong with a file, and where.
#[derive(Debug)]
pub(crate) struct CsvError {
    file: &'static str,
    line: u64,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    Read(io::Error),
    Header,
    Quote,
    Count {
        found: usize,
        expected: usize,
    },
    Number {
        column: &'static str,
        source: ParseIntError,
    },
}

impl fmt::Display for CsvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}: ", self.file, self.line)?;
        match &self.problem {
            Problem::Read(_) => f.write_str("it cannot be read"),
            Problem::Header => f.write_str("the header does not name the table's columns"),
            Problem::Quote => f.write_str("it has a quote, which this reader does not know"),
            Problem::Count { found, expected } => {
                write!(f, "it should have {expected} fields and has {found}")
            }
            Problem::Number { column, .. } => {
                write!(f, "the column {column} does not hold a whole number")
            }
        }
    }
}

impl Error for CsvError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.problem {
            Problem::Read(source) => Some(source),
            Problem::Number { source, .. } => Some(source),
            Problem::Header | Problem::Quote | Problem::Count { .. } => None,
        }
    }
}

/// Lets a stream of records go straight into `insert_stream`.
impl From<CsvError> for headwater::Error {
    fn from(error: CsvError) -> Self {
        Self::other(error)
    }
}
