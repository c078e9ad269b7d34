//! The statements that a program runs in a session.

use std::panic::Location;

use super::AsyncSession;
use crate::driver::Done;
use crate::orm::query::{SessionFuture, SessionQuery, SessionStatement};
use crate::result::Execute;
use crate::statement::IntoStatement;
use crate::value::FromValue;

impl AsyncSession {
    /// Binds any statement to the session; awaiting it gives the rows as a stream, its methods collect.
    ///
    /// Its rows are what they are on an engine, plain values. [`scalars`](Self::scalars) tracks entities; the
    /// rows of a text are tracked when they are read so: `session.query("…").scalars::<Tracked<User>>()`.
    ///
    /// # Errors
    ///
    /// As [`SessionQuery`].
    ///
    /// # Cancel safety
    ///
    /// As [`SessionQuery`].
    #[track_caller]
    pub fn query<S: IntoStatement>(&mut self, statement: S) -> SessionQuery<'_, S::Shape> {
        SessionQuery::new(self, statement.into_statement(), Location::caller())
    }

    /// Selects entities, which the session tracks: awaiting it gives a stream of their handles, its methods
    /// collect.
    ///
    /// # Errors
    ///
    /// As [`SessionQuery`].
    ///
    /// # Cancel safety
    ///
    /// As [`SessionQuery`].
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # use headwater::{AsyncEngine, AsyncSessionmaker, Entity, select};
    /// # #[derive(Entity, Clone, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(primary_key)] id: i64, name: String, age: i64 }
    /// # let engine = AsyncEngine::open("sqlite::memory:").await?;
    /// # engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age INT)").await?;
    /// # engine.execute("INSERT INTO users VALUES (1, 'Ada', 36), (2, 'Alan', 41)").await?;
    /// # let mut session = AsyncSessionmaker::new(&engine).session();
    /// let mut users = session.scalars(select::<User>().filter(User::AGE.gt(40))).await?;
    /// while let Some(user) = users.try_next().await? {
    ///     user.edit(|user| user.age += 1);
    /// }
    /// session.commit().await?;
    /// # assert_eq!(engine.query("SELECT sum(age) FROM users").scalar_one::<i64>().await?, 36 + 42);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn scalars<S: SessionStatement>(&mut self, statement: S) -> SessionQuery<'_, S::InSession> {
        SessionQuery::new(self, statement.into_statement(), Location::caller())
    }

    /// Runs a statement and reads the first column of its first row, if it has one.
    ///
    /// # Errors
    ///
    /// As [`SessionQuery::scalar`].
    ///
    /// # Cancel safety
    ///
    /// As [`SessionQuery`].
    #[track_caller]
    pub fn scalar<T>(&mut self, statement: impl IntoStatement) -> SessionFuture<'_, Option<T>>
    where
        T: for<'r> FromValue<'r> + Send + 'static,
    {
        let site = Location::caller();
        let statement = statement.into_statement();
        SessionFuture::new(
            SessionQuery::<crate::statement::Rows>::new(self, statement, site).scalar(),
        )
    }

    /// Runs a statement for its effect, in the transaction of the session. What has changed is written
    /// first; entities that were loaded before are read again when they are next met.
    ///
    /// # Errors
    ///
    /// As [`Execute`], as [`flush`](Self::flush), and [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly) when
    /// the session only reads.
    ///
    /// # Cancel safety
    ///
    /// As [`Execute`] and, while it flushes, as [`flush`](Self::flush).
    #[track_caller]
    pub fn execute(&mut self, statement: impl IntoStatement) -> SessionFuture<'_, Done> {
        let (statement, site) = (statement.into_statement(), Location::caller());
        SessionFuture::new(async move {
            let core = self.core();
            core.check_writable()?;
            let run = core.run().await?;
            // Whatever becomes of it, rows may be others from now on.
            core.home.note_effect();
            Execute::new(run, statement, site).await
        })
    }
}
