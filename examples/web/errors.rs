//! Errors as answers: a status from the error's kind, and a problem document (RFC 9457) as the body.
//!
//! The client is told what it can act on. The SQL and the cause stay in the log.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use headwater::{Error, ErrorKind};
use serde::Serialize;

#[derive(Debug)]
pub(crate) enum AppError {
    /// The database failed, or refused.
    Database(Error),
    /// The service refused by itself, and says why.
    Refused(StatusCode, String),
}

/// The status of an answer for which the database had an error of this kind.
pub(crate) fn status(kind: ErrorKind) -> StatusCode {
    use ErrorKind as Kind;
    match kind {
        Kind::NoRows => StatusCode::NOT_FOUND,
        Kind::UniqueViolation | Kind::ForeignKeyViolation | Kind::StaleEntity => {
            StatusCode::CONFLICT
        }
        Kind::CheckViolation | Kind::NotNullViolation | Kind::Bind => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Busy
        | Kind::BusySnapshot
        | Kind::Closed
        | Kind::Deadlock
        | Kind::Interrupted
        | Kind::Locked
        | Kind::OutOfMemory
        | Kind::PoolTimeout
        | Kind::Serialization
        | Kind::Timeout
        | Kind::TransactionEnded => StatusCode::SERVICE_UNAVAILABLE,
        Kind::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What a client is told of a database error: nothing that it could not know.
fn detail(kind: ErrorKind) -> &'static str {
    use ErrorKind as Kind;
    match kind {
        Kind::NoRows => "there is no such thing here",
        Kind::UniqueViolation => "there is one like this already",
        Kind::ForeignKeyViolation => "this refers to something that is not there",
        Kind::StaleEntity => "this has changed meanwhile",
        Kind::CheckViolation | Kind::NotNullViolation | Kind::Bind => "a value is not allowed",
        Kind::TooLarge => "this is too large",
        Kind::DiskFull => "there is no room left",
        kind if status(kind) == StatusCode::SERVICE_UNAVAILABLE => "too busy; try again",
        _ => "something went wrong",
    }
}

#[derive(Serialize)]
struct Problem {
    title: &'static str,
    status: u16,
    detail: String,
    /// The fields that are at fault, as far as the database tells.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<String>,
}

impl AppError {
    /// A request that is understood and cannot be done.
    pub(crate) fn invalid(why: impl Into<String>) -> Self {
        Self::Refused(StatusCode::UNPROCESSABLE_ENTITY, why.into())
    }

    fn problem(&self) -> (StatusCode, Problem) {
        let (status, detail, fields) = match self {
            Self::Database(error) => {
                let fields = error.constraint().map(|refused| refused.columns.clone());
                (status(error.kind()), detail(error.kind()).to_owned(), fields.unwrap_or_default())
            }
            Self::Refused(status, why) => (*status, why.clone(), Vec::new()),
        };
        let title = status.canonical_reason().unwrap_or("Error");
        (status, Problem { title, status: status.as_u16(), detail, fields })
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let (status, problem) = self.problem();
        match &self {
            Self::Database(error) if status.is_server_error() => tracing::error!("{error}"),
            Self::Database(error) => tracing::debug!("{error}"),
            Self::Refused(..) => {}
        }
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<Error> for AppError {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<JsonRejection> for AppError {
    fn from(rejection: JsonRejection) -> Self {
        Self::Refused(rejection.status(), rejection.body_text())
    }
}

impl From<PathRejection> for AppError {
    fn from(rejection: PathRejection) -> Self {
        Self::Refused(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for AppError {
    fn from(rejection: QueryRejection) -> Self {
        Self::Refused(rejection.status(), rejection.body_text())
    }
}
