//! Functions and aggregates, CASE, EXISTS.

use super::column::Column;
use super::entity::Entity;
use super::expression::{Expr, IntoExpr, Operand, bound};
use super::node::{Call, Name, Node};
use super::operators::Number;
use super::select::Select;
use crate::value::ColumnType;

fn called<T>(name: &'static str, arguments: Vec<Node>) -> Expr<T> {
    Expr::new(Node::call(name, arguments))
}

fn distinct<T>(name: &'static str, argument: Node) -> Expr<T> {
    Expr::new(Node::Call(Box::new(Call {
        name: name.into(),
        distinct: true,
        arguments: vec![argument],
        filter: None,
    })))
}

macro_rules! functions {
    ([$($generics:tt)*] $of:ty) => {
        impl<$($generics)*> $of {
            /// `lower(self)`; SQLite knows the case of ASCII letters only.
            pub fn lower(self) -> Expr<T> where T: ColumnType<Base = String> {
                called("LOWER", vec![self.into_node()])
            }

            /// `upper(self)`; SQLite knows the case of ASCII letters only.
            pub fn upper(self) -> Expr<T> where T: ColumnType<Base = String> {
                called("UPPER", vec![self.into_node()])
            }

            /// `trim(self)`: without the spaces at both ends.
            pub fn trim(self) -> Expr<T> where T: ColumnType<Base = String> {
                called("TRIM", vec![self.into_node()])
            }

            /// `length(self)`: the characters of a text, the bytes of a blob; NULL of NULL.
            pub fn length(self) -> Expr<Option<i64>> {
                called("LENGTH", vec![self.into_node()])
            }

            /// `substr(self, start, length)`: a part of the text, whose first character is at 1.
            pub fn substr<S, L>(self, start: S, length: L) -> Expr<T>
            where
                T: ColumnType<Base = String>,
                S: Operand<i64>,
                L: Operand<i64>,
            {
                let (start, length) = (start.into_operand(), length.into_operand());
                called("SUBSTR", vec![self.into_node(), start.into_node(), length.into_node()])
            }

            /// `replace(self, from, to)`: the text with each occurrence of one text replaced by another.
            pub fn replace<A, B>(self, from: A, to: B) -> Expr<T>
            where
                T: ColumnType<Base = String>,
                A: Operand<String>,
                B: Operand<String>,
            {
                let (from, to) = (from.into_operand(), to.into_operand());
                called("REPLACE", vec![self.into_node(), from.into_node(), to.into_node()])
            }

            /// `abs(self)`.
            pub fn abs(self) -> Expr<T> where T: ColumnType, T::Base: Number {
                called("ABS", vec![self.into_node()])
            }

            /// `round(self, digits)`: to so many digits behind the point.
            pub fn round(self, digits: i32) -> Expr<T> where T: ColumnType<Base = f64> {
                called("ROUND", vec![self.into_node(), bound(digits)])
            }

            /// `coalesce(self, other)`: the other one where this is NULL.
            pub fn coalesce<R: IntoExpr<T::Base>>(self, other: R) -> Expr<T::Base>
            where
                T: ColumnType,
            {
                called("COALESCE", vec![self.into_node(), other.into_expr().into_node()])
            }

            /// `coalesce(self, other)` where the other one can be NULL too.
            pub fn or<R: IntoExpr<Option<T::Base>>>(self, other: R) -> Expr<Option<T::Base>>
            where
                T: ColumnType,
            {
                called("COALESCE", vec![self.into_node(), other.into_expr().into_node()])
            }

            /// `nullif(self, other)`: NULL where both are equal.
            pub fn null_if<R: Operand<T::Base>>(self, other: R) -> Expr<Option<T::Base>>
            where
                T: ColumnType,
            {
                called("NULLIF", vec![self.into_node(), other.into_operand().into_node()])
            }

            /// `count(self)`: how many rows have it, NULLs not counted.
            pub fn count(self) -> Expr<i64> {
                called("COUNT", vec![self.into_node()])
            }

            /// `count(DISTINCT self)`: how many different ones there are, NULLs not counted.
            pub fn count_distinct(self) -> Expr<i64> {
                distinct("COUNT", self.into_node())
            }

            /// `sum(self)`: NULL where there is nothing to add. An integer sum beyond an `i64` is an error
            /// of the database.
            pub fn sum(self) -> Expr<Option<<T::Base as Number>::Sum>>
            where
                T: ColumnType,
                T::Base: Number,
            {
                called("SUM", vec![self.into_node()])
            }

            /// `avg(self)`: NULL where there is nothing.
            pub fn avg(self) -> Expr<Option<f64>> where T: ColumnType, T::Base: Number {
                called("AVG", vec![self.into_node()])
            }

            /// `min(self)`: the least one, NULL where there is none.
            pub fn min(self) -> Expr<Option<T::Base>> where T: ColumnType {
                called("MIN", vec![self.into_node()])
            }

            /// `max(self)`: the greatest one, NULL where there is none.
            pub fn max(self) -> Expr<Option<T::Base>> where T: ColumnType {
                called("MAX", vec![self.into_node()])
            }
        }
    };
}

functions!([T] Expr<T>);
functions!([E: Entity, T] Column<E, T>);

impl<T> Expr<T> {
    /// Counts, adds or compares only the rows that fulfil a condition: `… FILTER (WHERE condition)`, behind an
    /// aggregate.
    ///
    /// # Errors
    ///
    /// Behind anything else [`ErrorKind::Entity`](crate::ErrorKind::Entity), when the query is run.
    pub fn filter_where(self, condition: impl Operand<bool>) -> Self {
        let condition = condition.into_operand().into_node();
        match self.into_node() {
            Node::Call(mut call) => {
                call.filter = match call.filter.take() {
                    Some(other) => Some(Node::chain(super::node::Chain::All, other, condition)),
                    None => Some(condition),
                };
                Self::new(Node::Call(call))
            }
            _ => {
                let what = "`filter_where` stands behind an aggregate only".to_owned();
                Self::new(Node::Bad(Box::new((crate::error::ErrorKind::Entity, what))))
            }
        }
    }
}

/// `count(*)`: how many rows there are.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::query::count;
/// use headwater::{AsyncEngine, Entity, select};
///
/// #[derive(Entity, Clone)]
/// #[entity(table = "tags")]
/// struct Tag {
///     #[entity(primary_key)]
///     name: String,
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE tags(name TEXT PRIMARY KEY)").await?;
/// # engine.execute("INSERT INTO tags VALUES ('a'), ('b')").await?;
/// let tags: i64 = engine.query(select::<Tag>().columns(count())).one().await?;
/// assert_eq!(tags, 2);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub fn count() -> Expr<i64> {
    called("COUNT", vec![Node::Word("*")])
}

/// Calls any function of the database, whose value is read as a `T`: nobody checks that it is one.
///
/// # Errors
///
/// [`ErrorKind::Entity`](crate::ErrorKind::Entity) when the query is run, if the name has other characters than
/// ASCII letters, digits and `_`.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::query::func;
/// use headwater::{AsyncEngine, Entity, select};
///
/// #[derive(Entity, Clone)]
/// #[entity(table = "words")]
/// struct Word {
///     #[entity(primary_key)]
///     word: String,
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE words(word TEXT PRIMARY KEY)").await?;
/// # engine.execute("INSERT INTO words VALUES ('stream')").await?;
/// let place = func::<i64>("instr", (Word::WORD, "rea"));
/// assert_eq!(engine.query(select::<Word>().columns(place)).one().await?, 3);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub fn func<T>(name: impl Into<Name>, arguments: impl Arguments) -> Expr<T> {
    let arguments = arguments.into_arguments().into_iter().map(Expr::into_node);
    Expr::new(Node::call(name, arguments.collect()))
}

/// What [`func`] calls a function with: nothing (`()`), one argument, or a tuple of up to six; each one a
/// value, a column or an expression.
pub trait Arguments {
    #[doc(hidden)]
    fn into_arguments(self) -> Vec<Expr<()>>;
}

/// One argument of a function: a value, a column or an expression.
pub trait Argument {
    #[doc(hidden)]
    fn into_argument(self) -> Expr<()>;
}

impl<T> Argument for Expr<T> {
    fn into_argument(self) -> Expr<()> {
        Expr::new(self.into_node())
    }
}

impl<E: Entity, T> Argument for Column<E, T> {
    fn into_argument(self) -> Expr<()> {
        Expr::new(self.into_node())
    }
}

impl<V: crate::value::ToValue> Argument for V {
    fn into_argument(self) -> Expr<()> {
        Expr::new(bound(self))
    }
}

impl Arguments for () {
    fn into_arguments(self) -> Vec<Expr<()>> {
        Vec::new()
    }
}

impl<A: Argument> Arguments for A {
    fn into_arguments(self) -> Vec<Expr<()>> {
        vec![self.into_argument()]
    }
}

macro_rules! arguments {
    ($($name:ident)+) => {
        impl<$($name: Argument),+> Arguments for ($($name,)+) {
            #[allow(non_snake_case, reason = "the names of the type parameters serve for the fields")]
            fn into_arguments(self) -> Vec<Expr<()>> {
                let ($($name,)+) = self;
                vec![$($name.into_argument()),+]
            }
        }
    };
}

arguments!(A);
arguments!(A B);
arguments!(A B C);
arguments!(A B C D);
arguments!(A B C D E);
arguments!(A B C D E F);

/// Begins a CASE: the value of the first condition that holds.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::query::case;
/// use headwater::{AsyncEngine, Entity, select};
///
/// #[derive(Entity, Clone)]
/// #[entity(table = "people")]
/// struct Person {
///     #[entity(primary_key)]
///     age: i64,
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE people(age INTEGER PRIMARY KEY)").await?;
/// # engine.execute("INSERT INTO people VALUES (8), (36), (90)").await?;
/// let group = case::<String>()
///     .when(Person::AGE.lt(18), "child")
///     .when(Person::AGE.lt(67), "adult")
///     .otherwise("pensioner");
/// let groups = engine.query(select::<Person>().columns(group)).all().await?;
/// assert_eq!(groups, ["child", "adult", "pensioner"]);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub fn case<T>() -> Case<T> {
    Case { cases: Vec::new(), marker: std::marker::PhantomData }
}

/// A CASE on its way: made by [`case`].
#[must_use = "a CASE does nothing until it stands in a query"]
pub struct Case<T> {
    cases: Vec<(Node, Node)>,
    marker: std::marker::PhantomData<fn() -> T>,
}

impl<T> Case<T> {
    /// Adds a condition, and the value where it holds and none before it does.
    pub fn when(mut self, condition: impl Operand<bool>, then: impl IntoExpr<T>) -> Self {
        self.cases.push((condition.into_operand().into_node(), then.into_expr().into_node()));
        self
    }

    /// Ends it with the value where no condition holds.
    pub fn otherwise(self, value: impl IntoExpr<T>) -> Expr<T> {
        let value = value.into_expr().into_node();
        if self.cases.is_empty() {
            return Expr::new(value);
        }
        Expr::new(Node::Case(self.cases, Some(Box::new(value))))
    }

    /// Ends it: NULL where no condition holds.
    pub fn end(self) -> Expr<Option<T::Base>>
    where
        T: ColumnType,
    {
        if self.cases.is_empty() {
            return Expr::new(Node::Value(crate::value::Value::Null));
        }
        Expr::new(Node::Case(self.cases, None))
    }
}

impl<T> Clone for Case<T> {
    fn clone(&self) -> Self {
        Self { cases: self.cases.clone(), marker: self.marker }
    }
}

impl<T> std::fmt::Debug for Case<T> {
    /// Shows no value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case").field("cases", &self.cases.len()).finish_non_exhaustive()
    }
}

/// Reports whether a query gives any row. It may name columns of the query that it stands in.
pub fn exists<E: Entity, T>(select: Select<E, T>) -> Expr<bool> {
    Expr::new(Node::Exists(false, Box::new(select.into_exists())))
}

/// Reports whether a query gives no row.
pub fn not_exists<E: Entity, T>(select: Select<E, T>) -> Expr<bool> {
    Expr::new(Node::Exists(true, Box::new(select.into_exists())))
}
