//! Joins: along declared relations, and free ones.

use std::marker::PhantomData;

use super::alias::{Alias, ReadFrom};
use super::entity::Entity;
use super::expression::Operand;
use super::node::{Chain, Defect, From, Join, JoinKind, Node, Op, Source};
use super::relation::{BelongsTo, HasMany, HasOne, ManyToMany};
use super::select::Select;
use super::shape::misuse;
use super::table::EntityTable;

/// A declared relation as a query joins it, with the names under which it reads from both sides.
///
/// A relation (`Post::AUTHOR`) is one by itself; [`to`](BelongsTo::to) and [`from`](BelongsTo::from) make one
/// that goes to or from an alias.
#[must_use = "a route does nothing until a query joins it"]
pub struct Route<F, T> {
    near: Source,
    far: Source,
    links: Result<Links, Box<Defect>>,
    marker: PhantomData<fn() -> (F, T)>,
}

/// The columns that are equal: of the one side and the other, or with a table between them.
#[derive(Clone)]
enum Links {
    Direct(Vec<(usize, usize)>),
    Through(&'static EntityTable, Vec<(usize, usize)>, Vec<(usize, usize)>),
}

impl<F: Entity, T: Entity> Route<F, T> {
    fn new(links: Result<Links, Box<Defect>>) -> Self {
        let (near, far) = (Source::Table(F::table()), Source::Table(T::table()));
        Self { near, far, links, marker: PhantomData }
    }

    /// Reads the other side under the name of an alias.
    pub fn to(mut self, alias: &Alias<T>) -> Self {
        self.far = alias.source();
        self
    }

    /// Begins at an alias that the query already reads from.
    pub fn from(mut self, alias: &Alias<F>) -> Self {
        self.near = alias.source();
        self
    }

    /// What is joined, in its order.
    fn joins(self, kind: JoinKind) -> Vec<Join> {
        let join = |source: &Source, on: Node| Join {
            kind,
            from: From::Source(source.clone()),
            on: Some(on),
        };
        match self.links {
            Ok(Links::Direct(pairs)) => {
                vec![join(&self.far, equal(&self.near, &self.far, &pairs))]
            }
            Ok(Links::Through(table, near, far)) => {
                let link = Source::Table(table);
                vec![
                    join(&link, equal(&self.near, &link, &near)),
                    join(&self.far, equal(&link, &self.far, &far)),
                ]
            }
            Err(defect) => vec![join(&self.far, Node::Bad(defect))],
        }
    }
}

impl<F, T> Clone for Route<F, T> {
    fn clone(&self) -> Self {
        Self {
            near: self.near.clone(),
            far: self.far.clone(),
            links: self.links.clone(),
            marker: PhantomData,
        }
    }
}

impl<F, T> std::fmt::Debug for Route<F, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Route")
            .field("from", &self.near.name())
            .field("to", &self.far.name())
            .finish_non_exhaustive()
    }
}

/// Whether the columns of two sides are equal, pair by pair.
fn equal(near: &Source, far: &Source, pairs: &[(usize, usize)]) -> Node {
    let equal = pairs.iter().map(|(own, other)| {
        let own = Node::Column(near.clone(), *own);
        Node::binary(Op::Equal, own, Node::Column(far.clone(), *other))
    });
    Node::Chain(Chain::All, equal.collect())
}

/// The columns of a foreign key, each with the one that it refers to.
fn key(
    from: &'static EntityTable,
    columns: &[usize],
    to: &'static EntityTable,
) -> Result<Vec<(usize, usize)>, Box<Defect>> {
    let reference = from.reference(columns).filter(|key| std::ptr::eq((key.target)(), to));
    match reference {
        Some(key) => {
            Ok(key.columns.iter().copied().zip(key.target_columns.iter().copied()).collect())
        }
        None => {
            let names: Vec<_> = columns.iter().map(|column| from.column_name(*column)).collect();
            Err(Box::new(misuse(format!(
                "a relation of `{}` and `{}` goes along `{}`, which is no foreign key of `{}` to `{}`",
                from.entity,
                to.entity,
                names.join("`, `"),
                from.entity,
                to.entity
            ))))
        }
    }
}

fn turned(pairs: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    pairs.into_iter().map(|(own, other)| (other, own)).collect()
}

/// What a query can be joined along: a declared relation, or a [`Route`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no relation to join along",
    note = "declare one on the entity (`belongs_to`, `has_many`, `has_one`, `many_to_many`), or join by a condition: `.join_on::<Other>(condition)`"
)]
pub trait JoinPath: Sized {
    /// The entity on this side.
    type From: Entity;
    /// The entity on the other side.
    type To: Entity;

    /// Makes the route.
    fn into_route(self) -> Route<Self::From, Self::To>;
}

impl<F: Entity, T: Entity> JoinPath for Route<F, T> {
    type From = F;
    type To = T;

    fn into_route(self) -> Self {
        self
    }
}

macro_rules! paths {
    ($relation:ident<$from:ident, $to:ident $(, $link:ident)?>, |$this:ident| $links:expr) => {
        impl<$from: Entity, $to: Entity $(, $link: Entity)?> $relation<$from, $to $(, $link)?> {
            /// Joins to an alias of the other side.
            pub fn to(self, alias: &Alias<$to>) -> Route<$from, $to> {
                self.into_route().to(alias)
            }

            /// Joins from an alias of this side, which the query already reads from.
            pub fn from(self, alias: &Alias<$from>) -> Route<$from, $to> {
                self.into_route().from(alias)
            }
        }

        impl<$from: Entity, $to: Entity $(, $link: Entity)?> JoinPath
            for $relation<$from, $to $(, $link)?>
        {
            type From = $from;
            type To = $to;

            fn into_route(self) -> Route<$from, $to> {
                let $this = self;
                Route::new($links)
            }
        }
    };
}

paths!(BelongsTo<C, P>, |this| {
    key(C::table(), this.own_columns(), P::table()).map(Links::Direct)
});
paths!(HasMany<P, C>, |this| {
    key(C::table(), this.child_columns(), P::table()).map(|pairs| Links::Direct(turned(pairs)))
});
paths!(HasOne<P, C>, |this| {
    key(C::table(), this.child_columns(), P::table()).map(|pairs| Links::Direct(turned(pairs)))
});
paths!(ManyToMany<P, C, L>, |this| {
    let near = key(L::table(), this.near_columns(), P::table());
    let far = key(L::table(), this.far_columns(), C::table());
    near.and_then(|near| Ok(Links::Through(L::table(), turned(near), far?)))
});

impl<E: Entity, T> Select<E, T> {
    /// Joins the entities that belong together by a declared relation (`Post::AUTHOR`, `User::POSTS`); rows
    /// without any are left out.
    ///
    /// What the query gives stays as it is: [`and_entity`](Self::and_entity) adds the other entity,
    /// [`columns`](Self::columns) may name its columns.
    pub fn join<J: JoinPath>(self, path: J) -> Self {
        self.joined(path.into_route().joins(JoinKind::Inner))
    }

    /// Joins as [`join`](Self::join) does, and keeps rows without any; their columns of the other side are
    /// NULL, which [`nullable`](crate::Expr::nullable) types them as.
    pub fn left_join<J: JoinPath>(self, path: J) -> Self {
        self.joined(path.into_route().joins(JoinKind::Left))
    }

    /// Joins the table of an entity where a condition holds.
    pub fn join_on<U: Entity>(self, on: impl Operand<bool>) -> Self {
        let from = From::Source(Source::Table(U::table()));
        self.joined(vec![free(JoinKind::Inner, from, on)])
    }

    /// Joins the table of an entity where a condition holds, and keeps rows for which it never does.
    pub fn left_join_on<U: Entity>(self, on: impl Operand<bool>) -> Self {
        let from = From::Source(Source::Table(U::table()));
        self.joined(vec![free(JoinKind::Left, from, on)])
    }

    /// Joins an alias, a common table expression or a subquery where a condition holds.
    pub fn join_with<R: ReadFrom>(self, other: &R, on: impl Operand<bool>) -> Self {
        let (this, from) = self.reading(other);
        this.joined(vec![free(JoinKind::Inner, from, on)])
    }

    /// Joins as [`join_with`](Self::join_with) does, and keeps rows for which the condition never holds.
    pub fn left_join_with<R: ReadFrom>(self, other: &R, on: impl Operand<bool>) -> Self {
        let (this, from) = self.reading(other);
        this.joined(vec![free(JoinKind::Left, from, on)])
    }

    /// Puts each row beside each one of an entity's table.
    pub fn cross_join<U: Entity>(self) -> Self {
        let from = From::Source(Source::Table(U::table()));
        self.joined(vec![Join { kind: JoinKind::Cross, from, on: None }])
    }

    /// What it takes to read from something.
    pub(crate) fn reading<R: ReadFrom>(mut self, other: &R) -> (Self, From) {
        let reads = other.reads();
        if let Some(cte) = reads.cte {
            self.node.add_cte(cte);
        }
        (self, reads.from)
    }

    fn joined(self, joins: Vec<Join>) -> Self {
        let mut this = self.single("`join`");
        this.node.joins.extend(joins);
        this
    }
}

fn free(kind: JoinKind, from: From, on: impl Operand<bool>) -> Join {
    Join { kind, from, on: Some(on.into_operand().into_node()) }
}
