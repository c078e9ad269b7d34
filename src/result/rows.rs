//! `AsyncResult`: the rows of a query as a stream.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::stream::{FusedStream, Next, Stream, StreamExt, TryNext, TryStreamExt};

use super::adapters::{Batches, Mappings, Partitions, UniqueBy};
use super::scalars::AsyncScalars;
use super::trace::Watched;
use crate::driver::Done;
use crate::error::Result;
use crate::flow::Received;
use crate::row::{Columns, Companion, FromRow, Row, RowBatch};
use crate::value::FromValue;

/// Rows on their way from a connection, whatever they are then read as.
#[derive(Debug)]
pub(crate) struct RowSource {
    answer: Option<Watched>,
    columns: Arc<Columns>,
    /// A batch whose first row has not been given out.
    fresh: Option<RowBatch>,
    /// The row given out last.
    current: Option<Row>,
    done: Option<Done>,
    /// What the rows are read with.
    companion: Companion,
}

impl RowSource {
    pub(super) fn new(answer: Watched, companion: Companion) -> Self {
        Self {
            answer: Some(answer),
            columns: Arc::default(),
            fresh: None,
            current: None,
            done: None,
            companion,
        }
    }

    /// Waits for the columns, which come before any row.
    pub(super) fn poll_open(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        let Some(answer) = &mut self.answer else {
            return Poll::Ready(Ok(()));
        };
        match ready!(answer.poll_receive(context)) {
            Received::Item(batch) => {
                self.columns = Arc::clone(batch.columns());
                self.fresh = Some(batch);
                Poll::Ready(Ok(()))
            }
            Received::End(end) => {
                self.answer = None;
                Poll::Ready(end.map(|outcome| self.done = Some(outcome.done)))
            }
        }
    }

    /// Moves to the next row and borrows it; after an error there is none.
    pub(super) fn poll_row(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<&Row>>> {
        loop {
            if self.current.as_mut().is_some_and(Row::advance) {
                break;
            }
            self.current = None;
            if let Some(batch) = self.fresh.take()
                && batch.len() > 0
            {
                self.current = Some(Row::new(Arc::new(batch), 0));
                break;
            }
            let Some(answer) = &mut self.answer else {
                return Poll::Ready(None);
            };
            match ready!(answer.poll_receive(context)) {
                Received::Item(batch) => {
                    if !Arc::ptr_eq(&self.columns, batch.columns()) {
                        self.columns = Arc::clone(batch.columns());
                    }
                    self.fresh = Some(batch);
                }
                Received::End(Ok(outcome)) => {
                    self.done = Some(outcome.done);
                    self.answer = None;
                }
                Received::End(Err(error)) => {
                    // The first error ends the result: after it a database may report a clean end.
                    self.answer = None;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        Poll::Ready(self.current.as_ref().map(Ok))
    }

    pub(super) fn companion(&self) -> &Companion {
        &self.companion
    }

    pub(super) fn columns(&self) -> &Arc<Columns> {
        &self.columns
    }

    pub(super) fn done(&self) -> Option<&Done> {
        self.done.as_ref()
    }

    pub(super) fn is_over(&self) -> bool {
        self.answer.is_none() && self.fresh.is_none() && self.current.is_none()
    }

    /// Gives up what has not been read; the statement stops.
    pub(super) fn stop(&mut self) {
        self.answer = None;
        self.fresh = None;
        self.current = None;
    }

    /// Reports how many rows are at hand without waiting.
    pub(super) fn at_hand(&self) -> usize {
        let current = self.current.as_ref().map_or(0, |row| row.remaining().saturating_sub(1));
        current + self.fresh.as_ref().map_or(0, RowBatch::len)
    }
}

/// The rows of a query: a [`Stream`] of [`Row`]s, filled by a connection's own thread in bounded
/// batches, at the pace at which they are taken.
///
/// It is an owned handle, `'static + Send + Unpin`: it can be returned, stored or spawned, and it keeps
/// its connection until it has ended or is dropped. The first error ends it.
///
/// # Cancel safety
///
/// Dropping it, polled or not, stops the statement and returns the connection clean, without blocking
/// and without a runtime. Rows that were batched but not taken are lost. A `next` that is dropped loses
/// no row.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::AsyncEngine;
///
/// let engine = AsyncEngine::open("sqlite::memory:").await?;
/// let mut result = engine.query("SELECT value FROM json_each('[1, 2, 3]')").await?;
/// let mut sum = 0;
/// while let Some(row) = result.try_next().await? {
///     sum += row.get::<i64>("value")?;
/// }
/// assert_eq!(sum, 6);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[must_use = "a result gives no rows unless it is read"]
pub struct AsyncResult {
    source: RowSource,
}

impl AsyncResult {
    pub(super) fn from_source(source: RowSource) -> Self {
        Self { source }
    }

    /// Waits for the next row; `None` at the end.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no row.
    #[expect(clippy::should_implement_trait, reason = "it is a stream's `next`, and a future")]
    pub fn next(&mut self) -> Next<'_, Self> {
        StreamExt::next(self)
    }

    /// Waits for the next row; `Ok(None)` at the end.
    ///
    /// # Errors
    ///
    /// Whatever ended the statement before its last row.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no row.
    pub fn try_next(&mut self) -> TryNext<'_, Self> {
        TryStreamExt::try_next(self)
    }

    /// Returns the columns, which are known before the first row.
    #[must_use]
    pub fn columns(&self) -> &Columns {
        self.source.columns()
    }

    /// Returns what the statement did, once the result has come to its end.
    #[must_use]
    pub fn done(&self) -> Option<&Done> {
        self.source.done()
    }

    /// Reads each row as a `T`.
    pub fn scalars<T: FromRow>(self) -> AsyncScalars<T> {
        AsyncScalars::from_source(self.source)
    }

    /// Collects the rows that are left.
    ///
    /// # Errors
    ///
    /// Whatever ended the statement before its last row.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement; the rows are lost.
    pub async fn all(self) -> Result<Vec<Row>> {
        self.scalars().all().await
    }

    /// Takes the next row, if there is one, and stops the statement.
    ///
    /// # Errors
    ///
    /// Whatever ended the statement before its first row.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement.
    pub async fn first(self) -> Result<Option<Row>> {
        self.scalars().first().await
    }

    /// Takes the only row that is left.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all), [`ErrorKind::NoRows`](crate::ErrorKind::NoRows) when there is none, and
    /// [`ErrorKind::MultipleRows`](crate::ErrorKind::MultipleRows) when there are more.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement.
    pub async fn one(self) -> Result<Row> {
        self.scalars().one().await
    }

    /// Takes the only row that is left, if there is one.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all), and [`ErrorKind::MultipleRows`](crate::ErrorKind::MultipleRows) when there
    /// are more.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement.
    pub async fn one_or_none(self) -> Result<Option<Row>> {
        self.scalars().one_or_none().await
    }

    /// Reads the first column of the next row, if there is one, and stops the statement.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all), and [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the value is not a
    /// `T`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement.
    pub async fn scalar<T: for<'r> FromValue<'r>>(self) -> Result<Option<T>> {
        self.first().await?.map(|row| row.get(0)).transpose()
    }

    /// Reads the first column of the only row that is left.
    ///
    /// # Errors
    ///
    /// As [`one`](Self::one), and [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the value is not a
    /// `T`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement.
    pub async fn scalar_one<T: for<'r> FromValue<'r>>(self) -> Result<T> {
        self.one().await?.get(0)
    }

    /// Reads the first column of the only row that is left, if there is one.
    ///
    /// # Errors
    ///
    /// As [`one_or_none`](Self::one_or_none), and [`ErrorKind::Decode`](crate::ErrorKind::Decode) when
    /// the value is not a `T`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement.
    pub async fn scalar_one_or_none<T: for<'r> FromValue<'r>>(self) -> Result<Option<T>> {
        self.one_or_none().await?.map(|row| row.get(0)).transpose()
    }

    /// Takes up to `count` rows; fewer only at the end.
    ///
    /// # Errors
    ///
    /// Whatever ended the statement before that many rows. Rows taken before the error are lost;
    /// [`partitions`](Self::partitions) gives them.
    ///
    /// # Cancel safety
    ///
    /// Rows that the dropped future had taken are lost.
    pub async fn fetch_many(&mut self, count: usize) -> Result<Vec<Row>> {
        fetch_many(self, count).await
    }

    /// Groups the rows by `count`; the last group may be smaller.
    pub fn partitions(self, count: usize) -> Partitions<Row> {
        Partitions::new(self, count)
    }

    /// Gives the rows in the batches in which they come.
    pub fn batches(self) -> Batches {
        Batches::new(self)
    }

    /// Gives each row as an ordered map from names to values.
    pub fn mappings(self) -> Mappings {
        Mappings::new(self)
    }

    /// Leaves out rows whose key has been seen; the keys seen are held in memory.
    pub fn unique_by<K, F>(self, key: F) -> UniqueBy<Self, K, F>
    where
        F: FnMut(&Row) -> K,
        K: std::hash::Hash + Eq,
    {
        UniqueBy::new(self, key)
    }

    /// Stops the statement; the connection goes back as soon as its thread sees it.
    ///
    /// Dropping does the same; after `close` the result is known to be at its end.
    pub fn close(&mut self) {
        self.source.stop();
    }

    /// Moves to the next row and borrows it, for whoever reads many rows at once.
    #[cfg(feature = "orm")]
    pub(crate) fn poll_row(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<&Row>>> {
        self.source.poll_row(context)
    }

    /// Returns what the rows are read with.
    #[cfg(feature = "orm")]
    pub(crate) fn companion(&self) -> &Companion {
        self.source.companion()
    }

    /// Reports how many rows are at hand without waiting.
    #[cfg(feature = "orm")]
    pub(crate) fn at_hand(&self) -> usize {
        self.source.at_hand()
    }

    /// Gives the rest of the batch at hand, waiting only if there is none.
    pub(super) fn poll_batch(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Vec<Row>>>> {
        let first = match ready!(self.poll_next_row(context)) {
            Some(Ok(row)) => row,
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(None),
        };
        let mut rows = Vec::with_capacity(1 + self.source.at_hand());
        rows.push(first);
        while self.source.at_hand() > 0 {
            match ready!(self.poll_next_row(context)) {
                Some(Ok(row)) => rows.push(row),
                _ => break,
            }
        }
        Poll::Ready(Some(Ok(rows)))
    }

    fn poll_next_row(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Row>>> {
        self.source.poll_row(context).map(|row| row.map(|row| row.cloned()))
    }
}

pub(super) async fn fetch_many<S, T>(stream: &mut S, count: usize) -> Result<Vec<T>>
where
    S: Stream<Item = Result<T>> + Unpin,
{
    let mut rows = Vec::new();
    take(stream, count, &mut rows).await?;
    Ok(rows)
}

/// Moves rows into `rows` until it has `count`, or there are no more.
pub(super) async fn take<S, T>(stream: &mut S, count: usize, rows: &mut Vec<T>) -> Result<()>
where
    S: Stream<Item = Result<T>> + Unpin,
{
    while rows.len() < count {
        match TryStreamExt::try_next(stream).await? {
            Some(row) => rows.push(row),
            None => break,
        }
    }
    Ok(())
}

impl Stream for AsyncResult {
    type Item = Result<Row>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Row>>> {
        self.poll_next_row(context)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let at_hand = self.source.at_hand();
        (at_hand, self.source.is_over().then_some(0))
    }
}

impl FusedStream for AsyncResult {
    fn is_terminated(&self) -> bool {
        self.source.is_over()
    }
}

impl fmt::Debug for AsyncResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncResult")
            .field("columns", &self.source.columns())
            .field("over", &self.source.is_over())
            .finish_non_exhaustive()
    }
}
