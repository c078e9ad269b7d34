//! The end of the service: what runs is finished, what takes too long is cut, and the files are closed.

use std::time::Duration;

use headwater::{Clock, ErrorKind};
use tokio::sync::oneshot;

use super::service::{NEW, Service, eventually, listener, run, slow_client};
use super::sockets::serve;
use crate::http::Client;
use crate::server;

#[test]
fn a_request_that_runs_is_finished_before_the_service_ends() {
    run(async {
        let service = Service::with(0).await;
        let (address, end, served) = serve(&service);
        let mut client = Client::connect(&address).await.unwrap();
        let writer = service.engine.begin().await.unwrap();

        let asked = tokio::spawn(async move {
            let answer = client.ask("POST", "/flights", NEW).await;
            (answer, client)
        });
        eventually("it waits for its turn", || service.engine.status().waiting_to_write == 1).await;
        end.send(()).unwrap();
        writer.commit().await.unwrap();
        let (answer, mut client) = asked.await.unwrap();
        served.await.unwrap().unwrap();

        assert_eq!(answer.unwrap().0.status, 201);
        assert!(client.ask("GET", "/healthz", "").await.is_err());
        let closed = service.engine.query("SELECT 1").all().await.unwrap_err();
        assert_eq!(closed.kind(), ErrorKind::Closed);
        assert_eq!(service.engine.status().connections, 0);
    });
}

#[test]
fn a_client_that_only_keeps_its_connection_does_not_hold_up_the_end() {
    run(async {
        let service = Service::with(1).await;
        let (address, end, served) = serve(&service);
        let mut client = Client::connect(&address).await.unwrap();
        client.ask("GET", "/flights/1", "").await.unwrap();

        end.send(()).unwrap();
        served.await.unwrap().unwrap();

        assert!(client.ask("GET", "/flights/1", "").await.is_err());
        assert_eq!(service.engine.status().connections, 0);
    });
}

#[test]
fn a_stream_that_outlasts_the_grace_is_cut_off() {
    run(async {
        // What is left of the stream is stopped at a deadline, and here that is to come by itself.
        let service = Service::built(20_000, |builder| builder.clock(Clock::system())).await;
        let (listener, address) = listener();
        let (end, ended) = oneshot::channel::<()>();
        let stop = async {
            let _ = ended.await;
        };
        let served =
            tokio::spawn(server::serve(listener, service.engine.clone(), Duration::ZERO, stop));
        let mut client = slow_client(&address).await;
        client.open("GET", "/flights.ndjson", "").await.unwrap();
        client.chunk().await.unwrap().unwrap();

        end.send(()).unwrap();
        served.await.unwrap().unwrap();
        let cut = loop {
            match client.chunk().await {
                Ok(Some(_)) => {}
                Ok(None) => break false,
                Err(_) => break true,
            }
        };

        assert!(cut, "the body looks complete");
        assert_eq!(service.engine.status().connections, 0);
    });
}
