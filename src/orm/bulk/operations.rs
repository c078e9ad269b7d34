//! The bulk operations as a program asks for them: what is to be done, and how, and then `.await`.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;

use futures::{Stream, StreamExt};

use super::plan::{Conflict, Deletes, DeletesByKey, Inserts, Updates, named};
use super::progress::{BulkDone, Progress};
use super::pump::{Order, pump};
use super::source::{IntoEntity, IntoKey};
use super::target::Target;
use crate::error::Result;
use crate::expr::{ConflictColumns, Entity, InsertColumns};

/// The future of a bulk operation.
type Running<'s> = Pin<Box<dyn Future<Output = Result<BulkDone>> + Send + 's>>;

/// What a bulk operation has before it is awaited, whatever it does.
pub(super) struct Asked<'s, S> {
    target: Target<'s>,
    source: S,
    chunk: Option<u64>,
    progress: Progress,
    site: &'static Location<'static>,
}

impl<'s, S> Asked<'s, S> {
    pub(super) fn new(target: Target<'s>, source: S, site: &'static Location<'static>) -> Self {
        Self { target, source, chunk: None, progress: Progress::default(), site }
    }

    fn order<E: Entity>(self) -> (Order<'s>, S) {
        let Self { target, source, chunk, progress, site } = self;
        (Order { target, chunk, progress, site, entity: named(E::table()) }, source)
    }
}

macro_rules! common {
    ($name:ident<$life:lifetime, $($generic:ident),+>) => {
        impl<$life, $($generic),+> $name<$life, $($generic),+> {
            /// Commits after every `rows` rows, instead of once at the end.
            ///
            /// A failure then undoes the chunk that it is in, and those before it stay. On an engine each
            /// chunk is a transaction. In a session each ends with a commit of the session, of all that it
            /// has done until then. Within a transaction, or in a session within one, a chunk is a part of
            /// that, which ends as its owner decides.
            pub fn chunks(mut self, rows: u64) -> Self {
                self.asked.chunk = Some(rows);
                self
            }

            /// Returns a handle that tells how far the operation has come.
            #[must_use]
            pub fn progress(&self) -> Progress {
                self.asked.progress.clone()
            }
        }

        impl<$($generic),+> fmt::Debug for $name<'_, $($generic),+> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("chunk", &self.asked.chunk)
                    .field("progress", &self.asked.progress)
                    .finish_non_exhaustive()
            }
        }
    };
}

/// Inserts entities as they come from an iterator or a stream, in bounded memory, when awaited: all of them
/// or none, unless [`chunks`](Self::chunks) are asked for.
///
/// A few hundred at a time are sent to the connection, and the next ones are taken from the source while
/// those are written. Each is [validated](Entity::validate). What the database fills by itself is left to
/// it, as in a flush, and not read back: no handles are made, and no hooks of a flush run. Rows are inserted
/// in the order of the source, so one that another refers to comes before it.
///
/// # Errors
///
/// The error of the source, or of an entity that is not valid; the violation of a constraint, which names
/// the entity, counted from 0; [`ErrorKind::Bind`](crate::ErrorKind::Bind) for a value that the database
/// cannot hold; [`ErrorKind::StaleEntity`](crate::ErrorKind::StaleEntity) where a trigger leaves a row out. What
/// fails is undone, in a session also, which can go on; chunks that were committed stay. As
/// [`Execute`](crate::Execute) besides and, in a session, as its `flush`, which comes first.
///
/// # Cancel safety
///
/// Dropped before its end, it undoes the chunk that it is in (without chunks: all of it). Chunks that were
/// committed stay, and a commit that has begun goes on: whoever resumes asks the database how far it came.
/// Entities taken from the source are lost.
#[must_use = "a bulk operation does nothing unless it is awaited"]
pub struct BulkInsert<'s, S> {
    pub(super) asked: Asked<'s, S>,
}

common!(BulkInsert<'s, S>);

impl<'s, S> IntoFuture for BulkInsert<'s, S>
where
    S: Stream<Item: IntoEntity> + Send + 's,
{
    type Output = Result<BulkDone>;
    type IntoFuture = Running<'s>;

    fn into_future(self) -> Running<'s> {
        Box::pin(async move {
            let plan = Inserts::<Given<S>>::new(None)?;
            let (order, source) = self.asked.order::<Given<S>>();
            pump(order, source.map(IntoEntity::into_entity), plan).await
        })
    }
}

/// The entity that a source gives.
type Given<S> = <<S as Stream>::Item as IntoEntity>::Entity;

/// Inserts entities, and updates the rows that are there already, when awaited; otherwise as
/// [`BulkInsert`].
///
/// A row is there already when it has the same primary key, or the same values in the columns that
/// [`on_conflict`](Self::on_conflict) names. It takes all values that would have been inserted, but for those
/// columns and its primary key; or those of [`update`](Self::update); or
/// [none](Self::do_nothing). A version column is not compared, and counts on.
///
/// # Errors
///
/// As [`BulkInsert`]; [`ErrorKind::Entity`](crate::ErrorKind::Entity) where columns are named that cannot be set;
/// [`ErrorKind::Syntax`](crate::ErrorKind::Syntax) where no primary key and no UNIQUE index is of the columns of
/// the conflict.
///
/// # Cancel safety
///
/// As [`BulkInsert`].
#[must_use = "a bulk operation does nothing unless it is awaited"]
pub struct BulkUpsert<'s, S> {
    pub(super) asked: Asked<'s, S>,
    pub(super) conflict: Conflict,
}

common!(BulkUpsert<'s, S>);

impl<S: Stream<Item: IntoEntity>> BulkUpsert<'_, S> {
    /// Says by which columns a row is known to be there already; there has to be a UNIQUE index of them. By
    /// default it is the primary key.
    pub fn on_conflict(mut self, columns: impl ConflictColumns<Given<S>>) -> Self {
        self.conflict.target = Some(columns.positions());
        self
    }

    /// Says which columns of a row that is there take the new values.
    pub fn update(mut self, columns: impl InsertColumns<Given<S>>) -> Self {
        self.conflict.update = Some(columns.positions());
        self
    }

    /// Leaves rows that are there as they are.
    pub fn do_nothing(mut self) -> Self {
        self.conflict.update = Some(Vec::new());
        self
    }
}

impl<'s, S> IntoFuture for BulkUpsert<'s, S>
where
    S: Stream<Item: IntoEntity> + Send + 's,
{
    type Output = Result<BulkDone>;
    type IntoFuture = Running<'s>;

    fn into_future(self) -> Running<'s> {
        Box::pin(async move {
            let plan = Inserts::<Given<S>>::new(Some(self.conflict))?;
            let (order, source) = self.asked.order::<Given<S>>();
            pump(order, source.map(IntoEntity::into_entity), plan).await
        })
    }
}

/// Updates rows to be as the entities of an iterator or a stream are, by their primary keys, when awaited;
/// otherwise as [`BulkInsert`].
///
/// All columns are written, but for the primary key and those that the database computes; or those that
/// [`columns`](Self::columns) names. A version column has to be what the entity has, and counts on.
///
/// # Errors
///
/// As [`BulkInsert`]; [`ErrorKind::StaleEntity`](crate::ErrorKind::StaleEntity) for an entity that has no row, or
/// whose row has another version; [`ErrorKind::Entity`](crate::ErrorKind::Entity) where columns are named that
/// cannot be set.
///
/// # Cancel safety
///
/// As [`BulkInsert`].
#[must_use = "a bulk operation does nothing unless it is awaited"]
pub struct BulkUpdate<'s, S> {
    pub(super) asked: Asked<'s, S>,
    pub(super) columns: Option<Vec<usize>>,
    pub(super) may_miss: bool,
}

common!(BulkUpdate<'s, S>);

impl<S: Stream<Item: IntoEntity>> BulkUpdate<'_, S> {
    /// Writes these columns alone.
    pub fn columns(mut self, columns: impl InsertColumns<Given<S>>) -> Self {
        self.columns = Some(columns.positions());
        self
    }

    /// Passes over entities that have no row. With a version column that is an error all the same, since the
    /// row may be there with another version.
    pub fn may_miss(mut self) -> Self {
        self.may_miss = true;
        self
    }
}

impl<'s, S> IntoFuture for BulkUpdate<'s, S>
where
    S: Stream<Item: IntoEntity> + Send + 's,
{
    type Output = Result<BulkDone>;
    type IntoFuture = Running<'s>;

    fn into_future(self) -> Running<'s> {
        Box::pin(async move {
            let plan = Updates::<Given<S>>::new(self.columns, self.may_miss)?;
            let (order, source) = self.asked.order::<Given<S>>();
            pump(order, source.map(IntoEntity::into_entity), plan).await
        })
    }
}

/// Deletes the rows of entities of an iterator or a stream, by their primary keys, when awaited; otherwise
/// as [`BulkInsert`].
///
/// A version column has to be what the entity has.
///
/// # Errors
///
/// As [`BulkInsert`]; [`ErrorKind::StaleEntity`](crate::ErrorKind::StaleEntity) for an entity that has no row, or
/// whose row has another version.
///
/// # Cancel safety
///
/// As [`BulkInsert`].
#[must_use = "a bulk operation does nothing unless it is awaited"]
pub struct BulkDelete<'s, S> {
    pub(super) asked: Asked<'s, S>,
    pub(super) may_miss: bool,
}

common!(BulkDelete<'s, S>);

impl<S> BulkDelete<'_, S> {
    /// Passes over entities that have no row. With a version column that is an error all the same, since the
    /// row may be there with another version.
    pub fn may_miss(mut self) -> Self {
        self.may_miss = true;
        self
    }
}

impl<'s, S> IntoFuture for BulkDelete<'s, S>
where
    S: Stream<Item: IntoEntity> + Send + 's,
{
    type Output = Result<BulkDone>;
    type IntoFuture = Running<'s>;

    fn into_future(self) -> Running<'s> {
        Box::pin(async move {
            let plan = Deletes::<Given<S>>::new(self.may_miss, self.asked.target.home());
            let (order, source) = self.asked.order::<Given<S>>();
            pump(order, source.map(IntoEntity::into_entity), plan).await
        })
    }
}

/// Deletes the rows of primary keys of an iterator or a stream, when awaited, whatever their versions;
/// otherwise as [`BulkInsert`].
///
/// # Errors
///
/// As [`BulkInsert`]; [`ErrorKind::StaleEntity`](crate::ErrorKind::StaleEntity) for a key that has no row.
///
/// # Cancel safety
///
/// As [`BulkInsert`].
#[must_use = "a bulk operation does nothing unless it is awaited"]
pub struct BulkDeleteKeys<'s, E, S> {
    pub(super) asked: Asked<'s, S>,
    pub(super) may_miss: bool,
    pub(super) entity: PhantomData<fn() -> E>,
}

common!(BulkDeleteKeys<'s, E, S>);

impl<E, S> BulkDeleteKeys<'_, E, S> {
    /// Passes over keys that have no row.
    pub fn may_miss(mut self) -> Self {
        self.may_miss = true;
        self
    }
}

impl<'s, E, S> IntoFuture for BulkDeleteKeys<'s, E, S>
where
    E: Entity,
    S: Stream<Item: IntoKey<E::Key>> + Send + 's,
{
    type Output = Result<BulkDone>;
    type IntoFuture = Running<'s>;

    fn into_future(self) -> Running<'s> {
        Box::pin(async move {
            let plan = DeletesByKey::<E>::new(self.may_miss, self.asked.target.home());
            let (order, source) = self.asked.order::<E>();
            pump(order, source.map(IntoKey::into_key), plan).await
        })
    }
}
