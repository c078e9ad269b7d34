//! Pages by key: each begins after the last id of the one before.
//!
//! The database goes to that key in an index, so page 5,000 costs what page 1 does; with OFFSET it would
//! read all pages before. And rows that come or go meanwhile shift nothing.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use headwater::{AsyncEngine, Statement, sql};
use serde::{Deserialize, Serialize};

use crate::database::TIMEOUT;
use crate::errors::AppError;
use crate::flights::{Flight, is_airport};

const LIMIT: usize = 50;
const MOST: usize = 500;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    #[serde(default)]
    pub(crate) after: i64,
    pub(crate) limit: Option<usize>,
    pub(crate) origin: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Page {
    flights: Vec<Flight>,
    /// Where the next page is, if there is one.
    next: Option<String>,
}

pub(crate) async fn page(
    State(engine): State<AsyncEngine>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Page>, AppError> {
    let Query(wanted) = wanted?;
    let limit = wanted.limit()?;
    // One more than the page holds tells whether there is another one.
    let statement = wanted.statement(limit + 1).timeout(TIMEOUT);
    let mut flights: Vec<Flight> = engine.query(statement).scalars().all().await?;
    let more = flights.len() > limit;
    flights.truncate(limit);
    let last = flights.last().filter(|_| more);
    let next = last.map(|last| wanted.link(last.id, limit));
    Ok(Json(Page { flights, next }))
}

impl Wanted {
    /// Checks, and returns how many flights the page has.
    fn limit(&self) -> Result<usize, AppError> {
        if self.origin.as_deref().is_some_and(|origin| !is_airport(origin)) {
            return Err(AppError::invalid("`origin` is three capital letters"));
        }
        match self.limit.unwrap_or(LIMIT) {
            limit @ 1..=MOST => Ok(limit),
            _ => Err(AppError::invalid(format!("`limit` is a number from 1 to {MOST}"))),
        }
    }

    /// Two texts and not one with `{origin} IS NULL OR …`, for which no index could be used.
    pub(crate) fn statement(&self, rows: usize) -> Statement {
        let after = self.after;
        match &self.origin {
            Some(origin) => sql!(
                "SELECT * FROM flights WHERE origin = {origin} AND id > {after} ORDER BY id LIMIT {rows}"
            ),
            None => sql!("SELECT * FROM flights WHERE id > {after} ORDER BY id LIMIT {rows}"),
        }
    }

    fn link(&self, last: i64, limit: usize) -> String {
        let origin = self.origin.as_ref().map(|origin| format!("&origin={origin}"));
        format!("/flights?after={last}&limit={limit}{}", origin.unwrap_or_default())
    }
}
