//! Handlers for one flight at a time, and a transaction over two.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use headwater::{AsyncEngine, Executor, FromRow, Result, sql};
use serde::{Deserialize, Serialize};

use crate::database::TIMEOUT;
use crate::errors::AppError;

#[derive(Debug, FromRow, Serialize)]
pub(crate) struct Airline {
    carrier: String,
    name: String,
}

#[derive(Debug, FromRow, Serialize)]
pub(crate) struct Flight {
    pub(crate) id: i64,
    time_hour: String,
    carrier: String,
    flight: i64,
    tailnum: Option<String>,
    origin: String,
    dest: String,
    distance: i64,
    dep_delay: Option<i64>,
    arr_delay: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFlight {
    time_hour: String,
    carrier: String,
    flight: i64,
    tailnum: Option<String>,
    origin: String,
    dest: String,
    distance: i64,
}

/// What may change of a flight; what is not there stays as it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    tailnum: Option<String>,
    dep_delay: Option<i64>,
    arr_delay: Option<i64>,
}

/// Two flights whose aircraft change places.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Swap {
    one: i64,
    other: i64,
}

/// `one()` fails with `NoRows` where there is none, and that is answered with 404.
pub(crate) async fn airline(
    State(engine): State<AsyncEngine>,
    Path(carrier): Path<String>,
) -> Result<Json<Airline>, AppError> {
    let airline = sql!("SELECT carrier, name FROM airlines WHERE carrier = {carrier}");
    Ok(Json(engine.query(airline.timeout(TIMEOUT)).scalars().one().await?))
}

pub(crate) async fn show(
    State(engine): State<AsyncEngine>,
    id: Result<Path<i64>, PathRejection>,
) -> Result<Json<Flight>, AppError> {
    let Path(id) = id?;
    Ok(Json(find(&engine, id).await?))
}

pub(crate) async fn create(
    State(engine): State<AsyncEngine>,
    body: Result<Json<NewFlight>, JsonRejection>,
) -> Result<Response, AppError> {
    let Json(new) = body?;
    new.check()?;
    let NewFlight { time_hour, carrier, flight, tailnum, origin, dest, distance } = new;
    let insert = sql!(
        "INSERT INTO flights (time_hour, carrier, flight, tailnum, origin, dest, distance)
         VALUES ({time_hour}, {carrier}, {flight}, {tailnum}, {origin}, {dest}, {distance})
         RETURNING *"
    );
    let flight: Flight = engine.query(insert.timeout(TIMEOUT)).scalars().one().await?;
    let location = [(header::LOCATION, format!("/flights/{}", flight.id))];
    Ok((StatusCode::CREATED, location, Json(flight)).into_response())
}

pub(crate) async fn change(
    State(engine): State<AsyncEngine>,
    id: Result<Path<i64>, PathRejection>,
    body: Result<Json<Change>, JsonRejection>,
) -> Result<Json<Flight>, AppError> {
    let Path(id) = id?;
    let Json(Change { tailnum, dep_delay, arr_delay }) = body?;
    let update = sql!(
        "UPDATE flights SET
             tailnum = coalesce({tailnum}, tailnum),
             dep_delay = coalesce({dep_delay}, dep_delay),
             arr_delay = coalesce({arr_delay}, arr_delay)
         WHERE id = {id} RETURNING *"
    );
    Ok(Json(engine.query(update.timeout(TIMEOUT)).scalars().one().await?))
}

pub(crate) async fn remove(
    State(engine): State<AsyncEngine>,
    id: Result<Path<i64>, PathRejection>,
) -> Result<StatusCode, AppError> {
    let Path(id) = id?;
    let delete = sql!("DELETE FROM flights WHERE id = {id}");
    let done = engine.execute(delete.timeout(TIMEOUT)).await?;
    match done.rows_affected() {
        0 => Err(AppError::Refused(StatusCode::NOT_FOUND, format!("there is no flight {id}"))),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// All of it happens, or nothing: an error of any kind rolls back, and so does a client that goes away.
pub(crate) async fn swap(
    State(engine): State<AsyncEngine>,
    body: Result<Json<Swap>, JsonRejection>,
) -> Result<Json<[Flight; 2]>, AppError> {
    let Json(Swap { one, other }) = body?;
    let swapped = engine
        .try_transaction(async |tx| {
            let (first, second) = (find(&tx, one).await?, find(&tx, other).await?);
            if first.carrier != second.carrier {
                let why = "flights of two airlines do not swap aircraft".to_owned();
                return Err(AppError::Refused(StatusCode::CONFLICT, why));
            }
            Ok([assign(&tx, one, second.tailnum).await?, assign(&tx, other, first.tailnum).await?])
        })
        .await?;
    Ok(Json(swapped))
}

/// Reads a flight, on the engine as well as in a transaction.
async fn find(db: &impl Executor, id: i64) -> Result<Flight> {
    let flight = sql!("SELECT * FROM flights WHERE id = {id}");
    db.query(flight.timeout(TIMEOUT)).scalars().one().await
}

async fn assign(db: &impl Executor, id: i64, tailnum: Option<String>) -> Result<Flight> {
    let update = sql!("UPDATE flights SET tailnum = {tailnum} WHERE id = {id} RETURNING *");
    db.query(update.timeout(TIMEOUT)).scalars().one().await
}

impl NewFlight {
    /// Checks what is better said in words than by a constraint; the database checks the rest.
    fn check(&self) -> Result<(), AppError> {
        if !is_airport(&self.origin) || !is_airport(&self.dest) {
            return Err(AppError::invalid("`origin` and `dest` are three capital letters each"));
        }
        if self.flight <= 0 {
            return Err(AppError::invalid("`flight` is a number from 1 on"));
        }
        Ok(())
    }
}

pub(crate) fn is_airport(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase())
}
