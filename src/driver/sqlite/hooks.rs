//! The hooks of a connection. They go in once, at open, and read switches in thread-locals: to set one
//! later takes `&mut Connection`, which parked cursors borrow, and a new authorizer would make SQLite
//! prepare every cached statement again.
//!
//! None of them can panic: SQLite would go on as if it had been told to.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::hooks::Authorization;

use super::verdict::{Place, Record};
use crate::flow::sync::{thread, thread_local};
use crate::flow::{Ticket, outbox};

/// How many virtual machine operations pass between two looks at the ticket: some tens of microseconds. Looks
/// that are closer together cost a full scan some percent.
const OPERATIONS: i32 = 4_000;

thread_local! {
    /// The ticket of the statement that runs on this thread.
    static RUNNING: RefCell<Option<Arc<Ticket>>> = const { RefCell::new(None) };
    /// What the authorizer has seen since the recording began.
    static RECORD: RefCell<Record> = RefCell::default();
    /// Whether a commit that is no statement of its own is refused once the ticket is stopped.
    static UNDOES: Cell<bool> = const { Cell::new(false) };
    /// Whether a commit is refused, because what it is to answer with cannot be had.
    static REFUSES: Cell<bool> = const { Cell::new(false) };
    /// How often the progress handler was called, in a circle.
    static PROGRESS: Cell<u32> = const { Cell::new(0) };
    /// After how many more calls of the progress handler what runs is ended whatever its ticket says.
    static CALLS_LEFT: Cell<Option<u32>> = const { Cell::new(None) };
    static BUSY_SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Installs all hooks.
pub(super) fn install(connection: &mut Connection, busy_timeout: Duration) -> rusqlite::Result<()> {
    connection.progress_handler(OPERATIONS, Some(on_progress))?;
    connection.busy_handler(Some(move |count| wait_for_lock(count, busy_timeout)))?;
    // SQLite makes this a rollback: a statement of few operations may not have been looked at before.
    connection.commit_hook(Some(|| {
        let undoes = UNDOES.try_with(Cell::get).unwrap_or(false);
        REFUSES.try_with(Cell::get).unwrap_or(false) || (undoes && is_stopped())
    }))?;
    connection.authorizer(Some(|context: rusqlite::hooks::AuthContext<'_>| {
        let deny = RECORD.try_with(|record| {
            record.try_borrow_mut().is_ok_and(|mut record| record.see(&context))
        });
        if deny.unwrap_or(false) { Authorization::Deny } else { Authorization::Allow }
    }))
}

/// Makes the hooks look at a ticket, until the guard goes.
pub(super) fn watch(ticket: &Arc<Ticket>) {
    set(Some(Arc::clone(ticket)));
}

/// Makes the hooks look at no ticket.
pub(super) fn unwatch() {
    set(None);
    undo_if_stopped(false);
}

/// Makes the commit of a statement that stands alone depend on the ticket, until `unwatch`.
pub(super) fn undo_if_stopped(undoes: bool) {
    let _ = UNDOES.try_with(|switch| switch.set(undoes));
}

/// Makes every commit a rollback, or no longer.
pub(super) fn refuse_commit(refuses: bool) {
    let _ = REFUSES.try_with(|switch| switch.set(refuses));
}

fn set(ticket: Option<Arc<Ticket>>) {
    let _ = RUNNING.try_with(|running| {
        if let Ok(mut running) = running.try_borrow_mut() {
            *running = ticket;
        }
    });
}

/// Begins to note what the authorizer sees of a text for such a place.
pub(super) fn record(place: Place) {
    let _ = RECORD.try_with(|record| record.replace(Record::of(place)));
}

/// Forgets what the authorizer has seen, and gives it back.
pub(super) fn take_record() -> Record {
    RECORD.try_with(|record| record.take()).unwrap_or_default()
}

fn on_progress() -> bool {
    outbox::flush();
    let _ = PROGRESS.try_with(|progress| progress.set(progress.get().wrapping_add(1)));
    is_stopped() || !has_calls_left()
}

/// Counts a call, if they are counted.
fn has_calls_left() -> bool {
    let left = CALLS_LEFT.try_with(|left| {
        let next = left.get().map(|left| left.saturating_sub(1));
        left.set(next);
        next
    });
    left.ok().flatten() != Some(0)
}

/// Makes what runs end at the look of this number at its ticket; true if the last to be so bounded has.
pub(super) fn bound_looks(looks: Option<u32>) -> bool {
    let before = CALLS_LEFT.try_with(|left| left.replace(looks));
    before.ok().flatten() == Some(0)
}

/// Returns a number that changes with every so many operations: while it stays, little was done.
pub(super) fn progress() -> u32 {
    PROGRESS.try_with(Cell::get).unwrap_or_default()
}

fn is_stopped() -> bool {
    let stopped = RUNNING.try_with(|running| {
        let running = running.try_borrow();
        running
            .is_ok_and(|running| running.as_ref().is_some_and(|ticket| ticket.stopped().is_some()))
    });
    stopped.unwrap_or(false)
}

/// Waits a little for the lock of another process, or gives up; `count` is how often it was asked before.
pub(super) fn wait_for_lock(count: i32, limit: Duration) -> bool {
    if is_stopped() {
        return false;
    }
    outbox::flush();
    let now = Instant::now();
    let since = BUSY_SINCE.try_with(|since| match since.get() {
        Some(since) if count > 0 => since,
        _ => {
            since.set(Some(now));
            now
        }
    });
    let waited = now.saturating_duration_since(since.unwrap_or(now));
    if waited >= limit {
        return false;
    }
    let pause = match count {
        0..5 => Duration::from_micros(200),
        5..20 => Duration::from_millis(1),
        _ => Duration::from_millis(2),
    };
    // SQLite waits inside this callback, on the connection's own thread; other processes tell nobody when
    // they let go of a lock, and the steps are short so that a drop is seen.
    thread::sleep(pause.min(limit.saturating_sub(waited)));
    true
}
