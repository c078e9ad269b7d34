//! `update` and `delete`: rows changed and removed where they are.

use std::marker::PhantomData;

use super::column::Column;
use super::entity::Entity;
use super::expression::{IntoExpr, Operand};
use super::node::{DeleteNode, Output, Root, Source, UpdateNode};
use super::project::Projection;
use super::returning::returning;
use super::select::outputs;
use super::text::builder;
use crate::statement::{Options, Rows, Scalars};

/// Changes columns of the rows that a filter chooses.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, Entity, update};
///
/// #[derive(Entity, Clone)]
/// #[entity(table = "users")]
/// struct User {
///     #[entity(primary_key)]
///     id: i64,
///     name: String,
///     age: Option<i32>,
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age INTEGER)").await?;
/// # engine.insert_stream("users", ["id", "name", "age"], [(1, "Ada", 36), (2, "Alan", 41)]).await?;
/// let birthday = update::<User>().set(User::AGE, User::AGE + 1).filter(User::ID.eq(1));
/// let ages: Vec<Option<i32>> = engine.query(birthday.returning(User::AGE)).all().await?;
/// assert_eq!(ages, [Some(37)]);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub fn update<E: Entity>() -> Update<E> {
    let node = UpdateNode {
        table: E::table(),
        set: Vec::new(),
        filter: Vec::new(),
        all_rows: false,
        returning: Vec::new(),
        defect: None,
    };
    Update { node, options: Options::default(), marker: PhantomData }
}

/// An UPDATE: made by [`update`]. `S` is the shape of what it gives back.
///
/// # Errors
///
/// As [`Select`](crate::Select). One without a filter and without [`all_rows`](Self::all_rows), and one that
/// sets nothing, are [`ErrorKind::Entity`](crate::ErrorKind::Entity), and nothing runs.
#[must_use = "an update does nothing until it is given to `execute` or `query`"]
pub struct Update<E, S = Rows> {
    node: UpdateNode,
    options: Options,
    marker: PhantomData<fn() -> (E, S)>,
}

impl<E: Entity, S> Update<E, S> {
    /// Sets a column to a value or an expression. Later ones of the same column replace it.
    pub fn set<T, R: IntoExpr<T>>(mut self, column: Column<E, T>, value: R) -> Self {
        let position = column.position();
        self.node.set.retain(|(other, _)| *other != position);
        self.node.set.push((position, value.into_expr().into_node()));
        self
    }

    /// Sets a column if there is a value.
    pub fn set_if<T, R: IntoExpr<T>>(self, column: Column<E, T>, value: Option<R>) -> Self {
        match value {
            Some(value) => self.set(column, value),
            None => self,
        }
    }

    /// Changes only the rows for which the condition holds. Several all have to hold.
    pub fn filter<R: Operand<bool>>(mut self, condition: R) -> Self {
        self.node.filter.push(condition.into_operand().into_node());
        self
    }

    /// Says that all rows are meant, where there is no filter.
    pub fn all_rows(mut self) -> Self {
        self.node.all_rows = true;
        self
    }
}

returning!(Update);
builder!([E: Entity, S] Update<E, S>, S, |builder| Root::Update(builder.node));

/// Removes the rows that a filter chooses.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, Entity, delete};
///
/// #[derive(Entity, Clone)]
/// #[entity(table = "users")]
/// struct User {
///     #[entity(primary_key)]
///     id: i64,
///     age: Option<i32>,
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY, age INTEGER)").await?;
/// # engine.execute("INSERT INTO users VALUES (1, 36), (2, NULL)").await?;
/// let done = engine.execute(delete::<User>().filter(User::AGE.is_null())).await?;
/// assert_eq!(done.rows_affected(), 1);
/// assert!(engine.execute(delete::<User>()).await.is_err());
/// engine.execute(delete::<User>().all_rows()).await?;
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub fn delete<E: Entity>() -> Delete<E> {
    let node = DeleteNode {
        table: E::table(),
        filter: Vec::new(),
        all_rows: false,
        returning: Vec::new(),
        defect: None,
    };
    Delete { node, options: Options::default(), marker: PhantomData }
}

/// A DELETE: made by [`delete`]. `S` is the shape of what it gives back.
///
/// # Errors
///
/// As [`Select`](crate::Select). One without a filter and without [`all_rows`](Self::all_rows) is
/// [`ErrorKind::Entity`](crate::ErrorKind::Entity), and nothing runs.
#[must_use = "a delete does nothing until it is given to `execute` or `query`"]
pub struct Delete<E, S = Rows> {
    node: DeleteNode,
    options: Options,
    marker: PhantomData<fn() -> (E, S)>,
}

impl<E: Entity, S> Delete<E, S> {
    /// Removes only the rows for which the condition holds. Several all have to hold.
    pub fn filter<R: Operand<bool>>(mut self, condition: R) -> Self {
        self.node.filter.push(condition.into_operand().into_node());
        self
    }

    /// Says that all rows are meant, where there is no filter.
    pub fn all_rows(mut self) -> Self {
        self.node.all_rows = true;
        self
    }
}

returning!(Delete);
builder!([E: Entity, S] Delete<E, S>, S, |builder| Root::Delete(builder.node));
