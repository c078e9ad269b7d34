//! `Related`: a relation with what is wanted of the other side, and the traits of what can be loaded.

use std::fmt;
use std::marker::PhantomData;
use std::slice;

use futures::future::BoxFuture;

use super::eager_load::{Reader, related};
use super::relation_keys::Keys;
use super::relation_link::{Choice, Link, Route};
use crate::error::Result;
use crate::expr::{BelongsTo, Entity, HasMany, HasOne, Key, ManyToMany, Operand, Orders};
use crate::row::FromRow;
use crate::value::Value;

/// What a relation gives to each entity: [`Many`] of the others, or [`One`] or none.
pub trait Gives: sealed::Sealed + Send + Sync + 'static {
    /// What is given where each of the others is an `I`.
    type Of<I: Clone + Send + 'static>: Clone + Default + Send + 'static;

    #[doc(hidden)]
    fn of<I: Clone + Send + 'static>(items: Vec<I>) -> Self::Of<I>;

    /// Whether more than one is for nothing.
    #[doc(hidden)]
    const ONE: bool;
}

/// A relation gives each entity a `Vec` of the others.
#[derive(Debug)]
pub struct Many(());

/// A relation gives each entity one of the others, or `None`.
#[derive(Debug)]
pub struct One(());

impl Gives for Many {
    type Of<I: Clone + Send + 'static> = Vec<I>;

    fn of<I: Clone + Send + 'static>(items: Vec<I>) -> Vec<I> {
        items
    }

    const ONE: bool = false;
}

impl Gives for One {
    type Of<I: Clone + Send + 'static> = Option<I>;

    fn of<I: Clone + Send + 'static>(items: Vec<I>) -> Option<I> {
        items.into_iter().next()
    }

    const ONE: bool = true;
}

/// As what entities are loaded: as [`Plain`] values, or tracked by a session.
pub trait Form: sealed::Sealed + Send + Sync + 'static {
    /// What an `E` is loaded as.
    type Of<E: Entity>: FromRow + Clone + Send + 'static;
}

/// Entities are loaded as they are, owned by nobody but the program.
#[derive(Debug)]
pub struct Plain(());

impl Form for Plain {
    type Of<E: Entity> = E;
}

/// A relation that can be loaded: what `has_many`, `has_one`, `belongs_to` and `many_to_many` declare
/// (`User::POSTS`), or one of them [refined](Related).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no relation that can be loaded",
    note = "relations are the constants that `has_many`, `has_one`, `belongs_to` and `many_to_many` of `#[derive(Entity)]` make"
)]
pub trait Relation: sealed::Sealed + Sized {
    /// The entity that the others belong to.
    type Owner: Entity;
    /// The entities that are loaded for it.
    type Target: Entity;
    /// How many of them there are.
    type Gives: Gives;
    /// What is loaded for each of these in turn.
    type Nested: Relations<Self::Target>;

    /// Begins to say what is wanted of the other side.
    fn related(self) -> Related<Self::Owner, Self::Target, Self::Gives, Self::Nested>;
}

/// Several relations of `E` that are loaded together: a tuple of up to eight.
pub trait Relations<E: Entity>: sealed::Sealed + Send + Sync + 'static {
    /// What there is for each `E`: itself, or a tuple of it and of what each relation gives.
    type Item<F: Form>: Clone + Send + 'static;

    /// Finds out how each of them is loaded.
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "the trait is sealed, and nobody else calls it")]
    fn links(&self) -> Result<Vec<Link>>;

    /// Loads them for some entities, whose keys have been noted for each of the links.
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "the trait is sealed, and nobody else calls it")]
    fn load<'a, F: Form>(
        &'a self,
        links: &'a [Link],
        reader: &'a Reader<F>,
        owners: Vec<F::Of<E>>,
        keys: Vec<Keys>,
    ) -> BoxFuture<'a, Result<Vec<Self::Item<F>>>>;
}

/// Relations to which one more can be added.
pub trait And<R>: sealed::Sealed {
    /// All of them.
    type All;

    /// Adds one.
    fn and(self, relation: R) -> Self::All;
}

/// Three types of which there is no value.
pub(super) type Marker<A, B, C> = PhantomData<fn() -> (A, B, C)>;

/// A relation as it is refined: what `R` becomes by [`Relation::related`].
pub type RelatedBy<R> = Related<
    <R as Relation>::Owner,
    <R as Relation>::Target,
    <R as Relation>::Gives,
    <R as Relation>::Nested,
>;

/// A relation with what is wanted of the other side: which of them, in what order, how many for each
/// entity, and what is to be loaded for them in turn.
///
/// The methods of the relations themselves (`User::POSTS.filter(…)`) make one. It serves for loading
/// eagerly ([`Select::with`](crate::Select::with)) and lazily.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, Entity, select};
///
/// #[derive(Entity, Clone)]
/// #[entity(table = "users", has_many(POSTS: Post::AUTHOR_ID))]
/// struct User {
///     #[entity(primary_key)]
///     id: i64,
///     name: String,
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
/// #     "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
/// #      CREATE TABLE posts(id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES users, views INTEGER);
/// #      INSERT INTO users VALUES (1, 'Ada'), (2, 'Alan');
/// #      INSERT INTO posts VALUES (1, 1, 5), (2, 1, 50), (3, 1, 500)",
/// # ).await?;
/// let most_read = User::POSTS.filter(Post::VIEWS.gt(10)).order_by(Post::VIEWS.desc()).limit(1);
/// let users = engine.query(select::<User>().order_by(User::ID).with(most_read)).all().await?;
/// let views: Vec<Vec<i64>> =
///     users.iter().map(|(_, posts)| posts.iter().map(|post| post.views).collect()).collect();
/// assert_eq!(views, [vec![500], vec![]]);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[must_use = "a relation does nothing until it is loaded"]
pub struct Related<P, C, G = Many, N = ()> {
    route: Route,
    choice: Choice,
    pub(super) nested: N,
    marker: Marker<P, C, G>,
}

impl<P, C, G, N: Clone> Clone for Related<P, C, G, N> {
    fn clone(&self) -> Self {
        let Self { route, choice, nested, marker } = self;
        Self { route: *route, choice: choice.clone(), nested: nested.clone(), marker: *marker }
    }
}

impl<P: Entity, C: Entity, G, N> fmt::Debug for Related<P, C, G, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Related")
            .field("owner", &P::table().entity)
            .field("target", &C::table().entity)
            .finish_non_exhaustive()
    }
}

impl<P, C, G> Related<P, C, G> {
    fn by(route: Route) -> Self {
        Self { route, choice: Choice::default(), nested: (), marker: PhantomData }
    }
}

impl<P, C, G, N> Related<P, C, G, N>
where
    P: Entity,
    C: Entity,
    G: Gives,
    N: Relations<C>,
{
    /// Leaves out those for which the condition does not hold. Several filters all have to hold.
    pub fn filter<R: Operand<bool>>(mut self, condition: R) -> Self {
        self.choice.filter.push(condition.into_operand().into_node());
        self
    }

    /// Orders those of each entity; what is added later decides where all before it are equal. Without an
    /// order they come by their primary keys.
    pub fn order_by<O: Orders>(mut self, order: O) -> Self {
        let mut orders = Vec::new();
        order.add_to(&mut orders);
        self.choice.order.extend(orders.into_iter().map(|order| order.node));
        self
    }

    /// Gives each entity so many of them at most: the first ones in their order.
    pub fn limit(mut self, rows: u64) -> Self {
        self.choice.limit = Some(rows);
        self
    }

    /// Leaves out so many of those of each entity before the first that is given.
    pub fn offset(mut self, rows: u64) -> Self {
        self.choice.offset = rows;
        self
    }

    /// Loads a relation of theirs too: each comes as a tuple of itself and of what this gives.
    pub fn with<R>(self, relation: R) -> Related<P, C, G, N::All>
    where
        R: Relation<Owner = C>,
        N: And<RelatedBy<R>>,
    {
        let Self { route, choice, nested, marker } = self;
        Related { route, choice, nested: nested.and(relation.related()), marker }
    }

    /// The primary key of the one that an owner refers to, where that and nothing else is asked for; of
    /// one that refers to none, no key.
    pub(super) fn own_key(&self, owner: &P) -> Option<Option<C::Key>> {
        let Route::BelongsTo(columns) = self.route else {
            return None;
        };
        let reference = P::table().reference(columns)?;
        let is_whole = reference.target_columns == C::table().primary_key
            && (reference.target)().id() == C::table().id();
        if !(is_whole && self.choice.is_all()) {
            return None;
        }
        let values: Result<Vec<_>> = columns.iter().map(|column| owner.value(*column)).collect();
        let values = values.ok()?;
        if values.contains(&Value::Null) {
            return Some(None);
        }
        C::Key::from_values(&values).map(Some)
    }

    /// Finds out how it is loaded, or that it cannot be.
    pub(super) fn link(&self) -> Result<Link> {
        let mut choice = self.choice.clone();
        if G::ONE && (choice.limit.is_some() || !choice.order.is_empty()) {
            choice.limit = Some(choice.limit.unwrap_or(1).min(1));
        }
        Link::resolve::<P, C>(self.route, choice, self.nested.links()?)
    }
}

impl<P, C, G, N> Relation for Related<P, C, G, N>
where
    P: Entity,
    C: Entity,
    G: Gives,
    N: Relations<C>,
{
    type Owner = P;
    type Target = C;
    type Gives = G;
    type Nested = N;

    fn related(self) -> Self {
        self
    }
}

macro_rules! relation {
    ($name:ident<$($entity:ident),+>, $owner:ident, $target:ident, $gives:ident, |$it:ident| $route:expr) => {
        impl<$($entity: Entity),+> sealed::Sealed for $name<$($entity),+> {}

        impl<$($entity: Entity),+> Relation for $name<$($entity),+> {
            type Owner = $owner;
            type Target = $target;
            type Gives = $gives;
            type Nested = ();

            fn related(self) -> Related<$owner, $target, $gives> {
                let $it = self;
                Related::by($route)
            }
        }

        impl<$($entity: Entity),+> $name<$($entity),+> {
            /// Leaves out those for which the condition does not hold; see [`Related::filter`].
            pub fn filter<R: Operand<bool>>(
                self,
                condition: R,
            ) -> Related<$owner, $target, $gives> {
                self.related().filter(condition)
            }

            /// Orders those of each entity; see [`Related::order_by`].
            pub fn order_by<O: Orders>(self, order: O) -> Related<$owner, $target, $gives> {
                self.related().order_by(order)
            }

            /// Gives each entity so many of them at most; see [`Related::limit`].
            pub fn limit(self, rows: u64) -> Related<$owner, $target, $gives> {
                self.related().limit(rows)
            }

            /// Leaves out so many of those of each entity; see [`Related::offset`].
            pub fn offset(self, rows: u64) -> Related<$owner, $target, $gives> {
                self.related().offset(rows)
            }

            /// Loads a relation of theirs too; see [`Related::with`].
            pub fn with<R: Relation<Owner = $target>>(
                self,
                relation: R,
            ) -> Related<$owner, $target, $gives, (RelatedBy<R>,)> {
                self.related().with(relation)
            }
        }
    };
}

relation!(HasMany<P, C>, P, C, Many, |it| Route::Has(it.child_columns()));
relation!(HasOne<P, C>, P, C, One, |it| Route::Has(it.child_columns()));
relation!(BelongsTo<C, P>, C, P, One, |it| Route::BelongsTo(it.own_columns()));
relation!(ManyToMany<P, C, L>, P, C, Many, |it| Route::Through(
    L::table,
    it.near_columns(),
    it.far_columns()
));

impl<E: Entity> Relations<E> for () {
    type Item<F: Form> = F::Of<E>;

    #[expect(private_interfaces, reason = "the trait is sealed, and nobody else calls it")]
    fn links(&self) -> Result<Vec<Link>> {
        Ok(Vec::new())
    }

    #[expect(private_interfaces, reason = "the trait is sealed, and nobody else calls it")]
    fn load<'a, F: Form>(
        &'a self,
        _: &'a [Link],
        _: &'a Reader<F>,
        owners: Vec<F::Of<E>>,
        _: Vec<Keys>,
    ) -> BoxFuture<'a, Result<Vec<F::Of<E>>>> {
        Box::pin(std::future::ready(Ok(owners)))
    }
}

impl<R> And<R> for () {
    type All = (R,);

    fn and(self, relation: R) -> (R,) {
        (relation,)
    }
}

/// The next of several links, and the keys of the owners for it.
type Pairs<'a> = std::iter::Zip<slice::Iter<'a, Link>, std::vec::IntoIter<Keys>>;

async fn next<F, P, C, G, N>(
    relation: &Related<P, C, G, N>,
    reader: &Reader<F>,
    pairs: &mut Pairs<'_>,
) -> Result<std::vec::IntoIter<G::Of<N::Item<F>>>>
where
    F: Form,
    P: Entity,
    C: Entity,
    G: Gives,
    N: Relations<C>,
{
    let Some((link, keys)) = pairs.next() else {
        return Ok(Vec::new().into_iter());
    };
    Ok(related::<F, C, G, N>(&relation.nested, link, reader, keys).await?.into_iter())
}

macro_rules! tuples {
    ($($target:ident $gives:ident $nested:ident $given:ident $index:tt),+) => {
        impl<$($target),+> sealed::Sealed for ($($target,)+) {}

        impl<E: Entity, $($target: Entity, $gives: Gives, $nested: Relations<$target>),+> Relations<E>
            for ($(Related<E, $target, $gives, $nested>,)+)
        {
            type Item<F: Form> = (F::Of<E>, $($gives::Of<$nested::Item<F>>,)+);

            #[expect(private_interfaces, reason = "the trait is sealed, and nobody else calls it")]
            fn links(&self) -> Result<Vec<Link>> {
                Ok(vec![$(self.$index.link()?),+])
            }

            #[expect(private_interfaces, reason = "the trait is sealed, and nobody else calls it")]
            fn load<'a, F: Form>(
                &'a self,
                links: &'a [Link],
                reader: &'a Reader<F>,
                owners: Vec<F::Of<E>>,
                keys: Vec<Keys>,
            ) -> BoxFuture<'a, Result<Vec<Self::Item<F>>>> {
                Box::pin(async move {
                    let mut pairs: Pairs<'a> = links.iter().zip(keys);
                    $(let mut $given = next(&self.$index, reader, &mut pairs).await?;)+
                    let mut items = Vec::with_capacity(owners.len());
                    for owner in owners {
                        items.push((owner, $($given.next().unwrap_or_default(),)+));
                    }
                    Ok(items)
                })
            }
        }
    };
}

tuples!(C1 G1 N1 given1 0);
tuples!(C1 G1 N1 given1 0, C2 G2 N2 given2 1);
tuples!(C1 G1 N1 given1 0, C2 G2 N2 given2 1, C3 G3 N3 given3 2);
tuples!(C1 G1 N1 given1 0, C2 G2 N2 given2 1, C3 G3 N3 given3 2, C4 G4 N4 given4 3);
tuples!(C1 G1 N1 given1 0, C2 G2 N2 given2 1, C3 G3 N3 given3 2, C4 G4 N4 given4 3, C5 G5 N5 given5 4);
tuples!(C1 G1 N1 given1 0, C2 G2 N2 given2 1, C3 G3 N3 given3 2, C4 G4 N4 given4 3, C5 G5 N5 given5 4, C6 G6 N6 given6 5);
tuples!(C1 G1 N1 given1 0, C2 G2 N2 given2 1, C3 G3 N3 given3 2, C4 G4 N4 given4 3, C5 G5 N5 given5 4, C6 G6 N6 given6 5, C7 G7 N7 given7 6);
tuples!(C1 G1 N1 given1 0, C2 G2 N2 given2 1, C3 G3 N3 given3 2, C4 G4 N4 given4 3, C5 G5 N5 given5 4, C6 G6 N6 given6 5, C7 G7 N7 given7 6, C8 G8 N8 given8 7);

macro_rules! and {
    ($($one:ident $index:tt),+) => {
        impl<$($one,)+ R> And<R> for ($($one,)+) {
            type All = ($($one,)+ R);

            fn and(self, relation: R) -> Self::All {
                ($(self.$index,)+ relation)
            }
        }
    };
}

and!(A 0);
and!(A 0, B 1);
and!(A 0, B 1, C 2);
and!(A 0, B 1, C 2, D 3);
and!(A 0, B 1, C 2, D 3, E 4);
and!(A 0, B 1, C 2, D 3, E 4, F 5);
and!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);

pub(super) mod sealed {
    #[expect(unnameable_types, reason = "it seals traits")]
    pub trait Sealed {}
    impl Sealed for () {}
    impl Sealed for super::Many {}
    impl Sealed for super::One {}
    impl Sealed for super::Plain {}
    impl<P, C, G, N> Sealed for super::Related<P, C, G, N> {}
}
