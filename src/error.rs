//! What went wrong, where in which SQL, and whether it can be retried.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type BoxError = Box<dyn StdError + Send + Sync + 'static>;

/// What went wrong, one word wide.
///
/// [`kind`](Self::kind) says what a program acts on; the text says what a person needs: what, where,
/// and what to do. Bound values never appear in it.
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
    sql: Option<Box<str>>,
    offset: Option<usize>,
    code: Option<i32>,
    constraint: Option<Constraint>,
    source: Option<BoxError>,
    /// Whether the message is the source's own: then the chain goes on behind it.
    transparent: bool,
}

/// What a program can act on in an [`Error`].
///
/// More kinds are added where a program would act on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The URL is not one that an engine can be opened with.
    BadUrl,
    /// A parameter is missing, superfluous, unknown, or of a value that the database cannot hold.
    Bind,
    /// Another writer, of this process or another one, had the turn or the lock for too long; the
    /// statement had no effect.
    Busy,
    /// The connection reads a state that another writer has since replaced, so it cannot write.
    BusySnapshot,
    /// The file cannot be opened.
    CannotOpen,
    /// A CHECK constraint refused the row.
    CheckViolation,
    /// The engine, the connection or the transaction that this belonged to is closed.
    Closed,
    /// The result has no such column, or more than one of that name.
    ColumnNotFound,
    /// The database file is damaged.
    Corrupt,
    /// Two transactions wait for each other; this one was chosen to end.
    Deadlock,
    /// A value does not fit the Rust type it was asked for as.
    Decode,
    /// The connection to the database is lost.
    Disconnected,
    /// There is no room left on the disk.
    DiskFull,
    /// The database file was moved or removed while it was open.
    FileMoved,
    /// A foreign key constraint refused the change.
    ForeignKeyViolation,
    /// The statement was stopped on request.
    Interrupted,
    /// The operating system failed a read, a write or a sync.
    Io,
    /// The consumer was too slow and part of the stream is lost.
    Lagged,
    /// The table or the database is locked by another statement of this process.
    Locked,
    /// A migration is missing, changed, out of order or failed.
    Migration,
    /// One row was asked for and there are more.
    MultipleRows,
    /// One row was asked for and there is none.
    NoRows,
    /// The file is not a database.
    NotADatabase,
    /// A NOT NULL constraint refused the row.
    NotNullViolation,
    /// Something else; [`source`](std::error::Error::source) may say what.
    Other,
    /// There is no memory left, or its configured bound is reached.
    OutOfMemory,
    /// Code on one of the engine's threads panicked.
    Panicked,
    /// No connection became free in time; the message names who holds them.
    PoolTimeout,
    /// The database, or this handle on it, can only be read.
    ReadOnly,
    /// Transactions that ran at once cannot be put in an order; run it again.
    Serialization,
    /// The row of a tracked entity has changed since it was loaded.
    StaleEntity,
    /// The text is empty, holds several statements, or may not be run here.
    Statement,
    /// The database does not accept the statement's text.
    Syntax,
    /// The statement did not end in the time it was given.
    Timeout,
    /// A value, a row or a text is larger than the database allows.
    TooLarge,
    /// The transaction is over: the database has ended it by itself.
    TransactionEnded,
    /// A UNIQUE or PRIMARY KEY constraint refused the row.
    UniqueViolation,
}

/// The table and the columns of a constraint that refused a change, as far as the database tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Constraint {
    /// The table, where it is known.
    pub table: Option<String>,
    /// The columns, where they are known.
    pub columns: Vec<String>,
    /// The name of the constraint, where it has one that the database tells.
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
            sql: None,
            offset: None,
            code: None,
            constraint: None,
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

    /// Says which of many rows of parameters the error belongs to, counted from 0.
    #[cfg(feature = "sqlite")]
    pub(crate) fn in_row(mut self, number: u64) -> Self {
        self.0.message = format!("row {number} of the parameters: {}", self.0.message).into();
        self
    }

    /// Makes another error of the same kind and message, for others that fail for the same reason.
    #[cfg(feature = "sqlite")]
    pub(crate) fn same(&self) -> Self {
        let mut same = Self::new(self.0.kind, self.0.message.clone());
        same.0.code = self.0.code;
        same
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn with_offset(mut self, offset: usize) -> Self {
        self.0.offset = Some(offset);
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let Some(sql) = &self.0.sql else {
            return Ok(());
        };
        match self.0.offset {
            Some(offset) => write!(f, ", at byte {offset} of: {}", excerpt(sql)),
            None => write!(f, ", in: {}", excerpt(sql)),
        }
    }
}

/// Shortens a statement's text to what a log line bears.
fn excerpt(sql: &str) -> Cow<'_, str> {
    const LONGEST: usize = 400;
    match sql.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}…", sql.get(..end).unwrap_or(sql))),
        None => Cow::Borrowed(sql),
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.0.kind);
        debug.field("message", &self.0.message);
        if let Some(sql) = &self.0.sql {
            debug.field("sql", sql);
        }
        if let Some(offset) = self.0.offset {
            debug.field("offset", &offset);
        }
        if let Some(code) = self.0.code {
            debug.field("sqlite_code", &code);
        }
        if let Some(constraint) = &self.0.constraint {
            debug.field("constraint", constraint);
        }
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.0.source.as_deref()?;
        if self.0.transparent { source.source() } else { Some(source) }
    }
}

/// Lets `try_chunks` and `try_ready_chunks` stand before a `?`; the items before the error are dropped.
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

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

/// Turns the error of a missing row into `None`.
pub trait OptionalRow<T>: sealed::Sealed {
    /// Gives `Ok(None)` for [`ErrorKind::NoRows`] and leaves everything else as it is.
    ///
    /// # Errors
    ///
    /// Every error but [`ErrorKind::NoRows`].
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use headwater::{AsyncEngine, OptionalRow};
    ///
    /// let engine = AsyncEngine::open("sqlite::memory:").await?;
    /// let found: Option<i64> = engine.query("SELECT 1 WHERE false").scalar_one().await.optional()?;
    /// assert_eq!(found, None);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    fn optional(self) -> Result<Option<T>>;
}

impl<T> OptionalRow<T> for Result<T> {
    fn optional(self) -> Result<Option<T>> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_no_rows() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "it seals a trait")]
    pub trait Sealed {}
    impl<T> Sealed for super::Result<T> {}
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

    #[test]
    fn a_long_statement_is_shortened_at_a_character() {
        let sql = "é".repeat(1_000);

        let shown = Error::new(ErrorKind::Syntax, "no").with_sql(&sql).to_string();

        assert!(shown.ends_with('…'));
        assert!(shown.len() < 900);
    }
}
