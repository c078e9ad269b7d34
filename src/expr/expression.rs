//! `Expr`: an expression with the Rust type of its value, and what can stand beside one.

use std::fmt;
use std::marker::PhantomData;

use super::column::Column;
use super::entity::Entity;
use super::node::{Name, Node, Source};
use crate::statement::{RawSql, Statement};
use crate::value::{ColumnType, ToValue, Value};

/// An expression of SQL whose value is a `T`, or an `Option` of one where it can be NULL.
///
/// Columns (`User::AGE`) have the same methods, and give expressions; so do [`raw`], [`value`],
/// [`func`](crate::query::func) and the others that make one. `Expr<bool>` is what
/// [`filter`](crate::Select::filter) takes; `&`, `|` and `!` join them, and `+ - * / %` join numbers.
///
/// A comparison with NULL is neither true nor false in SQL, and filters nothing in; where it is
/// *selected*, its type is not an `Option` until [`nullable`](Self::nullable) says so.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, Entity, Expr, schema, select};
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
/// let older: Expr<bool> = User::AGE.gt(40) | User::NAME.like("Z%");
/// let names = select::<User>().columns(User::NAME).filter(older);
/// assert_eq!(engine.query(names).all().await?, ["Alan"]);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[must_use = "an expression does nothing until it stands in a query"]
pub struct Expr<T> {
    pub(crate) node: Node,
    marker: PhantomData<fn() -> T>,
}

impl<T> Expr<T> {
    pub(crate) fn new(node: Node) -> Self {
        Self { node, marker: PhantomData }
    }

    pub(crate) fn into_node(self) -> Node {
        self.node
    }
}

impl<E: Entity, T> Column<E, T> {
    pub(crate) fn into_node(self) -> Node {
        Node::Column(Source::Table(E::table()), self.position())
    }

    /// Makes an expression of the column, which is what each of its methods does first.
    pub fn expr(self) -> Expr<T> {
        Expr::new(self.into_node())
    }
}

impl<T> Clone for Expr<T> {
    fn clone(&self) -> Self {
        Self::new(self.node.clone())
    }
}

impl<T> fmt::Debug for Expr<T> {
    /// Shows no value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expr").finish_non_exhaustive()
    }
}

impl<E: Entity, T> From<Column<E, T>> for Expr<T> {
    fn from(column: Column<E, T>) -> Self {
        column.expr()
    }
}

/// A value as a part of a query.
pub(crate) fn bound(value: impl ToValue) -> Node {
    match value.into_value() {
        Ok(value) => Node::Value(value),
        Err(error) => Node::Bad(Box::new((error.kind(), error.to_string()))),
    }
}

/// What an expression of type `T` can be made of: a value, a column, or an expression of that type.
///
/// Where `T` is an `Option`, what cannot be NULL serves too: `User::AGE` can be set to `30`, to
/// `Some(30)` and to `None`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no expression of the type `{T}`",
    label = "expected a value, a column or an expression of the type `{T}`",
    note = "`.nullable()` makes an expression that can be NULL of one that cannot, `.coalesce(…)` one that cannot of one that can, and `.cast::<T>()` one of another type"
)]
pub trait IntoExpr<T>: Sized {
    /// Makes the expression.
    fn into_expr(self) -> Expr<T>;
}

/// What an expression can be compared with whose values are `B`s: a value, or a column or an expression
/// of that type, NULL or not.
///
/// An `Option` is none: nothing is equal to NULL in SQL, so that a `None` would silently find nothing.
/// [`is`](Expr::is) compares with one, and [`filter_if`](crate::Select::filter_if) leaves a filter out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with a column of the type `{B}`",
    label = "expected a value, a column or an expression of the type `{B}`",
    note = "an `Option` is compared by `.is(…)`, to which NULL is equal to NULL, or leaves the filter out by `.filter_if(…)`",
    note = "an expression of another type is converted by `.cast::<{B}>()`"
)]
pub trait Operand<B>: Sized {
    /// Makes the expression.
    fn into_operand(self) -> Expr<B>;
}

impl<T: ToValue + ColumnType<Base = T>> IntoExpr<T> for T {
    fn into_expr(self) -> Expr<T> {
        Expr::new(bound(self))
    }
}

impl<T: ToValue + ColumnType<Base = T>> IntoExpr<Option<T>> for T {
    fn into_expr(self) -> Expr<Option<T>> {
        Expr::new(bound(self))
    }
}

impl<T: ToValue + ColumnType<Base = T>> IntoExpr<Self> for Option<T> {
    fn into_expr(self) -> Expr<Self> {
        Expr::new(bound(self))
    }
}

impl<E: Entity, T> IntoExpr<T> for Column<E, T> {
    fn into_expr(self) -> Expr<T> {
        self.expr()
    }
}

impl<E: Entity, T: ColumnType<Base = T>> IntoExpr<Option<T>> for Column<E, T> {
    fn into_expr(self) -> Expr<Option<T>> {
        Expr::new(self.into_node())
    }
}

impl<T> IntoExpr<T> for Expr<T> {
    fn into_expr(self) -> Self {
        self
    }
}

impl<T: ColumnType<Base = T>> IntoExpr<Option<T>> for Expr<T> {
    fn into_expr(self) -> Expr<Option<T>> {
        Expr::new(self.node)
    }
}

impl<T: ToValue + ColumnType<Base = T>> Operand<T> for T {
    fn into_operand(self) -> Expr<T> {
        Expr::new(bound(self))
    }
}

impl<T: ToValue + ColumnType<Base = T>> Operand<T> for &T {
    fn into_operand(self) -> Expr<T> {
        Expr::new(bound(self))
    }
}

impl<E: Entity, T: ColumnType> Operand<T::Base> for Column<E, T> {
    fn into_operand(self) -> Expr<T::Base> {
        Expr::new(self.into_node())
    }
}

impl<T: ColumnType> Operand<T::Base> for Expr<T> {
    fn into_operand(self) -> Expr<T::Base> {
        Expr::new(self.node)
    }
}

macro_rules! borrowed {
    ($($borrowed:ty => $($owned:ty),+;)+) => {$($(
        #[diagnostic::do_not_recommend]
        impl IntoExpr<$owned> for $borrowed {
            fn into_expr(self) -> Expr<$owned> {
                Expr::new(bound(self))
            }
        }

        #[diagnostic::do_not_recommend]
        impl IntoExpr<Option<$owned>> for $borrowed {
            fn into_expr(self) -> Expr<Option<$owned>> {
                Expr::new(bound(self))
            }
        }

        #[diagnostic::do_not_recommend]
        impl Operand<$owned> for $borrowed {
            fn into_operand(self) -> Expr<$owned> {
                Expr::new(bound(self))
            }
        }
    )+)+};
}

borrowed! {
    &str => String, Box<str>, std::sync::Arc<str>, std::borrow::Cow<'static, str>;
    &[u8] => Vec<u8>, Box<[u8]>, std::sync::Arc<[u8]>, std::borrow::Cow<'static, [u8]>;
}

#[diagnostic::do_not_recommend]
impl<const N: usize> Operand<Vec<u8>> for &[u8; N] {
    fn into_operand(self) -> Expr<Vec<u8>> {
        Expr::new(bound(self.as_slice()))
    }
}

/// Makes an expression of a value, which is bound as a parameter: for where an expression must stand, as
/// the first of a sum or a column of its own.
///
/// # Examples
///
/// ```
/// use headwater::query::value;
/// use headwater::Expr;
///
/// let answer: Expr<i64> = value(40_i64) + 2;
/// # let _ = answer;
/// ```
pub fn value<V: Literal>(value: V) -> Expr<V::Type> {
    Expr::new(bound(value))
}

/// What [`value`] makes an expression of: any type that a column can hold, and borrowed text.
pub trait Literal: ToValue {
    /// The type of the expression.
    type Type;
}

impl<T: ToValue + ColumnType> Literal for T {
    type Type = T;
}

impl Literal for &str {
    type Type = String;
}

/// Makes an expression of a piece of SQL, with its values bound: what [`sql!`](crate::sql!) gives, or a
/// text. `T` is what its value is read as, and nobody checks that.
///
/// It is written in parentheses. A column is embedded by `{:sql}`, so that its name is written as the
/// entity has it.
///
/// # Errors
///
/// Those of a [`Fragment`](crate::Fragment), when the query is run.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, Entity, raw, select, sql};
///
/// #[derive(Entity, Clone)]
/// #[entity(table = "notes")]
/// struct Note {
///     #[entity(primary_key)]
///     id: i64,
///     body: String,
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT)").await?;
/// # engine.execute(r#"INSERT INTO notes(body) VALUES ('{"a": 1}'), ('{"a": 2}')"#).await?;
/// let wanted = 2;
/// let ids = select::<Note>()
///     .columns(Note::ID)
///     .filter(raw::<bool>(sql!("json_extract({:sql}, '$.a') = {wanted}", Note::BODY)));
/// assert_eq!(engine.query(ids).all().await?, [2]);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub fn raw<T>(sql: impl Into<RawExpr>) -> Expr<T> {
    Expr::new(Node::Raw(RawSql::new(sql.into().0)))
}

/// What [`raw`] takes: a [`Statement`] or a `&'static str`.
#[derive(Debug)]
pub struct RawExpr(pub(crate) Statement);

impl From<Statement> for RawExpr {
    fn from(statement: Statement) -> Self {
        Self(statement)
    }
}

impl From<&'static str> for RawExpr {
    fn from(text: &'static str) -> Self {
        Self(crate::statement::sql(text))
    }
}

/// A column that is known by its name only: of a subquery, or of what [`raw`] SQL reads from. An empty
/// `source` leaves the name unqualified.
pub fn column<T>(source: impl Into<Name>, name: impl Into<Name>) -> Expr<T> {
    Expr::new(Node::Named(source.into(), name.into()))
}

/// Writes NULL as a value of `T`.
pub fn null<T: ColumnType<Base = T>>() -> Expr<Option<T>> {
    Expr::new(Node::Value(Value::Null))
}
