//! Loading entities by their keys.

use std::borrow::Cow;
use std::collections::HashMap;
use std::panic::Location;
use std::sync::Arc;

use super::AsyncSession;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{Entity, Key};
use crate::orm::by_keys;
use crate::orm::core::Core;
use crate::orm::flush::named;
use crate::orm::identity::Map;
use crate::orm::query::SessionFuture;
use crate::orm::state::Stage;
use crate::orm::tracked::Tracked;
use crate::orm::work;
use crate::result::Query;
use crate::statement::{Scalars, Statement, quoted};

impl AsyncSession {
    /// Gives the entity of a primary key, if there is its row.
    ///
    /// One that was read in this transaction is given as it is, and no SQL is run. One of an earlier
    /// transaction is read again, unless it was edited since.
    ///
    /// # Errors
    ///
    /// As a [query](crate::SessionQuery).
    ///
    /// # Cancel safety
    ///
    /// As a [query](crate::SessionQuery).
    #[track_caller]
    pub fn get<E: Entity>(
        &mut self,
        key: impl Into<E::Key>,
    ) -> SessionFuture<'_, Option<Tracked<E>>> {
        let key = key.into();
        let core = self.core();
        if core.is_usable()
            && let Some(known) = core.home.map::<E>().find(&key)
            && known.is_fresh(&core.home)
        {
            return SessionFuture::known(Some(Tracked::new(known)));
        }
        let site = Location::caller();
        SessionFuture::new(async move { core.load(&key, site).await })
    }

    /// Gives the entity of a primary key.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), and [`ErrorKind::NoRows`] when there is no such row.
    ///
    /// # Cancel safety
    ///
    /// As [`get`](Self::get).
    #[track_caller]
    pub fn get_one<E: Entity>(&mut self, key: impl Into<E::Key>) -> SessionFuture<'_, Tracked<E>> {
        let found = self.get::<E>(key);
        SessionFuture::new(async move { found.await?.ok_or_else(no_row::<E>) })
    }

    /// Gives the entities of primary keys, in the order of the keys; `None` where there is no row.
    ///
    /// Those that were not read in this transaction are asked for together.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    ///
    /// # Cancel safety
    ///
    /// As [`get`](Self::get).
    #[track_caller]
    pub fn get_many<E: Entity>(
        &mut self,
        keys: impl IntoIterator<Item = impl Into<E::Key>>,
    ) -> SessionFuture<'_, Vec<Option<Tracked<E>>>> {
        let keys: Vec<E::Key> = keys.into_iter().map(Into::into).collect();
        let site = Location::caller();
        SessionFuture::new(async move { self.core().load_many(keys, site).await })
    }

    /// Reads an entity again; what was edited in it and not written is lost.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Entity`] for one that has no row yet, is to be deleted, or is not one of this session's;
    /// [`ErrorKind::StaleEntity`] when its row is not there any more; and as a
    /// [query](crate::SessionQuery), but that nothing is written first.
    ///
    /// # Cancel safety
    ///
    /// As a [query](crate::SessionQuery).
    #[track_caller]
    pub fn refresh<E: Entity>(&mut self, entity: &Tracked<E>) -> SessionFuture<'_, ()> {
        let (entity, site) = (entity.clone(), Location::caller());
        SessionFuture::new(async move { self.core().refresh(&entity, site).await })
    }

    /// Attaches a value that was changed elsewhere: the entity of its key is loaded and takes all of its
    /// columns, or it is added where there is none. A generated key that is its type's default adds it.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), and [`ErrorKind::StaleEntity`] when the value has another version than the row.
    ///
    /// # Cancel safety
    ///
    /// As [`get`](Self::get).
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # use headwater::{AsyncEngine, AsyncSessionmaker, Entity};
    /// # #[derive(Entity, Clone, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(primary_key)] id: i64, name: String }
    /// # let engine = AsyncEngine::open("sqlite::memory:").await?;
    /// # engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT)").await?;
    /// # engine.execute("INSERT INTO users VALUES (1, 'Ada')").await?;
    /// # let mut session = AsyncSessionmaker::new(&engine).session();
    /// let from_a_form = User { id: 1, name: "Ada Lovelace".into() };
    /// let ada = session.merge(from_a_form).await?;
    /// assert_eq!(ada.changed_columns(), ["name"]);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn merge<E: Entity>(&mut self, value: E) -> SessionFuture<'_, Tracked<E>> {
        let site = Location::caller();
        SessionFuture::new(async move { self.core().merge(value, site).await })
    }
}

impl Core {
    async fn load<E: Entity>(
        &mut self,
        key: &E::Key,
        site: &'static Location<'static>,
    ) -> Result<Option<Tracked<E>>> {
        let run = self.run().await?;
        let map = self.home.map::<E>();
        // What was pending when this was called has a row by now.
        if let Some(known) = map.find(key).filter(|known| known.is_fresh(&self.home)) {
            return Ok(Some(Tracked::new(known)));
        }
        let query = Query::<Scalars<Tracked<E>>>::new(run, by_key(&map, key)?, site);
        let found = query.with_companion(self.loading(false)).one_or_none().await?;
        if found.is_none() {
            self.note_missing(&map, key);
        }
        Ok(found)
    }

    /// A row that was known is not there any more.
    fn note_missing<E: Entity>(&self, map: &Map<E>, key: &E::Key) {
        if let Some(known) = map.find(key)
            && known.lock().stage == Stage::Persistent
        {
            work::vanish(&self.home, known);
        }
    }

    async fn load_many<E: Entity>(
        &mut self,
        keys: Vec<E::Key>,
        site: &'static Location<'static>,
    ) -> Result<Vec<Option<Tracked<E>>>> {
        let run = self.run().await?;
        let map = self.home.map::<E>();
        let known = |key: &E::Key| map.find(key).filter(|known| known.is_fresh(&self.home));
        let mut found: HashMap<E::Key, Option<Tracked<E>>> = HashMap::with_capacity(keys.len());
        let mut missing = Vec::new();
        let table = E::table();
        let all: Vec<usize> = (0..table.columns.len()).collect();
        for key in &keys {
            if !found.contains_key(key) {
                let known = known(key).map(Tracked::new);
                if known.is_none() {
                    missing.push(key.clone());
                }
                found.insert(key.clone(), known);
            }
        }
        for some in missing.chunks(by_keys::most(table.primary_key.len())) {
            let keys = some.iter().map(Key::values).collect::<Result<Vec<_>>>()?;
            let statement = by_keys::select(table, &all, &keys);
            let query = Query::<Scalars<Tracked<E>>>::new(Arc::clone(&run), statement, site);
            for entity in query.with_companion(self.loading(false)).all().await? {
                found.insert(entity.key(), Some(entity));
            }
        }
        for key in missing.iter().filter(|key| found.get(*key).is_some_and(Option::is_none)) {
            self.note_missing(&map, key);
        }
        Ok(keys.iter().map(|key| found.get(key).cloned().flatten()).collect())
    }

    async fn refresh<E: Entity>(
        &mut self,
        entity: &Tracked<E>,
        site: &'static Location<'static>,
    ) -> Result<()> {
        let stage = entity.check(&self.home, "refreshed")?;
        let row = entity.original().filter(|_| stage == Stage::Persistent);
        let Some(row) = row else {
            let why =
                if stage == Stage::Pending { "it has no row yet" } else { "it is to be deleted" };
            let what = format!("{} cannot be refreshed: {why}", named(E::table()));
            return Err(Error::new(ErrorKind::Entity, what));
        };
        let run = self.run_as_it_is().await?;
        let map = self.home.map::<E>();
        let query = Query::<Scalars<Tracked<E>>>::new(run, by_key(&map, &row.key())?, site);
        if query.with_companion(self.loading(true)).one_or_none().await?.is_some() {
            return Ok(());
        }
        self.note_missing(&map, &row.key());
        Err(Error::new(
            ErrorKind::StaleEntity,
            format!("{} cannot be refreshed: its row is not there any more", named(E::table())),
        ))
    }

    async fn merge<E: Entity>(
        &mut self,
        value: E,
        site: &'static Location<'static>,
    ) -> Result<Tracked<E>> {
        let table = E::table();
        let has_key = !table.primary_key.iter().any(|column| value.is_left(*column));
        let known = if has_key { self.load::<E>(&value.key(), site).await? } else { None };
        let Some(known) = known else {
            return Ok(Tracked::new(self.home.add(value)));
        };
        if let Some(version) = table.version
            && known.read().value(version)? != value.value(version)?
        {
            return Err(Error::new(
                ErrorKind::StaleEntity,
                format!("{}: the row was changed since the value to merge was read", named(table)),
            ));
        }
        known.edit(|entity| *entity = value);
        Ok(known)
    }
}

/// Selects the row of a key.
fn by_key<E: Entity>(map: &Map<E>, key: &E::Key) -> Result<Statement> {
    let text = map.by_key.get_or_init(|| {
        let table = E::table();
        let all: Vec<usize> = (0..table.columns.len()).collect();
        let found = table.primary_key.iter();
        let found: Vec<_> =
            found.map(|column| format!("{} = ?", quoted(table.column_name(*column)))).collect();
        let text = format!("{} WHERE {}", by_keys::columns(table, &all), found.join(" AND "));
        Cow::<str>::Owned(text).into()
    });
    Ok(Statement::with_values(text.clone(), key.values()?))
}

#[cold]
fn no_row<E: Entity>() -> Error {
    Error::new(ErrorKind::NoRows, format!("there is no {} of that primary key", named(E::table())))
}
