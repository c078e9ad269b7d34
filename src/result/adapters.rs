//! What a result can be turned into: groups, batches, mappings, and rows that are unique.

use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_stream::try_stream;
use futures::Stream;
use futures::stream::{FusedStream, Next, StreamExt, TryNext, TryStreamExt};
use pin_project::pin_project;

use super::rows::{AsyncResult, take};
use crate::error::Result;
use crate::row::{Mapping, Row};

/// Gives a stream of ours the two methods that would otherwise need a trait in scope.
macro_rules! inherent_next {
    () => {
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
        /// Whatever ended the result before its last row.
        ///
        /// # Cancel safety
        ///
        /// Dropping the future loses no item.
        pub fn try_next(&mut self) -> TryNext<'_, Self> {
            TryStreamExt::try_next(self)
        }
    };
}

/// Groups of rows or items, made by `partitions`.
///
/// # Errors
///
/// The last item: whatever ended the result before its last row. Rows that came before it are a group of
/// their own.
///
/// # Cancel safety
///
/// Dropping it stops the statement; rows that were batched but not taken are lost. A `next` that is
/// dropped loses no row.
#[must_use = "a stream gives nothing unless it is read"]
pub struct Partitions<T> {
    groups: Pin<Box<dyn Stream<Item = Result<Vec<T>>> + Send>>,
    over: bool,
}

impl<T: Send + 'static> Partitions<T> {
    pub(super) fn new<S>(mut rows: S, count: usize) -> Self
    where
        S: Stream<Item = Result<T>> + FusedStream + Unpin + Send + 'static,
    {
        let count = count.max(1);
        let groups = try_stream! {
            loop {
                let mut group = Vec::new();
                let taken = take(&mut rows, count, &mut group).await;
                let last = group.len() < count;
                // Rows that came before an error are part of the result.
                if !group.is_empty() {
                    yield group;
                }
                taken?;
                if last {
                    break;
                }
            }
        };
        Self { groups: Box::pin(groups), over: false }
    }
}

impl<T> Partitions<T> {
    inherent_next!();
}

impl<T> Stream for Partitions<T> {
    type Item = Result<Vec<T>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.over {
            return Poll::Ready(None);
        }
        let group = ready!(self.groups.as_mut().poll_next(context));
        self.over = !matches!(group, Some(Ok(_)));
        Poll::Ready(group)
    }
}

impl<T> FusedStream for Partitions<T> {
    fn is_terminated(&self) -> bool {
        self.over
    }
}

impl<T> fmt::Debug for Partitions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partitions").field("over", &self.over).finish_non_exhaustive()
    }
}

/// The rows of a result in the batches in which they came, made by `batches`.
///
/// # Errors
///
/// The last item: whatever ended the result before its last row.
///
/// # Cancel safety
///
/// Dropping it stops the statement; rows that were batched but not taken are lost. A `next` that is
/// dropped loses no row.
#[derive(Debug)]
#[must_use = "a stream gives nothing unless it is read"]
pub struct Batches {
    result: AsyncResult,
}

impl Batches {
    pub(super) fn new(result: AsyncResult) -> Self {
        Self { result }
    }

    inherent_next!();
}

impl Stream for Batches {
    type Item = Result<Vec<Row>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.result.poll_batch(context)
    }
}

impl FusedStream for Batches {
    fn is_terminated(&self) -> bool {
        self.result.is_terminated()
    }
}

/// The rows of a result as ordered maps, made by `mappings`.
///
/// # Errors
///
/// The last item: whatever ended the result before its last row.
///
/// # Cancel safety
///
/// Dropping it stops the statement; rows that were batched but not taken are lost. A `next` that is
/// dropped loses no row.
#[derive(Debug)]
#[pin_project]
#[must_use = "a stream gives nothing unless it is read"]
pub struct Mappings {
    #[pin]
    result: AsyncResult,
}

impl Mappings {
    pub(super) fn new(result: AsyncResult) -> Self {
        Self { result }
    }

    inherent_next!();

    /// Collects the mappings that are left.
    ///
    /// # Errors
    ///
    /// Whatever ended the statement before its last row.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement; the mappings are lost.
    pub async fn all(self) -> Result<Vec<Mapping>> {
        self.try_collect().await
    }
}

impl Stream for Mappings {
    type Item = Result<Mapping>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.project().result.poll_next(context).map_ok(Mapping::new)
    }
}

impl FusedStream for Mappings {
    fn is_terminated(&self) -> bool {
        self.result.is_terminated()
    }
}

/// Rows or items of which no two have the same key, made by `unique_by`.
///
/// # Errors
///
/// The last item: whatever ended the result before its last row.
///
/// # Cancel safety
///
/// Dropping it stops the statement; rows that were batched but not taken are lost. A `next` that is
/// dropped loses no row.
#[pin_project]
#[must_use = "a stream gives nothing unless it is read"]
pub struct UniqueBy<S, K, F> {
    #[pin]
    rows: S,
    key: F,
    seen: HashSet<K>,
}

impl<S, K, F> UniqueBy<S, K, F> {
    pub(super) fn new(rows: S, key: F) -> Self {
        Self { rows, key, seen: HashSet::new() }
    }
}

impl<S, T, K, F> UniqueBy<S, K, F>
where
    S: Stream<Item = Result<T>> + Unpin,
    F: FnMut(&T) -> K,
    K: Hash + Eq,
{
    inherent_next!();
}

impl<S, T, K, F> Stream for UniqueBy<S, K, F>
where
    S: Stream<Item = Result<T>>,
    F: FnMut(&T) -> K,
    K: Hash + Eq,
{
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        loop {
            match ready!(this.rows.as_mut().poll_next(context)) {
                Some(Ok(row)) if !this.seen.insert((this.key)(&row)) => {}
                other => return Poll::Ready(other),
            }
        }
    }
}

impl<S, T, K, F> FusedStream for UniqueBy<S, K, F>
where
    S: Stream<Item = Result<T>> + FusedStream,
    F: FnMut(&T) -> K,
    K: Hash + Eq,
{
    fn is_terminated(&self) -> bool {
        self.rows.is_terminated()
    }
}

impl<S: fmt::Debug, K, F> fmt::Debug for UniqueBy<S, K, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UniqueBy").field("rows", &self.rows).finish_non_exhaustive()
    }
}
