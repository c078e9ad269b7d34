//! Streamed bodies in process: complete, in frames of some size, bounded in number.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use futures::StreamExt;
use serde_json::Value;
use tower::ServiceExt;

use super::service::{Service, run};
use crate::stream::ndjson;

async fn open(service: &Service) -> Response {
    let request = Request::get("/flights.ndjson").body(Body::empty()).unwrap();
    service.app.clone().oneshot(request).await.unwrap()
}

#[test]
fn every_flight_is_a_line_of_json() {
    run(async {
        let service = Service::with(3_000).await;

        let (status, headers, body) = service.ask("GET", "/flights.ndjson", "").await;
        let (_, _, last) = service.ask("GET", "/flights/3000", "").await;

        let lines: Vec<Value> = body
            .as_str()
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(
            (status.as_u16(), &headers["content-type"]),
            (200, &"application/x-ndjson".parse().unwrap())
        );
        assert_eq!(lines.len(), 3_000);
        assert!(lines.iter().zip(1..).all(|(flight, id)| flight["id"] == id));
        assert_eq!(lines[2_999], last);
    });
}

#[test]
fn rows_go_out_many_at_a_time() {
    run(async {
        let service = Service::with(3_000).await;

        let mut frames = open(&service).await.into_body().into_data_stream();
        let mut sizes = Vec::new();
        while let Some(frame) = frames.next().await {
            sizes.push(frame.unwrap().len());
        }

        assert!(sizes.len() < 300, "{} frames", sizes.len());
        assert!(sizes.iter().all(|size| *size < 64 << 10), "{:?}", sizes.iter().max());
    });
}

#[test]
fn an_empty_table_is_an_empty_body() {
    run(async {
        let service = Service::with(0).await;

        let (status, _, body) = service.ask("GET", "/flights.ndjson", "").await;

        assert_eq!((status.as_u16(), body), (200, Value::String(String::new())));
    });
}

#[test]
fn a_body_that_is_dropped_stops_its_statement() {
    run(async {
        let service = Service::built(0, |builder| builder.max_connections(1)).await;
        let result = service.engine.query(super::sockets::ENDLESS).await.unwrap();

        let mut frames = ndjson(result, None).into_body().into_data_stream();
        frames.next().await.unwrap().unwrap();
        assert_eq!(service.engine.status().open_results, 1);
        drop(frames);

        service.at_rest().await;
    });
}

#[test]
fn too_many_at_once_are_refused_until_one_ends() {
    run(async {
        let service = Service::with(2_000).await;
        let mut open_ones = Vec::new();
        for _ in 0..4 {
            open_ones.push(open(&service).await);
        }

        let (refused, headers, _) = service.ask("GET", "/flights.ndjson", "").await;
        let (other, ..) = service.ask("GET", "/flights/1", "").await;
        open_ones.pop();
        let admitted = open(&service).await.status();

        assert_eq!((refused.as_u16(), &headers["retry-after"]), (503, &"1".parse().unwrap()));
        assert_eq!((other, admitted), (StatusCode::OK, StatusCode::OK));
    });
}
