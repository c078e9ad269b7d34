//! Group commit: one-shot writes that waited together run in one transaction, each in a savepoint of its
//! own, and are answered after its commit.
//!
//! What a commit costs is paid once for all of them. Each is told what it would be told alone: one that
//! fails is undone alone, and where the transaction is lost before its commit (a conflict clause rolls it
//! back, the disk is full, a member is stopped in its step) or the commit itself fails, nobody has been
//! answered yet, and each runs again alone, once and in order.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures::future::join_all;

use super::commands::{perform, prepare};
use super::cursor::done_of;
use super::errors::translate;
use super::explain;
use super::packer::{Packer, bounds_of};
use super::prepare::Prepared;
use super::state::{State, stopped};
use super::verdict::Place;
use super::watch::{Named, tell_slow, timed};
use super::writes::{failed, first_step};
use crate::driver::{Done, Job, Outcome, Reply, Request, Wanted};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::outbox;
use crate::flow::sync::has_passed;
use crate::row::RowBatch;

/// No member waits for longer than this for those after it, or for longer than a commit takes.
const LONGEST: Duration = Duration::from_millis(1);

/// Runs jobs that came with the right to write, in their order.
pub(super) async fn perform_all(state: &State<'_>, jobs: Vec<Box<Job>>) {
    let mut waiting = VecDeque::from(jobs);
    let lease = waiting.front().and_then(|job| job.lease.clone());
    state.own(lease.as_ref());
    state.until_abandoned().await;
    state.cursors.reap().await;
    if let Some(first) = waiting.front_mut() {
        state.keep_permit(first);
    }
    let writing = state.write_on();
    let mut handing_over = Vec::new();
    while !waiting.is_empty() {
        let alone = together(state, &mut waiting);
        for job in waiting.drain(..alone.min(waiting.len())).collect::<Vec<_>>() {
            handing_over.extend(until_written(state, perform(state, job)).await);
        }
    }
    drop(writing);
    state.settle();
    state.release(lease);
    // Whoever is slow to take the rows of a write keeps no other one from writing.
    join_all(handing_over).await;
}

/// Runs a job until its statement has written; gives what is left of it: rows wait for their consumer.
async fn until_written<F: Future<Output = ()>>(state: &State<'_>, job: F) -> Option<Pin<Box<F>>> {
    let before = state.written.get();
    let mut job = Box::pin(job);
    let over = poll_fn(|context| match job.as_mut().poll(context) {
        Poll::Ready(()) => Poll::Ready(true),
        Poll::Pending if state.written.get() != before => Poll::Ready(false),
        Poll::Pending => Poll::Pending,
    });
    if over.await { None } else { Some(job) }
}

/// Runs as many jobs from the front in one transaction as may be; gives how many of those that are then
/// at the front have to run alone.
fn together(state: &State<'_>, waiting: &mut VecDeque<Box<Job>>) -> usize {
    if waiting.len() == 1 {
        return 1;
    }
    let mut group = Group::default();
    let mut alone = 0;
    while !group.is_full(state)
        && let Some(job) = waiting.pop_front()
    {
        if !job.reply.start() {
            // It was called off, or nobody waits for it: not a step of it is made.
            continue;
        }
        match group.add(state, job) {
            Added::Done => {}
            Added::Alone(job) => {
                waiting.push_front(job);
                alone = 1;
                break;
            }
            Added::Lost(job) => {
                job.reply.defer();
                waiting.push_front(job);
                return 1 + group.give_back(state, waiting);
            }
        }
    }
    match group.commit(state) {
        true => alone,
        false => alone + group.give_back(state, waiting),
    }
}

/// Those who share a transaction.
#[derive(Default)]
struct Group<'c> {
    words: Option<Words<'c>>,
    /// The transaction cannot begin: another process has had the lock for too long, and all members have
    /// waited for it.
    busy: Option<Error>,
    members: Vec<Member>,
    /// The size of the rows that members give.
    bytes: usize,
}

/// The statements that set the members apart, prepared once for all of them.
struct Words<'c> {
    since: Instant,
    savepoint: Prepared<'c>,
    release: Prepared<'c>,
}

/// A job that has run and is not answered yet; its request is whole, so that it can run again.
struct Member {
    job: Box<Job>,
    end: Result<Done>,
    rows: Vec<RowBatch>,
}

/// What became of a job in a group.
enum Added {
    /// It is a member, or its answer is known.
    Done,
    /// It cannot be a member.
    Alone(Box<Job>),
    /// With it, the transaction is gone.
    Lost(Box<Job>),
}

impl<'c> Group<'c> {
    fn is_full(&self, state: &State<'_>) -> bool {
        let since = self.words.as_ref().map(|words| words.since);
        let large = self.bytes > 0 && self.bytes >= state.config.bounds.spill_memory;
        large || since.is_some_and(|since| has_passed(since, LONGEST.max(state.commit_took.get())))
    }

    fn add(&mut self, state: &State<'c>, mut job: Box<Job>) -> Added {
        let Request::Query(query) = &job.request else {
            return Added::Alone(job);
        };
        let mut prepared = match prepare(state, &job, &query.statement, query.wanted) {
            Ok((prepared, _)) => prepared,
            Err(error) => return self.answered(job, error),
        };
        if !prepared.verdict.writes {
            state.cache.put(prepared);
            job.reply.defer();
            if let Some(host) = state.host.upgrade() {
                job.lease = None;
                host.queue_read(job);
            }
            return Added::Done;
        }
        if !prepared.may_join(state.connection) {
            state.cache.put(prepared);
            return Added::Alone(job);
        }
        if let Err(error) = prepared.bind(query.statement.parameters()) {
            state.cache.put(prepared);
            return self.answered(job, error);
        }
        if self.words.is_none() {
            let begun = match &self.busy {
                Some(busy) => Err(busy.same()),
                None => begin(state, &job.reply),
            };
            match begun {
                Ok(words) => self.words = Some(words),
                Err(error) => {
                    state.cache.put(prepared);
                    return self.not_begun(job, error);
                }
            }
        }
        self.run(state, job, prepared)
    }

    /// Notes the answer of a job that has done nothing.
    fn answered(&mut self, job: Box<Job>, error: Error) -> Added {
        self.members.push(Member { job, end: Err(error), rows: Vec::new() });
        Added::Done
    }

    fn not_begun(&mut self, job: Box<Job>, error: Error) -> Added {
        match error.kind() {
            ErrorKind::Busy => {
                let told = error.same().with_sql(query_text(&job));
                self.busy = Some(error);
                self.answered(job, told)
            }
            _ if job.reply.ticket().stopped().is_some() => {
                // What it hears does not depend on the others, who may wait for the lock for long.
                answer(job, Err(error), Vec::new());
                Added::Done
            }
            _ => Added::Alone(job),
        }
    }

    /// Runs a job as the next member.
    fn run(&mut self, state: &State<'c>, job: Box<Job>, mut prepared: Prepared<'c>) -> Added {
        let (Some(words), Request::Query(query)) = (&mut self.words, &job.request) else {
            return Added::Alone(job);
        };
        let before = state.connection.total_changes();
        let bounds = bounds_of(&state.config.bounds, query);
        let mut packer = Packer::new(&prepared, bounds, false, None);
        let keeps_rows = query.wanted != Wanted::Nothing;
        let mut rows = Vec::new();
        let mut took = Duration::ZERO;
        let run = timed(state, &mut took, || -> Result<Kept> {
            words.savepoint.run()?;
            let kept = keeps_rows.then_some((&mut packer, &mut rows));
            let run = run(state, &job.reply, &mut prepared, kept)?;
            words.release.run()?;
            Ok(run)
        });
        let run = run
            .map_err(|error| explain::refused(state.connection, error, &prepared.verdict.tables));
        let done = done_of(state, before);
        packer.look(&prepared.statement);
        state.cache.put_with(prepared, &packer.columns);
        match run {
            Ok(Kept::All) => {
                if keeps_rows {
                    rows.extend(packer.last(None));
                }
                tell_slow(
                    state,
                    Named { text: query.statement.text(), site: job.origin.site, span: &job.span },
                    took,
                );
                self.bytes += rows.iter().map(RowBatch::size).sum::<usize>();
                self.members.push(Member { job, end: Ok(done), rows });
                Added::Done
            }
            Ok(Kept::TooMuch) => undo(state, job),
            Err(_) if state.connection.is_autocommit() => Added::Lost(job),
            Err(error) => {
                // Alone, a statement may keep what it has done before it failed (OR FAIL).
                let touched = state.connection.total_changes() != before;
                match undo(state, job) {
                    Added::Alone(job) if !touched => {
                        let error = error.with_sql(query_text(&job));
                        self.answered(job, error)
                    }
                    undone => undone,
                }
            }
        }
    }

    /// Commits what the members did, and answers them; false if they have to run again, each alone.
    fn commit(&mut self, state: &State<'c>) -> bool {
        if let Some(Words { savepoint, release, .. }) = self.words.take() {
            state.cache.put(savepoint);
            state.cache.put(release);
            let since = Instant::now();
            match state.run("COMMIT") {
                Ok(()) => state.commit_took.set(since.elapsed()),
                // Readers of another process keep all of them from committing, and have for long enough.
                Err(error) if error.kind() == ErrorKind::Busy => self.none_commits(state, &error),
                Err(_) => return false,
            }
        }
        let version = state.settle();
        // All are answered before the first of them gets in the way of the others.
        outbox::keep_wakes(|| {
            for Member { job, end, rows } in self.members.drain(..) {
                if let Err(error) = &end {
                    state.note_error(error);
                }
                answer(job, end.map(|done| Done { version, ..done }), rows);
            }
        });
        outbox::flush();
        true
    }

    /// Undoes what the members did, and notes why for each that had succeeded.
    fn none_commits(&mut self, state: &State<'c>, error: &Error) {
        end_transaction(state);
        for Member { job, end, rows } in &mut self.members {
            if end.is_ok() {
                *end = Err(error.same().with_sql(query_text(job)));
                rows.clear();
            }
        }
    }

    /// Ends the transaction, if it is still there, and puts the members back where they came from.
    fn give_back(&mut self, state: &State<'c>, waiting: &mut VecDeque<Box<Job>>) -> usize {
        self.words = None;
        end_transaction(state);
        let members = self.members.len();
        for Member { job, .. } in self.members.drain(..).rev() {
            // Until its turn comes again, its deadline ends it at once.
            job.reply.defer();
            waiting.push_front(job);
        }
        members
    }
}

/// Begins the transaction; a wait for the lock of another process ends when the first member is stopped.
fn begin<'c>(state: &State<'c>, reply: &Reply) -> Result<Words<'c>> {
    let word = |text| state.cache.take(text, Place::Connection);
    let savepoint = word("SAVEPOINT headwater_member")?;
    let release = word("RELEASE headwater_member")?;
    let _running = state.enter(reply.ticket(), false);
    if let Some(why) = reply.ticket().stopped() {
        return Err(stopped(why));
    }
    let begun = state.run("BEGIN IMMEDIATE");
    match (begun, reply.ticket().stopped()) {
        (Ok(()), _) => Ok(Words { since: Instant::now(), savepoint, release }),
        (Err(_), Some(why)) => Err(stopped(why)),
        (Err(error), None) => Err(error),
    }
}

fn end_transaction(state: &State<'_>) {
    if !state.connection.is_autocommit() {
        // It fails where SQLite has ended the transaction by itself.
        let _ = state.connection.execute_batch("ROLLBACK");
    }
}

/// Undoes what the last member did.
fn undo(state: &State<'_>, job: Box<Job>) -> Added {
    let undo = "ROLLBACK TO headwater_member; RELEASE headwater_member";
    match state.connection.execute_batch(undo) {
        Ok(()) => Added::Alone(job),
        Err(_) => Added::Lost(job),
    }
}

fn query_text(job: &Job) -> &str {
    job.text().unwrap_or_default()
}

/// Whether the rows of a member were kept.
enum Kept {
    All,
    /// There are more than may be kept beside the others'.
    TooMuch,
}

/// Runs a member to its end, and keeps its rows if they are wanted.
fn run(
    state: &State<'_>,
    reply: &Reply,
    prepared: &mut Prepared<'_>,
    kept: Option<(&mut Packer, &mut Vec<RowBatch>)>,
) -> Result<Kept> {
    let mut rows = prepared.statement.raw_query();
    let alone = state.cursors.len() == 0;
    let Some((packer, batches)) = kept else {
        if first_step(state, reply, alone, false, &mut rows, |_| Ok(()))? {
            while rows.next().map_err(|error| failed(reply, error))?.is_some() {}
        }
        return Ok(Kept::All);
    };
    if !first_step(state, reply, alone, false, &mut rows, |row| packer.pack(row))? {
        return Ok(Kept::All);
    }
    let mut bytes = 0;
    loop {
        if packer.is_full() {
            let batch = packer.take();
            bytes += batch.size();
            batches.push(batch);
            if bytes >= state.config.bounds.spill_memory {
                return Ok(Kept::TooMuch);
            }
        }
        match rows.next() {
            Ok(Some(row)) => packer.pack(row)?,
            Ok(None) => return Ok(Kept::All),
            Err(error) => return Err(failed(reply, error)),
        }
    }
}

fn answer(job: Box<Job>, end: Result<Done>, mut rows: Vec<RowBatch>) {
    let Job { reply, lease, deadline, .. } = *job;
    drop((deadline, lease));
    let end = end.map(Outcome::from);
    let Some(last) = rows.pop() else {
        return reply.finish(end);
    };
    // They are few: more than may be kept would not have been a member's.
    for batch in rows {
        reply.send(batch);
    }
    reply.send_last(last, end);
}

impl Prepared<'_> {
    /// Runs a statement that has neither values nor rows.
    fn run(&mut self) -> Result<()> {
        let mut rows = self.statement.raw_query();
        match rows.next() {
            Ok(_) => Ok(()),
            Err(error) => Err(translate(error, None)),
        }
    }
}
