//! `Dialect`: whose SQL a text is written in.

/// Whose SQL a text is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// SQLite's.
    #[default]
    Sqlite,
    /// PostgreSQL's.
    Postgres,
}
