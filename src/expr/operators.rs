//! What expressions and columns do: compare, test, compute, name and order.

use std::marker::PhantomData;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Not, Rem, Sub};

use super::column::Column;
use super::entity::Entity;
use super::expression::{Expr, IntoExpr, Operand, bound};
use super::node::{Chain, List, Name, Node, Op, OrderNode};
use super::project::Named;
use super::select::Select;
use crate::value::ColumnType;

/// A term of ORDER BY: made by [`asc`](Expr::asc) and [`desc`](Expr::desc).
#[must_use = "an order does nothing until it stands in a query"]
pub struct Order<T> {
    pub(crate) node: OrderNode,
    marker: PhantomData<fn() -> T>,
}

impl<T> Order<T> {
    fn by(node: Node, descending: bool) -> Self {
        let node = OrderNode { node, descending, nulls_first: None };
        Self { node, marker: PhantomData }
    }

    /// Forgets the type, so that orders by different columns can stand in one `Vec`.
    pub fn untyped(self) -> Order<()> {
        Order { node: self.node, marker: PhantomData }
    }

    /// Puts NULLs before all others.
    pub fn nulls_first(mut self) -> Self {
        self.node.nulls_first = Some(true);
        self
    }

    /// Puts NULLs behind all others.
    pub fn nulls_last(mut self) -> Self {
        self.node.nulls_first = Some(false);
        self
    }
}

impl<T> Clone for Order<T> {
    fn clone(&self) -> Self {
        Self { node: self.node.clone(), marker: PhantomData }
    }
}

impl<T> std::fmt::Debug for Order<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Order").field("descending", &self.node.descending).finish_non_exhaustive()
    }
}

/// What IN chooses from, of values that are `B`s: values of any iterator, or a [`Select`](crate::Select)
/// of one column.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a column of the type `{B}` can be looked for in",
    label = "expected values of the type `{B}`, or a `Select` of one column of that type"
)]
pub trait Choices<B> {
    #[doc(hidden)]
    fn choose(self, negated: bool, what: Expr<B>) -> Expr<bool>;
}

impl<B, I> Choices<B> for I
where
    I: IntoIterator,
    I::Item: Operand<B>,
{
    fn choose(self, negated: bool, what: Expr<B>) -> Expr<bool> {
        let values = self.into_iter().map(|value| value.into_operand().into_node()).collect();
        Expr::new(Node::In(negated, Box::new(what.into_node()), List::new(values)))
    }
}

impl<B, E: Entity, T: ColumnType<Base = B>> Choices<B> for Select<E, T> {
    fn choose(self, negated: bool, what: Expr<B>) -> Expr<bool> {
        let select = Box::new(self.into_select());
        Expr::new(Node::InSelect(negated, Box::new(what.into_node()), select))
    }
}

fn compared<B>(op: Op, left: Node, right: impl Operand<B>) -> Expr<bool> {
    Expr::new(Node::binary(op, left, right.into_operand().into_node()))
}

/// A pattern that matches a text as it is, with the escape character `\`.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

fn like(negated: bool, what: Node, pattern: Node, escape: Option<char>) -> Expr<bool> {
    Expr::new(Node::Like(negated, Box::new([what, pattern]), escape))
}

macro_rules! operators {
    ([$($generics:tt)*] $of:ty) => {
        impl<$($generics)*> $of {
            /// `self = other`.
            pub fn eq<R: Operand<T::Base>>(self, other: R) -> Expr<bool> where T: ColumnType {
                compared::<T::Base>(Op::Equal, self.into_node(), other)
            }

            /// `self <> other`. A NULL is not unequal to anything: [`is_not`](Self::is_not) differs.
            pub fn ne<R: Operand<T::Base>>(self, other: R) -> Expr<bool> where T: ColumnType {
                compared::<T::Base>(Op::NotEqual, self.into_node(), other)
            }

            /// `self > other`.
            pub fn gt<R: Operand<T::Base>>(self, other: R) -> Expr<bool> where T: ColumnType {
                compared::<T::Base>(Op::Greater, self.into_node(), other)
            }

            /// `self >= other`.
            pub fn ge<R: Operand<T::Base>>(self, other: R) -> Expr<bool> where T: ColumnType {
                compared::<T::Base>(Op::GreaterOrEqual, self.into_node(), other)
            }

            /// `self < other`.
            pub fn lt<R: Operand<T::Base>>(self, other: R) -> Expr<bool> where T: ColumnType {
                compared::<T::Base>(Op::Less, self.into_node(), other)
            }

            /// `self <= other`.
            pub fn le<R: Operand<T::Base>>(self, other: R) -> Expr<bool> where T: ColumnType {
                compared::<T::Base>(Op::LessOrEqual, self.into_node(), other)
            }

            /// Reports whether both are equal, where NULL is equal to NULL: `IS`, in PostgreSQL
            /// `IS NOT DISTINCT FROM`.
            pub fn is<R: IntoExpr<Option<T::Base>>>(self, other: R) -> Expr<bool>
            where
                T: ColumnType,
            {
                Expr::new(Node::binary(Op::Is, self.into_node(), other.into_expr().into_node()))
            }

            /// Reports whether both differ, where NULL is equal to NULL: `IS NOT`, in PostgreSQL
            /// `IS DISTINCT FROM`.
            pub fn is_not<R: IntoExpr<Option<T::Base>>>(self, other: R) -> Expr<bool>
            where
                T: ColumnType,
            {
                Expr::new(Node::binary(Op::IsNot, self.into_node(), other.into_expr().into_node()))
            }

            /// `self IS NULL`.
            pub fn is_null(self) -> Expr<bool> {
                Expr::new(Node::IsNull(false, Box::new(self.into_node())))
            }

            /// `self IS NOT NULL`.
            pub fn is_not_null(self) -> Expr<bool> {
                Expr::new(Node::IsNull(true, Box::new(self.into_node())))
            }

            /// Reports whether it is one of several values, or one of those that a query gives; of none
            /// at all it never is.
            ///
            /// Lists share few texts: one is rounded up to a power of two by binding a value of it again.
            pub fn in_<R: Choices<T::Base>>(self, choices: R) -> Expr<bool> where T: ColumnType {
                choices.choose(false, Expr::new(self.into_node()))
            }

            /// Reports whether it is none of several values; of none at all it always is. A NULL among
            /// what a query gives makes it never true.
            pub fn not_in<R: Choices<T::Base>>(self, choices: R) -> Expr<bool> where T: ColumnType {
                choices.choose(true, Expr::new(self.into_node()))
            }

            /// `self BETWEEN low AND high`, both included.
            pub fn between<L, H>(self, low: L, high: H) -> Expr<bool>
            where
                T: ColumnType,
                L: Operand<T::Base>,
                H: Operand<T::Base>,
            {
                let (low, high) = (low.into_operand().into_node(), high.into_operand().into_node());
                Expr::new(Node::Between(false, Box::new([self.into_node(), low, high])))
            }

            /// `self NOT BETWEEN low AND high`.
            pub fn not_between<L, H>(self, low: L, high: H) -> Expr<bool>
            where
                T: ColumnType,
                L: Operand<T::Base>,
                H: Operand<T::Base>,
            {
                let (low, high) = (low.into_operand().into_node(), high.into_operand().into_node());
                Expr::new(Node::Between(true, Box::new([self.into_node(), low, high])))
            }

            /// `self LIKE pattern`: `%` stands for any text, `_` for any character. SQLite does not tell
            /// ASCII upper case from lower case here.
            pub fn like<R: Operand<String>>(self, pattern: R) -> Expr<bool>
            where
                T: ColumnType<Base = String>,
            {
                like(false, self.into_node(), pattern.into_operand().into_node(), None)
            }

            /// `self NOT LIKE pattern`.
            pub fn not_like<R: Operand<String>>(self, pattern: R) -> Expr<bool>
            where
                T: ColumnType<Base = String>,
            {
                like(true, self.into_node(), pattern.into_operand().into_node(), None)
            }

            /// `self LIKE pattern ESCAPE escape`: a `%`, a `_` or an `escape` behind an `escape` stands for
            /// itself.
            pub fn like_escaped<R: Operand<String>>(self, pattern: R, escape: char) -> Expr<bool>
            where
                T: ColumnType<Base = String>,
            {
                like(false, self.into_node(), pattern.into_operand().into_node(), Some(escape))
            }

            /// `self NOT LIKE pattern ESCAPE escape`.
            pub fn not_like_escaped<R: Operand<String>>(self, pattern: R, escape: char) -> Expr<bool>
            where
                T: ColumnType<Base = String>,
            {
                like(true, self.into_node(), pattern.into_operand().into_node(), Some(escape))
            }

            /// Reports whether it begins with a text, which is taken as it is; as [`like`](Self::like) as
            /// to upper and lower case.
            pub fn starts_with(self, text: impl AsRef<str>) -> Expr<bool>
            where
                T: ColumnType<Base = String>,
            {
                let pattern = format!("{}%", escaped(text.as_ref()));
                like(false, self.into_node(), bound(pattern), Some('\\'))
            }

            /// Reports whether it ends with a text, which is taken as it is.
            pub fn ends_with(self, text: impl AsRef<str>) -> Expr<bool>
            where
                T: ColumnType<Base = String>,
            {
                let pattern = format!("%{}", escaped(text.as_ref()));
                like(false, self.into_node(), bound(pattern), Some('\\'))
            }

            /// Reports whether a text is a part of it, which is taken as it is.
            pub fn contains(self, text: impl AsRef<str>) -> Expr<bool>
            where
                T: ColumnType<Base = String>,
            {
                let pattern = format!("%{}%", escaped(text.as_ref()));
                like(false, self.into_node(), bound(pattern), Some('\\'))
            }

            /// `self || other`: both texts, one behind the other.
            pub fn concat<R: IntoExpr<T>>(self, other: R) -> Expr<T>
            where
                T: ColumnType<Base = String>,
            {
                let other = other.into_expr().into_node();
                Expr::new(Node::binary(Op::Concat, self.into_node(), other))
            }

            /// Compares and orders the text by the rules of a collation (`NOCASE`).
            pub fn collate(self, collation: impl Into<Name>) -> Expr<T> {
                Expr::new(Node::Collate(Box::new(self.into_node()), collation.into()))
            }

            /// Types it as one that can be NULL: for what comes of a left join, and for comparisons of
            /// what can be NULL.
            pub fn nullable(self) -> Expr<Option<T::Base>> where T: ColumnType {
                Expr::new(self.into_node())
            }

            /// Converts it: `CAST(self AS type)`, with the type in which a `U` is stored.
            pub fn cast<U: ColumnType>(self) -> Expr<U> {
                Expr::new(Node::Cast(Box::new(self.into_node()), U::SQL_TYPE))
            }

            /// Names it among the columns that a query gives, for a struct that is read by names.
            pub fn alias(self, name: impl Into<Name>) -> Named<T> {
                Named::new(Expr::new(self.into_node()), Some(name.into()))
            }

            /// Orders by it, the least first.
            pub fn asc(self) -> Order<T> {
                Order::by(self.into_node(), false)
            }

            /// Orders by it, the greatest first.
            pub fn desc(self) -> Order<T> {
                Order::by(self.into_node(), true)
            }
        }

        impl<$($generics)*, R: Operand<bool>> BitAnd<R> for $of
        where
            T: ColumnType<Base = bool>,
        {
            type Output = Expr<bool>;

            fn bitand(self, other: R) -> Expr<bool> {
                let other = other.into_operand().into_node();
                Expr::new(Node::chain(Chain::All, self.into_node(), other))
            }
        }

        impl<$($generics)*, R: Operand<bool>> BitOr<R> for $of
        where
            T: ColumnType<Base = bool>,
        {
            type Output = Expr<bool>;

            fn bitor(self, other: R) -> Expr<bool> {
                let other = other.into_operand().into_node();
                Expr::new(Node::chain(Chain::Any, self.into_node(), other))
            }
        }

        impl<$($generics)*> Not for $of
        where
            T: ColumnType<Base = bool>,
        {
            type Output = Expr<bool>;

            fn not(self) -> Expr<bool> {
                Expr::new(Node::Not(Box::new(self.into_node())))
            }
        }

        operators!(@arithmetic [$($generics)*] $of, Add add Add);
        operators!(@arithmetic [$($generics)*] $of, Sub sub Subtract);
        operators!(@arithmetic [$($generics)*] $of, Mul mul Multiply);
        operators!(@arithmetic [$($generics)*] $of, Div div Divide);
        operators!(@arithmetic [$($generics)*] $of, Rem rem Modulo);
    };
    (@arithmetic [$($generics:tt)*] $of:ty, $trait:ident $method:ident $op:ident) => {
        impl<$($generics)*, R: IntoExpr<T>> $trait<R> for $of
        where
            T: ColumnType,
            T::Base: Number,
        {
            type Output = Expr<T>;

            fn $method(self, other: R) -> Expr<T> {
                let other = other.into_expr().into_node();
                Expr::new(Node::binary(Op::$op, self.into_node(), other))
            }
        }
    };
}

operators!([T] Expr<T>);
operators!([E: Entity, T] Column<E, T>);

/// A number of Rust that is a number of SQL.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number to compute with",
    note = "`.cast::<i64>()` and `.cast::<f64>()` make numbers of other expressions"
)]
pub trait Number: sealed::Sealed {
    /// What the sum of many is: as wide as the database has it.
    type Sum: ColumnType;
}

mod sealed {
    #[expect(unnameable_types, reason = "it seals a trait")]
    pub trait Sealed {}
}

macro_rules! numbers {
    ($sum:ty: $($number:ty),+) => {$(
        impl sealed::Sealed for $number {}

        impl Number for $number {
            type Sum = $sum;
        }
    )+};
}

numbers!(i64: i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);
numbers!(f64: f32, f64);

/// What a query is ordered by: an [`Order`], a column or an expression (the least first), or a tuple of up
/// to six of them, of which each decides where those before it are equal.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing to order by",
    label = "expected a column, an expression, `.asc()` or `.desc()` of one, or a tuple of up to 6 of them"
)]
pub trait Orders {
    #[doc(hidden)]
    fn add_to(self, orders: &mut Vec<Order<()>>);
}

impl<T> Orders for Order<T> {
    fn add_to(self, orders: &mut Vec<Order<()>>) {
        orders.push(self.untyped());
    }
}

impl<T> Orders for Expr<T> {
    fn add_to(self, orders: &mut Vec<Order<()>>) {
        self.asc().add_to(orders);
    }
}

impl<E: Entity, T> Orders for Column<E, T> {
    fn add_to(self, orders: &mut Vec<Order<()>>) {
        self.asc().add_to(orders);
    }
}

impl<O: Orders> Orders for Vec<O> {
    fn add_to(self, orders: &mut Vec<Order<()>>) {
        self.into_iter().for_each(|order| order.add_to(orders));
    }
}

macro_rules! orders {
    ($($name:ident)+) => {
        impl<$($name: Orders),+> Orders for ($($name,)+) {
            #[allow(non_snake_case, reason = "the names of the type parameters serve for the fields")]
            fn add_to(self, orders: &mut Vec<Order<()>>) {
                let ($($name,)+) = self;
                $($name.add_to(orders);)+
            }
        }
    };
}

orders!(A);
orders!(A B);
orders!(A B C);
orders!(A B C D);
orders!(A B C D E);
orders!(A B C D E F);
