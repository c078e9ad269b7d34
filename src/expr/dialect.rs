//! `Dialect`: whose SQL a text is written in.

/// Whose SQL a text is written in: what quotes, placeholders and types look like.
///
/// SQLite is what statements run on; for the others there are texts to look at, and to keep.
///
/// # Examples
///
/// ```
/// use headwater::Dialect;
///
/// assert_eq!(Dialect::default(), Dialect::Sqlite);
/// assert_eq!(Dialect::Postgres.to_string(), "PostgreSQL");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// The SQL of PostgreSQL: placeholders are `$1`.
    Postgres,
    /// The SQL of SQLite: placeholders are `?1`.
    #[default]
    Sqlite,
}

impl Dialect {
    /// What stands before the number of a placeholder.
    pub(crate) fn sigil(self) -> char {
        match self {
            Self::Postgres => '$',
            Self::Sqlite => '?',
        }
    }
}

impl std::fmt::Display for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        })
    }
}
