//! What clients are told when it does not work: the status, a problem document, and no SQL.

use std::path::Path;

use axum::http::StatusCode;
use headwater::ErrorKind;
use serde_json::{Value, json};

use super::service::{NEW, Service, ask, eventually, run};
use crate::database::TIMEOUT;
use crate::errors::status;

#[test]
fn every_kind_has_the_status_that_its_table_says() {
    use ErrorKind as Kind;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/error/kind.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let kinds = [
        Kind::BadUrl,
        Kind::Bind,
        Kind::Busy,
        Kind::BusySnapshot,
        Kind::CannotOpen,
        Kind::CheckViolation,
        Kind::Closed,
        Kind::ColumnNotFound,
        Kind::Corrupt,
        Kind::Decode,
        Kind::DiskFull,
        Kind::Entity,
        Kind::FileMoved,
        Kind::ForeignKeyViolation,
        Kind::Interrupted,
        Kind::Io,
        Kind::Locked,
        Kind::Migration,
        Kind::MultipleRows,
        Kind::NoRows,
        Kind::NotADatabase,
        Kind::NotNullViolation,
        Kind::Other,
        Kind::OutOfMemory,
        Kind::Panicked,
        Kind::PoolTimeout,
        Kind::ReadOnly,
        Kind::StaleEntity,
        Kind::Statement,
        Kind::Syntax,
        Kind::Timeout,
        Kind::TooLarge,
        Kind::TransactionEnded,
        Kind::UniqueViolation,
    ];

    for kind in kinds {
        let row = source.lines().find(|line| line.starts_with(&format!("/// | [`{kind:?}`]")));
        let told = row.and_then(|row| row.trim_end_matches(" |").rsplit(' ').next());

        assert_eq!(told, Some(status(kind).as_str()), "{kind:?}");
    }
    let rows = source.lines().filter(|line| line.starts_with("/// | [`")).count();
    assert_eq!(rows, kinds.len(), "the table has a kind that is not looked at here");
}

/// A request with a field of the new flight replaced.
fn altered(field: &str, value: Value) -> String {
    let mut new: Value = serde_json::from_str(NEW).unwrap();
    new[field] = value;
    new.to_string()
}

#[test]
fn what_is_refused_is_told_as_a_problem_document_without_sql() {
    run(async {
        let service = Service::with(1).await;
        let long = format!(r#"{{"tailnum": "{}"}}"#, "N".repeat(3 << 20));
        let cases = [
            ("GET", "/nothing", String::new(), 404),
            ("PUT", "/flights/1", String::new(), 405),
            ("GET", "/airlines/ZZ", String::new(), 404),
            ("GET", "/flights/7", String::new(), 404),
            ("GET", "/flights/seven", String::new(), 400),
            ("PATCH", "/flights/7", r#"{"dep_delay": 1}"#.to_owned(), 404),
            ("PATCH", "/flights/1", long, 413),
            ("PATCH", "/flights/1", r#"{"id": 2}"#.to_owned(), 422),
            ("DELETE", "/flights/7", String::new(), 404),
            ("POST", "/flights", String::new(), 415),
            ("POST", "/flights", "{".to_owned(), 400),
            ("POST", "/flights", "{}".to_owned(), 422),
            ("POST", "/flights", altered("carrier", json!("ZZ")), 409),
            ("POST", "/flights", altered("origin", json!("jfk")), 422),
            ("POST", "/flights", altered("flight", json!(0)), 422),
            ("POST", "/flights", altered("distance", json!(-1)), 422),
            ("POST", "/flights", altered("time_hour", json!("soon")), 422),
            ("POST", "/flights", altered("distance", json!(u64::MAX)), 422),
            ("GET", "/flights?limit=0", String::new(), 422),
            ("GET", "/flights?limit=501", String::new(), 422),
            ("GET", "/flights?origin=%27%20OR%201", String::new(), 422),
            ("GET", "/flights?after=x", String::new(), 400),
            ("GET", "/flights?offset=10", String::new(), 400),
        ];

        for (method, path, json, expected) in cases {
            let (status, headers, problem) = service.ask(method, path, &json).await;

            let asked = format!("{method} {path} {}", json.get(..80).unwrap_or(&json));
            assert_eq!(status.as_u16(), expected, "{asked}: {problem}");
            assert_eq!(headers["content-type"], "application/problem+json", "{asked}");
            assert_eq!(problem["status"], expected, "{asked}");
            assert_eq!(problem["title"], status.canonical_reason().unwrap(), "{asked}");
            let detail = problem["detail"].as_str().unwrap();
            assert!(!detail.is_empty() && !detail.contains("INSERT"), "{asked}: {detail}");
        }
    });
}

#[test]
fn a_second_flight_of_the_same_number_is_a_conflict_that_names_the_fields() {
    run(async {
        let service = Service::with(0).await;
        service.ask("POST", "/flights", NEW).await;

        let (status, _, problem) = service.ask("POST", "/flights", NEW).await;

        assert_eq!(status, StatusCode::CONFLICT);
        assert_eq!(problem["fields"], json!(["time_hour", "carrier", "flight"]));
    });
}

#[test]
fn whoever_waits_too_long_for_the_writer_is_told_to_come_again() {
    run(async {
        let service = Service::with(0).await;
        let writer = service.engine.begin().await.unwrap();

        let waits = tokio::spawn(ask(service.app.clone(), "POST", "/flights", NEW));
        eventually("it waits for its turn", || service.engine.status().waiting_to_write == 1).await;
        service.clock.advance(2 * TIMEOUT);
        let (status, headers, _) = waits.await.unwrap();
        writer.rollback().await.unwrap();
        let (again, ..) = service.ask("POST", "/flights", NEW).await;

        assert_eq!((status.as_u16(), again.as_u16()), (503, 201));
        assert_eq!(headers["retry-after"], "1");
    });
}

#[test]
fn whoever_waits_too_long_for_a_connection_is_told_to_come_again() {
    run(async {
        let service = Service::built(1, |builder| builder.max_connections(1)).await;
        let held = service.engine.connect().await.unwrap();

        for path in ["/flights/1", "/flights", "/airlines/B6", "/flights.ndjson", "/healthz"] {
            let waits = tokio::spawn(ask(service.app.clone(), "GET", path, ""));
            eventually("it waits for a connection", || service.engine.status().waiting == 1).await;
            service.clock.advance(2 * TIMEOUT);
            let (status, headers, _) = waits.await.unwrap();

            assert_eq!(
                (status.as_u16(), &headers["retry-after"]),
                (503, &"1".parse().unwrap()),
                "{path}"
            );
        }
        drop(held);
        service.at_rest().await;
        assert_eq!(service.ask("GET", "/flights/1", "").await.0, StatusCode::OK);
    });
}

#[test]
fn a_full_disk_is_told_and_what_is_there_stays_readable() {
    run(async {
        let bounded = |builder: headwater::EngineBuilder| {
            builder.on_connect(|connection| connection.pragma_update(None, "max_page_count", 40))
        };
        let service = Service::built(1, bounded).await;
        let large = format!(r#"{{"tailnum": "{}"}}"#, "N".repeat(1 << 20));

        let (status, ..) = service.ask("PATCH", "/flights/1", &large).await;
        let (_, _, flight) = service.ask("GET", "/flights/1", "").await;

        assert_eq!(status.as_u16(), 507);
        assert_eq!(flight["tailnum"], "N1");
    });
}

#[test]
fn a_fault_of_the_service_is_told_as_no_more_than_that() {
    run(async {
        let service = Service::with(1).await;
        service.engine.execute("ALTER TABLE flights RENAME TO secret").await.unwrap();

        let (status, _, problem) = service.ask("GET", "/flights/1", "").await;

        assert_eq!(status.as_u16(), 500);
        assert_eq!(
            problem,
            json!({"title": "Internal Server Error", "status": 500, "detail": "something went wrong"})
        );
    });
}

#[test]
fn a_service_that_closes_is_unavailable() {
    run(async {
        let service = Service::with(1).await;
        service.engine.close(TIMEOUT).await.unwrap();

        for path in ["/flights/1", "/flights", "/flights.ndjson", "/healthz"] {
            let (status, ..) = service.ask("GET", path, "").await;

            assert_eq!(status.as_u16(), 503, "{path}");
        }
    });
}
