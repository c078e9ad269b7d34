//! The connection thread: it opens the connection, gives commands and cursors their turns, and closes.

use std::time::Duration;

use super::commands::perform;
use super::group;
use super::link::SqliteLink;
use super::open;
use super::reads;
use super::state::State;
use super::transactions::abandon;
use crate::driver::{Command, Loss};
use crate::error::{Error, ErrorKind};
use crate::flow::sync::{Arc, thread};
use crate::flow::{Tasks, outbox};

/// For how long the thread stays awake for the next command, if the last one came as soon: longer than it
/// takes to wake the task that sends it, or two sleepers would wake each other for ever.
const AWAKE: Duration = Duration::from_micros(200);

/// The body of the thread.
pub(super) fn serve(link: &SqliteLink) {
    link.bell.listen();
    let mut gone = Gone { link, why: Loss::Panicked };
    match open::open(&link.config) {
        Err(error) => {
            if let Some(host) = link.host.upgrade() {
                host.failed(link.id, &error);
            }
            link.refuse(error);
            gone.why = Loss::Closed;
        }
        Ok(connection) => {
            link.interrupter.set_handle(connection.get_interrupt_handle());
            if link.host.upgrade().is_some_and(|host| host.ready(link.id)) {
                let state = State::new(&connection, link);
                let whole = take_turns(link, &state);
                // To close can take long.
                outbox::flush();
                // Before the right to write goes on: what was aborted may still hold SQLite's own lock.
                state.roll_back();
                gone.why = if whole { state.loss() } else { Loss::Panicked };
                gone.tell();
            } else {
                gone.why = Loss::Closed;
            }
            open::close(connection, &link.config);
        }
    }
}

/// Serves commands until the connection has to close.
///
/// False if a task panicked: what it worked on cannot be trusted.
fn take_turns(link: &SqliteLink, state: &State<'_>) -> bool {
    let mut tasks = Tasks::new(Arc::clone(&link.bell));
    let mut closing = false;
    loop {
        let command = link.inbox.take();
        let idle = command.is_none();
        let commanded = match command {
            None => Ok(()),
            Some(Command::Run(job)) if job.one_shot && state.is_spent() => {
                // The connection was altered by whoever had it before; this job needs another one.
                if let Some(host) = state.host.upgrade() {
                    host.again(vec![job]);
                }
                Ok(())
            }
            Some(Command::Run(job)) => tasks.spawn(Box::pin(perform(state, job))),
            Some(Command::Group(jobs) | Command::Reads(jobs)) if state.is_spent() => {
                if let Some(host) = state.host.upgrade() {
                    host.again(jobs);
                }
                Ok(())
            }
            Some(Command::Reads(jobs)) => tasks.spawn(Box::pin(reads::perform_all(state, jobs))),
            Some(Command::Group(jobs)) => tasks.spawn(Box::pin(group::perform_all(state, jobs))),
            Some(Command::Abandon(scope)) => tasks.spawn(Box::pin(abandon(state, scope))),
            Some(Command::CheckIn(lease)) => {
                state.check_in(lease);
                Ok(())
            }
            Some(Command::Close) => {
                closing = true;
                Ok(())
            }
            Some(Command::Abort) => return true,
        };
        if tasks.len() > 0 {
            outbox::flush();
        }
        // One turn of one task between any two commands.
        let Ok(turned) = commanded.and_then(|()| tasks.turn()) else {
            return false;
        };
        if !idle || turned {
            continue;
        }
        outbox::flush();
        let over = state.is_spent() || (closing && state.owner.get().is_none());
        if over && tasks.len() == 0 {
            return true;
        }
        link.bell.wait(AWAKE);
    }
}

/// Tells the host that the connection is gone, whatever ended the thread.
struct Gone<'l> {
    link: &'l SqliteLink,
    why: Loss,
}

impl Gone<'_> {
    /// The connection takes no more work.
    fn tell(&self) {
        if let Some(host) = self.link.host.upgrade() {
            host.gone(self.link.id, self.why);
        }
    }
}

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        outbox::flush();
        self.tell();
        if thread::panicking() {
            // A job must not go from one thread that panics to the next.
            let why = "the thread of the connection panicked";
            self.link.refuse(Error::new(ErrorKind::Panicked, why));
        }
        let left = self.link.inbox.close();
        let Some(host) = self.link.host.upgrade() else {
            return;
        };
        for command in left {
            match command {
                Command::Run(job) => host.again(vec![job]),
                Command::Group(jobs) | Command::Reads(jobs) => host.again(jobs),
                _ => {}
            }
        }
        host.closed(self.link.id);
    }
}
