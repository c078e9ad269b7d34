//! The connection threads of one engine: each names itself as it opens, so that tests that run beside
//! one another in a process do not count each other's.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use headwater::EngineBuilder;

/// What `/proc` calls the threads of one engine; where there is no `/proc`, there are none to see.
#[derive(Clone, Default)]
pub(crate) struct Threads {
    ids: Arc<Mutex<BTreeSet<String>>>,
}

impl Threads {
    /// Has the connections of an engine name their threads.
    pub(crate) fn install(&self, builder: EngineBuilder) -> EngineBuilder {
        let threads = self.clone();
        builder.on_connect(move |_| {
            if let Ok(link) = std::fs::read_link("/proc/thread-self") {
                let id = link.file_name().unwrap_or_default().to_string_lossy().into_owned();
                threads.ids.lock().unwrap().insert(id);
            }
            Ok(())
        })
    }

    /// Reports whether as many threads live as there are connections.
    pub(crate) fn are(&self, connections: usize) -> bool {
        let mut ids = self.ids.lock().unwrap();
        if ids.is_empty() {
            return true;
        }
        // Those that have ended are forgotten: the system gives their numbers to others.
        ids.retain(|id| {
            let name = std::fs::read_to_string(format!("/proc/self/task/{id}/comm"));
            name.is_ok_and(|name| name.starts_with("headwater-"))
        });
        ids.len() == connections
    }
}
