//! Serving, and its end: no new requests, those that run are finished, then the database is closed.

use std::future::Future;
use std::io::{self, Write};
use std::time::Duration;

use axum::serve::ListenerExt;
use futures::FutureExt;
use headwater::AsyncEngine;
use tokio::net::TcpListener;

use crate::app::App;
use crate::routes;

/// Serves until `stop` is ready and what then runs has ended, or `grace` is over.
pub(crate) async fn serve(
    listener: TcpListener,
    engine: AsyncEngine,
    grace: Duration,
    stop: impl Future<Output = ()> + Send + 'static,
) -> headwater::Result<()> {
    let stop = stop.boxed().shared();
    let listener = listener.tap_io(|stream| {
        // Without it the end of a short answer may wait for the client's word that the rest arrived.
        let _ = stream.set_nodelay(true);
    });
    let app = routes::router(App::new(engine.clone()));
    let server = axum::serve(listener, app).with_graceful_shutdown(stop.clone());
    let served = tokio::select! {
        served = server.into_future() => served.map_err(headwater::Error::other),
        () = late(stop, grace) => {
            tracing::warn!("some requests take too long and are cut off");
            Ok(())
        }
    };
    // Whatever still streams ends with an error now, which cuts its connection.
    let closed = engine.close(Duration::ZERO).await;
    served.and(closed)
}

async fn late(stop: impl Future<Output = ()>, grace: Duration) {
    stop.await;
    tokio::time::sleep(grace).await;
}

/// Says where the service is to be found: the first line that it prints.
pub(crate) fn announce(listener: &TcpListener) -> io::Result<()> {
    writeln!(io::stdout(), "listening on http://{}", listener.local_addr()?)
}

/// Waits for Ctrl-C, or for the SIGTERM by which services are stopped.
pub(crate) async fn signal() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    tokio::select! {
        () = interrupt => {}
        () = terminate() => {}
    }
    tracing::info!("stopping");
}

#[cfg(unix)]
async fn terminate() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}
