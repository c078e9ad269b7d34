//! SQLite's interrupt, used only where it hits nothing but the statement it is meant for.
//!
//! `sqlite3_interrupt` belongs to the whole connection: it would end parked siblings and, if it came
//! late, the next statement. So it is called under the lock that also says what is running, and only
//! while that is the connection's only active statement.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::InterruptHandle;

use crate::flow::{Interrupt, Stop, Ticket};

#[derive(Default)]
pub(super) struct Interrupter {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    handle: Option<InterruptHandle>,
    running: Option<Running>,
}

struct Running {
    ticket: Arc<Ticket>,
    /// Whether no other statement of the connection is active.
    alone: bool,
    transaction: Option<u64>,
}

impl Interrupter {
    pub(super) fn set_handle(&self, handle: InterruptHandle) {
        self.with(|state| state.handle = Some(handle));
    }

    /// A statement begins a run of steps.
    pub(super) fn enter(&self, ticket: &Arc<Ticket>, alone: bool, transaction: Option<u64>) {
        let running = Running { ticket: Arc::clone(ticket), alone, transaction };
        self.with(|state| state.running = Some(running));
    }

    /// The run of steps is over: no interrupt comes any more.
    pub(super) fn leave(&self) {
        let last = self.with(|state| state.running.take());
        drop(last);
    }

    /// Stops what is running, if it belongs to the transaction.
    pub(super) fn stop_transaction(&self, transaction: u64) {
        self.stop_if(|running| running.transaction == Some(transaction));
    }

    /// Stops whatever is running.
    pub(super) fn stop_any(&self) {
        self.stop_if(|_| true);
    }

    fn stop_if(&self, meant: impl FnOnce(&Running) -> bool) {
        let ticket = self.with(|state| {
            let running = state.running.as_ref().filter(|running| meant(running))?;
            Some(Arc::clone(&running.ticket))
        });
        if let Some(ticket) = ticket {
            ticket.stop(Stop::Closed);
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Interrupt for Interrupter {
    fn interrupt(&self, ticket: u64) {
        self.with(|state| {
            let meant = state
                .running
                .as_ref()
                .is_some_and(|running| running.alone && running.ticket.id() == ticket);
            if meant && let Some(handle) = &state.handle {
                handle.interrupt();
            }
        });
    }
}
