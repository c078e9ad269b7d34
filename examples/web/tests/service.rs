//! The service under test: a database of its own, and requests made to the router or over a socket.

use std::future::Future;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use headwater::{AsyncEngine, Clock, EngineBuilder};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpSocket};
use tower::ServiceExt;

use crate::app::App;
use crate::http::Client;
use crate::{database, routes};

/// Longer than anything here takes; what is not done by then hangs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) const NEW: &str = r#"{"time_hour": "2013-12-31T23:00:00Z", "carrier": "B6", "flight": 9999,
    "origin": "JFK", "dest": "BOS", "distance": 187}"#;

/// Runs a test on a runtime of several threads; one that hangs fails.
pub(crate) fn run<F>(test: F)
where
    F: Future<Output = ()>,
{
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(DEADLINE, test).await }).expect("the test hangs");
}

/// Waits until `condition` holds; fails when it does not within the deadline.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let since = Instant::now();
    while !condition() {
        assert!(since.elapsed() < DEADLINE / 2, "this did not come about: {what}");
        tokio::task::yield_now().await;
    }
}

pub(crate) struct Service {
    pub(crate) engine: AsyncEngine,
    pub(crate) clock: Clock,
    pub(crate) app: Router,
    _folder: TempDir,
}

impl Service {
    /// One with the airlines B6 and UA, and flights 1 to `flights`, by turns from EWR, JFK and LGA.
    pub(crate) async fn with(flights: usize) -> Self {
        Self::built(flights, |builder| builder).await
    }

    pub(crate) async fn built(
        flights: usize,
        options: impl FnOnce(EngineBuilder) -> EngineBuilder,
    ) -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::manual());
        let builder = database::builder(&folder.path().join("test.db")).clock(clock.clone());
        let engine = database::open(options(builder)).await.unwrap();
        let airlines = [("B6", "JetBlue Airways"), ("UA", "United Air Lines Inc.")];
        engine.insert_stream("airlines", ["carrier", "name"], airlines).await.unwrap();
        let columns = ["time_hour", "carrier", "flight", "tailnum", "origin", "dest", "distance"];
        let rows = (1..=flights).map(|number| {
            let carrier = ["UA", "B6"][number % 2];
            let origin = ["LGA", "EWR", "JFK"][number % 3];
            let tail = format!("N{number}");
            ("2013-01-01T10:00:00Z", carrier, number as i64, tail, origin, "BOS", 187)
        });
        engine.insert_stream("flights", columns, rows).await.unwrap();
        let app = routes::router(App::new(engine.clone()));
        Self { engine, clock, app, _folder: folder }
    }

    /// Asks in process, and gives the status, the headers and the body as JSON, or as a text that is none.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        json: &str,
    ) -> (StatusCode, HeaderMap, Value) {
        ask(self.app.clone(), method, path, json).await
    }

    /// Waits until no result is open and the only connection that reads is idle.
    pub(crate) async fn at_rest(&self) {
        eventually("no result is open and no connection is in use", || {
            let status = self.engine.status();
            status.open_results == 0 && status.waiting == 0 && status.idle == 1
        })
        .await;
    }
}

/// Asks a router whose handle a test may have moved elsewhere.
pub(crate) async fn ask(
    app: Router,
    method: &str,
    path: &str,
    json: &str,
) -> (StatusCode, HeaderMap, Value) {
    let mut request = Request::builder().method(method).uri(path);
    if !json.is_empty() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    let request = request.body(Body::from(json.to_owned())).unwrap();
    let response = app.oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let text = || Value::String(String::from_utf8(body.to_vec()).unwrap());
    (head.status, head.headers, serde_json::from_slice(&body).unwrap_or_else(|_| text()))
}

/// Listens on a free port; its connections send little before they wait for the client.
pub(crate) fn listener() -> (TcpListener, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(4096).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(64).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// A client that takes little before it reads.
pub(crate) async fn slow_client(address: &str) -> Client {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    Client::on(socket.connect(address.parse().unwrap()).await.unwrap())
}
