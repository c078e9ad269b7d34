//! The words, names and signs of a text of SQL, and whether two texts say the same.

use crate::statement::{Kind, Tokens};

/// A word, a number, a sign, a string or a quoted name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexeme<'t> {
    pub(super) text: &'t str,
    pub(super) start: usize,
    pub(super) end: usize,
    is_word: bool,
}

impl Lexeme<'_> {
    /// Reports whether it is this word, outside of quotes.
    pub(super) fn is(&self, word: &str) -> bool {
        self.is_word && self.text.eq_ignore_ascii_case(word)
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        !self.is_word && self.text == sign
    }

    /// What it is as a name: SQLite takes names in any quotes.
    pub(super) fn name(&self) -> String {
        let inside = |open: char, close: char| {
            self.text.strip_prefix(open).and_then(|text| text.strip_suffix(close))
        };
        for quote in ['"', '`', '\''] {
            if let Some(name) = inside(quote, quote) {
                return name.replace(&format!("{quote}{quote}"), &quote.to_string());
            }
        }
        inside('[', ']').unwrap_or(self.text).to_owned()
    }

    fn is_quoted_by(&self, quote: char) -> bool {
        !self.is_word && self.text.starts_with(quote)
    }

    /// Reports whether it may be a name.
    pub(super) fn is_name(&self) -> bool {
        self.is_word || ['"', '`', '\'', '['].iter().any(|quote| self.is_quoted_by(*quote))
    }
}

/// Finds all there are, without white space and remarks.
pub(super) fn lexemes(text: &str) -> Vec<Lexeme<'_>> {
    let mut found: Vec<Lexeme<'_>> = Vec::new();
    for token in Tokens::new(text) {
        if token.kind == Kind::Blank {
            continue;
        }
        let (start, end) = (token.offset, token.offset + token.text.len());
        // A quote that stands twice is a character inside.
        if let Some(last) = found.last_mut()
            && last.end == start
            && ['"', '`', '\'']
                .iter()
                .any(|quote| last.is_quoted_by(*quote) && token.text.starts_with(*quote))
        {
            (last.end, last.text) = (end, text.get(last.start..end).unwrap_or_default());
            continue;
        }
        found.push(Lexeme { text: token.text, start, end, is_word: token.kind == Kind::Word });
    }
    found
}

/// Writes an expression without the name of its table before its columns.
pub(super) fn unqualified(text: &str, table: &str) -> String {
    let lexemes = lexemes(text);
    let (mut plain, mut from) = (String::new(), 0);
    for pair in lexemes.windows(2) {
        let [name, dot] = pair else { continue };
        if dot.is_sign(".") && name.is_name() && name.name().eq_ignore_ascii_case(table) {
            plain.push_str(text.get(from..name.start).unwrap_or_default());
            from = dot.end;
        }
    }
    plain.push_str(text.get(from..).unwrap_or_default());
    plain
}

/// Reports whether two expressions are the same but for white space, remarks, the case of words, the
/// quotes around names and parentheses around all of it.
pub(super) fn same_sql(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

fn plain(text: &str) -> Vec<String> {
    let lexemes = lexemes(text);
    let mut inner = lexemes.as_slice();
    while let Some(within) = unwrapped(inner) {
        inner = within;
    }
    inner.iter().map(plain_lexeme).collect()
}

fn plain_lexeme(lexeme: &Lexeme<'_>) -> String {
    match lexeme.is_quoted_by('\'') {
        true => lexeme.text.to_owned(),
        false => lexeme.name().to_lowercase(),
    }
}

/// What is inside of parentheses that are around all of it.
fn unwrapped<'l, 't>(lexemes: &'l [Lexeme<'t>]) -> Option<&'l [Lexeme<'t>]> {
    let [first, inner @ .., last] = lexemes else {
        return None;
    };
    if !first.is_sign("(") || !last.is_sign(")") {
        return None;
    }
    let mut depth = 0_i32;
    for lexeme in inner {
        depth += i32::from(lexeme.is_sign("(")) - i32::from(lexeme.is_sign(")"));
        if depth < 0 {
            return None;
        }
    }
    Some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_quotes() {
        let names: Vec<_> = lexemes("a \"b\"\"c\" `d``e` [f g] 'h''i' -- j\n /* k */ l")
            .iter()
            .map(Lexeme::name)
            .collect();

        assert_eq!(names, ["a", "b\"c", "d`e", "f g", "h'i", "l"]);
    }

    #[test]
    fn the_name_of_the_table_is_left_out_before_its_columns() {
        assert_eq!(
            unqualified("T.a > \"t\" . b AND 't.' <> t AND u.t > 1.5", "t"),
            "a >  b AND 't.' <> t AND u.t > 1.5"
        );
        assert_eq!(unqualified("a", "t"), "a");
    }

    #[test]
    fn expressions_are_the_same_however_they_are_spaced_and_wrapped() {
        assert!(same_sql("(A  >= 0)", "\"a\">=0 -- b"));
        assert!(same_sql("((1))", "1"));
        assert!(!same_sql("(a) + (b)", "a) + (b"));
        assert!(!same_sql("'A'", "'a'"));
        assert!(!same_sql("'a'", "a"));
    }
}
