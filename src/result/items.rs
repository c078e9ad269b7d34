//! `Items`: what runs a query and reads its items, whatever an item is made of, and what collects them.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use super::query::{Query, Shape};
use super::rows::{AsyncResult, RowSource};
use super::scalars::AsyncScalars;
use crate::driver::{Origin, Wanted};
use crate::error::{Error, Result};
use crate::row::FromRow;

/// The items of a query of the shape `S`, on their way.
pub(crate) trait Items<S: Shape>: Sized + Unpin + Send {
    /// Sends the query, of which no more than `limit` items are wanted.
    fn start(query: Query<S>, limit: Option<u64>, wanted: Wanted, origin: Origin) -> Result<Self>;

    /// Waits until the columns are known.
    fn poll_open(&mut self, context: &mut Context<'_>) -> Poll<Result<()>>;

    /// Makes it the stream that the query gives.
    fn opened(self) -> S::Opened;

    fn poll_item(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<S::Item>>>;

    /// Asks whether there is another item, whatever is in it.
    fn poll_another(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<()>>>;

    /// Reports how many items there are at least, known without waiting.
    fn at_hand(&self) -> usize;
}

/// What an open result of one statement is made from.
pub(crate) trait FromSource {
    fn from_source(source: RowSource) -> Self;
}

impl FromSource for AsyncResult {
    fn from_source(source: RowSource) -> Self {
        Self::from_source(source)
    }
}

impl<T: FromRow> FromSource for AsyncScalars<T> {
    fn from_source(source: RowSource) -> Self {
        Self::from_source(source)
    }
}

/// Collects all items.
pub(crate) async fn all<S: Shape, I: Items<S>>(mut from: I) -> Result<Vec<S::Item>> {
    let mut items = Vec::new();
    poll_fn(|context| poll_all(&mut from, context, &mut items)).await?;
    Ok(items)
}

/// Takes the first item, if there is one.
pub(crate) async fn first<S: Shape, I: Items<S>>(mut from: I) -> Result<Option<S::Item>> {
    poll_fn(|context| from.poll_item(context)).await.transpose()
}

/// Takes the only item.
pub(crate) async fn one<S: Shape, I: Items<S>>(from: I) -> Result<S::Item> {
    one_or_none(from).await?.ok_or_else(Error::no_rows)
}

/// Takes the only item, if there is one.
pub(crate) async fn one_or_none<S: Shape, I: Items<S>>(mut from: I) -> Result<Option<S::Item>> {
    let Some(item) = poll_fn(|context| from.poll_item(context)).await.transpose()? else {
        return Ok(None);
    };
    // Whether there is another row matters, not what is in it.
    match poll_fn(|context| from.poll_another(context)).await {
        None => Ok(Some(item)),
        Some(Ok(())) => Err(Error::multiple_rows()),
        Some(Err(error)) => Err(error),
    }
}

fn poll_all<S: Shape, I: Items<S>>(
    from: &mut I,
    context: &mut Context<'_>,
    items: &mut Vec<S::Item>,
) -> Poll<Result<()>> {
    loop {
        match ready!(from.poll_item(context)) {
            Some(Ok(item)) => {
                if items.len() == items.capacity() {
                    items.reserve(1 + from.at_hand());
                }
                items.push(item);
            }
            Some(Err(error)) => return Poll::Ready(Err(error)),
            None => return Poll::Ready(Ok(())),
        }
    }
}
