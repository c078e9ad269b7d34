//! `Joined`: several entities of one row.

use super::alias::Alias;
use super::entity::Entity;
use super::node::{Name, Output, Source, prefix};
use super::project::{Named, Selected};
use super::select::Select;
use crate::error::Result;
use crate::row::{Columns, FromRow, Positions, Row};
use crate::value::FromValue;

/// What a row of joined tables is read as: a tuple of entities, of `Option`s of them where a left join may
/// find none, and of values.
///
/// Made by [`and_entity`](Select::and_entity) and those beside it, and taken apart by a pattern:
/// `for Joined((post, author)) in found`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Joined<T>(pub T);

impl<T> Joined<T> {
    /// Returns the tuple.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// One part of a row of joined tables: an entity, an `Option` of one, or a value of a usual type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a part of a row of joined tables",
    note = "an entity, an `Option` of one, and numbers, texts and bytes can; `.columns(…)` gives columns of any type"
)]
pub trait Part: Sized {
    #[doc(hidden)]
    fn add(positions: Positions, columns: &Columns, prefix: &str) -> Result<Positions>;

    #[doc(hidden)]
    fn read(row: &Row, positions: &Positions, place: usize) -> Result<Self>;
}

impl<E: Entity> Part for E {
    fn add(positions: Positions, columns: &Columns, prefix: &str) -> Result<Positions> {
        positions.with_nested::<E>(columns, prefix, E::table().entity)
    }

    fn read(row: &Row, positions: &Positions, place: usize) -> Result<Self> {
        row.get_nested(positions, place)
    }
}

impl<E: Entity> Part for Option<E> {
    fn add(positions: Positions, columns: &Columns, prefix: &str) -> Result<Positions> {
        E::add(positions, columns, prefix)
    }

    fn read(row: &Row, positions: &Positions, place: usize) -> Result<Self> {
        row.get_nested_option(positions, place)
    }
}

/// A value as a row of its own.
struct Single<V>(V);

/// The name of a value beside entities, behind its prefix.
const VALUE: &str = "value";

impl<V: for<'r> FromValue<'r>> FromRow for Single<V> {
    fn positions(columns: &Columns) -> Result<Positions> {
        Positions::by_name(columns, &[VALUE], std::any::type_name::<V>())
    }

    fn from_row(row: &Row, positions: &Positions) -> Result<Self> {
        row.get_at(positions, 0).map(Self)
    }
}

macro_rules! values {
    ($($value:ty),+ $(,)?) => {$(
        values!(@one $value);
        values!(@one Option<$value>);
    )+};
    (@one $value:ty) => {
        impl Part for $value {
            fn add(positions: Positions, columns: &Columns, prefix: &str) -> Result<Positions> {
                positions.with_nested::<Single<Self>>(columns, prefix, stringify!($value))
            }

            fn read(row: &Row, positions: &Positions, place: usize) -> Result<Self> {
                row.get_nested::<Single<Self>>(positions, place).map(|Single(value)| value)
            }
        }
    };
}

values!(bool, i8, i16, i32, i64, u8, u16, u32, u64, usize, f32, f64, String, Vec<u8>);

/// What a query gives when one more part is added to its rows.
pub trait Append<U> {
    /// The longer row.
    type Longer;
}

impl<E: Entity, U: Part> Append<U> for E {
    type Longer = Joined<(E, U)>;
}

macro_rules! rows {
    ($($name:ident $place:literal)+) => {
        impl<$($name: Part),+> FromRow for Joined<($($name,)+)> {
            fn positions(columns: &Columns) -> Result<Positions> {
                let mut positions = Positions::default();
                $(positions = $name::add(positions, columns, &prefix($place))?;)+
                Ok(positions)
            }

            fn from_row(row: &Row, positions: &Positions) -> Result<Self> {
                Ok(Self(($($name::read(row, positions, $place)?,)+)))
            }
        }
    };
}

rows!(A 0 B 1);
rows!(A 0 B 1 C 2);
rows!(A 0 B 1 C 2 D 3);
rows!(A 0 B 1 C 2 D 3 E 4);
rows!(A 0 B 1 C 2 D 3 E 4 F 5);

macro_rules! longer {
    ($($name:ident)+) => {
        impl<$($name,)+ U: Part> Append<U> for Joined<($($name,)+)> {
            type Longer = Joined<($($name,)+ U)>;
        }
    };
}

longer!(A B);
longer!(A B C);
longer!(A B C D);
longer!(A B C D E);

impl<E: Entity, T> Select<E, T> {
    /// Gives an entity that it has joined beside those that it gives already: `(Post, User)` as a
    /// [`Joined`].
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use headwater::query::Joined;
    /// use headwater::{AsyncEngine, Entity, select};
    ///
    /// #[derive(Entity, Clone)]
    /// #[entity(table = "users")]
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
    ///     author_id: Option<i64>,
    /// }
    ///
    /// # let engine = AsyncEngine::open("sqlite::memory:").await?;
    /// # engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT)").await?;
    /// # engine.execute("CREATE TABLE posts(id INTEGER PRIMARY KEY, author_id INTEGER)").await?;
    /// # engine.execute("INSERT INTO users VALUES (1, 'Ada')").await?;
    /// # engine.execute("INSERT INTO posts VALUES (10, 1), (11, NULL)").await?;
    /// let signed = select::<Post>().join(Post::AUTHOR).and_entity::<User>();
    /// for Joined((post, author)) in engine.query(signed).all().await? {
    ///     assert_eq!((post.id, author.name.as_str()), (10, "Ada"));
    /// }
    /// let all = select::<Post>().left_join(Post::AUTHOR).and_optional::<User>().order_by(Post::ID);
    /// let Joined((_, author)) = &engine.query(all).all().await?[1];
    /// assert!(author.is_none());
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    pub fn and_entity<U: Entity>(self) -> Select<E, T::Longer>
    where
        T: Append<U>,
    {
        self.and_source(Source::Table(U::table())).retyped()
    }

    /// Gives an entity that it has joined from the left: `None` where there was none.
    pub fn and_optional<U: Entity>(self) -> Select<E, T::Longer>
    where
        T: Append<Option<U>>,
    {
        self.and_source(Source::Table(U::table())).retyped()
    }

    /// Gives the entity of an alias that it has joined.
    pub fn and_alias<U: Entity>(self, alias: &Alias<U>) -> Select<E, T::Longer>
    where
        T: Append<U>,
    {
        self.and_source(alias.source()).retyped()
    }

    /// Gives the entity of an alias that it has joined from the left: `None` where there was none.
    pub fn and_optional_alias<U: Entity>(self, alias: &Alias<U>) -> Select<E, T::Longer>
    where
        T: Append<Option<U>>,
    {
        self.and_source(alias.source()).retyped()
    }

    /// Gives a value beside the entities, such as a count.
    pub fn and_column<S: Selected>(mut self, column: S) -> Select<E, T::Longer>
    where
        T: Append<S::Value>,
    {
        let place = self.parts();
        let Output::Node(node, _) = Named::into_output(column.into_selected()) else {
            return self.retyped();
        };
        let name: Name = format!("{}{VALUE}", prefix(place)).into();
        self.node.outputs.push(Output::Node(node, Some(name)));
        self.retyped()
    }

    /// How many parts there are; the first one gets its prefix with the second.
    fn parts(&mut self) -> usize {
        if let [Output::Entity(_, place @ None)] = self.node.outputs.as_mut_slice() {
            *place = Some(0);
        }
        self.node.outputs.len()
    }

    fn and_source(mut self, source: Source) -> Self {
        let place = self.parts();
        self.node.outputs.push(Output::Entity(source, Some(place)));
        self
    }
}
