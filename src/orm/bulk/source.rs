//! `IntoEntities`: where the entities of a bulk operation come from.

use futures::Stream;

use crate::error::{Error, Result};
use crate::expr::{Entity, Key};
use crate::result::{ByIterator, ByStream};

/// Entities: any iterator or stream of them, or of `Result`s of them. `K` tells which, and is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an iterator or a stream of entities",
    note = "its items are entities by value, or `Result`s of them"
)]
pub trait IntoEntities<K> {
    /// The entities as a stream.
    type Entities: Stream<Item: IntoEntity>;

    /// Makes the stream.
    fn into_entities(self) -> Self::Entities;
}

impl<I> IntoEntities<ByIterator> for I
where
    I: IntoIterator,
    I::Item: IntoEntity,
{
    // This adapter lets other tasks run between items, however long the iterator is.
    type Entities = tokio_stream::Iter<I::IntoIter>;

    fn into_entities(self) -> Self::Entities {
        tokio_stream::iter(self)
    }
}

impl<S> IntoEntities<ByStream> for S
where
    S: Stream,
    S::Item: IntoEntity,
{
    type Entities = S;

    fn into_entities(self) -> S {
        self
    }
}

/// An entity, or an error in its place.
pub trait IntoEntity {
    /// What it is.
    type Entity: Entity;

    /// Returns it.
    ///
    /// # Errors
    ///
    /// The error that stands in its place.
    fn into_entity(self) -> Result<Self::Entity>;
}

impl<E: Entity> IntoEntity for E {
    type Entity = E;

    fn into_entity(self) -> Result<E> {
        Ok(self)
    }
}

impl<E: Entity> IntoEntity for Result<E> {
    type Entity = E;

    fn into_entity(self) -> Self {
        self
    }
}

/// Primary keys of `E`: any iterator or stream of them, or of `Result`s of them. `K` tells which, and is
/// inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an iterator or a stream of primary keys of `{E}`",
    note = "its items are of the type of the key, a tuple where the key has several columns"
)]
pub trait IntoKeys<E: Entity, K> {
    /// The keys as a stream.
    type Keys: Stream<Item: IntoKey<E::Key>>;

    /// Makes the stream.
    fn into_keys(self) -> Self::Keys;
}

impl<E, I> IntoKeys<E, ByIterator> for I
where
    E: Entity,
    I: IntoIterator,
    I::Item: IntoKey<E::Key>,
{
    type Keys = tokio_stream::Iter<I::IntoIter>;

    fn into_keys(self) -> Self::Keys {
        tokio_stream::iter(self)
    }
}

impl<E, S> IntoKeys<E, ByStream> for S
where
    E: Entity,
    S: Stream,
    S::Item: IntoKey<E::Key>,
{
    type Keys = S;

    fn into_keys(self) -> S {
        self
    }
}

/// A primary key, or an error in its place.
pub trait IntoKey<K> {
    /// Returns it.
    ///
    /// # Errors
    ///
    /// The error that stands in its place.
    fn into_key(self) -> Result<K>;
}

impl<K: Key> IntoKey<K> for K {
    fn into_key(self) -> Result<K> {
        Ok(self)
    }
}

impl<K: Key> IntoKey<K> for Result<K, Error> {
    fn into_key(self) -> Self {
        self
    }
}
