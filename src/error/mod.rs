//! What went wrong, where in which SQL, what to do about it, and whether it can be retried.

mod kind;
mod optional;
mod show;

use std::borrow::Cow;
use std::error::Error as StdError;

pub use kind::ErrorKind;
pub use optional::OptionalRow;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type BoxError = Box<dyn StdError + Send + Sync + 'static>;

/// What went wrong, one word wide.
///
/// [`kind`](Self::kind) says what a program acts on; the text says what a person needs: what, where,
/// and what to do. Headwater puts no bound value into it. A few messages of SQLite itself quote what they
/// were given, such as a word of a full-text query: log the text, and answer with the kind.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, ErrorKind};
///
/// let engine = AsyncEngine::open("sqlite::memory:").await?;
/// let error = engine.query("SELEC 1").all().await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Syntax);
/// assert_eq!(error.sql(), Some("SELEC 1"));
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    hint: Option<Cow<'static, str>>,
    sql: Option<Box<str>>,
    offset: Option<usize>,
    code: Option<i32>,
    constraint: Option<Constraint>,
    /// Which statement of a unit of work failed, and for which of its rows.
    row: Option<(usize, usize)>,
    source: Option<BoxError>,
    /// Whether the message is the source's own: then the chain goes on behind it.
    transparent: bool,
}

/// The table and the columns of a constraint that refused a change, as far as they are known.
///
/// Of a UNIQUE, PRIMARY KEY or NOT NULL constraint (but for an index on expressions, which has only its
/// table), and of the type of a STRICT column, SQLite names
/// both. Of a CHECK it tells the name or the expression, and the rest is looked up in the schema. Of a
/// foreign key it tells nothing: it is looked up among those of the tables that the statement writes,
/// and told if there is only one that it can be; a COMMIT that fails looks for the rows that are wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Constraint {
    /// The table; of a foreign key the one that refers.
    pub table: Option<String>,
    /// The columns; of a CHECK those that its expression names.
    pub columns: Vec<String>,
    /// The name of the constraint or, of a CHECK without one, its expression.
    pub name: Option<String>,
}

impl Error {
    /// Wraps any error, so that code inside a transaction can fail with errors of its own.
    ///
    /// [`downcast_ref`](Self::downcast_ref) and [`into_source`](Self::into_source) give it back.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = headwater::Error::other("the basket is empty");
    /// assert_eq!(error.kind(), headwater::ErrorKind::Other);
    /// assert_eq!(error.to_string(), "the basket is empty");
    /// ```
    pub fn other(source: impl Into<Box<dyn StdError + Send + Sync + 'static>>) -> Self {
        let source = source.into();
        Self::new(ErrorKind::Other, source.to_string()).wrapping(source)
    }

    /// Returns what a program can act on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the text of the statement that failed, if the error belongs to one.
    #[must_use]
    pub fn sql(&self) -> Option<&str> {
        self.0.sql.as_deref()
    }

    /// Returns the byte offset in [`sql`](Self::sql) at which the database found the error.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        self.0.offset
    }

    /// Returns the line and the column of [`offset`](Self::offset), both counted from 1, the column in
    /// characters.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
    /// let error = engine.query("SELECT 1,\n  missing").all().await.unwrap_err();
    /// assert_eq!(error.position(), Some((2, 3)));
    /// assert_eq!(error.to_string(), "no such column: missing, at line 2, column 3:\n    missing\n    ^");
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn position(&self) -> Option<(usize, usize)> {
        Some(show::position(self.sql()?, self.offset()?))
    }

    /// Returns what to do about it, where that can be said in general.
    ///
    /// It is part of what [`Display`](std::fmt::Display) shows.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Returns SQLite's extended result code, if SQLite reported the error.
    #[must_use]
    pub fn sqlite_code(&self) -> Option<i32> {
        self.0.code
    }

    /// Returns the constraint that refused the change.
    #[must_use]
    pub fn constraint(&self) -> Option<&Constraint> {
        self.0.constraint.as_ref()
    }

    /// Reports whether the same transaction, run again, may succeed.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!headwater::Error::other("no").is_retryable());
    /// ```
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::Busy
                | ErrorKind::BusySnapshot
                | ErrorKind::Deadlock
                | ErrorKind::Locked
                | ErrorKind::Serialization
        )
    }

    /// Reports whether the connection is lost, so that only another one can go on.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
    /// let error = engine.query("SELECT * FROM missing").all().await.unwrap_err();
    /// assert!(!error.is_disconnect());
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn is_disconnect(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Disconnected | ErrorKind::FileMoved)
    }

    /// Reports whether a UNIQUE or PRIMARY KEY constraint refused the row.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
    /// engine.execute("CREATE TABLE users(email TEXT UNIQUE)").await?;
    /// engine.execute("INSERT INTO users VALUES ('ada@example.org')").await?;
    ///
    /// let again = engine.execute("INSERT INTO users VALUES ('ada@example.org')").await;
    /// let error = again.unwrap_err();
    /// assert!(error.is_unique_violation());
    /// assert_eq!(error.constraint().unwrap().columns, ["email"]);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        self.0.kind == ErrorKind::UniqueViolation
    }

    /// Reports whether a constraint of the schema refused the change: UNIQUE, a foreign key, CHECK or
    /// NOT NULL.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
    /// engine.execute("CREATE TABLE users(name TEXT, age INTEGER CHECK (age >= 0))").await?;
    ///
    /// let error = engine.execute("INSERT INTO users VALUES ('Ada', -1)").await.unwrap_err();
    /// assert!(error.is_constraint_violation());
    /// let constraint = error.constraint().unwrap();
    /// assert_eq!(constraint.table.as_deref(), Some("users"));
    /// assert_eq!(constraint.columns, ["age"]);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn is_constraint_violation(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::CheckViolation
                | ErrorKind::ForeignKeyViolation
                | ErrorKind::NotNullViolation
                | ErrorKind::UniqueViolation
        )
    }

    /// Reports whether one row was asked for and there was none.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
    /// let found = engine.query("SELECT 1 WHERE false").one().await;
    /// assert!(found.unwrap_err().is_no_rows());
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn is_no_rows(&self) -> bool {
        self.0.kind == ErrorKind::NoRows
    }

    /// Borrows the error that [`other`](Self::other) wrapped, if it is an `E`.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = headwater::Error::other(std::fmt::Error);
    /// assert!(error.downcast_ref::<std::fmt::Error>().is_some());
    /// ```
    #[must_use]
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.0.source.as_deref()?.downcast_ref()
    }

    /// Gives back the cause, for example the error that [`other`](Self::other) wrapped.
    #[must_use]
    pub fn into_source(self) -> Option<Box<dyn StdError + Send + Sync + 'static>> {
        self.0.source
    }

    #[cold]
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            hint: None,
            sql: None,
            offset: None,
            code: None,
            constraint: None,
            row: None,
            source: None,
            transparent: false,
        }))
    }

    /// Keeps an error whose message this one repeats.
    pub(crate) fn wrapping(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync + 'static>>,
    ) -> Self {
        self.0.transparent = true;
        self.with_source(source)
    }

    pub(crate) fn with_sql(mut self, sql: &str) -> Self {
        if self.0.sql.is_none() {
            self.0.sql = Some(sql.into());
        }
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync + 'static>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Returns the message alone, as the database gave it.
    #[cfg(feature = "sqlite")]
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// Says which of many rows of parameters the error belongs to, counted from 0.
    #[cfg(feature = "sqlite")]
    pub(crate) fn in_row(mut self, number: u64) -> Self {
        self.0.message = format!("row {number} of the parameters: {}", self.0.message).into();
        self
    }

    /// Says what was being loaded.
    #[cfg(all(feature = "orm", feature = "sqlite"))]
    pub(crate) fn of_relation(mut self, relation: impl std::fmt::Display) -> Self {
        self.0.message = format!("{relation}: {}", self.0.message).into();
        self
    }

    /// Says which of many entities the error belongs to, counted from 0.
    #[cold]
    pub(crate) fn in_entity(mut self, number: u64) -> Self {
        self.0.message = format!("entity {number} of the source: {}", self.0.message).into();
        self
    }

    /// Notes which statement of a unit of work failed, and for which of its rows.
    #[cfg(feature = "sqlite")]
    pub(crate) fn at_row(mut self, step: usize, row: usize) -> Self {
        self.0.row = Some((step, row));
        self
    }

    /// Returns which statement of a unit of work failed, and for which of its rows.
    #[cfg(feature = "sqlite")]
    pub(crate) fn row(&self) -> Option<(usize, usize)> {
        self.0.row
    }

    /// Makes another error of the same kind and message, for others that fail for the same reason.
    #[cfg(feature = "sqlite")]
    pub(crate) fn same(&self) -> Self {
        let mut same = Self::new(self.0.kind, self.0.message.clone());
        same.0.code = self.0.code;
        same.0.hint.clone_from(&self.0.hint);
        same
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn with_offset(mut self, offset: usize) -> Self {
        self.0.offset = Some(offset);
        self
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn with_hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Says that the text is what is wrong, unless more is known.
    #[cfg(feature = "sqlite")]
    pub(crate) fn of_the_text(mut self) -> Self {
        if self.0.kind == ErrorKind::Other {
            self.0.kind = ErrorKind::Syntax;
        }
        self
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn with_code(mut self, code: i32) -> Self {
        self.0.code = Some(code);
        self
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn with_constraint(mut self, constraint: Constraint) -> Self {
        self.0.constraint = Some(constraint);
        self
    }

    #[cold]
    pub(crate) fn no_rows() -> Self {
        Self::new(ErrorKind::NoRows, "the query gave no row where one was asked for")
    }

    #[cold]
    pub(crate) fn multiple_rows() -> Self {
        Self::new(
            ErrorKind::MultipleRows,
            "the query gave more than one row where one was asked for",
        )
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.0.source.as_deref()?;
        if self.0.transparent { source.source() } else { Some(source) }
    }
}

/// Lets `try_chunks` stand before a `?`; the items before the error are dropped.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use futures::TryStreamExt;
///
/// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
/// let numbers = engine.query("SELECT value FROM json_each('[1, 2, 3]')").scalars::<i64>().await?;
/// let mut pairs = numbers.try_chunks(2);
/// while let Some(pair) = pairs.try_next().await? {
///     assert!(pair == [1, 2] || pair == [3]);
/// }
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
impl<T> From<futures::stream::TryChunksError<T, Self>> for Error {
    fn from(error: futures::stream::TryChunksError<T, Self>) -> Self {
        error.1
    }
}

/// As for `try_chunks`, which waits for whole chunks.
impl<T> From<futures::stream::TryReadyChunksError<T, Self>> for Error {
    fn from(error: futures::stream::TryReadyChunksError<T, Self>) -> Self {
        error.1
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word_wide() {
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }

    #[test]
    fn a_wrapped_error_is_told_once_and_given_back() {
        let error = Error::other(std::io::Error::other("no tea"));

        assert_eq!(error.to_string(), "no tea");
        assert!(error.source().is_none());
        assert!(error.into_source().unwrap().is::<std::io::Error>());
    }
}
