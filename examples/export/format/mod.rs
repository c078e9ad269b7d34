//! The formats: how rows become bytes. Each file has one, `values` what they share.

mod csv;
mod ndjson;
mod table;
#[cfg(test)]
mod tests;
mod values;

use headwater::{Columns, Row};

use crate::ending::Ending;

/// Turns rows into bytes, appending to a buffer.
pub(crate) trait Format {
    /// Appends what stands before the rows and does not depend on them.
    fn start(&mut self, _out: &mut Vec<u8>) {}

    /// Appends a row, or holds it back.
    ///
    /// What it appends before it fails is to be taken back.
    fn row(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<(), Ending>;

    /// Appends what is held back, where somebody watches and no row has come for a while.
    fn pause(&mut self, _out: &mut Vec<u8>) -> Result<(), Ending> {
        Ok(())
    }

    /// Appends what is held back: no row follows.
    fn finish(&mut self, _out: &mut Vec<u8>) -> Result<(), Ending> {
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ndjson,
    Csv,
    Table,
}

/// How values are written.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) header: bool,
    /// What stands for NULL, where it is not the format's own.
    pub(crate) null: Option<String>,
    pub(crate) blob: Blob,
    pub(crate) bad_text: BadText,
    /// Whether somebody watches, who does not want a cell of a thousand letters.
    pub(crate) to_terminal: bool,
}

/// How bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blob {
    Hex,
    Base64,
}

/// What is done about a text that is not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadText {
    Error,
    Replace,
    Blob,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            header: true,
            null: None,
            blob: Blob::Hex,
            bad_text: BadText::Error,
            to_terminal: false,
        }
    }
}

impl Kind {
    /// Makes a format for rows of these columns.
    pub(crate) fn with(self, settings: Settings, columns: &Columns) -> Box<dyn Format> {
        match self {
            Self::Ndjson => Box::new(ndjson::Ndjson::new(settings, columns)),
            Self::Csv => Box::new(csv::Csv::new(settings, columns)),
            Self::Table => Box::new(table::Table::new(settings, columns)),
        }
    }
}
