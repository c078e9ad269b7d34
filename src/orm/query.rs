//! `SessionQuery`: a statement bound to a session.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::session::AsyncSession;
use super::tracked::Tracked;
use crate::error::Result;
use crate::expr::{Entity, Select};
use crate::result::{Query, Shape};
use crate::row::FromRow;
use crate::statement::{IntoStatement, Rows, Scalars, Statement};
use crate::value::FromValue;

/// A statement that gives entities, which a session can track: a [`Select`] of whole entities.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not give entities that a session could track",
    note = "`session.query(…)` takes any statement and gives plain values; with `.scalars::<Tracked<User>>()` it tracks the rows of a text"
)]
pub trait SessionStatement: IntoStatement {
    /// What each row is read as.
    type InSession: Shape;
}

impl<E: Entity> SessionStatement for Select<E> {
    type InSession = Scalars<Tracked<E>>;
}

impl<E: Entity> SessionStatement for &Select<E> {
    type InSession = Scalars<Tracked<E>>;
}

/// A statement bound to a session. Nothing happens until it is awaited or one of its methods is.
///
/// It is what [`Query`] is to an engine: awaiting it gives the open stream, which is owned and does not
/// borrow the session; the methods collect. What has changed in the session is written first
/// ([`autoflush`](crate::AsyncSessionmaker::autoflush)).
///
/// # Errors
///
/// As [`Query`], and as [`AsyncSession::flush`]; the error of a transaction that cannot begin
/// ([`ErrorKind::Busy`](crate::ErrorKind::Busy)).
///
/// # Cancel safety
///
/// As [`Query`] and, while it flushes, as [`AsyncSession::flush`].
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, AsyncSessionmaker, Entity, Tracked};
///
/// #[derive(Entity, Clone, Debug)]
/// #[entity(table = "users")]
/// struct User {
///     #[entity(primary_key)]
///     id: i64,
///     name: String,
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL)").await?;
/// # engine.execute("INSERT INTO users VALUES (1, 'ada'), (2, 'alan')").await?;
/// let mut session = AsyncSessionmaker::new(&engine).session();
/// let mut users = session.query("SELECT * FROM users").scalars::<Tracked<User>>().await?;
/// while let Some(user) = users.try_next().await? {
///     user.edit(|user| user.name = user.name.to_uppercase());
/// }
/// session.commit().await?;
/// # let names = engine.query("SELECT name FROM users").scalars::<String>().all().await?;
/// # assert_eq!(names, ["ADA", "ALAN"]);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[must_use = "a query does nothing unless it is awaited"]
pub struct SessionQuery<'s, S = Rows> {
    session: &'s mut AsyncSession,
    statement: Asked,
    site: &'static Location<'static>,
    afresh: bool,
    shape: PhantomData<fn() -> S>,
}

/// A statement, or what makes it once what has changed is written.
enum Asked {
    Statement(Statement),
    Later(Box<dyn FnOnce() -> Result<Statement> + Send>),
}

impl<'s, S> SessionQuery<'s, S> {
    pub(super) fn new(
        session: &'s mut AsyncSession,
        statement: Statement,
        site: &'static Location<'static>,
    ) -> Self {
        let statement = Asked::Statement(statement);
        Self { session, statement, site, afresh: false, shape: PhantomData }
    }

    /// A query of a statement that depends on entities as they are after the flush before it.
    pub(super) fn later(
        session: &'s mut AsyncSession,
        statement: impl FnOnce() -> Result<Statement> + Send + 'static,
        site: &'static Location<'static>,
    ) -> Self {
        let statement = Asked::Later(Box::new(statement));
        Self { session, statement, site, afresh: false, shape: PhantomData }
    }

    /// Replaces what the session knows of the entities that the query meets, and what was edited in them,
    /// by what it reads. Without it an entity that was read in this transaction stays as it is.
    pub fn refreshing(self) -> Self {
        Self { afresh: true, ..self }
    }

    /// Makes it a query of the transaction, once there is one.
    async fn bound(self) -> Result<Query<S>> {
        let Self { session, statement, site, afresh, .. } = self;
        let core = session.core();
        let run = core.run().await?;
        let statement = match statement {
            Asked::Statement(statement) => statement,
            Asked::Later(make) => make()?,
        };
        core.check_reads(&run, &statement, site).await?;
        if may_write(statement.text()) {
            // Whatever becomes of it, rows may be others from now on.
            core.home.note_effect();
        }
        Ok(Query::new(run, statement, site).with_companion(core.loading(afresh)))
    }
}

impl<'s> SessionQuery<'s, Rows> {
    /// Reads each row as a `T`; a [`Tracked`](crate::Tracked) is an entity of the session.
    pub fn scalars<T: FromRow>(self) -> SessionQuery<'s, Scalars<T>> {
        let Self { session, statement, site, afresh, .. } = self;
        SessionQuery { session, statement, site, afresh, shape: PhantomData }
    }
}

impl<S: Shape> SessionQuery<'_, S> {
    /// Runs the statement and collects all rows.
    ///
    /// # Errors
    ///
    /// As the [query](Self) itself, and as [`Query::all`].
    ///
    /// # Cancel safety
    ///
    /// As the query itself.
    pub async fn all(self) -> Result<Vec<S::Item>> {
        self.bound().await?.all().await
    }

    /// Runs the statement, takes its first row, if it has one, and stops it.
    ///
    /// # Errors
    ///
    /// As the [query](Self) itself, and as [`Query::first`].
    ///
    /// # Cancel safety
    ///
    /// As the query itself.
    pub async fn first(self) -> Result<Option<S::Item>> {
        self.bound().await?.first().await
    }

    /// Runs the statement and takes its only row; after a second one it is stopped.
    ///
    /// # Errors
    ///
    /// As the [query](Self) itself, and as [`Query::one`].
    ///
    /// # Cancel safety
    ///
    /// As the query itself.
    pub async fn one(self) -> Result<S::Item> {
        self.bound().await?.one().await
    }

    /// Runs the statement and takes its only row, if it has one; after a second one it is stopped.
    ///
    /// # Errors
    ///
    /// As the [query](Self) itself, and as [`Query::one_or_none`].
    ///
    /// # Cancel safety
    ///
    /// As the query itself.
    pub async fn one_or_none(self) -> Result<Option<S::Item>> {
        self.bound().await?.one_or_none().await
    }

    /// Runs the statement and reads the first column of its first row, if it has one.
    ///
    /// # Errors
    ///
    /// As the [query](Self) itself, and as [`Query::scalar`].
    ///
    /// # Cancel safety
    ///
    /// As the query itself.
    pub async fn scalar<T: for<'r> FromValue<'r>>(self) -> Result<Option<T>> {
        self.bound().await?.scalar().await
    }

    /// Runs the statement and reads the first column of its only row.
    ///
    /// # Errors
    ///
    /// As the [query](Self) itself, and as [`Query::scalar_one`].
    ///
    /// # Cancel safety
    ///
    /// As the query itself.
    pub async fn scalar_one<T: for<'r> FromValue<'r>>(self) -> Result<T> {
        self.bound().await?.scalar_one().await
    }

    /// Runs the statement and reads the first column of its only row, if it has one.
    ///
    /// # Errors
    ///
    /// As the [query](Self) itself, and as [`Query::scalar_one_or_none`].
    ///
    /// # Cancel safety
    ///
    /// As the query itself.
    pub async fn scalar_one_or_none<T: for<'r> FromValue<'r>>(self) -> Result<Option<T>> {
        self.bound().await?.scalar_one_or_none().await
    }
}

impl<'s, S> IntoFuture for SessionQuery<'s, S>
where
    S: Shape + 's,
    S::Opened: Send,
{
    type Output = Result<S::Opened>;
    type IntoFuture = SessionFuture<'s, S::Opened>;

    fn into_future(self) -> Self::IntoFuture {
        SessionFuture::new(async move { self.bound().await?.await })
    }
}

impl<S> fmt::Debug for SessionQuery<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("SessionQuery");
        if let Asked::Statement(statement) = &self.statement {
            debug.field("statement", statement);
        }
        debug.finish_non_exhaustive()
    }
}

/// Reports whether a text may write: one that begins with SELECT or VALUES does not.
fn may_write(text: &str) -> bool {
    let text = text.trim_ascii_start().as_bytes();
    let begins =
        |word: &[u8]| text.get(..word.len()).is_some_and(|first| first.eq_ignore_ascii_case(word));
    !begins(b"SELECT") && !begins(b"VALUES")
}

/// The future of what a session does.
///
/// # Errors
///
/// As the method that gives it says.
///
/// # Cancel safety
///
/// As the method that gives it says.
#[must_use = "futures do nothing unless they are polled"]
pub struct SessionFuture<'s, T> {
    state: State<'s, T>,
}

enum State<'s, T> {
    /// What needed no waiting.
    Known(Option<T>),
    Waiting(Pin<Box<dyn Future<Output = Result<T>> + Send + 's>>),
}

impl<'s, T> SessionFuture<'s, T> {
    pub(super) fn new(future: impl Future<Output = Result<T>> + Send + 's) -> Self {
        Self { state: State::Waiting(Box::pin(future)) }
    }

    pub(super) fn known(value: T) -> Self {
        Self { state: State::Known(Some(value)) }
    }
}

impl<T> Unpin for SessionFuture<'_, T> {}

impl<T> Future for SessionFuture<'_, T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            State::Known(value) => match value.take() {
                Some(value) => Poll::Ready(Ok(value)),
                // Polled after its end, it stays pending, as a future may.
                None => Poll::Pending,
            },
            State::Waiting(future) => future.as_mut().poll(context),
        }
    }
}

impl<T> fmt::Debug for SessionFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionFuture").finish_non_exhaustive()
    }
}
