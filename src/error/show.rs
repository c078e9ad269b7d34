//! How an error is shown: its message, what to do, and the SQL with a caret under the place.

use std::borrow::Cow;
use std::fmt;

use super::Error;

/// How many characters of a line, or of a text whose place is not known, are shown.
const LINE: usize = 100;
const TEXT: usize = 400;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(hint) = &self.0.hint {
            write!(f, "; {hint}")?;
        }
        let Some(sql) = &self.0.sql else {
            return Ok(());
        };
        match self.0.offset {
            Some(offset) => pointed(f, sql, offset),
            None => write!(f, ", in: {}", excerpt(sql)),
        }
    }
}

/// Finds the line and the column of a byte in a text, both counted from 1, the column in characters.
pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..floor(text, offset)).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or(before);
    (before.split('\n').count(), line.chars().count() + 1)
}

/// Writes the line of a place, and a caret under it.
fn pointed(f: &mut fmt::Formatter<'_>, sql: &str, offset: usize) -> fmt::Result {
    let offset = floor(sql, offset);
    let (number, column) = position(sql, offset);
    let line = sql.lines().nth(number - 1).unwrap_or_default();
    // A place far into a long line is shown with what stands around it.
    let skipped = column.saturating_sub(LINE / 2);
    let skipped = if line.chars().count() > LINE { skipped } else { 0 };
    let shown: String = line.chars().skip(skipped).take(LINE).map(printable).collect();
    let before = if skipped > 0 { "…" } else { "" };
    let after = if line.chars().nth(skipped + LINE).is_some() { "…" } else { "" };
    // What stands before the caret is as wide as what stands above it: tabs stay tabs.
    let indent = line.chars().skip(skipped).take((column - 1).saturating_sub(skipped));
    let indent: String = indent.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let gap = if before.is_empty() { "" } else { " " };
    write!(f, ", at line {number}, column {column}:\n  {before}{shown}{after}\n  {gap}{indent}^")
}

/// The last place at or before `offset` where a character begins.
fn floor(text: &str, offset: usize) -> usize {
    text.floor_char_boundary(offset)
}

fn printable(c: char) -> char {
    if c.is_control() && c != '\t' { '\u{fffd}' } else { c }
}

/// Shortens a statement's text to what a log line bears.
fn excerpt(sql: &str) -> Cow<'_, str> {
    match sql.char_indices().nth(TEXT) {
        Some((end, _)) => Cow::Owned(format!("{}…", sql.get(..end).unwrap_or(sql))),
        None => Cow::Borrowed(sql),
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.0.kind);
        debug.field("message", &self.0.message);
        if let Some(hint) = &self.0.hint {
            debug.field("hint", hint);
        }
        if let Some(sql) = &self.0.sql {
            debug.field("sql", sql);
        }
        if let Some(offset) = self.0.offset {
            debug.field("offset", &offset);
        }
        if let Some(code) = self.0.code {
            debug.field("sqlite_code", &code);
        }
        if let Some(constraint) = &self.0.constraint {
            debug.field("constraint", constraint);
        }
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn shown(sql: &str, offset: usize) -> String {
        let mut error = Error::new(ErrorKind::Syntax, "no").with_sql(sql);
        error.0.offset = Some(offset);
        error.to_string()
    }

    #[test]
    fn a_long_statement_is_shortened_at_a_character() {
        let sql = "é".repeat(1_000);

        let shown = Error::new(ErrorKind::Syntax, "no").with_sql(&sql).to_string();

        assert!(shown.ends_with('…'));
        assert!(shown.len() < 900);
    }

    #[test]
    fn the_caret_stands_under_the_place() {
        assert_eq!(shown("SELECT *\nFORM users", 9), "no, at line 2, column 1:\n  FORM users\n  ^");
        assert_eq!(
            shown("SELECT é, nme", 11),
            "no, at line 1, column 11:\n  SELECT é, nme\n            ^"
        );
        assert_eq!(shown("\tx y", 3), "no, at line 1, column 4:\n  \tx y\n  \t  ^");
    }

    #[test]
    fn a_place_at_or_behind_the_end_is_the_end() {
        assert_eq!(shown("a b", 3), "no, at line 1, column 4:\n  a b\n     ^");
        assert_eq!(shown("a b", 900), "no, at line 1, column 4:\n  a b\n     ^");
        assert_eq!(shown("", 0), "no, at line 1, column 1:\n  \n  ^");
        assert_eq!(shown("a\n", 2), "no, at line 2, column 1:\n  \n  ^");
    }

    #[test]
    fn of_a_long_line_what_stands_around_the_place_is_shown() {
        let sql = format!("{}here{}", "a".repeat(5_000), "b".repeat(5_000));

        let shown = shown(&sql, 5_000);
        let lines: Vec<&str> = shown.lines().collect();

        assert_eq!(lines[0], "no, at line 1, column 5001:");
        let caret = lines[2].chars().count() - 1;
        assert_eq!(lines[1].chars().nth(caret), Some('h'));
        assert!(lines[1].chars().count() < 110);
    }

    #[test]
    fn control_characters_are_not_sent_to_the_terminal() {
        assert!(!shown("SELECT \u{1b}[2J", 0).contains('\u{1b}'));
    }
}
