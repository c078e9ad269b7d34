//! The routes: the whole service at a glance.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};

use crate::app::App;
use crate::errors::AppError;
use crate::{flights, health, pages, stream};

pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/status", get(health::status))
        .route("/airlines/{carrier}", get(flights::airline))
        .route("/flights", get(pages::page).post(flights::create))
        .route("/flights.ndjson", get(stream::flights))
        .route("/flights/swap", post(flights::swap))
        .route("/flights/{id}", get(flights::show).patch(flights::change).delete(flights::remove))
        .fallback(async || {
            AppError::Refused(StatusCode::NOT_FOUND, "there is no such path".to_owned())
        })
        .method_not_allowed_fallback(async || {
            AppError::Refused(StatusCode::METHOD_NOT_ALLOWED, "this is not done to it".to_owned())
        })
        .with_state(app)
}
