//! `Lease`: a connection taken out of its pool, and `Holder`: who has it, for how long, and what for.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use super::{Command, Job, Link, Origin, Request, TaskId, Wanted};
use crate::flow::sync::{Mutex, lock};
use crate::statement::Text;

/// A connection taken out of its pool; it goes back when the last who holds this lets go.
#[derive(Debug)]
pub(crate) struct Lease {
    id: u64,
    link: Option<Arc<dyn Link>>,
    /// The statement that was last run on it, where it is held for several.
    last: Option<Arc<Last>>,
}

/// The statement that somebody ran last.
pub(crate) type Last = Mutex<Option<Text>>;

impl Lease {
    pub(crate) fn new(id: u64, link: Arc<dyn Link>, last: Option<Arc<Last>>) -> Self {
        Self { id, link: Some(link), last }
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Runs a job on the connection; one for a connection that is gone fails.
    pub(crate) fn run(&self, job: Box<Job>) {
        if let Some(last) = &self.last
            && let Some(text) = job.shown()
        {
            lock(last).replace(text);
        }
        if let Some(link) = &self.link
            && let Err((Command::Run(job), error)) = link.send(Command::Run(job))
        {
            job.fail(error);
        }
    }

    /// Tells the connection something; one that is gone has no need of it.
    pub(crate) fn tell(&self, command: Command) {
        if let Some(link) = &self.link {
            let _ = link.send(command);
        }
    }

    /// Ends the lease without a word to the connection, for the connection itself.
    pub(crate) fn end(mut self) -> u64 {
        self.link = None;
        self.id
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(link) = self.link.take() {
            let _ = link.send(Command::CheckIn(self.id));
        }
    }
}

/// Who has a connection, or the right to write: what a message says of those that others wait for.
#[derive(Clone, Debug)]
pub(crate) struct Holder {
    what: &'static str,
    text: Option<Text>,
    last: Option<Arc<Last>>,
    origin: Origin,
    since: Instant,
}

impl Holder {
    /// Describes who gets something for a job, at a time.
    pub(crate) fn of(job: &Job, now: Instant) -> Self {
        let what = match &job.request {
            Request::Lease(begin) => begin.name(),
            Request::Begin(_) => "a transaction",
            Request::Query(query) if query.wanted == Wanted::Streamed => "a result",
            Request::Script(_) => "a script",
            _ => "a statement",
        };
        let last = job.last.clone();
        let last = last.or_else(|| job.lease.as_ref().and_then(|lease| lease.last.clone()));
        Self { what, text: job.shown(), last, origin: job.origin, since: now }
    }

    pub(crate) fn since(&self) -> Instant {
        self.since
    }

    pub(crate) fn is_of(&self, task: TaskId) -> bool {
        self.origin.task == task
    }

    /// Shows who it is, for how long, since which call, and what it runs.
    pub(crate) fn show(&self, now: Instant) -> impl fmt::Display {
        let age = now.saturating_duration_since(self.since);
        let last = self.last.as_ref().and_then(|last| lock(last).clone());
        let (what, site, text) = (self.what, self.origin.site, self.text.clone());
        fmt::from_fn(move |f| {
            write!(f, "{what}")?;
            if let Some(text) = &text {
                write!(f, " of `{}`", Shortened(text))?;
            }
            write!(f, " for {age:.1?}, called at {site}")?;
            match &last {
                Some(last) => write!(f, ", last `{}`", Shortened(last)),
                None => Ok(()),
            }
        })
    }
}

/// A text in one line that is not too long.
struct Shortened<'t>(&'t str);

impl fmt::Display for Shortened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 200;
        let mut left = LONGEST;
        for (index, word) in self.0.split_whitespace().enumerate() {
            let space = if index == 0 { "" } else { " " };
            let Some(fits) = left.checked_sub(word.len() + space.len()) else {
                return f.write_str("\u{2026}");
            };
            left = fits;
            write!(f, "{space}{word}")?;
        }
        Ok(())
    }
}
