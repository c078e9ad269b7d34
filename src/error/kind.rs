//! `ErrorKind`: what a program can act on.

/// What a program can act on in an [`Error`](crate::Error).
///
/// More kinds are added where a program would act on them.
///
/// The last column is the HTTP status that a web service would answer with, if nothing of its own
/// speaks against it. What is 503 is worth another try, after a moment (`Retry-After`); what is 500 is
/// the service's own fault, and its text belongs into the log and not into the answer.
///
/// | kind | what to do | HTTP |
/// |---|---|---|
/// | [`BadUrl`](Self::BadUrl) | mend the URL; the error names the part | 500 |
/// | [`Bind`](Self::Bind) | bind one value for each placeholder, of a range that the database holds | 422 |
/// | [`Busy`](Self::Busy) | run it again, or give `busy_timeout` and the other writer more time | 503 |
/// | [`BusySnapshot`](Self::BusySnapshot) | run the whole transaction again | 503 |
/// | [`CannotOpen`](Self::CannotOpen) | see to the path and its rights | 500 |
/// | [`CheckViolation`](Self::CheckViolation) | change the value | 422 |
/// | [`Closed`](Self::Closed) | nothing: the engine shuts down, or the handle's time is over | 503 |
/// | [`ColumnNotFound`](Self::ColumnNotFound) | mend the name, or give the column an alias | 500 |
/// | [`Corrupt`](Self::Corrupt) | restore the file from a backup | 500 |
/// | [`Decode`](Self::Decode) | read the value as another type, or mend what is stored | 500 |
/// | [`DiskFull`](Self::DiskFull) | free some space, then run it again | 507 |
/// | [`Entity`](Self::Entity) | mend the program: the error names the entity and what it cannot be used for | 500 |
/// | [`FileMoved`](Self::FileMoved) | put the file back, or open the engine anew | 500 |
/// | [`ForeignKeyViolation`](Self::ForeignKeyViolation) | write the row that is referred to first, or keep it | 409 |
/// | [`Interrupted`](Self::Interrupted) | nothing: something asked for it | 503 |
/// | [`Io`](Self::Io) | see to the disk; the cause has the system's own words | 500 |
/// | [`Locked`](Self::Locked) | end the other statement of this process, then run it again | 503 |
/// | [`Migration`](Self::Migration) | mend the file that the error names, or the order of the files | 500 |
/// | [`MultipleRows`](Self::MultipleRows) | narrow the query, or call `first` | 500 |
/// | [`NoRows`](Self::NoRows) | take it for an answer ([`optional`](crate::OptionalRow::optional)) | 404 |
/// | [`NotADatabase`](Self::NotADatabase) | open another file | 500 |
/// | [`NotNullViolation`](Self::NotNullViolation) | give the column a value | 422 |
/// | [`Other`](Self::Other) | look at its text and its cause | 500 |
/// | [`OutOfMemory`](Self::OutOfMemory) | ask for less at once | 503 |
/// | [`Panicked`](Self::Panicked) | mend the code that panicked; the error has its words | 500 |
/// | [`PoolTimeout`](Self::PoolTimeout) | give back what the error names sooner, or allow more connections | 503 |
/// | [`ReadOnly`](Self::ReadOnly) | open it for writing, or `begin()` instead of `snapshot()` | 500 |
/// | [`StaleEntity`](Self::StaleEntity) | load the entity again and decide anew | 409 |
/// | [`Statement`](Self::Statement) | run one statement of the kind that is allowed there | 500 |
/// | [`Syntax`](Self::Syntax) | mend the text at the place that the error shows | 500 |
/// | [`Timeout`](Self::Timeout) | give it more time, or less to do | 503 |
/// | [`TooLarge`](Self::TooLarge) | send or ask for less, or raise the limit that the error names | 413 |
/// | [`TransactionEnded`](Self::TransactionEnded) | run the transaction again | 503 |
/// | [`UniqueViolation`](Self::UniqueViolation) | choose another value, or write it with `ON CONFLICT` | 409 |
///
/// `Deadlock`, `Disconnected`, `Lagged` and `Serialization` have their names already; nothing gives them
/// yet.
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
    /// A CHECK constraint, the type of a STRICT column or a trigger's RAISE refused the row.
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
    /// An entity, a relation or a handle is used as it cannot be: one of another session, one that is not
    /// in the schema, one whose key has changed.
    Entity,
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
    /// The row of a tracked entity was changed or deleted since it was loaded.
    StaleEntity,
    /// The text is empty, holds several statements, or may not be run here.
    Statement,
    /// The database does not accept the statement's text.
    Syntax,
    /// The statement did not end in the time it was given.
    Timeout,
    /// A value, a row or a text is larger than the database allows.
    TooLarge,
    /// The transaction is over, by whoever has ended it, or its session can only be rolled back.
    TransactionEnded,
    /// A UNIQUE or PRIMARY KEY constraint refused the row.
    UniqueViolation,
}
