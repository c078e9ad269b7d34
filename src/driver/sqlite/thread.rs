//! The connection thread: it opens the connection, gives commands and cursors their turns, and closes.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::commands::perform;
use super::config::Config;
use super::link::SqliteLink;
use super::open;
use super::state::State;
use super::transactions::abandon;
use crate::driver::{Command, Host, Job, Lease};
use crate::error::{Error, ErrorKind};
use crate::flow::{Bell, Tasks};

/// For how long the thread stays awake for the next command, if the last one came as soon: longer than it
/// takes to wake the task that sends it, or two sleepers would wake each other for ever.
const AWAKE: Duration = Duration::from_micros(200);

/// The body of the thread.
pub(super) fn serve(
    link: &SqliteLink,
    bell: &Arc<Bell>,
    config: &Arc<Config>,
    host: Weak<dyn Host>,
) {
    bell.listen();
    let gone = Gone { link, host: host.clone() };
    match open::open(config) {
        Err(error) => {
            gone.tell();
            refuse(link, link.refusal.get_or_init(|| error));
        }
        Ok(connection) => {
            link.interrupter.set_handle(connection.get_interrupt_handle());
            let state =
                State::new(&connection, config, Arc::clone(&link.interrupter), link.id, host);
            take_turns(link, bell, &state);
            // Before the right to write goes on: what was aborted may still hold SQLite's own lock.
            state.roll_back();
            gone.tell();
            drop(state);
            open::close(connection, config);
        }
    }
}

/// Serves commands until the connection has to close.
fn take_turns(link: &SqliteLink, bell: &Arc<Bell>, state: &State<'_>) {
    let mut tasks = Tasks::new(Arc::clone(bell));
    let mut closing = false;
    loop {
        let command = link.inbox.take();
        let idle = command.is_none();
        let commanded = match command {
            None => Ok(()),
            Some(Command::Run(job)) if job.one_shot && state.is_spent() => {
                // The connection was altered by whoever had it before; this job needs another one.
                if let Some(host) = state.host.upgrade() {
                    host.again(job);
                }
                Ok(())
            }
            Some(Command::Run(job)) => tasks.spawn(Box::pin(perform(state, job))),
            Some(Command::Abandon(scope)) => tasks.spawn(Box::pin(abandon(state, scope))),
            Some(Command::CheckIn(lease)) => {
                state.check_in(lease);
                Ok(())
            }
            Some(Command::Close) => {
                closing = true;
                Ok(())
            }
            Some(Command::Abort) => return,
        };
        // One turn of one task between any two commands.
        let Ok(turned) = commanded.and_then(|()| tasks.turn()) else {
            // A task panicked: what it worked on cannot be trusted, and the connection is given up.
            return;
        };
        if !idle || turned {
            continue;
        }
        let over = state.is_spent() || (closing && state.owner.get().is_none());
        if over && tasks.len() == 0 {
            return;
        }
        bell.wait(AWAKE);
    }
}

/// Answers all that wait with the error that kept the connection from opening.
fn refuse(link: &SqliteLink, error: &Error) {
    for command in link.inbox.close() {
        if let Command::Run(job) = command {
            let Job { reply, lease, permit, .. } = *job;
            drop(permit);
            // The connection that the lease is of is no more.
            let _ = lease.and_then(Arc::into_inner).map(Lease::end);
            reply.finish(Err(error.same()));
        }
    }
}

/// Tells the host that the connection is gone, whatever ended the thread.
struct Gone<'l> {
    link: &'l SqliteLink,
    host: Weak<dyn Host>,
}

impl Gone<'_> {
    /// The connection takes no more work.
    fn tell(&self) {
        if let Some(host) = self.host.upgrade() {
            host.gone(self.link.id);
        }
    }
}

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // A job must not go from one thread that panics to the next.
            self.tell();
            let why = "the thread of the connection panicked";
            refuse(
                self.link,
                self.link.refusal.get_or_init(|| Error::new(ErrorKind::Panicked, why)),
            );
        }
        let left = self.link.inbox.close();
        let Some(host) = self.host.upgrade() else {
            return;
        };
        host.gone(self.link.id);
        for command in left {
            if let Command::Run(job) = command {
                host.again(job);
            }
        }
        host.closed(self.link.id);
    }
}
