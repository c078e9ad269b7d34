//! `Loading`: with what the rows of a session's query are read as tracked entities.

use std::sync::Arc;

use super::cell::Cell;
use super::home::Home;
use super::identity::Map;
use super::tracked::Tracked;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::Entity;
use crate::row::{Columns, Companion, FromRow, Positions, Row};

/// What a query of a session reads entities with.
pub(super) struct Loading {
    home: Arc<Home>,
    /// When the query was made.
    epoch: u32,
    writes: u64,
    /// Whether what is known is replaced by what is read.
    afresh: bool,
}

impl Loading {
    pub(super) fn companion(home: &Arc<Home>, afresh: bool) -> Companion {
        let (epoch, writes) = (home.epoch(), home.writes());
        Companion::new(Arc::new(Self { home: Arc::clone(home), epoch, writes, afresh }))
    }

    fn of<E: Entity>(&self) -> Companion {
        let Self { home, epoch, writes, afresh } = self;
        let (map, home) = (home.map::<E>(), Arc::clone(home));
        Companion::new(Arc::new(Reader {
            map,
            home,
            epoch: *epoch,
            writes: *writes,
            afresh: *afresh,
        }))
    }
}

/// The same, for the entities of one type.
struct Reader<E: Entity> {
    map: Arc<Map<E>>,
    home: Arc<Home>,
    epoch: u32,
    writes: u64,
    afresh: bool,
}

impl<E: Entity> Reader<E> {
    fn read(&self, value: E) -> Arc<Cell<E>> {
        // What was read before the session wrote may be older than what it knows, and is not to be
        // believed for long.
        let is_late = self.writes != self.home.writes();
        let epoch = if is_late { 0 } else { self.epoch };
        let (cell, again) = self.map.find_or_load(value, epoch);
        if let Some(value) = again {
            cell.loaded_again(&self.home, value, epoch, self.afresh && !is_late);
        }
        cell
    }
}

impl<E: Entity> FromRow for Tracked<E> {
    fn positions(columns: &Columns) -> Result<Positions> {
        let loading = columns.companion().get::<Loading>().ok_or_else(no_session::<E>)?;
        Ok(E::positions(columns)?.with_companion(loading.of::<E>()))
    }

    fn from_row(row: &Row, positions: &Positions) -> Result<Self> {
        let reader = positions.companion().get::<Reader<E>>().ok_or_else(no_session::<E>)?;
        Ok(Self::new(reader.read(E::from_row(row, positions)?)))
    }
}

#[cold]
fn no_session<E: Entity>() -> Error {
    Error::new(
        ErrorKind::Entity,
        format!(
            "a tracked `{}` belongs to a session: read it with the queries of one, or read a plain `{0}`",
            E::table().entity
        ),
    )
}
