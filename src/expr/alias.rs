//! `Alias`: a table under another name, so that a query can read from it more than once.

use std::fmt;
use std::marker::PhantomData;

use super::column::Column;
use super::entity::Entity;
use super::expression::Expr;
use super::node::{From, Name, Node, Source};
use super::select::Select;
use super::table::EntityTable;

/// Gives the table of an entity another name, for a query that reads from it more than once.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::query::alias;
/// use headwater::{AsyncEngine, Entity, select};
///
/// #[derive(Entity, Clone)]
/// #[entity(table = "employees")]
/// struct Employee {
///     #[entity(primary_key)]
///     id: i64,
///     name: String,
///     #[entity(references(Employee::ID), belongs_to = MANAGER)]
///     manager_id: Option<i64>,
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE employees(id INTEGER PRIMARY KEY, name TEXT, manager_id INTEGER)").await?;
/// # engine.execute("INSERT INTO employees VALUES (1, 'Grace', NULL), (2, 'Ada', 1)").await?;
/// let manager = alias::<Employee>("manager");
/// let pairs = select::<Employee>()
///     .join(Employee::MANAGER.to(&manager))
///     .columns((Employee::NAME, manager.column(Employee::NAME)));
/// let pairs = engine.query(pairs).all().await?;
/// assert_eq!(pairs, [("Ada".to_owned(), "Grace".to_owned())]);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub fn alias<E: Entity>(name: impl Into<Name>) -> Alias<E> {
    Alias { table: E::table(), name: name.into(), marker: PhantomData }
}

/// The table of an entity under another name: made by [`alias`].
pub struct Alias<E> {
    table: &'static EntityTable,
    name: Name,
    marker: PhantomData<fn() -> E>,
}

impl<E: Entity> Alias<E> {
    /// Names a column of it.
    pub fn column<T>(&self, column: Column<E, T>) -> Expr<T> {
        Expr::new(Node::Column(self.source(), column.position()))
    }

    /// Selects whole entities from it.
    pub fn select(&self) -> Select<E> {
        Select::from_source(self.source())
    }

    pub(crate) fn source(&self) -> Source {
        Source::Alias(self.table, self.name.clone())
    }
}

impl<E> Clone for Alias<E> {
    fn clone(&self) -> Self {
        Self { table: self.table, name: self.name.clone(), marker: PhantomData }
    }
}

impl fmt::Debug for Reads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reads")
    }
}

impl<E> fmt::Debug for Alias<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alias")
            .field("table", &self.table.name)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<E: Entity> sealed::Sealed for Alias<E> {
    fn reads(&self) -> Reads {
        Reads { from: From::Source(self.source()), cte: None }
    }
}

impl<E: Entity> ReadFrom for Alias<E> {}

/// What a query can read from beside the tables of entities: an [`Alias`], a [`Cte`](crate::query::Cte), a
/// [`Subquery`](crate::query::Subquery) table.
pub trait ReadFrom: sealed::Sealed {}

/// What is read from, and the common table expression that it needs.
#[derive(Clone)]
#[expect(unnameable_types, reason = "only the trait that is sealed gives it")]
pub struct Reads {
    pub(crate) from: From,
    pub(crate) cte: Option<super::node::CteNode>,
}

pub(crate) mod sealed {
    #[expect(unnameable_types, reason = "it seals a trait")]
    pub trait Sealed {
        #[doc(hidden)]
        fn reads(&self) -> super::Reads;
    }
}
