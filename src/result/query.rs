//! `Query`: a statement bound to whatever can run it, run by `.await` or by a method that collects.
//!
//! What is then done with the rows is said by the query's shape: rows and scalars are here, what reads
//! more than one result for its items is in a later room.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::items::{Items, all, first, one, one_or_none};
use super::rows::{AsyncResult, RowSource};
use super::run::{Run, dispatch};
use super::scalars::AsyncScalars;
use crate::driver::{self, Origin, Request, Wanted};
use crate::error::Result;
use crate::row::{Companion, FromRow, Row};
use crate::statement::{Rows, Scalars, Statement};
use crate::value::FromValue;

/// What a query gives: [`Rows`] give [`Row`]s, [`Scalars`] of a `T` give `T`s.
pub trait Shape: sealed::Sealed {
    /// What each row is read as.
    type Item;
    /// The open result.
    type Opened;
}

pub(crate) mod sealed {
    use super::{AsyncScalars, FromRow, Items, Row, Rows, Scalars, Shape};

    #[expect(unnameable_types, reason = "it seals a trait")]
    pub trait Sealed: Sized {
        /// What runs the query and reads its items.
        #[doc(hidden)]
        #[expect(private_bounds, reason = "the trait cannot be named outside of the crate")]
        type Items: Items<Self>
        where
            Self: Shape;
    }

    impl Sealed for Rows {
        type Items = AsyncScalars<Row>;
    }

    impl<T: FromRow> Sealed for Scalars<T> {
        type Items = AsyncScalars<T>;
    }
}

impl Shape for Rows {
    type Item = Row;
    type Opened = AsyncResult;
}

impl<T: FromRow> Shape for Scalars<T> {
    type Item = T;
    type Opened = AsyncScalars<T>;
}

/// A statement bound to what runs it. Nothing happens until it is awaited or one of its methods is.
///
/// Awaiting it gives the open stream, an [`AsyncResult`] or an [`AsyncScalars`]; the columns are known
/// then, and what is wrong with the statement has been reported. The methods collect instead: one
/// message to the connection and one back. What they collect of a statement that writes may share its
/// commit with others, as [`Execute`](super::Execute) says; a stream does not.
///
/// # Errors
///
/// [`ErrorKind::Syntax`](crate::ErrorKind::Syntax), [`ErrorKind::Bind`](crate::ErrorKind::Bind) and
/// [`ErrorKind::Statement`](crate::ErrorKind::Statement) before anything runs;
/// [`ErrorKind::PoolTimeout`](crate::ErrorKind::PoolTimeout) when no connection becomes free in time, which
/// names who holds them, [`ErrorKind::CannotOpen`](crate::ErrorKind::CannotOpen) and its like when a new one
/// cannot be opened, [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) after the statement's own
/// [`timeout`](crate::Statement::timeout), and [`ErrorKind::Closed`](crate::ErrorKind::Closed) when what it
/// was to run on is closed. A statement that writes fails also as [`Execute`](super::Execute) does: its
/// turn may not come ([`ErrorKind::Busy`](crate::ErrorKind::Busy)), a constraint may refuse a row. What
/// ends it as it is read is the last item of the stream.
///
/// # Cancel safety
///
/// Dropping it before its first poll runs nothing. Dropping its future later stops the statement: one
/// that only reads leaves nothing behind; one that writes leaves no effect if its first step has not
/// ended, and else its whole effect.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, sql};
///
/// let engine = AsyncEngine::open("sqlite::memory:").await?;
/// let least = 2;
/// let found: Vec<(i64, String)> = engine
///     .query(sql("SELECT key, value FROM json_each(?1) WHERE key >= ?2").bind(r#"["a","b","c"]"#).bind(least))
///     .scalars()
///     .all()
///     .await?;
/// assert_eq!(found, [(2, "c".to_owned())]);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[must_use = "a query does nothing unless it is awaited"]
pub struct Query<S = Rows> {
    run: Run,
    statement: Statement,
    site: &'static Location<'static>,
    companion: Companion,
    shape: PhantomData<fn() -> S>,
}

impl<S> Query<S> {
    pub(crate) fn new(run: Run, statement: Statement, site: &'static Location<'static>) -> Self {
        Self { run, statement, site, companion: Companion::default(), shape: PhantomData }
    }

    /// Says what the rows are read with.
    #[cfg(feature = "orm")]
    pub(crate) fn with_companion(self, companion: Companion) -> Self {
        Self { companion, ..self }
    }

    /// Takes it apart, for a shape that runs more than this statement.
    #[cfg(feature = "orm")]
    pub(crate) fn into_parts(self) -> (Run, Statement, &'static Location<'static>, Companion) {
        (self.run, self.statement, self.site, self.companion)
    }

    pub(super) fn start(
        self,
        limit: Option<u64>,
        wanted: Wanted,
        origin: Origin,
    ) -> Result<RowSource> {
        let Self { run, statement, companion, .. } = self;
        statement.check()?;
        let options = statement.options();
        let query = driver::Query { statement, limit, wanted };
        Ok(RowSource::new(dispatch(&*run, Request::Query(query), options, origin)?, companion))
    }

    /// Runs the statement for rows that are all wanted, in as few messages as may be.
    pub(crate) async fn together(self, limit: Option<u64>) -> Result<AsyncResult> {
        let origin = Origin::here(self.site).await;
        Ok(AsyncResult::from_source(self.start(limit, Wanted::Together, origin)?))
    }
}

impl<S: Shape> Query<S> {
    async fn collect(self, limit: Option<u64>) -> Result<S::Items> {
        let origin = Origin::here(self.site).await;
        S::Items::start(self, limit, Wanted::Together, origin)
    }
}

impl Query<Rows> {
    /// Reads each row as a `T`.
    pub fn scalars<T: FromRow>(self) -> Query<Scalars<T>> {
        let Self { run, statement, site, companion, .. } = self;
        Query { run, statement, site, companion, shape: PhantomData }
    }
}

impl<S: Shape> Query<S> {
    /// Runs the statement and collects all rows.
    ///
    /// # Errors
    ///
    /// As the [query](Self) itself; whatever ends it before its last row; and
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) or
    /// [`ErrorKind::ColumnNotFound`](crate::ErrorKind::ColumnNotFound) for a row that is not of the
    /// wanted type.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement, as for the query itself.
    pub async fn all(self) -> Result<Vec<S::Item>> {
        all(self.collect(None).await?).await
    }

    /// Runs the statement, takes its first row, if it has one, and stops it.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement, as for the query itself.
    pub async fn first(self) -> Result<Option<S::Item>> {
        first(self.collect(Some(1)).await?).await
    }

    /// Runs the statement and takes its only row; after a second one it is stopped.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all), [`ErrorKind::NoRows`](crate::ErrorKind::NoRows) without a row and
    /// [`ErrorKind::MultipleRows`](crate::ErrorKind::MultipleRows) with more than one.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement, as for the query itself.
    pub async fn one(self) -> Result<S::Item> {
        one(self.collect(Some(2)).await?).await
    }

    /// Runs the statement and takes its only row, if it has one; after a second one it is stopped.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all), and [`ErrorKind::MultipleRows`](crate::ErrorKind::MultipleRows) with more
    /// than one row.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement, as for the query itself.
    pub async fn one_or_none(self) -> Result<Option<S::Item>> {
        one_or_none(self.collect(Some(2)).await?).await
    }

    /// Runs the statement and reads the first column of its first row, if it has one.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all), and [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the value is not
    /// a `T`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement, as for the query itself.
    pub async fn scalar<T: for<'r> FromValue<'r>>(self) -> Result<Option<T>> {
        self.together(Some(1)).await?.scalar().await
    }

    /// Runs the statement and reads the first column of its only row.
    ///
    /// # Errors
    ///
    /// As [`one`](Self::one), and [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the value is not
    /// a `T`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement, as for the query itself.
    pub async fn scalar_one<T: for<'r> FromValue<'r>>(self) -> Result<T> {
        self.together(Some(2)).await?.scalar_one().await
    }

    /// Runs the statement and reads the first column of its only row, if it has one.
    ///
    /// # Errors
    ///
    /// As [`one_or_none`](Self::one_or_none), and [`ErrorKind::Decode`](crate::ErrorKind::Decode) when
    /// the value is not a `T`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statement, as for the query itself.
    pub async fn scalar_one_or_none<T: for<'r> FromValue<'r>>(self) -> Result<Option<T>> {
        self.together(Some(2)).await?.scalar_one_or_none().await
    }
}

impl<S: Shape> IntoFuture for Query<S> {
    type Output = Result<S::Opened>;
    type IntoFuture = Opening<S>;

    fn into_future(self) -> Opening<S> {
        Opening { state: Opens::Query(self) }
    }
}

impl<S> fmt::Debug for Query<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query").field("statement", &self.statement).finish_non_exhaustive()
    }
}

/// The future of a [`Query`]: it gives the open stream.
///
/// # Errors
///
/// As the query itself; what comes after the columns are known is an item of the stream.
///
/// # Cancel safety
///
/// As for the query itself.
#[must_use = "futures do nothing unless they are polled"]
pub struct Opening<S: Shape = Rows> {
    state: Opens<S>,
}

#[expect(
    clippy::large_enum_variant,
    reason = "it is moved once, and a box would cost each stream an allocation"
)]
enum Opens<S: Shape> {
    Query(Query<S>),
    Items(S::Items),
    Over,
}

impl<S: Shape> Future for Opening<S> {
    type Output = Result<S::Opened>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut items = match std::mem::replace(&mut self.state, Opens::Over) {
            Opens::Query(query) => {
                let origin = Origin::new(query.site, context);
                S::Items::start(query, None, Wanted::Streamed, origin)?
            }
            Opens::Items(items) => items,
            // Polled after its end, it stays pending, as a future may.
            Opens::Over => return Poll::Pending,
        };
        if items.poll_open(context)?.is_pending() {
            self.state = Opens::Items(items);
            return Poll::Pending;
        }
        Poll::Ready(Ok(items.opened()))
    }
}

impl<S: Shape> fmt::Debug for Opening<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").finish_non_exhaustive()
    }
}
