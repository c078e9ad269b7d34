//! A result as the body of an answer: a line of JSON for each row, sent as the rows come.
//!
//! Nothing is collected. While the client takes nothing, the socket is full, so nobody asks the body for
//! more, so nobody asks the result for rows, so the database waits. When the client goes away the body is
//! dropped, the result with it, and the statement stops.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, TryStreamExt};
use headwater::{AsyncEngine, AsyncResult, Error, Mapping, Result, Stall, sql};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::errors::AppError;

/// What becomes of a statement whose client is slow. There are three ways:
///
/// * `Stall::Park` waits. It takes the least, but as long as the client does, the statement keeps a
///   connection, and a state of the database for which the write-ahead log has to be kept.
/// * `Stall::AbortAfter(time)` waits too, and gives up a client that has taken nothing for so long.
/// * `Stall::Spill(bytes)` reads ahead: 4 MiB of it into memory, the rest into a temporary file. The
///   connection is free as soon as the database is through, however slow the client.
///
/// Clients of a service are as slow as they like and connections are few, so here they spill.
const STALL: Stall = Stall::Spill(256 << 20);

/// So many rows at most go out at once: some KiB, not a frame of the body for each row.
const ROWS: usize = 128;

pub(crate) async fn flights(
    State(engine): State<AsyncEngine>,
    State(streams): State<Arc<Semaphore>>,
) -> Result<Response, AppError> {
    let Ok(permit) = streams.try_acquire_owned() else {
        let why = "too many clients read all flights; try again".to_owned();
        return Err(AppError::Refused(StatusCode::SERVICE_UNAVAILABLE, why));
    };
    let result = engine.query(sql("SELECT * FROM flights").stall(STALL)).await?;
    Ok(ndjson(result, Some(permit)))
}

/// Sends a result row by row; the permit is given back when that is over, however it ends.
///
/// An error in the middle ends the connection without the mark of a complete body, so no client takes
/// what it has for the whole.
pub(crate) fn ndjson(result: AsyncResult, permit: Option<OwnedSemaphorePermit>) -> Response {
    let rows = result.mappings().try_ready_chunks(ROWS).map_err(Error::from);
    let frames = rows.map(move |rows| {
        let _held = &permit;
        lines(&rows?)
    });
    let frames = frames.inspect_err(|error| tracing::error!("a stream ended early: {error}"));
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(frames)).into_response()
}

fn lines(rows: &[Mapping]) -> Result<Bytes> {
    let mut lines = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut lines, row).map_err(Error::other)?;
        lines.push(b'\n');
    }
    Ok(lines.into())
}
