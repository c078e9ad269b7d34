//! `Stall`: what becomes of a result whose consumer does not take it.

use std::time::Duration;

/// What a statement does while the consumer of its result takes nothing.
///
/// An open statement holds its connection, and the state of the database that it reads: the write-ahead
/// log cannot be reused from its beginning, and grows with every write, for as long as the statement is
/// open. So one slow consumer can cost a pool its connections, and a disk its space.
///
/// An engine has a [default](crate::EngineBuilder::stall), in the URL `stall=park`, `stall=spill:64MiB` or
/// `stall=abort:30s`, and a statement may want otherwise: [`Statement::stall`](crate::Statement::stall).
/// However it is read, what the consumer gets is in order and complete, or ends with an error.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, Stall, sql};
///
/// let engine = AsyncEngine::builder("sqlite::memory:").max_connections(1).open().await?;
/// let list = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50000) SELECT i FROM n";
/// let mut slow = engine.query(sql(list).stall(Stall::Spill(64 << 20))).await?;
/// slow.try_next().await?;
///
/// // The only connection is free, although most of the rows are not taken.
/// assert_eq!(engine.query("SELECT 1").scalar_one::<i64>().await?, 1);
/// assert_eq!(slow.all().await?.len(), 49_999);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stall {
    /// Waits, but when the consumer has taken nothing for so long, gives up: the result gives what was
    /// read before, and then [`Timeout`](crate::ErrorKind::Timeout). The connection is free at once.
    ///
    /// What the consumer takes is batches of up to `batch_rows` rows, so choose a time in which it is
    /// done with one, or let a batch have fewer rows. What need not wait is not given up: a statement
    /// that has come to its end, or that is read aside.
    AbortAfter(Duration),
    /// Waits for as long as it takes, the default. Whoever listens to
    /// [`notices`](crate::AsyncEngine::notices) is told when a wait has lasted for `stall_notice`.
    #[default]
    Park,
    /// Does not wait, but reads ahead at full speed and keeps aside what the consumer has not taken, up to
    /// so many bytes: in memory up to `spill_memory`, beyond in a private temporary file. So the
    /// connection is free as soon as the database is through with the statement, however slow the
    /// consumer, which is served meanwhile. When that many bytes are aside it waits, as with
    /// [`Park`](Self::Park), until some of them are taken.
    Spill(u64),
}
