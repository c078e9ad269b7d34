//! `Notice`: what an engine tells those who look after it.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// Something that whoever looks after a program may want to know: what is slow, what waits, what was
/// replaced. No error is meant: each of these works on.
///
/// Texts of statements are shown as they were written, with their placeholders; no bound value is.
/// `Display` is a sentence for a log.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use std::time::Duration;
/// use headwater::{AsyncEngine, Notice};
///
/// let engine = AsyncEngine::builder("sqlite::memory:").slow_statement(Duration::ZERO).open().await?;
/// let mut notices = engine.notices();
/// engine.query("SELECT 1").scalar_one::<i64>().await?;
/// match notices.next().await {
///     Some(Notice::SlowStatement { statement, .. }) => assert_eq!(&*statement, "SELECT 1"),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A connection was closed for a reason of its own, and another one takes its place when it is needed.
    #[non_exhaustive]
    ConnectionReplaced {
        /// What was wrong with it.
        why: Arc<str>,
    },
    /// This subscriber was too slow: so many notices, older than the next one, were dropped.
    #[non_exhaustive]
    Missed {
        /// How many.
        count: u64,
    },
    /// All connections are in use, and a caller has waited for one for half of its `acquire_timeout`.
    ///
    /// Told once, until a connection becomes free for whoever waits.
    #[non_exhaustive]
    PoolPressure {
        /// How many callers wait.
        waiting: usize,
        /// How many connections there may be (`max_connections`).
        connections: usize,
    },
    /// A statement has run for longer than `slow_statement`, not counting how long it waited for a
    /// connection, for its turn to write or for its consumer.
    #[non_exhaustive]
    SlowStatement {
        /// Its text.
        statement: Arc<str>,
        /// Where it was run from.
        called_at: &'static Location<'static>,
        /// How long it ran on its connection.
        took: Duration,
    },
    /// The consumer of a result takes nothing, and the open statement holds its connection and the state
    /// of the database that it reads meanwhile: the write-ahead log cannot be reused, and grows.
    ///
    /// Told once for each wait, when it has lasted for `stall_notice`. See [`Stall`](crate::Stall) for
    /// what can be done.
    #[non_exhaustive]
    Stalled {
        /// The statement's text.
        statement: Arc<str>,
        /// Where it was run from.
        called_at: &'static Location<'static>,
        /// How long it has waited.
        waited: Duration,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConnectionReplaced { why } => write!(f, "a connection is replaced: {why}"),
            Self::Missed { count } => {
                write!(f, "{count} notices were missed, because this subscriber was too slow")
            }
            Self::PoolPressure { waiting, connections } => {
                write!(f, "{waiting} callers wait for one of {connections} connections, all in use")
            }
            Self::SlowStatement { statement, called_at, took } => {
                write!(f, "a statement called at {called_at} ran for {took:?}: {statement}")
            }
            Self::Stalled { statement, called_at, waited } => write!(
                f,
                "the consumer of a statement called at {called_at} has taken nothing for {waited:?}, \
                 while it keeps a connection and the write-ahead log: {statement}"
            ),
        }
    }
}
