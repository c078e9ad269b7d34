//! The handles that bulk operations are asked of: sessions, engines and transactions.

use std::marker::PhantomData;
use std::panic::Location;

use super::operations::{Asked, BulkDelete, BulkDeleteKeys, BulkInsert, BulkUpdate, BulkUpsert};
use super::plan::Conflict;
use super::source::{IntoEntities, IntoKeys};
use super::target::Target;
use crate::engine::{AsyncEngine, Transaction};
use crate::expr::Entity;
use crate::orm::session::AsyncSession;

impl AsyncSession {
    /// Inserts entities as they come, beside the unit of work and in bounded memory: no handles are made.
    ///
    /// It runs in the transaction of the session, after what has changed was written. Without
    /// [`chunks`](BulkInsert::chunks) nothing is committed by it.
    ///
    /// # Errors
    ///
    /// As [`BulkInsert`].
    ///
    /// # Cancel safety
    ///
    /// As [`BulkInsert`].
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # use headwater::{AsyncEngine, AsyncSessionmaker, Entity};
    /// # #[derive(Entity, Clone)]
    /// # #[entity(table = "events")]
    /// # struct Event {
    /// #     #[entity(primary_key, generated)] id: i64,
    /// #     kind: String,
    /// # }
    /// # let engine = AsyncEngine::open("sqlite::memory:").await?;
    /// # engine.execute("CREATE TABLE events(id INTEGER PRIMARY KEY, kind TEXT NOT NULL)").await?;
    /// let mut session = AsyncSessionmaker::new(&engine).session();
    /// let events = (0..25_000).map(|n| Event { id: 0, kind: format!("kind {n}") });
    ///
    /// let insert = session.insert_stream(events).chunks(10_000);
    /// let progress = insert.progress();
    /// let done = insert.await?;
    ///
    /// assert_eq!((done.rows(), done.chunks()), (25_000, 3));
    /// assert_eq!(progress.committed(), 25_000);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn insert_stream<R, K>(&mut self, entities: R) -> BulkInsert<'_, R::Entities>
    where
        R: IntoEntities<K>,
    {
        BulkInsert { asked: self.asked(entities.into_entities(), Location::caller()) }
    }

    /// Inserts entities as they come, and updates the rows that are there already; beside the unit of work,
    /// as [`insert_stream`](Self::insert_stream).
    ///
    /// # Errors
    ///
    /// As [`BulkUpsert`].
    ///
    /// # Cancel safety
    ///
    /// As [`BulkUpsert`].
    #[track_caller]
    pub fn upsert_stream<R, K>(&mut self, entities: R) -> BulkUpsert<'_, R::Entities>
    where
        R: IntoEntities<K>,
    {
        let asked = self.asked(entities.into_entities(), Location::caller());
        BulkUpsert { asked, conflict: Conflict::default() }
    }

    /// Updates the rows of entities as they come, by their primary keys; beside the unit of work, as
    /// [`insert_stream`](Self::insert_stream).
    ///
    /// What handles of the session show is read again when they are next met, or by `refresh`.
    ///
    /// # Errors
    ///
    /// As [`BulkUpdate`].
    ///
    /// # Cancel safety
    ///
    /// As [`BulkUpdate`].
    #[track_caller]
    pub fn bulk_update<R, K>(&mut self, entities: R) -> BulkUpdate<'_, R::Entities>
    where
        R: IntoEntities<K>,
    {
        let asked = self.asked(entities.into_entities(), Location::caller());
        BulkUpdate { asked, columns: None, may_miss: false }
    }

    /// Deletes the rows of entities as they come, by their primary keys; beside the unit of work, as
    /// [`insert_stream`](Self::insert_stream).
    ///
    /// Handles of the session of these rows, and of those that the database deletes with them, are then
    /// [`Gone`](crate::EntityState::Gone).
    ///
    /// # Errors
    ///
    /// As [`BulkDelete`].
    ///
    /// # Cancel safety
    ///
    /// As [`BulkDelete`].
    #[track_caller]
    pub fn bulk_delete<R, K>(&mut self, entities: R) -> BulkDelete<'_, R::Entities>
    where
        R: IntoEntities<K>,
    {
        let asked = self.asked(entities.into_entities(), Location::caller());
        BulkDelete { asked, may_miss: false }
    }

    /// Deletes the rows of primary keys as they come, as [`bulk_delete`](Self::bulk_delete) does those of
    /// entities.
    ///
    /// # Errors
    ///
    /// As [`BulkDeleteKeys`].
    ///
    /// # Cancel safety
    ///
    /// As [`BulkDeleteKeys`].
    #[track_caller]
    pub fn bulk_delete_keys<E, R, K>(&mut self, keys: R) -> BulkDeleteKeys<'_, E, R::Keys>
    where
        E: Entity,
        R: IntoKeys<E, K>,
    {
        let asked = self.asked(keys.into_keys(), Location::caller());
        BulkDeleteKeys { asked, may_miss: false, entity: PhantomData }
    }

    fn asked<S>(&mut self, source: S, site: &'static Location<'static>) -> Asked<'_, S> {
        Asked::new(Target::Session(self.core()), source, site)
    }
}

/// Gives a handle the bulk operations that need no session; it has a `bulk_target()`.
macro_rules! bulk_methods {
    () => {
        /// Inserts entities as they come from an iterator or a stream, in bounded memory.
        ///
        /// # Errors
        ///
        /// As [`BulkInsert`].
        ///
        /// # Cancel safety
        ///
        /// As [`BulkInsert`].
        ///
        /// # Examples
        ///
        /// ```
        /// # futures::executor::block_on(async {
        /// # use headwater::{AsyncEngine, Entity};
        /// # #[derive(Entity, Clone)]
        /// # #[entity(table = "events")]
        /// # struct Event {
        /// #     #[entity(primary_key, generated)] id: i64,
        /// #     kind: String,
        /// # }
        /// # let engine = AsyncEngine::open("sqlite::memory:").await?;
        /// # engine.execute("CREATE TABLE events(id INTEGER PRIMARY KEY, kind TEXT NOT NULL)").await?;
        /// let events = (0..25_000).map(|n| Event { id: 0, kind: format!("kind {n}") });
        ///
        /// let done = engine.bulk_insert(events).await?;
        ///
        /// assert_eq!(done.rows(), 25_000);
        /// # Ok::<(), headwater::Error>(()) }).unwrap();
        /// ```
        #[track_caller]
        pub fn bulk_insert<R, K>(&self, entities: R) -> BulkInsert<'static, R::Entities>
        where
            R: IntoEntities<K>,
        {
            BulkInsert { asked: self.asked(entities.into_entities(), Location::caller()) }
        }

        /// Inserts entities as they come, and updates the rows that are there already.
        ///
        /// # Errors
        ///
        /// As [`BulkUpsert`].
        ///
        /// # Cancel safety
        ///
        /// As [`BulkUpsert`].
        #[track_caller]
        pub fn bulk_upsert<R, K>(&self, entities: R) -> BulkUpsert<'static, R::Entities>
        where
            R: IntoEntities<K>,
        {
            let asked = self.asked(entities.into_entities(), Location::caller());
            BulkUpsert { asked, conflict: Conflict::default() }
        }

        /// Updates the rows of entities as they come, by their primary keys.
        ///
        /// # Errors
        ///
        /// As [`BulkUpdate`].
        ///
        /// # Cancel safety
        ///
        /// As [`BulkUpdate`].
        #[track_caller]
        pub fn bulk_update<R, K>(&self, entities: R) -> BulkUpdate<'static, R::Entities>
        where
            R: IntoEntities<K>,
        {
            let asked = self.asked(entities.into_entities(), Location::caller());
            BulkUpdate { asked, columns: None, may_miss: false }
        }

        /// Deletes the rows of entities as they come, by their primary keys.
        ///
        /// # Errors
        ///
        /// As [`BulkDelete`].
        ///
        /// # Cancel safety
        ///
        /// As [`BulkDelete`].
        #[track_caller]
        pub fn bulk_delete<R, K>(&self, entities: R) -> BulkDelete<'static, R::Entities>
        where
            R: IntoEntities<K>,
        {
            let asked = self.asked(entities.into_entities(), Location::caller());
            BulkDelete { asked, may_miss: false }
        }

        /// Deletes the rows of primary keys as they come.
        ///
        /// # Errors
        ///
        /// As [`BulkDeleteKeys`].
        ///
        /// # Cancel safety
        ///
        /// As [`BulkDeleteKeys`].
        #[track_caller]
        pub fn bulk_delete_keys<E, R, K>(&self, keys: R) -> BulkDeleteKeys<'static, E, R::Keys>
        where
            E: Entity,
            R: IntoKeys<E, K>,
        {
            let asked = self.asked(keys.into_keys(), Location::caller());
            BulkDeleteKeys { asked, may_miss: false, entity: PhantomData }
        }

        fn asked<S>(&self, source: S, site: &'static Location<'static>) -> Asked<'static, S> {
            Asked::new(self.bulk_target(), source, site)
        }
    };
}

impl AsyncEngine {
    bulk_methods!();

    fn bulk_target(&self) -> Target<'static> {
        Target::Engine(self.clone())
    }
}

impl Transaction {
    bulk_methods!();

    fn bulk_target(&self) -> Target<'static> {
        Target::Transaction(self.second())
    }
}
