//! `With` and `AsyncEager`: entities with their relations, as a stream.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::vec;

use futures::future::BoxFuture;
use futures::stream::{BoxStream, FusedStream, Next, Stream, StreamExt, TryNext, TryStreamExt};

use super::eager_load::{Begin, Load};
use super::query::SessionStatement;
use super::related::InSession;
use super::relation::{And, Form, Marker, Plain, RelatedBy, Relation, Relations};
use crate::driver::{Origin, Wanted};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{Entity, Select};
use crate::result::{Items, Query, Shape};
use crate::statement::{IntoStatement, Statement};

/// Entities with what belongs to them: made by [`Select::with`].
///
/// `N` is the tuple of the relations.
#[must_use = "a query does nothing until it is given to `query`"]
pub struct With<E, N> {
    select: Select<E>,
    relations: N,
}

impl<E: Entity> Select<E> {
    /// Loads a relation with the entities: each comes as a tuple of itself and of what the relation gives, a
    /// `Vec` for `has_many` and `many_to_many`, an `Option` for `has_one` and `belongs_to`.
    ///
    /// There is one more query for each batch of entities (up to 1,024, or what
    /// [`batch_rows`](Self::batch_rows) says; the first batches of a stream are smaller), and never one for
    /// each: what is held in memory is a batch and what belongs to it. All of them read one state of
    /// the database: on the engine in a [snapshot](crate::AsyncEngine::snapshot), whose connection goes back
    /// with the end of the stream; on a connection the statements hold its state together; in a
    /// transaction or a snapshot there is nothing to do.
    ///
    /// `belongs_to` gives an `Option` also where the column cannot be NULL: that there is a row is a promise
    /// of the database, which may not have been asked to keep it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Entity`] when the query is run and the columns of a relation are no foreign key between
    /// the two entities. What ends a query for what belongs to them ends the stream; it names the relation.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use headwater::{AsyncEngine, Entity, select};
    ///
    /// #[derive(Entity, Clone)]
    /// #[entity(table = "users", has_many(POSTS: Post::AUTHOR_ID))]
    /// struct User {
    ///     #[entity(primary_key)]
    ///     id: i64,
    ///     name: String,
    /// }
    ///
    /// #[derive(Entity, Clone)]
    /// #[entity(table = "posts")]
    /// struct Post {
    ///     #[entity(primary_key)]
    ///     id: i64,
    ///     #[entity(references(User::ID), belongs_to = AUTHOR)]
    ///     author_id: i64,
    ///     title: String,
    /// }
    ///
    /// # let engine = AsyncEngine::open("sqlite::memory:").await?;
    /// # engine.execute_batch(
    /// #     "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    /// #      CREATE TABLE posts(id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES users, title TEXT);
    /// #      INSERT INTO users VALUES (1, 'Ada'), (2, 'Alan');
    /// #      INSERT INTO posts VALUES (1, 1, 'Notes'), (2, 1, 'Sketch')",
    /// # ).await?;
    /// let mut users = engine.query(select::<User>().order_by(User::ID).with(User::POSTS)).await?;
    /// let (ada, posts) = users.try_next().await?.unwrap();
    /// assert_eq!((ada.name.as_str(), posts.len()), ("Ada", 2));
    ///
    /// let (post, author) = engine.query(select::<Post>().limit(1).with(Post::AUTHOR)).one().await?;
    /// assert_eq!((post.title.as_str(), author.unwrap().name.as_str()), ("Notes", "Ada"));
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    pub fn with<R: Relation<Owner = E>>(self, relation: R) -> With<E, (RelatedBy<R>,)> {
        With { select: self, relations: (relation.related(),) }
    }
}

impl<E: Entity, N> With<E, N> {
    /// Loads another relation of the entities too: it is added to the tuple.
    pub fn with<R>(self, relation: R) -> With<E, N::All>
    where
        R: Relation<Owner = E>,
        N: And<RelatedBy<R>>,
    {
        let Self { select, relations } = self;
        With { select, relations: relations.and(relation.related()) }
    }
}

impl<E, N: Clone> Clone for With<E, N> {
    fn clone(&self) -> Self {
        Self { select: self.select.clone(), relations: self.relations.clone() }
    }
}

impl<E: Entity, N> fmt::Debug for With<E, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("With").field("entity", &E::table().entity).finish_non_exhaustive()
    }
}

/// What a statement carries to the shape that loads the relations.
pub(super) struct Plan<N> {
    pub(super) relations: N,
    /// Whether the statement gives all entities that there are.
    pub(super) is_whole: bool,
}

impl<E: Entity, N: Relations<E>> IntoStatement for With<E, N> {
    type Shape = Eager<E, N>;

    fn into_statement(self) -> Statement {
        let plan = Plan { relations: self.relations, is_whole: self.select.is_whole() };
        self.select.into_statement().with_plan(Arc::new(plan))
    }
}

impl<E: Entity, N: Relations<E> + Clone> IntoStatement for &With<E, N> {
    type Shape = Eager<E, N>;

    fn into_statement(self) -> Statement {
        let With { select, relations } = self;
        With { select: select.clone(), relations: relations.clone() }.into_statement()
    }
}

impl<E: Entity, N: Relations<E>> SessionStatement for With<E, N> {
    type InSession = Eager<E, N, InSession>;
}

impl<E: Entity, N: Relations<E> + Clone> SessionStatement for &With<E, N> {
    type InSession = Eager<E, N, InSession>;
}

/// The shape of a query that gives `E`s with their relations, in a form: what
/// [`Query::all`](crate::Query::all) and its like give is [`Relations::Item`].
pub struct Eager<E, N, F = Plain>(Marker<E, N, F>);

impl<E, N, F> fmt::Debug for Eager<E, N, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Eager")
    }
}

impl<E: Entity, N: Relations<E>, F: Form> Shape for Eager<E, N, F> {
    type Item = N::Item<F>;
    type Opened = AsyncEager<N::Item<F>>;
}

impl<E: Entity, N: Relations<E>, F: Form> crate::result::sealed::Sealed for Eager<E, N, F> {
    type Items = AsyncEager<N::Item<F>>;
}

/// Entities with their relations: a [`Stream`] that loads what belongs to a batch of entities as it comes to
/// them.
///
/// It is an owned handle, `'static + Send + Unpin`, that keeps its connection until it has ended or is
/// dropped; the first error ends it.
///
/// # Cancel safety
///
/// Dropping it, polled or not, stops whichever of its statements runs and returns the connection clean. What
/// was loaded and not taken is lost. A `next` that is dropped loses no item.
#[must_use = "a result gives nothing unless it is read"]
pub struct AsyncEager<T> {
    state: State<T>,
    loaded: vec::IntoIter<T>,
}

enum State<T> {
    Opening(BoxFuture<'static, Result<Batches<T>>>),
    Open(Batches<T>),
    Over,
}

/// The items of one batch of entities after those of another.
type Batches<T> = BoxStream<'static, Result<Vec<T>>>;

impl<T> AsyncEager<T> {
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
    /// Whatever ended one of the statements before its last row, and a row that is not of its entity.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no item.
    pub fn try_next(&mut self) -> TryNext<'_, Self> {
        TryStreamExt::try_next(self)
    }

    /// Collects the items that are left.
    ///
    /// # Errors
    ///
    /// As [`try_next`](Self::try_next).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the statements; the items are lost.
    pub async fn all(mut self) -> Result<Vec<T>> {
        let mut items = Vec::new();
        while let Some(item) = self.try_next().await? {
            if items.len() == items.capacity() {
                items.reserve(1 + self.loaded.len());
            }
            items.push(item);
        }
        Ok(items)
    }

    /// Stops the statements; the connection goes back as soon as its thread sees it.
    pub fn close(&mut self) {
        self.state = State::Over;
        self.loaded = Vec::new().into_iter();
    }

    fn poll_opened(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        if let State::Opening(opening) = &mut self.state {
            match ready!(opening.as_mut().poll(context)) {
                Ok(batches) => self.state = State::Open(batches),
                Err(error) => {
                    self.state = State::Over;
                    return Poll::Ready(Err(error));
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Waits until an item is loaded; `None` at the end.
    fn poll_loaded(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<()>>> {
        while self.loaded.len() == 0 {
            ready!(self.poll_opened(context))?;
            let State::Open(batches) = &mut self.state else {
                return Poll::Ready(None);
            };
            match ready!(batches.as_mut().poll_next(context)) {
                Some(Ok(items)) => self.loaded = items.into_iter(),
                Some(Err(error)) => {
                    self.state = State::Over;
                    return Poll::Ready(Some(Err(error)));
                }
                None => self.state = State::Over,
            }
        }
        Poll::Ready(Some(Ok(())))
    }

    fn poll_one(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        Poll::Ready(match ready!(self.poll_loaded(context)) {
            Some(Ok(())) => self.loaded.next().map(Ok),
            Some(Err(error)) => Some(Err(error)),
            None => None,
        })
    }
}

impl<E: Entity, N: Relations<E>, F: Form> Items<Eager<E, N, F>> for AsyncEager<N::Item<F>> {
    fn start(
        query: Query<Eager<E, N, F>>,
        limit: Option<u64>,
        wanted: Wanted,
        _: Origin,
    ) -> Result<Self> {
        let (run, mut statement, site, companion) = query.into_parts();
        let plan = statement.take_plan().and_then(|plan| plan.downcast::<Plan<N>>().ok());
        let Some(plan) = plan else {
            return Err(no_plan());
        };
        let streamed = wanted == Wanted::Streamed;
        let begin = Begin { run, statement, site, companion, plan, limit, streamed };
        let opening: BoxFuture<'static, Result<Batches<N::Item<F>>>> = Box::pin(async move {
            let load = Load::<E, N, F>::begin(begin).await?;
            let batches = futures::stream::unfold(load, |mut load| async move {
                let items = load.next().await?;
                Some((items, load))
            });
            Ok(batches.boxed())
        });
        Ok(Self { state: State::Opening(opening), loaded: Vec::new().into_iter() })
    }

    fn poll_open(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.poll_opened(context)
    }

    fn opened(self) -> Self {
        self
    }

    fn poll_item(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<N::Item<F>>>> {
        self.poll_one(context)
    }

    fn poll_another(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<()>>> {
        self.poll_loaded(context)
    }

    fn at_hand(&self) -> usize {
        self.loaded.len()
    }
}

#[cold]
fn no_plan() -> Error {
    Error::new(ErrorKind::Entity, "the query has lost the relations that it was to load")
}

// What is loaded is moved out whole, and nothing of it is pinned.
impl<T> Unpin for AsyncEager<T> {}

impl<T> Stream for AsyncEager<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        self.poll_one(context)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.loaded.len(), None)
    }
}

impl<T> FusedStream for AsyncEager<T> {
    fn is_terminated(&self) -> bool {
        matches!(self.state, State::Over) && self.loaded.len() == 0
    }
}

impl<T> fmt::Debug for AsyncEager<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncEager")
            .field("loaded", &self.loaded.len())
            .field("over", &self.is_terminated())
            .finish_non_exhaustive()
    }
}
