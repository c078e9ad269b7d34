//! SQL functions through which a test sees a statement in its steps, and holds it there.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;

use super::DEADLINE;

/// Counts the rows that statements compute: `tick(x)` is `x`, and `ticks()` the count so far.
#[derive(Clone, Default)]
pub(crate) struct Meter {
    count: Arc<AtomicU64>,
}

impl Meter {
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    /// What registers the functions on a new connection.
    pub(crate) fn hook(
        &self,
    ) -> impl Fn(&mut Connection) -> rusqlite::Result<()> + Send + Sync + 'static {
        let meter = self.clone();
        move |connection| {
            let ticked = meter.clone();
            connection.create_scalar_function(
                "tick",
                1,
                FunctionFlags::SQLITE_UTF8,
                move |call| {
                    ticked.count.fetch_add(1, Ordering::SeqCst);
                    call.get::<Value>(0)
                },
            )?;
            let asked = meter.clone();
            connection.create_scalar_function("ticks", 0, FunctionFlags::SQLITE_UTF8, move |_| {
                Ok(i64::try_from(asked.count()).unwrap())
            })
        }
    }
}

/// Holds statements inside a step: `pass(x)` is `x`, as soon as the valve has let so many rows pass.
#[derive(Clone, Default)]
pub(crate) struct Valve {
    flow: Arc<(Mutex<Flow>, Condvar)>,
}

#[derive(Default)]
struct Flow {
    arrived: u64,
    passable: u64,
}

impl Valve {
    /// Lets `rows` more rows pass.
    pub(crate) fn open_for(&self, rows: u64) {
        let (flow, changed) = &*self.flow;
        let mut flow = flow.lock().unwrap();
        flow.passable = flow.passable.saturating_add(rows);
        changed.notify_all();
    }

    /// Lets all rows pass from now on.
    pub(crate) fn open(&self) {
        self.open_for(u64::MAX);
    }

    /// The number of rows that have come to the valve, the one that is held included.
    pub(crate) fn arrived(&self) -> u64 {
        self.flow.0.lock().unwrap().arrived
    }

    fn pass(&self) {
        let (flow, changed) = &*self.flow;
        let mut flow = flow.lock().unwrap();
        flow.arrived += 1;
        let place = flow.arrived;
        let held = |flow: &mut Flow| flow.passable < place;
        let (_flow, waited) = changed.wait_timeout_while(flow, DEADLINE, held).unwrap();
        assert!(!waited.timed_out(), "a row was held for ever");
    }

    /// What registers the function on a new connection.
    pub(crate) fn hook(
        &self,
    ) -> impl Fn(&mut Connection) -> rusqlite::Result<()> + Send + Sync + 'static {
        let valve = self.clone();
        move |connection| {
            let valve = valve.clone();
            connection.create_scalar_function("pass", 1, FunctionFlags::SQLITE_UTF8, move |call| {
                valve.pass();
                call.get::<Value>(0)
            })
        }
    }
}
