//! A migration's text: its statements, with the lines they stand on.
//!
//! Where a statement ends is decided as SQLite's own shell does: at a semicolon, but for a trigger, whose
//! body has semicolons too and ends at the END after one.

use crate::statement::{Kind, Token, Tokens};

/// One statement of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece<'t> {
    pub(super) text: &'t str,
    /// The byte at which it begins.
    pub(super) offset: usize,
}

/// Finds the statements of a text.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut begun: Option<usize> = None;
    let mut state = State::Start;
    for Token { kind, text: token, offset } in Tokens::new(text) {
        let next = match kind {
            Kind::Blank => continue,
            Kind::Semicolon => state.at_semicolon(),
            Kind::Word => state.at_word(token),
            Kind::Other => state.at_other(),
        };
        if next != State::Start {
            begun.get_or_insert(offset);
        } else if let Some(from) = begun.take() {
            pieces.extend(piece(text, from, offset));
        }
        state = next;
    }
    pieces.extend(begun.and_then(|from| piece(text, from, text.len())));
    pieces
}

fn piece(text: &str, from: usize, to: usize) -> Option<Piece<'_>> {
    text.get(from..to).map(|text| Piece { text: text.trim_end(), offset: from })
}

/// Counts the line, from 1, on which a byte of a text stands.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// Where in a statement we are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before its first word.
    Start,
    /// In it: the next semicolon ends it.
    Plain,
    /// After CREATE, perhaps with TEMP.
    Create,
    /// In a trigger.
    Trigger,
    /// In a trigger, after a semicolon.
    Semicolon,
    /// In a trigger, after the END that follows a semicolon.
    End,
}

impl State {
    fn at_semicolon(self) -> Self {
        match self {
            Self::Start | Self::Plain | Self::Create | Self::End => Self::Start,
            Self::Trigger | Self::Semicolon => Self::Semicolon,
        }
    }

    fn at_word(self, word: &str) -> Self {
        let is = |known: &str| word.eq_ignore_ascii_case(known);
        match self {
            Self::Start if is("CREATE") => Self::Create,
            Self::Create if is("TEMP") || is("TEMPORARY") => Self::Create,
            Self::Create if is("TRIGGER") => Self::Trigger,
            Self::Semicolon if is("END") => Self::End,
            state => state.at_other(),
        }
    }

    fn at_other(self) -> Self {
        match self {
            Self::Start | Self::Plain | Self::Create => Self::Plain,
            Self::Trigger | Self::Semicolon | Self::End => Self::Trigger,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        pieces(text).into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn statements_end_where_sqlite_ends_them() {
        assert_eq!(texts("SELECT 1; ;; SELECT 2"), ["SELECT 1", "SELECT 2"]);
        assert_eq!(texts("SELECT ';', \";\", `;`, [;] -- ;\n, /* ; */ 'it''s;'; -- end").len(), 1);
        assert_eq!(texts(" -- nothing\n /* at all */ ;"), Vec::<&str>::new());
        assert_eq!(texts("SELECT ';").len(), 1);
        assert_eq!(texts("CREATE TABLE trigger_log(a); SELECT 1").len(), 2);
    }

    #[test]
    fn a_trigger_is_one_statement() {
        let trigger = "CREATE TEMP TRIGGER a AFTER INSERT ON t BEGIN
            UPDATE t SET a = CASE WHEN a THEN 1 ELSE 2 END;
            -- END;
            SELECT 'END';
        END";

        assert_eq!(texts(&format!("{trigger}; SELECT 1")), [trigger, "SELECT 1"]);
    }

    #[test]
    fn a_statement_begins_at_its_first_word() {
        let text = "-- head\n\n  SELECT 1;\n/* a\nb */ SELECT 2;";

        let lines: Vec<_> = pieces(text).iter().map(|piece| line_of(text, piece.offset)).collect();

        assert_eq!(lines, [3, 5]);
    }
}
