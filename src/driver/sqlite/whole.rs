//! Work of many steps that is done as a whole or not at all: in a transaction of its own, or in a savepoint.

use super::explain;
use super::registry::Guard;
use super::state::{Many, State, stopped, transaction_ended};
use super::watch::timed;
use super::writes::begin_immediate;
use crate::driver::{Reply, Scope};
use crate::error::Result;
use std::time::Duration;

/// What the work is in.
pub(super) struct Whole<'s, 'c> {
    state: &'s State<'c>,
    /// What the work is in can end before it: then it is told, as a cursor is, and waited for.
    pub(super) cursor: Guard<'s>,
    keep: &'static str,
    /// What undoes it, once it has begun.
    undo: Option<&'static str>,
}

impl<'s, 'c> Whole<'s, 'c> {
    /// Begins, or says why that cannot be; [`end`](Self::end) is to be called in any case.
    pub(super) async fn begin(
        state: &'s State<'c>,
        reply: &Reply,
        scope: Option<Scope>,
    ) -> (Self, Result<()>) {
        let own = state.connection.is_autocommit();
        let many = if own { Many::Transaction } else { Many::Savepoint };
        state.begin_many(many, reply.ticket());
        state.cursors.settle_stable().await;
        let (keep, undo) = match own {
            true => ("COMMIT", "ROLLBACK"),
            false => {
                ("RELEASE headwater_many", "ROLLBACK TO headwater_many; RELEASE headwater_many")
            }
        };
        let begun = match own {
            true if scope.is_some() => Err(transaction_ended()),
            true => begin_immediate(state, reply).await,
            false if state.connection.is_autocommit() => Err(transaction_ended()),
            false if scope.is_some_and(|scope| !state.is_open(scope)) => Err(transaction_ended()),
            false => state.run("SAVEPOINT headwater_many"),
        };
        let cursor = state.cursors.open(false, reply.ticket());
        let undo = begun.is_ok().then_some(undo);
        (Self { state, cursor, keep, undo }, begun)
    }

    /// Keeps what was done if all of it was, and undoes it else.
    pub(super) fn end<T>(
        self,
        reply: &Reply,
        mut end: Result<T>,
        took: &mut Duration,
    ) -> Result<T> {
        let Self { state, keep, undo, cursor } = self;
        if end.is_ok()
            && let Some(why) = reply.ticket().stopped()
        {
            end = Err(stopped(why));
        }
        if end.is_ok()
            && let Err(error) = timed(state, took, || state.run(keep))
        {
            end = Err(explain::commit(state.connection, error));
        }
        if end.is_err()
            && let Some(undo) = undo
        {
            // It fails where SQLite has ended the transaction by itself: then nothing is left to undo.
            let _ = state.connection.execute_batch(undo);
        }
        state.end_many();
        // Gone before the end of the transaction is looked for, which waits for all that run in it.
        drop(cursor);
        end
    }
}
