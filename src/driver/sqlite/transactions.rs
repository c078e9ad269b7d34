//! Transactions and savepoints: begun by handle or by text, ended with everything that reads in them.

use super::commands::many_in_progress;
use super::explain;
use super::prepare::Prepared;
use super::state::{State, Transaction, transaction_ended};
use super::verdict::Verdict;
use super::writes;
use crate::driver::{Begin, Done, Job, Outcome, Query, Reply, Scope, Version};
use crate::error::{Error, ErrorKind, Result};

/// Takes the connection for several jobs, perhaps with a transaction.
pub(super) async fn lease(state: &State<'_>, job: Box<Job>, begin: Begin) {
    let Job { reply, lease, .. } = *job;
    let begun = match begin {
        Begin::Plain => Ok(()),
        Begin::Write(scope) => open(state, &reply, scope, false, true).await,
        Begin::Snapshot(scope) => open(state, &reply, scope, true, true).await,
    };
    match begun {
        Ok(()) => reply.finish(Ok(Outcome { lease, ..Outcome::default() })),
        Err(error) => {
            state.release(lease);
            reply.finish(Err(error));
        }
    }
}

/// Begins a transaction on a connection that is leased already.
pub(super) async fn begin(state: &State<'_>, job: Box<Job>, scope: Scope) {
    let begun = open(state, &job.reply, scope, false, false).await;
    if begun.is_err() {
        state.settle();
    }
    answer(state, job, begun.map(|()| Done::default()));
}

async fn open(
    state: &State<'_>,
    reply: &Reply,
    scope: Scope,
    read_only: bool,
    owns_lease: bool,
) -> Result<()> {
    if state.writes_many.get().is_some() {
        return Err(many_in_progress());
    }
    state.until_written().await;
    if !state.connection.is_autocommit() {
        return Err(Error::new(
            ErrorKind::Statement,
            "a transaction is already open on this connection; nest with `savepoint()`, or end it first",
        ));
    }
    if read_only {
        state.run("BEGIN")?;
        // BEGIN alone pins nothing: the state is the one at the first read.
        if let Err(error) = state.run("SELECT rootpage FROM sqlite_schema LIMIT 1") {
            state.roll_back();
            return Err(error);
        }
    } else {
        writes::begin_immediate(state, reply).await?;
    }
    let mark = state.cursors.mark();
    let savepoints = Vec::new();
    let transaction =
        Transaction { id: scope.transaction, read_only, owns_lease, mark, savepoints };
    state.transaction.replace(Some(transaction));
    state.show();
    Ok(())
}

/// Begins a savepoint.
pub(super) fn savepoint(state: &State<'_>, job: Box<Job>, scope: Scope) {
    let text = format!("SAVEPOINT headwater_{}", scope.savepoint);
    let begun = state.place(&job).and_then(|_| match state.writes_many.get() {
        // It would be gone with the savepoint that the rows are in.
        Some(_) => Err(many_in_progress()),
        None => state
            .connection
            .execute_batch(&text)
            .map_err(|error| super::errors::translate(error, Some(&text))),
    });
    if begun.is_ok()
        && let Some(transaction) = &mut *state.transaction.borrow_mut()
    {
        transaction.savepoints.push((scope.savepoint, state.cursors.mark()));
    }
    answer(state, job, begun.map(|()| Done::default()));
}

/// Commits a transaction, or releases a savepoint.
pub(super) async fn commit(state: &State<'_>, job: Box<Job>, scope: Scope) {
    if let Err(error) = state.place(&job) {
        answer(state, job, Err(error));
        return;
    }
    let version = match scope.savepoint {
        0 => commit_all(state, scope).await,
        savepoint => end_savepoint(state, savepoint, true).await,
    };
    let version = version.map(|version| Done { version, ..Done::default() });
    answer(state, job, version);
}

async fn commit_all(state: &State<'_>, scope: Scope) -> Result<Option<Version>> {
    let mark = state.transaction.borrow().as_ref().map_or(0, |transaction| transaction.mark);
    // SQLite itself would let a cursor go on past the end, and keep the old state in view.
    state.cursors.end_since(mark).await;
    if !state.is_open(scope) {
        return Err(transaction_ended());
    }
    let committed = state.run("COMMIT").map_err(|error| explain::commit(state.connection, error));
    if committed.is_err() {
        // A COMMIT that fails leaves the transaction open; ours has then rolled back.
        let _ = state.connection.execute_batch("ROLLBACK");
    }
    state.note_end(&committed);
    let Some(ended) = state.transaction.take() else {
        return Err(transaction_ended());
    };
    let version = state.end_transaction(&ended);
    committed.map(|()| version)
}

/// Rolls back a transaction, or to a savepoint.
pub(super) async fn rollback(state: &State<'_>, job: Box<Job>, scope: Scope) {
    if let Err(error) = state.place(&job) {
        answer(state, job, Err(error));
        return;
    }
    let ended = undo(state, scope).await;
    answer(state, job, ended.map(|()| Done::default()));
}

/// Ends what a handle that is gone has left open.
pub(super) async fn abandon(state: &State<'_>, scope: Scope) {
    let open = state.transaction.borrow().as_ref().is_some_and(|open| open.id == scope.transaction);
    if open {
        let _abandoned = state.abandon();
        // Nobody waits for the outcome; what cannot be undone now is when the connection goes back.
        let _ = undo(state, scope).await;
    }
}

async fn undo(state: &State<'_>, scope: Scope) -> Result<()> {
    if scope.savepoint != 0 {
        return end_savepoint(state, scope.savepoint, false).await.map(drop);
    }
    let mark = state.transaction.borrow().as_ref().map_or(0, |transaction| transaction.mark);
    state.cursors.end_since(mark).await;
    if !state.is_open(scope) {
        return Err(transaction_ended());
    }
    state.run("ROLLBACK")?;
    if let Some(ended) = state.transaction.take() {
        state.end_transaction(&ended);
    }
    Ok(())
}

async fn end_savepoint(state: &State<'_>, savepoint: u64, keep: bool) -> Result<Option<Version>> {
    let place = |transaction: &Transaction| {
        transaction.savepoints.iter().position(|(open, _)| *open == savepoint)
    };
    let mark = {
        let transaction = state.transaction.borrow();
        let found = transaction.as_ref().and_then(|transaction| {
            place(transaction).and_then(|index| transaction.savepoints.get(index))
        });
        match found {
            Some((_, mark)) => *mark,
            None => return Err(transaction_ended()),
        }
    };
    state.cursors.end_since(mark).await;
    if state.transaction.borrow().as_ref().is_none_or(|open| place(open).is_none()) {
        return Err(transaction_ended());
    }
    let text = if keep {
        format!("RELEASE headwater_{savepoint}")
    } else {
        format!("ROLLBACK TO headwater_{savepoint}; RELEASE headwater_{savepoint}")
    };
    let ended = state.connection.execute_batch(&text);
    if let Some(transaction) = &mut *state.transaction.borrow_mut()
        && let Some(index) = place(transaction)
    {
        transaction.savepoints.truncate(index);
    }
    ended.map_err(|error| super::errors::translate(error, Some(&text)))?;
    Ok(state.host.upgrade().map(|host| host.version()))
}

/// Runs BEGIN, COMMIT and the like that came as text on a connection of the caller's.
pub(super) async fn words<'c>(
    state: &State<'c>,
    job: Box<Job>,
    query: Query,
    prepared: Prepared<'c>,
) {
    if state.connection.is_autocommit() {
        state.until_written().await;
    }
    before_words(state, &prepared.verdict).await;
    writes::write(state, job, query, prepared).await;
}

/// What has to be before a BEGIN, COMMIT or the like is run: with a transaction end its cursors.
pub(super) async fn before_words(state: &State<'_>, verdict: &Verdict) {
    if state.connection.is_autocommit() {
        state.text_mark.set(state.cursors.mark());
    } else if verdict.ends {
        let mark = match &*state.transaction.borrow() {
            Some(transaction) => transaction.mark,
            None => state.text_mark.get(),
        };
        state.cursors.end_since(mark).await;
    }
}

fn answer(state: &State<'_>, job: Box<Job>, end: Result<Done>) {
    let Job { reply, lease, .. } = *job;
    state.release(lease);
    reply.finish(end.map(Outcome::from));
}
