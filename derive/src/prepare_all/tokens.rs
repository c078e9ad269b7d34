//! As much of Rust's lexical structure as tells code from strings and comments.

use std::ops::Range;

/// One token, by its place in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, a keyword or a number.
    Word,
    /// A string literal, raw or not.
    Text,
    /// Any other literal with quotes, and lifetimes.
    Quoted,
    Comment,
    Sign,
}

/// Takes a source apart; comments are among the tokens, white space is not.
pub(super) fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        let (kind, length) = token(rest);
        let length = length.clamp(1, rest.len());
        if let Some(kind) = kind {
            tokens.push(Token { kind, at: at..at + length });
        }
        at += length;
    }
    tokens
}

/// The token that `rest` begins with, and its length; no kind for white space.
fn token(rest: &str) -> (Option<Kind>, usize) {
    if rest.starts_with("//") {
        return (Some(Kind::Comment), rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Some(Kind::Comment), comment(rest));
    }
    if let Some((kind, length)) = string(rest) {
        return (Some(kind), length);
    }
    let first = rest.chars().next().unwrap_or(' ');
    if first.is_whitespace() {
        return (None, first.len_utf8());
    }
    if first == '\'' {
        return (Some(Kind::Quoted), quoted(rest));
    }
    if is_word(first) {
        let raw = if rest.starts_with("r#") { 2 } else { 0 };
        let name = rest.get(raw..).unwrap_or_default();
        return (Some(Kind::Word), raw + name.find(|c| !is_word(c)).unwrap_or(name.len()));
    }
    (Some(Kind::Sign), first.len_utf8())
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The length of a block comment, which may have others inside.
fn comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = rest.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth = depth.saturating_sub(1);
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The string literal that `rest` begins with, if it does.
fn string(rest: &str) -> Option<(Kind, usize)> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix).unwrap_or_default();
        let after = if prefix.ends_with('r') { after.trim_start_matches('#') } else { after };
        after.starts_with('"')
    })?;
    let kind = if prefix.starts_with(['b', 'c']) { Kind::Quoted } else { Kind::Text };
    let after = rest.get(prefix.len()..)?;
    if prefix.ends_with('r') {
        let hashes = after.len() - after.trim_start_matches('#').len();
        let close = format!("\"{}", "#".repeat(hashes));
        let start = prefix.len() + hashes + 1;
        let length = rest.get(start..)?.find(&close)?;
        return Some((kind, start + length + close.len()));
    }
    Some((kind, prefix.len() + escaped(after, '"')))
}

/// The length of what stands between two of the same quotes, with escapes in it.
fn escaped(rest: &str, quote: char) -> usize {
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == quote {
            return at + 1;
        }
    }
    rest.len()
}

/// The length of a character or of a lifetime.
fn quoted(rest: &str) -> usize {
    let mut characters = rest.chars().skip(1);
    let (first, second) = (characters.next(), characters.next());
    match (first, second) {
        (Some('\\'), _) | (Some(_), Some('\'')) => escaped(rest, '\''),
        _ => {
            let name = rest.get(1..).unwrap_or_default();
            1 + name.find(|c| !is_word(c)).unwrap_or(name.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> Vec<(Kind, &str)> {
        tokens(source).into_iter().map(|token| (token.kind, &source[token.at])).collect()
    }

    fn one(kind: Kind, source: &str) {
        assert_eq!(shown(source), [(kind, source)]);
    }

    #[test]
    fn each_kind_of_string_is_one_token() {
        for text in [
            r#""""#,
            r#""a \" b \\""#,
            r###"r"a \""###,
            r###"r#"a " b"#"###,
            r####"r##"a "# b"##"####,
            "\"a\nb\"",
        ] {
            one(Kind::Text, text);
        }
        for quoted in
            [r#"b"a""#, r###"br#"a"#"###, r#"c"a""#, "'a'", "'\\''", "'\\u{41}'", "'a", "'_"]
        {
            one(Kind::Quoted, quoted);
        }
    }

    #[test]
    fn comments_nest_and_hide_quotes() {
        one(Kind::Comment, "/* a /* \" */ ' */");
        assert_eq!(shown("// it's\nx"), [(Kind::Comment, "// it's"), (Kind::Word, "x")]);
        assert_eq!(shown("/* é"), [(Kind::Comment, "/* é")]);
    }

    #[test]
    fn lifetimes_and_characters_are_told_apart() {
        assert_eq!(
            shown("<'a>'b'"),
            [(Kind::Sign, "<"), (Kind::Quoted, "'a"), (Kind::Sign, ">"), (Kind::Quoted, "'b'")]
        );
        assert_eq!(shown("'\"' \"a\""), [(Kind::Quoted, "'\"'"), (Kind::Text, "\"a\"")]);
    }

    #[test]
    fn a_raw_name_is_a_word() {
        one(Kind::Word, "r#type");
        one(Kind::Word, "0x1F_u8");
        assert_eq!(shown("bar\"x\""), [(Kind::Word, "bar"), (Kind::Text, "\"x\"")]);
    }

    #[test]
    fn every_source_is_read_to_its_end_without_a_panic() {
        let alphabet = ["\"", "'", "r", "b", "#", "/", "*", "\\", "é", "a", "\n", "!"];
        let count = alphabet.len();
        for number in 0..count.pow(4) {
            let source: String =
                (0..4).map(|place| alphabet[number / count.pow(place) % count]).collect();
            for token in tokens(&source) {
                assert!(source.get(token.at).is_some());
            }
        }
    }
}
