//! Names of tables and columns, as text of a statement.

/// Quotes a name: whatever is in it, it stays one name.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Says why a name cannot be one, if it cannot.
pub(crate) fn why_not(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("is empty, and no table or column has an empty name")
    } else if name.contains('\0') {
        Some("has a NUL, where the database would cut it off")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_inside_is_doubled() {
        assert_eq!(quoted("a"), r#""a""#);
        assert_eq!(quoted(r#"a" FROM t; --"#), r#""a"" FROM t; --""#);
    }

    #[test]
    fn a_name_is_neither_empty_nor_cut_off() {
        assert!(why_not("").is_some());
        assert!(why_not("a\0b").is_some());
        assert!(why_not(" ").is_none());
    }
}
