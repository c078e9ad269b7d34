//! `select`: rows of entities, filtered, ordered and bounded.

use std::marker::PhantomData;

use super::entity::Entity;
use super::expression::{Expr, IntoExpr, Operand, bound};
use super::node::{From, Node, Output, Root, SelectNode, Source};
use super::operators::Orders;
use super::project::{Named, Projection};
use super::shape::misuse;
use super::text::builder;
use crate::statement::{Options, Scalars};
use crate::value::ColumnType;

/// Selects whole entities: all of their columns, each by its name.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, Entity, select};
///
/// #[derive(Entity, Clone, Debug, PartialEq)]
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
/// let adults: Vec<User> = engine
///     .query(select::<User>().filter(User::AGE.gt(30)).order_by(User::NAME.asc()).limit(10))
///     .all()
///     .await?;
/// assert_eq!(adults[0], User { id: 1, name: "Ada".into(), age: Some(36) });
/// # assert_eq!(adults.len(), 2);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub fn select<E: Entity>() -> Select<E> {
    Select::from_source(Source::Table(E::table()))
}

/// A query for rows: made by [`select`]. `E` is the entity that it begins with, `T` what each row is read
/// as.
///
/// It is a value: it can be kept, cloned, run often, and given to whatever runs statements
/// ([`AsyncEngine`](crate::AsyncEngine), a connection, a transaction, a snapshot). Its text is rendered once for
/// all queries that differ by their values only.
///
/// # Errors
///
/// What is wrong with it is reported when it is run, before any database is asked:
/// [`ErrorKind::Entity`](crate::ErrorKind::Entity) for a query that makes no sense, such as a column of an entity that it
/// does not read from, [`ErrorKind::Bind`](crate::ErrorKind::Bind) for a value that cannot be bound.
#[must_use = "a query does nothing until it is given to `query`"]
pub struct Select<E, T = E> {
    pub(crate) node: SelectNode,
    pub(crate) options: Options,
    marker: PhantomData<fn() -> (E, T)>,
}

impl<E, T> Clone for Select<E, T> {
    fn clone(&self) -> Self {
        Self { node: self.node.clone(), options: self.options, marker: PhantomData }
    }
}

impl<E: Entity> Select<E> {
    pub(crate) fn from_source(source: Source) -> Self {
        let node = SelectNode {
            outputs: vec![Output::Entity(source.clone(), None)],
            from: Some(From::Source(source)),
            ..SelectNode::default()
        };
        Self::of(node, Options::default())
    }
}

impl<E, T> Select<E, T> {
    pub(crate) fn of(node: SelectNode, options: Options) -> Self {
        Self { node, options, marker: PhantomData }
    }

    /// Reads each row as something else.
    pub(crate) fn retyped<U>(self) -> Select<E, U> {
        Select::of(self.node, self.options)
    }

    pub(crate) fn into_select(self) -> SelectNode {
        self.node
    }

    /// What EXISTS needs of it: that there is a row, and nothing of what is in it.
    pub(crate) fn into_exists(mut self) -> SelectNode {
        // Columns of one's own may be aggregates, which give a row even of none.
        let whole = self.node.outputs.iter().all(|output| matches!(output, Output::Entity(..)));
        if whole && self.node.compounds.is_empty() && !self.node.distinct {
            self.node.outputs = vec![Output::Node(Node::Word("1"), None)];
        }
        self.node
    }
}

impl<E: Entity, T> Select<E, T> {
    /// What is said of one query is not said of several that are put together.
    pub(crate) fn single(mut self, what: &str) -> Self {
        if !self.node.compounds.is_empty() {
            let (kind, what) = misuse(format!(
                "{what} stands behind a union, an intersection or a difference, where it would be of the first \
                 query alone: say it of each of them before, or make the whole a table with `cte` or `subquery`"
            ));
            self.node.note(kind, what);
        }
        self
    }

    /// Gives other columns than the whole entity: one, or a tuple. Each row is then read as the type of the
    /// column, or as a tuple of theirs.
    pub fn columns<P: Projection>(self, columns: P) -> Select<E, P::Row> {
        let mut this = self.single("`columns`");
        this.node.outputs = outputs(columns);
        this.retyped()
    }

    /// Reads each row as a struct of one's own, by the names of the columns; [`alias`](Expr::alias) gives
    /// them names.
    pub fn into_as<U>(self) -> Select<E, U> {
        self.retyped()
    }

    /// Leaves out the rows for which the condition does not hold. Several filters all have to hold.
    pub fn filter<R: Operand<bool>>(self, condition: R) -> Self {
        let mut this = self.single("`filter`");
        this.node.filter.push(condition.into_operand().into_node());
        this
    }

    /// Filters if there is something to filter by: the condition is made of the value, if there is one.
    pub fn filter_if<V, R: Operand<bool>>(
        self,
        value: Option<V>,
        condition: impl FnOnce(V) -> R,
    ) -> Self {
        match value {
            Some(value) => self.filter(condition(value)),
            None => self,
        }
    }

    /// Gives equal rows once.
    pub fn distinct(self) -> Self {
        let mut this = self.single("`distinct`");
        this.node.distinct = true;
        this
    }

    /// Makes one row of all rows for which these are equal; what else is selected are aggregates.
    pub fn group_by<P: Projection>(self, columns: P) -> Self {
        let mut this = self.single("`group_by`");
        for output in outputs(columns) {
            if let Output::Node(node, _) = output {
                this.node.group.push(node);
            }
        }
        this
    }

    /// Leaves out the groups for which the condition does not hold. Several all have to hold.
    pub fn having<R: Operand<bool>>(self, condition: R) -> Self {
        let mut this = self.single("`having`");
        this.node.having.push(condition.into_operand().into_node());
        this
    }

    /// Orders the rows; what is added later decides where all before it are equal.
    pub fn order_by<O: Orders>(mut self, order: O) -> Self {
        let mut orders = Vec::new();
        order.add_to(&mut orders);
        self.node.order.extend(orders.into_iter().map(|order| order.node));
        self
    }

    /// Forgets the order.
    pub fn unordered(mut self) -> Self {
        self.node.order.clear();
        self
    }

    /// Gives so many rows at most.
    pub fn limit(mut self, rows: u64) -> Self {
        self.node.limit = Some(count(rows));
        self
    }

    /// Leaves out so many rows before the first that it gives. [`page`](Self::page) costs less.
    pub fn offset(mut self, rows: u64) -> Self {
        self.node.offset = Some(count(rows));
        self
    }
}

impl<E: Entity, T: ColumnType> Select<E, T> {
    /// Makes an expression of a query of one column: the value of its first row, and NULL without one. It
    /// may name columns of the query that it stands in.
    pub fn into_scalar(self) -> Expr<Option<T::Base>> {
        Expr::new(Node::Select(Box::new(self.node)))
    }
}

impl<E: Entity, T: ColumnType<Base = T>> IntoExpr<Option<T>> for Select<E, T> {
    fn into_expr(self) -> Expr<Option<T>> {
        self.into_scalar()
    }
}

/// The columns of a projection.
pub(crate) fn outputs(columns: impl Projection) -> Vec<Output> {
    columns.into_selected().into_iter().map(Named::into_output).collect()
}

/// A number of rows; the database counts up to `i64::MAX`.
fn count(rows: u64) -> Node {
    bound(i64::try_from(rows).unwrap_or(i64::MAX))
}

builder!([E: Entity, T] Select<E, T>, Scalars<T>, |builder| Root::Select(builder.node));
