//! SQLite's interrupt, used only where it hits nothing but the statement it is meant for.
//!
//! `sqlite3_interrupt` belongs to the whole connection: it would end parked siblings and, if it came
//! late, the next statement. So it is called under the lock that also says what is running, and only
//! while that is the connection's only active statement.

use rusqlite::InterruptHandle;

use crate::flow::sync::{Arc, Mutex, lock};
use crate::flow::{Interrupt, Stop, Ticket};

#[derive(Default)]
pub(super) struct Interrupter {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    handle: Option<InterruptHandle>,
    running: Option<Running>,
    /// The connection is to end: what begins is stopped too.
    aborted: bool,
    /// The transactions whose handles went last: what begins in them is stopped too.
    abandoned: [Option<u64>; 4],
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
        let late = self.with(|state| {
            state.running = Some(running);
            state.aborted || (transaction.is_some() && state.abandoned.contains(&transaction))
        });
        if late {
            ticket.stop(Stop::Closed);
        }
    }

    /// The run of steps is over: no interrupt comes any more.
    pub(super) fn leave(&self) {
        let last = self.with(|state| state.running.take());
        drop(last);
    }

    /// Stops what is running or about to run, if it belongs to the transaction.
    pub(super) fn stop_transaction(&self, transaction: u64) {
        self.with(|state| {
            state.abandoned.rotate_right(1);
            if let Some(newest) = state.abandoned.first_mut() {
                *newest = Some(transaction);
            }
        });
        self.stop_if(|running| running.transaction == Some(transaction));
    }

    /// Stops whatever is running or about to run.
    pub(super) fn stop_any(&self) {
        self.with(|state| state.aborted = true);
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
        act(&mut lock(&self.state))
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
