//! What the scanner knows of SQL: quotes, comments, names and white space, as SQLite reads them.

/// A kind of quotes or comments.
pub(super) struct Region {
    pub(super) open: &'static str,
    pub(super) close: &'static str,
    /// Whether the closing quote, written twice, is a character inside.
    pub(super) doubled: bool,
    pub(super) comment: bool,
    pub(super) ends_with_the_text: bool,
    pub(super) name: &'static str,
    /// What to do when it is never closed.
    pub(super) help: &'static str,
}

const fn quotes(
    open: &'static str,
    close: &'static str,
    doubled: bool,
    name: &'static str,
) -> Region {
    Region {
        open,
        close,
        doubled,
        comment: false,
        ends_with_the_text: false,
        name,
        help: if doubled { "close it; the same quote inside is written twice" } else { "close it" },
    }
}

const fn comment(
    open: &'static str,
    close: &'static str,
    ends_with_the_text: bool,
    name: &'static str,
) -> Region {
    Region {
        open,
        close,
        doubled: false,
        comment: true,
        ends_with_the_text,
        name,
        help: "close it",
    }
}

/// All of them. None opens with what another opens with.
pub(super) const REGIONS: [Region; 6] = [
    quotes("'", "'", true, "a '...' string"),
    quotes("\"", "\"", true, "a \"...\" name"),
    quotes("`", "`", true, "a `...` name"),
    // SQLite reads brackets as quotes, and knows no escape inside them.
    quotes("[", "]", false, "a [...] name"),
    comment("--", "\n", true, "a -- comment"),
    comment("/*", "*/", false, "a /* */ comment"),
];

/// The characters of SQLite's names, keywords and numbers.
pub(super) fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '$') || !character.is_ascii()
}

/// How many bytes at the start of `text` belong to a name.
pub(super) fn name_length(text: &str) -> usize {
    text.find(|character| !is_name(character)).unwrap_or(text.len())
}

/// White space for SQLite, which includes a byte order mark.
pub(super) fn is_white(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\x0c' | '\r' | '\u{feff}')
}

/// What `text` is without the white space and the comments that it begins with.
pub(super) fn skip_white(mut text: &str) -> &str {
    loop {
        text = text.trim_start_matches(is_white);
        let comment = REGIONS.iter().find(|region| region.comment && text.starts_with(region.open));
        let Some(comment) = comment else {
            return text;
        };
        let inside = text.get(comment.open.len()..).unwrap_or_default();
        text = inside.split_once(comment.close).map_or("", |(_, after)| after);
    }
}
