//! The tokens of SQL as far as they have to be told apart: words, strings and quoted names, remarks.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// White space and remarks.
    Blank,
    Semicolon,
    Word,
    /// Strings, quoted names, signs.
    Other,
}

/// A token, and the byte at which it begins.
pub(crate) struct Token<'t> {
    pub(crate) kind: Kind,
    pub(crate) text: &'t str,
    pub(crate) offset: usize,
}

/// The tokens of a text, whole or not: what is not closed goes to its end.
pub(crate) struct Tokens<'t> {
    text: &'t str,
    offset: usize,
}

impl<'t> Tokens<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, offset: 0 }
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        let rest = self.text.get(self.offset..)?;
        let first = rest.chars().next()?;
        let (kind, length) = match first {
            ';' => (Kind::Semicolon, 1),
            '-' if rest.starts_with("--") => (Kind::Blank, through(rest, 2, "\n")),
            '/' if rest.starts_with("/*") => (Kind::Blank, through(rest, 2, "*/")),
            // A quote that stands twice in a string begins another one.
            '\'' | '"' | '`' => (Kind::Other, through(rest, 1, first.encode_utf8(&mut [0; 4]))),
            '[' => (Kind::Other, through(rest, 1, "]")),
            _ if is_of_a_word(first) => {
                let end = rest.find(|c| !is_of_a_word(c)).unwrap_or(rest.len());
                (Kind::Word, end)
            }
            _ if first.is_ascii_whitespace() => (Kind::Blank, 1),
            _ => (Kind::Other, first.len_utf8()),
        };
        let token = Token { kind, text: rest.get(..length)?, offset: self.offset };
        self.offset += length;
        Some(token)
    }
}

/// How long a part is that goes to the next occurrence of its end, or to the end of all.
fn through(text: &str, from: usize, end: &str) -> usize {
    let inside = text.get(from..).unwrap_or_default();
    inside.find(end).map_or(text.len(), |at| from + at + end.len())
}

/// Reports whether a character may be part of a word, as SQLite has it.
pub(crate) fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}
