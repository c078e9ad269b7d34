//! The scanner of fragments: where the placeholders of a text are, and whether the text is whole, so that
//! it cannot reach into what comes after it.
//!
//! It follows SQLite's tokenizer. Only texts that are embedded in another one are read by it.

use std::ops::Range;

/// What there is to know of a text before it becomes a part of another one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scanned {
    /// Where its placeholders are, in their order, each with its number as SQLite counts them.
    pub(super) places: Vec<(Range<usize>, usize)>,
    /// The named placeholders, sigil included, each with its number.
    pub(super) names: Vec<(Range<usize>, usize)>,
    /// The greatest number: so many values are bound.
    pub(super) parameters: usize,
    /// Whether its end is in a comment that the end of a line closes.
    pub(super) ends_in_comment: bool,
}

/// Reads `text`, or says what is not whole about it.
pub(super) fn scan(text: &str) -> Result<Scanned, String> {
    let mut scanner = Scanner { text, at: 0, depth: 0, scanned: Scanned::default() };
    while let Some(&next) = scanner.rest().first() {
        scanner.step(next)?;
    }
    if scanner.depth > 0 {
        return Err(format!("{} `(` that are not closed", scanner.depth));
    }
    Ok(scanner.scanned)
}

struct Scanner<'t> {
    text: &'t str,
    /// The byte that is read next. It may be inside of a character, which is none of those looked for.
    at: usize,
    /// How many parentheses are open.
    depth: usize,
    scanned: Scanned,
}

impl Scanner<'_> {
    fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn sees(&self, prefix: &[u8]) -> bool {
        self.rest().starts_with(prefix)
    }

    /// Reads one token.
    fn step(&mut self, next: u8) -> Result<(), String> {
        match next {
            b'\'' | b'"' | b'`' => self.quotes(next, true),
            b'[' => self.quotes(b']', false),
            b'-' if self.sees(b"--") => {
                self.line_comment();
                Ok(())
            }
            b'/' if self.sees(b"/*") => self.comment(),
            b'?' => self.numbered(),
            b':' if self.sees(b"::") => self.skip(2),
            b':' | b'@' | b'$' => self.named(),
            b'(' => {
                self.depth += 1;
                self.skip(1)
            }
            b')' => {
                self.depth = self.depth.checked_sub(1).ok_or("a `)` that closes nothing")?;
                self.skip(1)
            }
            _ if is_name(next) => {
                self.at += name_length(self.rest());
                Ok(())
            }
            _ => self.skip(1),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is the end of a step, which may fail")]
    fn skip(&mut self, bytes: usize) -> Result<(), String> {
        self.at += bytes;
        Ok(())
    }

    /// Reads to the closing quote; a doubled one is a character inside.
    fn quotes(&mut self, close: u8, doubled: bool) -> Result<(), String> {
        let open = self.rest().first().copied().map_or('\'', char::from);
        self.at += 1;
        while let Some(length) = self.rest().iter().position(|byte| *byte == close) {
            self.at += length + 1;
            if !(doubled && self.rest().first() == Some(&close)) {
                return Ok(());
            }
            self.at += 1;
        }
        Err(format!("a `{open}` that opens quotes which are not closed"))
    }

    fn line_comment(&mut self) {
        match self.rest().iter().position(|byte| *byte == b'\n') {
            Some(length) => self.at += length + 1,
            None => {
                self.at = self.text.len();
                self.scanned.ends_in_comment = true;
            }
        }
    }

    fn comment(&mut self) -> Result<(), String> {
        self.at += 2;
        match self.rest().windows(2).position(|end| end == b"*/") {
            Some(length) => self.skip(length + 2),
            None => Err("a `/*` that opens a comment which is not closed".to_owned()),
        }
    }

    /// Reads `?`, which has the next number, or `?3`.
    fn numbered(&mut self) -> Result<(), String> {
        let start = self.at;
        self.at += 1;
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += digits;
        let number = if digits == 0 {
            self.scanned.parameters + 1
        } else {
            let written = self.text.get(start + 1..self.at).unwrap_or_default();
            let number = written.parse().ok().filter(|number| (1..=super::MOST).contains(number));
            number.ok_or_else(|| {
                format!("the placeholder `?{written}`, whose number the database does not know")
            })?
        };
        self.place(start, number);
        Ok(())
    }

    /// Reads `:name`, `@name` or `$name`, which may go on as SQLite's interface to Tcl has it.
    fn named(&mut self) -> Result<(), String> {
        let start = self.at;
        self.at += 1;
        let mut named = false;
        while let Some(&next) = self.rest().first() {
            if is_name(next) {
                named = true;
                self.at += name_length(self.rest());
            } else if self.sees(b"::") {
                self.at += 2;
            } else if next == b'(' && named {
                let end = |byte: &u8| *byte == b')' || byte.is_ascii_whitespace();
                let length = self.rest().iter().position(end);
                let length = length.filter(|at| self.rest().get(*at) == Some(&b')'));
                self.at += 1 + length.ok_or("a placeholder whose `(` is not closed")?;
                break;
            } else {
                break;
            }
        }
        if named {
            let name = start..self.at;
            let known = self
                .scanned
                .names
                .iter()
                .find(|(known, _)| self.text.get(known.clone()) == self.text.get(name.clone()));
            let number = match known {
                Some((_, number)) => *number,
                None => self.scanned.parameters + 1,
            };
            self.scanned.names.push((name, number));
            self.place(start, number);
        }
        Ok(())
    }

    fn place(&mut self, start: usize, number: usize) {
        self.scanned.parameters = self.scanned.parameters.max(number);
        self.scanned.places.push((start..self.at, number));
    }
}

/// The bytes of SQLite's names, keywords and numbers.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || !byte.is_ascii()
}

fn name_length(text: &[u8]) -> usize {
    text.iter().position(|byte| !is_name(*byte)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<(&str, usize)> {
        let scanned = scan(text).unwrap();
        let shown = |(at, number): &(Range<usize>, usize)| (&text[at.clone()], *number);
        scanned.places.iter().map(shown).collect()
    }

    #[test]
    fn placeholders_have_the_numbers_that_sqlite_gives_them() {
        assert_eq!(places("a = ? AND b = ?"), [("?", 1), ("?", 2)]);
        assert_eq!(places("?3, ?, ?1, ?"), [("?3", 3), ("?", 4), ("?1", 1), ("?", 5)]);
        assert_eq!(
            places(":a, @a, $a, :a, ?"),
            [(":a", 1), ("@a", 2), ("$a", 3), (":a", 1), ("?", 4)]
        );
        assert_eq!(places("é?é, :é1(x), $a::b"), [("?", 1), (":é1(x)", 2), ("$a::b", 3)]);
    }

    #[test]
    fn what_only_looks_like_a_placeholder_is_none() {
        for text in [
            "'?' \"?\" `?` [?]",
            "'it''s ? :a' \"a\"\"?\"",
            "-- ? :a\n1",
            "/* ? :a */ 1",
            "x::int, a$b, $ : @",
            "x'00' || '/*' || '--'",
        ] {
            assert_eq!(places(text), [], "{text}");
        }
        assert_eq!(places("'--' ? -- it's ?\n, '?', ?"), [("?", 1), ("?", 2)]);
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        for (text, what) in [
            ("'a", "a `'` that opens quotes"),
            ("'a''", "a `'` that opens quotes"),
            ("\"a", "a `\"` that opens quotes"),
            ("`a", "a ``` that opens quotes"),
            ("[a]] [b", "a `[` that opens quotes"),
            ("/* a", "a `/*` that opens a comment"),
            ("/*/", "a `/*` that opens a comment"),
            ("a) OR (1", "a `)` that closes nothing"),
            ("(a", "1 `(` that are not closed"),
            ("?0", "the placeholder `?0`"),
            ("?99999", "the placeholder `?99999`"),
            (":a(b", "a placeholder whose `(`"),
        ] {
            let said = scan(text).unwrap_err();
            assert!(said.starts_with(what), "{text}: {said}");
        }
    }

    #[test]
    fn a_comment_up_to_the_end_of_the_line_is_noticed_at_the_end_alone() {
        assert!(scan("a -- b").unwrap().ends_in_comment);
        assert!(!scan("a -- b\n").unwrap().ends_in_comment);
        assert!(!scan("a '-- b'").unwrap().ends_in_comment);
    }

    #[test]
    fn every_text_is_read_to_its_end_without_a_panic() {
        let alphabet = ["'", "[", "]", "-", "/", "*", "é", "a", "?", ":", "(", ")", "\n", "0", "$"];
        let count = alphabet.len();
        for number in 0..count.pow(4) {
            let text: String =
                (0..4).map(|place| alphabet[number / count.pow(place) % count]).collect();
            if let Ok(scanned) = scan(&text) {
                assert!(scanned.places.iter().all(|(at, _)| text.get(at.clone()).is_some()));
            }
        }
    }
}
