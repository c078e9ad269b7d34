//! What the handlers share.

use std::sync::Arc;

use axum::extract::FromRef;
use headwater::AsyncEngine;
use tokio::sync::Semaphore;

/// At most so many clients stream at once, so that they cannot take all connections of the engine.
const STREAMS: usize = 4;

/// The state of the service. A handler takes the part that it needs: `State<AsyncEngine>`.
#[derive(Clone)]
pub(crate) struct App {
    engine: AsyncEngine,
    streams: Arc<Semaphore>,
}

impl App {
    pub(crate) fn new(engine: AsyncEngine) -> Self {
        Self { engine, streams: Arc::new(Semaphore::new(STREAMS)) }
    }
}

impl FromRef<App> for AsyncEngine {
    fn from_ref(app: &App) -> Self {
        app.engine.clone()
    }
}

impl FromRef<App> for Arc<Semaphore> {
    fn from_ref(app: &App) -> Self {
        Self::clone(&app.streams)
    }
}
