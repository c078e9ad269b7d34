//! How the service is, for those who look after it.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use headwater::{AsyncEngine, sql};
use serde_json::{Value, json};

use crate::errors::AppError;

/// Answers 204 when the database does, and 503 when it does not within half a second.
pub(crate) async fn healthz(State(engine): State<AsyncEngine>) -> Result<StatusCode, AppError> {
    engine.execute(sql("SELECT 1").timeout(Duration::from_millis(500))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells what the engine's connections are doing; it waits for none of them.
pub(crate) async fn status(State(engine): State<AsyncEngine>) -> Json<Value> {
    let status = engine.status();
    Json(json!({
        "connections": status.connections,
        "idle": status.idle,
        "waiting": status.waiting,
        "waiting_to_write": status.waiting_to_write,
        "open_results": status.open_results,
        "oldest_snapshot_seconds": status.oldest_snapshot.map(|age| age.as_secs_f64()),
        "wal_bytes": status.wal_bytes,
    }))
}
