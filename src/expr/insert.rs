//! `insert`: entities and rows of columns put into their table.

use std::marker::PhantomData;

use super::column::Column;
use super::entity::Entity;
use super::expression::{Expr, IntoExpr, bound};
use super::node::{InsertNode, InsertSource, Node, Output, Root, Source};
use super::project::Projection;
use super::returning::returning;
use super::select::{Select, outputs};
use super::shape::misuse;
use super::table::EntityColumn;
use super::text::builder;
use crate::statement::{Options, Rows, Scalars};
use crate::value::Value;

/// Inserts an entity.
///
/// What the database fills by itself is left to it: a generated key that is its type's default, a `None` in
/// a column that has a default, computed columns. The entity is [validated](Entity::validate) before.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, Entity, insert};
///
/// #[derive(Entity, Clone, Debug, PartialEq)]
/// #[entity(table = "users")]
/// struct User {
///     #[entity(primary_key, generated)]
///     id: i64,
///     name: String,
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT)").await?;
/// let ada = User { id: 0, name: "Ada".into() };
/// let ada: User = engine.query(insert(ada).returning_entity()).one().await?;
/// assert_eq!(ada, User { id: 1, name: "Ada".into() });
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub fn insert<E: Entity>(entity: E) -> Insert<E> {
    insert_all([entity])
}

/// Inserts several entities by one statement, as [`insert`] does each.
///
/// SQLite takes up to 32,766 values in a statement; what is longer goes through
/// [`insert_stream`](crate::AsyncEngine::insert_stream) or a session.
///
/// # Errors
///
/// When it is run: [`ErrorKind::Entity`](crate::ErrorKind::Entity) where a column is left to the database by some of
/// the entities only, which one statement cannot say, unless it is a generated key; and without any entity.
pub fn insert_all<E: Entity>(entities: impl IntoIterator<Item = E>) -> Insert<E> {
    let mut insert = Insert::of(InsertSource::Rows(Vec::new()));
    match rows(entities) {
        Ok((columns, source)) => {
            insert.node.columns = columns;
            insert.node.source = source;
        }
        Err(defect) => insert.node.defect = Some(Box::new(defect)),
    }
    insert
}

type Gathered = (Vec<usize>, InsertSource);

/// The columns that are written, and their values in each entity.
fn rows<E: Entity>(entities: impl IntoIterator<Item = E>) -> Result<Gathered, super::node::Defect> {
    let entities: Vec<E> = entities.into_iter().collect();
    let table = E::table();
    for entity in &entities {
        entity.validate().map_err(|error| (error.kind(), error.to_string()))?;
    }
    let mut columns = Vec::with_capacity(table.columns.len());
    for (position, column) in table.columns.iter().enumerate() {
        let left = entities.iter().filter(|entity| entity.is_left(position)).count();
        if column.computed.is_some() || left == entities.len() {
            continue;
        }
        if left > 0 && !column.is_numbered() {
            return Err(misuse(format!(
                "the column `{}` of `{}` is left to the database by some entities and not by others: insert \
                 those apart",
                column.name, table.entity
            )));
        }
        columns.push(position);
    }
    if columns.is_empty() && entities.len() == 1 {
        return Ok((columns, InsertSource::Defaults));
    }
    if columns.is_empty() && entities.len() > 1 {
        // DEFAULT VALUES is one row; of several each is told by the key that it is not given.
        match table.columns.iter().position(EntityColumn::is_numbered) {
            Some(key) => columns.push(key),
            None => {
                return Err(misuse(format!(
                    "entities of `{}` leave every column to the database: insert them one by one",
                    table.entity
                )));
            }
        }
    }
    let rows = entities.iter().map(|entity| row(entity, &columns)).collect();
    Ok((columns, InsertSource::Rows(rows)))
}

fn row<E: Entity>(entity: &E, columns: &[usize]) -> Vec<Node> {
    let value = |column: &usize| {
        if entity.is_left(*column) {
            // SQLite gives a key to a row whose key is NULL.
            return Node::Value(Value::Null);
        }
        match entity.value(*column) {
            Ok(value) => bound(value),
            Err(error) => Node::Bad(Box::new((error.kind(), error.to_string()))),
        }
    };
    columns.iter().map(value).collect()
}

/// Begins an INSERT of columns of an entity, from values or from a query.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, Entity, insert_into, select};
///
/// #[derive(Entity, Clone)]
/// #[entity(table = "users")]
/// struct User {
///     #[entity(primary_key, generated)]
///     id: i64,
///     name: String,
///     age: Option<i32>,
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age INTEGER)").await?;
/// let two = insert_into::<User>()
///     .columns((User::NAME, User::AGE))
///     .values(("Ada", 36))
///     .values(("Alan", None));
/// assert_eq!(engine.execute(two).await?.rows_affected(), 2);
/// let doubled = insert_into::<User>().columns(User::NAME).from_select(select::<User>().columns(User::NAME));
/// assert_eq!(engine.execute(doubled).await?.rows_affected(), 2);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub fn insert_into<E: Entity>() -> InsertInto<E> {
    InsertInto { marker: PhantomData }
}

/// An INSERT whose columns are not named yet: made by [`insert_into`].
#[must_use = "an insert does nothing until it is given to `execute` or `query`"]
pub struct InsertInto<E> {
    marker: PhantomData<fn() -> E>,
}

impl<E: Entity> InsertInto<E> {
    /// Names the columns: one, or a tuple of up to twelve.
    pub fn columns<C: InsertColumns<E>>(self, columns: C) -> Insert<E, Rows, C> {
        let mut insert = Insert::of(InsertSource::Rows(Vec::new()));
        insert.node.columns = columns.positions();
        insert
    }
}

impl<E> std::fmt::Debug for InsertInto<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InsertInto")
    }
}

/// An INSERT: made by [`insert`], [`insert_all`] and [`insert_into`]. `S` is the shape of what it gives back,
/// `C` the columns of one that has no entities.
///
/// # Errors
///
/// As [`Select`]. One without any row is [`ErrorKind::Entity`](crate::ErrorKind::Entity), and nothing runs; an entity that
/// does not pass its validation is the error of that.
#[must_use = "an insert does nothing until it is given to `execute` or `query`"]
pub struct Insert<E, S = Rows, C = ()> {
    pub(crate) node: InsertNode,
    options: Options,
    marker: PhantomData<Types<E, S, C>>,
}

type Types<E, S, C> = fn() -> (E, S, C);

impl<E: Entity, C> Insert<E, Rows, C> {
    fn of(source: InsertSource) -> Self {
        let node = InsertNode {
            table: E::table(),
            columns: Vec::new(),
            source,
            conflict: None,
            returning: Vec::new(),
            defect: None,
        };
        Self { node, options: Options::default(), marker: PhantomData }
    }
}

impl<E: Entity, S, C: InsertColumns<E>> Insert<E, S, C> {
    /// Adds a row: a value or an expression for each column, as a tuple where there are several.
    pub fn values<V: InsertValues<C::Row>>(mut self, values: V) -> Self {
        let row = values.into_values().into_iter().map(Expr::into_node).collect();
        match &mut self.node.source {
            InsertSource::Rows(rows) => rows.push(row),
            InsertSource::Defaults | InsertSource::Select(_) => self.note_two_sources(),
        }
        self
    }

    /// Adds rows.
    pub fn rows<V, I>(self, rows: I) -> Self
    where
        V: InsertValues<C::Row>,
        I: IntoIterator<Item = V>,
    {
        rows.into_iter().fold(self, Self::values)
    }

    /// Inserts what a query gives, instead of rows of values.
    pub fn from_select<F: Entity>(mut self, select: Select<F, C::Row>) -> Self {
        if !matches!(&self.node.source, InsertSource::Rows(rows) if rows.is_empty()) {
            self.note_two_sources();
        }
        self.node.source = InsertSource::Select(Box::new(select.into_select()));
        self
    }

    fn note_two_sources(&mut self) {
        let entity = self.node.table.entity;
        let what = misuse(format!(
            "an INSERT into `{entity}` has several sources of its rows: take either `values` or one \
             `from_select`"
        ));
        self.node.defect.get_or_insert_with(|| Box::new(what));
    }
}

returning!(Insert, C);
builder!([E: Entity, S, C] Insert<E, S, C>, S, |builder| Root::Insert(builder.node));

/// The columns of an INSERT: one column of the entity, or a tuple of up to twelve.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are no columns of `{E}` to insert into",
    label = "expected a column of `{E}`, or a tuple of up to 12 of them"
)]
pub trait InsertColumns<E> {
    /// The types of the columns: of one alone, or a tuple.
    type Row;

    #[doc(hidden)]
    fn positions(&self) -> Vec<usize>;
}

/// One row of values for columns of the types `R`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no row of values for columns of the types `{R}`",
    label = "expected a value or an expression for each of `{R}`"
)]
pub trait InsertValues<R> {
    #[doc(hidden)]
    fn into_values(self) -> Vec<Expr<()>>;
}

fn untyped<T>(value: impl IntoExpr<T>) -> Expr<()> {
    Expr::new(value.into_expr().into_node())
}

impl<E, T> InsertColumns<E> for Column<E, T> {
    type Row = T;

    fn positions(&self) -> Vec<usize> {
        vec![self.position()]
    }
}

impl<T, V: IntoExpr<T>> InsertValues<T> for V {
    fn into_values(self) -> Vec<Expr<()>> {
        vec![untyped(self)]
    }
}

macro_rules! tuples {
    ($($column:ident $value:ident)+) => {
        impl<En, $($column),+> InsertColumns<En> for ($(Column<En, $column>,)+) {
            type Row = ($($column,)+);

            #[allow(non_snake_case, reason = "the names of the type parameters serve for the fields")]
            fn positions(&self) -> Vec<usize> {
                let ($($column,)+) = self;
                vec![$($column.position()),+]
            }
        }

        impl<$($column,)+ $($value: IntoExpr<$column>),+> InsertValues<($($column,)+)> for ($($value,)+) {
            #[allow(non_snake_case, reason = "the names of the type parameters serve for the fields")]
            fn into_values(self) -> Vec<Expr<()>> {
                let ($($value,)+) = self;
                vec![$(untyped::<$column>($value)),+]
            }
        }
    };
}

tuples!(A VA);
tuples!(A VA B VB);
tuples!(A VA B VB C VC);
tuples!(A VA B VB C VC D VD);
tuples!(A VA B VB C VC D VD E VE);
tuples!(A VA B VB C VC D VD E VE F VF);
tuples!(A VA B VB C VC D VD E VE F VF G VG);
tuples!(A VA B VB C VC D VD E VE F VF G VG H VH);
tuples!(A VA B VB C VC D VD E VE F VF G VG H VH I VI);
tuples!(A VA B VB C VC D VD E VE F VF G VG H VH I VI J VJ);
tuples!(A VA B VB C VC D VD E VE F VF G VG H VH I VI J VJ K VK);
tuples!(A VA B VB C VC D VD E VE F VF G VG H VH I VI J VJ K VK L VL);
