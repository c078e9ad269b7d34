//! Streamed bodies over real sockets: slow clients, clients that go away, and errors in the middle.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use headwater::AsyncEngine;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::service::{DEADLINE, NEW, Service, eventually, listener, run, slow_client};
use crate::http::Client;
use crate::server;
use crate::stream::ndjson;

pub(super) const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

/// Fails at its row 5,000.
const BROKEN: &str = "
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000)
    SELECT i, abs(CASE i WHEN 5000 THEN -9223372036854775808 ELSE i END) FROM n";

/// Serves until what it gives is dropped or sent to.
pub(super) fn serve(
    service: &Service,
) -> (String, oneshot::Sender<()>, JoinHandle<headwater::Result<()>>) {
    let (listener, address) = listener();
    let (end, ended) = oneshot::channel::<()>();
    let stop = async {
        let _ = ended.await;
    };
    let served = tokio::spawn(server::serve(listener, service.engine.clone(), DEADLINE, stop));
    (address, end, served)
}

/// Serves results that the service itself has none of.
fn serve_odd_results(engine: &AsyncEngine) -> String {
    async fn answer(State((engine, text)): State<(AsyncEngine, &'static str)>) -> Response {
        ndjson(engine.query(text).await.unwrap(), None)
    }
    let (listener, address) = listener();
    let endless = get(answer).with_state((engine.clone(), ENDLESS));
    let broken = get(answer).with_state((engine.clone(), BROKEN));
    let app: Router = Router::new().route("/endless", endless).route("/broken", broken);
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

#[test]
fn a_connection_is_kept_for_many_requests() {
    run(async {
        let service = Service::with(100).await;
        let (address, _end, _) = serve(&service);
        let mut client = Client::connect(&address).await.unwrap();

        for id in 1..=100 {
            let (head, body) = client.ask("GET", &format!("/flights/{id}"), "").await.unwrap();

            assert_eq!(head.status, 200);
            assert!(body.starts_with(&format!("{{\"id\":{id},")), "{body}");
        }
        let (head, body) = client.ask("GET", "/flights.ndjson", "").await.unwrap();
        assert_eq!((head.status, body.lines().count()), (200, 100));
        let (head, _) = client.ask("POST", "/flights", NEW).await.unwrap();
        assert_eq!((head.status, head.header("location")), (201, Some("/flights/101")));
    });
}

#[test]
fn a_slow_client_gets_everything_and_keeps_no_connection_from_others() {
    run(async {
        let service = Service::built(20_000, |builder| builder.max_connections(1)).await;
        let (address, _end, _) = serve(&service);
        let mut slow = slow_client(&address).await;
        let mut quick = Client::connect(&address).await.unwrap();

        slow.open("GET", "/flights.ndjson", "").await.unwrap();
        let (head, _) = quick.ask("GET", "/flights/1", "").await.unwrap();
        service.at_rest().await;
        let mut body = Vec::new();
        while let Some(chunk) = slow.chunk().await.unwrap() {
            body.extend(chunk);
        }

        assert_eq!(head.status, 200);
        assert_eq!(body.iter().filter(|byte| **byte == b'\n').count(), 20_000);
    });
}

#[test]
fn a_client_that_goes_away_while_it_reads_stops_the_query() {
    run(async {
        let service = Service::built(0, |builder| builder.max_connections(1)).await;
        let mut client = Client::connect(&serve_odd_results(&service.engine)).await.unwrap();

        client.open("GET", "/endless", "").await.unwrap();
        for _ in 0..20 {
            client.chunk().await.unwrap().unwrap();
        }
        assert_eq!(service.engine.status().open_results, 1);
        drop(client);

        service.at_rest().await;
    });
}

#[test]
fn a_client_that_goes_away_without_reading_stops_the_query() {
    run(async {
        let service = Service::built(0, |builder| builder.max_connections(1)).await;
        let mut client = slow_client(&serve_odd_results(&service.engine)).await;

        client.open("GET", "/endless", "").await.unwrap();
        eventually("the query runs", || service.engine.status().open_results == 1).await;
        drop(client);

        service.at_rest().await;
    });
}

#[test]
fn an_error_in_the_middle_cuts_the_body_off() {
    run(async {
        let service = Service::built(0, |builder| builder.max_connections(1)).await;
        let mut client = Client::connect(&serve_odd_results(&service.engine)).await.unwrap();

        let head = client.open("GET", "/broken", "").await.unwrap();
        let mut lines = 0;
        let end = loop {
            match client.chunk().await {
                Ok(Some(chunk)) => lines += chunk.iter().filter(|byte| **byte == b'\n').count(),
                end => break end,
            }
        };

        assert_eq!(head.status, 200);
        assert!(end.is_err(), "the body looks complete after {lines} rows");
        assert!(lines < 5_000, "{lines} rows");
        service.at_rest().await;
    });
}
