//! Relations in a session: what belongs to a tracked entity, loaded when it is asked for.

use std::panic::Location;
use std::sync::Arc;

use super::eager::{Eager, Plan};
use super::flush::named;
use super::query::{SessionFuture, SessionQuery};
use super::relation::{Form, One, Related, Relation, Relations, sealed};
use super::session::AsyncSession;
use super::state::EntityState;
use super::tracked::Tracked;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::Entity;
use crate::statement::Statement;
use crate::value::Value;

/// Entities are loaded as tracked by a session.
#[derive(Debug)]
pub struct InSession(());

impl Form for InSession {
    type Of<E: Entity> = Tracked<E>;
}

impl sealed::Sealed for InSession {}

impl AsyncSession {
    /// Asks for what belongs to an entity: awaiting it gives a stream of tracked entities, its methods
    /// collect.
    ///
    /// Nothing is asked before, and nothing is kept: each call asks anew, after what has changed was
    /// written. The relation may be refined (`User::POSTS.filter(…).limit(10)`), and may load others with
    /// it ([`Related::with`]): then each item is a tuple.
    ///
    /// # Errors
    ///
    /// As [`SessionQuery`]; [`ErrorKind::Entity`] for an entity that is not one of this session's, that has
    /// no row yet or no more, and for a relation whose columns are no foreign key.
    ///
    /// # Cancel safety
    ///
    /// As [`SessionQuery`].
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use headwater::{AsyncEngine, AsyncSessionmaker, Entity};
    ///
    /// #[derive(Entity, Clone)]
    /// #[entity(table = "users", has_many(POSTS: Post::AUTHOR_ID))]
    /// struct User {
    ///     #[entity(primary_key)]
    ///     id: i64,
    /// }
    ///
    /// #[derive(Entity, Clone)]
    /// #[entity(table = "posts")]
    /// struct Post {
    ///     #[entity(primary_key)]
    ///     id: i64,
    ///     #[entity(references(User::ID), belongs_to = AUTHOR)]
    ///     author_id: i64,
    ///     views: i64,
    /// }
    ///
    /// # let engine = AsyncEngine::open("sqlite::memory:").await?;
    /// # engine.execute_batch(
    /// #     "CREATE TABLE users(id INTEGER PRIMARY KEY);
    /// #      CREATE TABLE posts(id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES users, views INTEGER);
    /// #      INSERT INTO users VALUES (1);
    /// #      INSERT INTO posts VALUES (1, 1, 5), (2, 1, 50)",
    /// # ).await?;
    /// let mut session = AsyncSessionmaker::new(&engine).session();
    /// let ada = session.get_one::<User>(1).await?;
    /// let mut posts = session.related(&ada, User::POSTS.filter(Post::VIEWS.gt(10))).await?;
    /// while let Some(post) = posts.try_next().await? {
    ///     assert_eq!(post.read().id, 2);
    ///     post.edit(|post| post.views = 0);
    /// }
    /// session.commit().await?;
    /// # assert_eq!(engine.query("SELECT sum(views) FROM posts").scalar_one::<i64>().await?, 5);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn related<R: Relation>(
        &mut self,
        owner: &Tracked<R::Owner>,
        relation: R,
    ) -> SessionQuery<'_, Eager<R::Target, R::Nested, InSession>> {
        let site = Location::caller();
        let home = Arc::clone(&self.core().home);
        let (owner, relation) = (owner.clone(), relation.related());
        let statement = move || {
            owner.check(&home, "asked for what belongs to it")?;
            statement(&owner, relation)
        };
        SessionQuery::later(self, statement, site)
    }

    /// Gives the one that belongs to an entity, if there is one: of `belongs_to` or `has_one`.
    ///
    /// For a `belongs_to` it is as [`get`](Self::get) by the key that the entity has now: no SQL is run for one
    /// that the session has handles of and has read in this transaction, nor for NULL.
    ///
    /// # Errors
    ///
    /// As [`related`](Self::related).
    ///
    /// # Cancel safety
    ///
    /// As [`SessionQuery`].
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # use headwater::{AsyncEngine, AsyncSessionmaker, Entity};
    /// # #[derive(Entity, Clone)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(primary_key)] id: i64, name: String }
    /// # #[derive(Entity, Clone)]
    /// # #[entity(table = "posts")]
    /// # struct Post {
    /// #     #[entity(primary_key)] id: i64,
    /// #     #[entity(references(User::ID), belongs_to = AUTHOR)] author_id: i64,
    /// # }
    /// # let engine = AsyncEngine::open("sqlite::memory:").await?;
    /// # engine.execute_batch(
    /// #     "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
    /// #      CREATE TABLE posts(id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES users);
    /// #      INSERT INTO users VALUES (1, 'Ada');
    /// #      INSERT INTO posts VALUES (1, 1)",
    /// # ).await?;
    /// # let mut session = AsyncSessionmaker::new(&engine).session();
    /// let post = session.get_one::<Post>(1).await?;
    /// let author = session.related_one(&post, Post::AUTHOR).await?.unwrap();
    /// assert_eq!(author.read().name, "Ada");
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn related_one<R>(
        &mut self,
        owner: &Tracked<R::Owner>,
        relation: R,
    ) -> SessionFuture<'_, Option<Tracked<R::Target>>>
    where
        R: Relation<Gives = One, Nested = ()>,
    {
        let relation = relation.related();
        if owner.check(&self.core().home, "").is_ok()
            && let Some(key) = relation.own_key(&owner.read())
        {
            return match key {
                Some(key) => self.get::<R::Target>(key),
                None => SessionFuture::known(None),
            };
        }
        SessionFuture::new(self.related(owner, relation).first())
    }
}

/// The query for what belongs to one entity, which has been written.
fn statement<P, C, G, N>(owner: &Tracked<P>, relation: Related<P, C, G, N>) -> Result<Statement>
where
    P: Entity,
    C: Entity,
    G: super::relation::Gives,
    N: Relations<C>,
{
    if owner.state() == EntityState::Pending {
        return Err(no_row::<P>());
    }
    let link = relation.link()?;
    let value = owner.read();
    let key: Vec<Value> =
        link.owner_columns.iter().map(|column| value.value(*column)).collect::<Result<_>>()?;
    let statement = link.statement_for_one(&key);
    Ok(statement.with_plan(Arc::new(Plan { relations: relation.nested, is_whole: false })))
}

#[cold]
fn no_row<P: Entity>() -> Error {
    let entity = named(P::table());
    Error::new(
        ErrorKind::Entity,
        format!(
            "{entity} cannot be asked for what belongs to it: it has no row yet; flush the session first"
        ),
    )
}
