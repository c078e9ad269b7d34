//! `Loading`: with what the rows of a session's query are read as tracked entities.

use std::sync::Arc;

use super::cell::{Cell, DOUBTFUL};
use super::flush::named;
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
    since: Since,
    /// Whether what is known is replaced by what is read.
    afresh: bool,
}

/// What a session had read, written and undone by some time.
#[derive(Clone, Copy)]
struct Since {
    epoch: u32,
    writes: u64,
    undone: u64,
    rollbacks: u64,
}

impl Since {
    fn now(home: &Home) -> Self {
        let (epoch, writes) = (home.epoch(), home.writes());
        Self { epoch, writes, undone: home.undone(), rollbacks: home.rollbacks() }
    }
}

impl Loading {
    pub(super) fn companion(home: &Arc<Home>, afresh: bool) -> Companion {
        let (home, since) = (Arc::clone(home), Since::now(home));
        Companion::new(Arc::new(Self { home, since, afresh }))
    }

    fn of<E: Entity>(&self) -> Companion {
        let Self { home, since, afresh } = self;
        let (map, home) = (home.map::<E>(), Arc::clone(home));
        Companion::new(Arc::new(Reader { map, home, since: *since, afresh: *afresh }))
    }
}

/// The same, for the entities of one type.
struct Reader<E: Entity> {
    map: Arc<Map<E>>,
    home: Arc<Home>,
    since: Since,
    afresh: bool,
}

impl<E: Entity> Reader<E> {
    fn read(&self, value: E) -> Result<Arc<Cell<E>>> {
        let Since { epoch, writes, undone, rollbacks } = self.since;
        if rollbacks != self.home.rollbacks() {
            return Err(rolled_back::<E>());
        }
        // What was read before the session wrote may be older than what it knows, and is not to be
        // believed for long.
        let is_late = writes != self.home.writes();
        let epoch = if is_late { 0 } else { epoch };
        let seen = if undone == self.home.undone() { self.home.written() } else { DOUBTFUL };
        let (cell, again) = self.map.find_or_load(value, (epoch, seen));
        if let Some(value) = again {
            cell.loaded_again(&self.home, value, (epoch, seen), self.afresh && !is_late);
        }
        Ok(cell)
    }
}

impl<E: Entity> FromRow for Tracked<E> {
    fn positions(columns: &Columns) -> Result<Positions> {
        let loading = columns.companion().get::<Loading>().ok_or_else(no_session::<E>)?;
        Ok(E::positions(columns)?.with_companion(loading.of::<E>()))
    }

    fn from_row(row: &Row, positions: &Positions) -> Result<Self> {
        let reader = positions.companion().get::<Reader<E>>().ok_or_else(no_session::<E>)?;
        Ok(Self::new(reader.read(E::from_row(row, positions)?)?))
    }
}

#[cold]
fn rolled_back<E: Entity>() -> Error {
    Error::new(
        ErrorKind::Closed,
        format!(
            "{} is of a query whose transaction the session has rolled back; ask again",
            named(E::table())
        ),
    )
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
