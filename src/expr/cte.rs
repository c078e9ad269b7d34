//! Common table expressions, subquerys, and queries put together.

use super::alias::{ReadFrom, Reads, sealed};
use super::column::Column;
use super::entity::Entity;
use super::expression::{Expr, RawExpr};
use super::node::{Compound, CteNode, From, Name, Node, Output, SelectNode, Source};
use super::select::Select;
use crate::statement::{Options, RawSql};

/// Names a query, so that others can read from it as from a table: `WITH name AS (query)`.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::query::{count, cte};
/// use headwater::{AsyncEngine, Entity, select};
///
/// #[derive(Entity, Clone)]
/// #[entity(table = "posts")]
/// struct Post {
///     #[entity(primary_key)]
///     id: i64,
///     author_id: i64,
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE posts(id INTEGER PRIMARY KEY, author_id INTEGER)").await?;
/// # engine.execute("INSERT INTO posts VALUES (1, 7), (2, 7), (3, 8)").await?;
/// let busy = cte(
///     "busy",
///     select::<Post>()
///         .columns((Post::AUTHOR_ID, count().alias("posts")))
///         .group_by(Post::AUTHOR_ID),
/// );
/// let found = select::<Post>()
///     .join_with(&busy, busy.column::<i64>("author_id").eq(Post::AUTHOR_ID))
///     .filter(busy.column::<i64>("posts").gt(1))
///     .columns(Post::ID);
/// assert_eq!(engine.query(found).all().await?, [1, 2]);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub fn cte<E: Entity, T>(name: impl Into<Name>, select: Select<E, T>) -> Cte {
    let name = name.into();
    let node = CteNode { name: name.clone(), recursive: false, select: select.into_select() };
    Cte { name, node: Some(Box::new(node)) }
}

/// Names a query that goes on from its own rows: `WITH RECURSIVE name AS (first UNION ALL next)`. `next` is
/// made with what stands for the rows so far.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::query::recursive_cte;
/// use headwater::{AsyncEngine, Entity, select};
///
/// #[derive(Entity, Clone)]
/// #[entity(table = "parts")]
/// struct Part {
///     #[entity(primary_key)]
///     id: i64,
///     within: Option<i64>,
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE parts(id INTEGER PRIMARY KEY, within INTEGER)").await?;
/// # engine.execute("INSERT INTO parts VALUES (1, NULL), (2, 1), (3, 2), (4, NULL)").await?;
/// let tree = recursive_cte("tree", select::<Part>().filter(Part::ID.eq(1)), |tree| {
///     select::<Part>().join_with(tree, Part::WITHIN.eq(tree.of(Part::ID)))
/// });
/// let ids = tree.select::<Part>().columns(tree.of(Part::ID));
/// assert_eq!(engine.query(ids).all().await?, [1, 2, 3]);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub fn recursive_cte<E: Entity, F: Entity, T>(
    name: impl Into<Name>,
    first: Select<E, T>,
    next: impl FnOnce(&Cte) -> Select<F, T>,
) -> Cte {
    let name = name.into();
    let next = next(&Cte { name: name.clone(), node: None });
    let select = first.union_all(next).into_select();
    let node = CteNode { name: name.clone(), recursive: true, select };
    Cte { name, node: Some(Box::new(node)) }
}

/// A named query that others read from: made by [`cte`] and [`recursive_cte`].
///
/// A query that reads from it brings its definition along.
#[derive(Clone)]
#[must_use = "a common table expression does nothing until a query reads from it"]
pub struct Cte {
    name: Name,
    /// Its definition; what it is itself defined with has none.
    node: Option<Box<CteNode>>,
}

impl Cte {
    /// Names a column of it, which is read as a `T`: nobody checks that it is one.
    pub fn column<T>(&self, name: impl Into<Name>) -> Expr<T> {
        Expr::new(Node::Named(self.name.clone(), name.into()))
    }

    /// Names the column of it that is one of an entity.
    pub fn of<E: Entity, T>(&self, column: Column<E, T>) -> Expr<T> {
        self.column(column.name())
    }

    /// Selects whole entities from it, for which it has to give all of their columns.
    pub fn select<E: Entity>(&self) -> Select<E> {
        let outputs = vec![Output::Entity(Source::Alias(E::table(), self.name.clone()), None)];
        let node = SelectNode { outputs, ..SelectNode::default() };
        let (mut select, from) = Select::of(node, Options::default()).reading(self);
        select.node.from = Some(from);
        select
    }
}

impl std::fmt::Debug for Cte {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cte").field("name", &self.name).finish_non_exhaustive()
    }
}

impl sealed::Sealed for Cte {
    fn reads(&self) -> Reads {
        Reads { from: From::Named(self.name.clone()), cte: self.node.as_deref().cloned() }
    }
}

impl ReadFrom for Cte {}

/// A query, or a piece of SQL, that others read from under a name: `(query) AS name`. Made by
/// [`subquery`] and [`raw_table`].
#[derive(Clone)]
#[must_use = "a subquery does nothing until a query reads from it"]
pub struct Subquery {
    name: Name,
    from: From,
}

/// Makes a table of a query: `(query) AS name`.
pub fn subquery<E: Entity, T>(name: impl Into<Name>, select: Select<E, T>) -> Subquery {
    let name = name.into();
    let from = From::Select(Box::new(select.into_select()), name.clone());
    Subquery { name, from }
}

/// Makes a table of a piece of SQL, in parentheses: a SELECT, or VALUES.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::query::raw_table;
/// use headwater::{AsyncEngine, Entity, select, sql};
///
/// #[derive(Entity, Clone)]
/// #[entity(table = "users")]
/// struct User {
///     #[entity(primary_key)]
///     id: i64,
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY)").await?;
/// # engine.execute("INSERT INTO users VALUES (1), (2), (3)").await?;
/// let wanted = raw_table("wanted", sql!("SELECT value FROM json_each({})", "[2, 3]"));
/// let ids = select::<User>()
///     .join_with(&wanted, wanted.column::<i64>("value").eq(User::ID))
///     .columns(User::ID);
/// assert_eq!(engine.query(ids).all().await?, [2, 3]);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub fn raw_table(name: impl Into<Name>, sql: impl Into<RawExpr>) -> Subquery {
    let name = name.into();
    let from = From::Raw(RawSql::new(sql.into().0), name.clone());
    Subquery { name, from }
}

impl Subquery {
    /// Names a column of it, which is read as a `T`: nobody checks that it is one.
    pub fn column<T>(&self, name: impl Into<Name>) -> Expr<T> {
        Expr::new(Node::Named(self.name.clone(), name.into()))
    }

    /// Names the column of it that is one of an entity.
    pub fn of<E: Entity, T>(&self, column: Column<E, T>) -> Expr<T> {
        self.column(column.name())
    }

    /// Selects whole entities from it, for which it has to give all of their columns.
    pub fn select<E: Entity>(&self) -> Select<E> {
        let outputs = vec![Output::Entity(Source::Alias(E::table(), self.name.clone()), None)];
        let from = Some(self.from.clone());
        let node = SelectNode { outputs, from, ..SelectNode::default() };
        Select::of(node, Options::default())
    }
}

impl std::fmt::Debug for Subquery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subquery").field("name", &self.name).finish_non_exhaustive()
    }
}

impl sealed::Sealed for Subquery {
    fn reads(&self) -> Reads {
        Reads { from: self.from.clone(), cte: None }
    }
}

impl ReadFrom for Subquery {}

impl<E: Entity, T> Select<E, T> {
    /// The rows of both queries, equal ones once.
    ///
    /// Both give the same columns. What is said later of the order and of how many rows are wanted is said
    /// of the whole; each query keeps what was said of it before.
    pub fn union<F: Entity>(self, other: Select<F, T>) -> Self {
        self.compound(Compound::Union, other)
    }

    /// The rows of both queries.
    pub fn union_all<F: Entity>(self, other: Select<F, T>) -> Self {
        self.compound(Compound::UnionAll, other)
    }

    /// The rows that both queries give, equal ones once.
    pub fn intersect<F: Entity>(self, other: Select<F, T>) -> Self {
        self.compound(Compound::Intersect, other)
    }

    /// The rows of this query that the other one does not give, equal ones once.
    pub fn except<F: Entity>(self, other: Select<F, T>) -> Self {
        self.compound(Compound::Except, other)
    }

    fn compound<F>(mut self, compound: Compound, other: Select<F, T>) -> Self {
        // Databases differ in what binds tighter, so only a chain of one kind stays flat.
        let chained = compound == Compound::Union || compound == Compound::UnionAll;
        let flat = self.node.compounds.iter().all(|(other, _)| chained && *other == compound);
        if !flat || self.node.is_bounded() {
            self.node = self.node.wrapped();
        }
        let other = other.into_select();
        let other = if other.is_whole() { other.enclosed() } else { other };
        self.node.compounds.push((compound, other));
        self
    }
}
