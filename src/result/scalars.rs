//! `AsyncScalars`: the rows of a query as a stream of one Rust type.

use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::stream::{FusedStream, Next, Stream, StreamExt, TryNext, TryStreamExt};

use super::adapters::{Partitions, UniqueBy};
use super::items::{self, FromSource, Items};
use super::query::{Query, Shape};
use super::rows::{RowSource, fetch_many};
use crate::driver::{Done, Origin, Wanted};
use crate::error::Result;
use crate::row::{Columns, Companion, FromRow, Positions, Row};
use crate::statement::Scalars;

/// The rows of a query, each read as a `T`: a [`Stream`] that is filled by a connection's own thread.
///
/// Rows are decoded on the side of the consumer, beside the scan. A column that `T` needs and the
/// result does not have is the first item. What is said of [`AsyncResult`](super::AsyncResult) holds
/// here too: it is owned, fused, ends with its first error, and stops its statement when dropped.
///
/// # Cancel safety
///
/// As for [`AsyncResult`](super::AsyncResult).
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use futures::TryStreamExt;
/// use headwater::AsyncEngine;
///
/// let engine = AsyncEngine::open("sqlite::memory:").await?;
/// let numbers = engine.query("SELECT value FROM json_each('[1, 2, 3]')").scalars::<i64>().await?;
/// let doubled: Vec<i64> = numbers.map_ok(|number| 2 * number).try_collect().await?;
/// assert_eq!(doubled, [2, 4, 6]);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[must_use = "a result gives no rows unless it is read"]
pub struct AsyncScalars<T> {
    source: RowSource,
    /// Where `T` is in these columns.
    resolved: Option<(Arc<Columns>, Positions)>,
    /// What the rows are read with.
    companion: Companion,
    item: PhantomData<fn() -> T>,
}

impl<T: FromRow> AsyncScalars<T> {
    pub(super) fn from_source(source: RowSource) -> Self {
        let companion = source.companion().clone();
        Self { source, resolved: None, companion, item: PhantomData }
    }

    /// Waits for the next item; `None` at the end.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no item.
    #[expect(clippy::should_implement_trait, reason = "it is a stream's `next`, and a future")]
    pub fn next(&mut self) -> Next<'_, Self> {
        StreamExt::next(self)
    }

    /// Waits for the next item; `Ok(None)` at the end.
    ///
    /// # Errors
    ///
    /// Whatever ended the statement before its last row, and a row that is not a `T`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no item.
    pub fn try_next(&mut self) -> TryNext<'_, Self> {
        TryStreamExt::try_next(self)
    }

    /// Returns the columns, which are known before the first item.
    #[must_use]
    pub fn columns(&self) -> &Columns {
        self.source.columns()
    }

    /// Returns what the statement did, once the stream has come to its end.
    #[must_use]
    pub fn done(&self) -> Option<&Done> {
        self.source.done()
    }

    /// Collects the items that are left.
    ///
    /// # Errors
    ///
    /// As [`try_next`](Self::try_next).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement; the items are lost.
    pub async fn all(self) -> Result<Vec<T>> {
        items::all::<Scalars<T>, _>(self).await
    }

    /// Takes the next item, if there is one, and stops the statement.
    ///
    /// # Errors
    ///
    /// As [`try_next`](Self::try_next).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement.
    pub async fn first(self) -> Result<Option<T>> {
        items::first::<Scalars<T>, _>(self).await
    }

    /// Takes the only item that is left.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all), [`NoRows`](crate::ErrorKind::NoRows) when there is none, and
    /// [`MultipleRows`](crate::ErrorKind::MultipleRows) when there are more.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement.
    pub async fn one(self) -> Result<T> {
        items::one::<Scalars<T>, _>(self).await
    }

    /// Takes the only item that is left, if there is one.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all), and [`MultipleRows`](crate::ErrorKind::MultipleRows) when there are more.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement.
    pub async fn one_or_none(self) -> Result<Option<T>> {
        items::one_or_none::<Scalars<T>, _>(self).await
    }

    /// Takes up to `count` items; fewer only at the end.
    ///
    /// # Errors
    ///
    /// As [`try_next`](Self::try_next). Items taken before the error are lost;
    /// [`partitions`](Self::partitions) gives them.
    ///
    /// # Cancel safety
    ///
    /// Items that the dropped future had taken are lost.
    pub async fn fetch_many(&mut self, count: usize) -> Result<Vec<T>> {
        fetch_many(self, count).await
    }

    /// Groups the items by `count`; the last group may be smaller.
    pub fn partitions(self, count: usize) -> Partitions<T>
    where
        T: Send + 'static,
    {
        Partitions::new(self, count)
    }

    /// Leaves out items whose key has been seen; the keys seen are held in memory.
    pub fn unique_by<K, F>(self, key: F) -> UniqueBy<Self, K, F>
    where
        F: FnMut(&T) -> K,
        K: Hash + Eq,
    {
        UniqueBy::new(self, key)
    }

    /// Stops the statement; the connection goes back as soon as its thread sees it.
    pub fn close(&mut self) {
        self.source.stop();
    }

    fn poll_item(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let row = match ready!(self.source.poll_row(context)) {
            Some(Ok(row)) => row,
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(self.end()),
        };
        let item = decode(row, &mut self.resolved, &self.companion);
        if item.is_err() {
            self.source.stop();
        }
        Poll::Ready(Some(item))
    }

    /// Without a row nobody has looked yet whether the columns would do.
    fn end(&mut self) -> Option<Result<T>> {
        if self.resolved.is_some() || self.source.done().is_none() {
            return None;
        }
        let columns = Arc::clone(self.source.columns());
        let positions = positions_of::<T>(&columns, &self.companion);
        // Looked once is enough: the stream ends with the error, if there is one.
        self.resolved = Some((columns, Positions::default()));
        positions.err().map(Err)
    }
}

/// Finds where a `T` is in the columns.
fn positions_of<T: FromRow>(columns: &Columns, companion: &Companion) -> Result<Positions> {
    if companion.is_some() {
        return T::positions(&columns.with_companion(companion));
    }
    T::positions(columns)
}

fn decode<T: FromRow>(
    row: &Row,
    resolved: &mut Option<(Arc<Columns>, Positions)>,
    companion: &Companion,
) -> Result<T> {
    let columns = row.batch().columns();
    if let Some((known, positions)) = resolved
        && Arc::ptr_eq(known, columns)
    {
        return T::from_row(row, positions);
    }
    let positions = positions_of::<T>(columns, companion)?;
    let (_, positions) = resolved.insert((Arc::clone(columns), positions));
    T::from_row(row, positions)
}

/// Reads the items of a shape whose rows are each a `T`.
impl<T, S> Items<S> for AsyncScalars<T>
where
    T: FromRow,
    S: Shape<Item = T, Opened: FromSource>,
{
    fn start(query: Query<S>, limit: Option<u64>, wanted: Wanted, origin: Origin) -> Result<Self> {
        query.start(limit, wanted, origin).map(Self::from_source)
    }

    fn poll_open(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.source.poll_open(context)
    }

    fn opened(self) -> S::Opened {
        S::Opened::from_source(self.source)
    }

    fn poll_item(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        Self::poll_item(self, context)
    }

    fn poll_another(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<()>>> {
        self.source.poll_row(context).map(|row| row.map(|row| row.map(drop)))
    }

    fn at_hand(&self) -> usize {
        self.source.at_hand()
    }
}

impl<T: FromRow> Stream for AsyncScalars<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        self.poll_item(context)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, None)
    }
}

impl<T: FromRow> FusedStream for AsyncScalars<T> {
    fn is_terminated(&self) -> bool {
        self.source.is_over()
    }
}

impl<T> fmt::Debug for AsyncScalars<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncScalars")
            .field("columns", &self.source.columns())
            .field("over", &self.source.is_over())
            .finish_non_exhaustive()
    }
}
