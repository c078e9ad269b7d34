//! What a query gives: whole entities, tuples of columns, or structs that are read by names.

use super::column::Column;
use super::entity::Entity;
use super::expression::Expr;
use super::node::{Name, Output};

/// A column of a query with a name of its own: made by [`alias`](Expr::alias).
#[must_use = "a column does nothing until it stands in a query"]
pub struct Named<T> {
    expr: Expr<T>,
    name: Option<Name>,
}

impl<T> Named<T> {
    pub(crate) fn new(expr: Expr<T>, name: Option<Name>) -> Self {
        Self { expr, name }
    }

    pub(crate) fn into_output(self) -> Output {
        Output::Node(self.expr.into_node(), self.name)
    }
}

impl<T> Clone for Named<T> {
    fn clone(&self) -> Self {
        Self { expr: self.expr.clone(), name: self.name.clone() }
    }
}

impl<T> std::fmt::Debug for Named<T> {
    /// Shows no value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Named").field("name", &self.name).finish_non_exhaustive()
    }
}

/// One column that a query gives: a column of an entity, an expression, or one with a name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a query can give",
    label = "expected a column, an expression, or a tuple of up to 16 of them",
    note = "a value is made an expression by `headwater::query::value(…)`, a piece of SQL by `headwater::raw::<T>(…)`"
)]
pub trait Selected {
    /// What its values are read as.
    type Value;

    #[doc(hidden)]
    fn into_selected(self) -> Named<()>;
}

impl<E: Entity, T> Selected for Column<E, T> {
    type Value = T;

    fn into_selected(self) -> Named<()> {
        Named::new(Expr::new(self.into_node()), None)
    }
}

impl<T> Selected for Expr<T> {
    type Value = T;

    fn into_selected(self) -> Named<()> {
        Named::new(Expr::new(self.into_node()), None)
    }
}

impl<T> Selected for Named<T> {
    type Value = T;

    fn into_selected(self) -> Named<()> {
        Named::new(Expr::new(self.expr.into_node()), self.name)
    }
}

/// What a query gives instead of whole entities: one column, or a tuple of up to sixteen.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a query can give",
    label = "expected a column, an expression, or a tuple of up to 16 of them"
)]
pub trait Projection {
    /// What each row is read as: the type of the one column, or a tuple.
    type Row;

    #[doc(hidden)]
    fn into_selected(self) -> Vec<Named<()>>;
}

impl<S: Selected> Projection for S {
    type Row = S::Value;

    fn into_selected(self) -> Vec<Named<()>> {
        vec![Selected::into_selected(self)]
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: Selected),+> Projection for ($($name,)+) {
            type Row = ($($name::Value,)+);

            #[allow(non_snake_case, reason = "the names of the type parameters serve for the fields")]
            fn into_selected(self) -> Vec<Named<()>> {
                let ($($name,)+) = self;
                vec![$($name.into_selected()),+]
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);
tuples!(A B C D E F G H I J K L M);
tuples!(A B C D E F G H I J K L M N);
tuples!(A B C D E F G H I J K L M N O);
tuples!(A B C D E F G H I J K L M N O P);
