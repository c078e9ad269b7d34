//! What the pool is to its connections.

use super::{Holder, Job, Pool, closed};
use crate::driver::{Host, Lease, Loss, Notice, Permit, Version};
use crate::error::{Error, ErrorKind};
use crate::flow::sync::Arc;

impl Host for Pool {
    fn try_permit(&self, job: &Job) -> Option<Permit> {
        self.gate().try_enter(|| Holder::of(job, self.now()))
    }

    fn queue_write(&self, job: Box<Job>) {
        if job.one_shot
            && let Some(text) = job.text()
        {
            self.texts.remember(text, true);
        }
        self.enter_gate(job);
    }

    fn queue_read(&self, mut job: Box<Job>) {
        if let Some(text) = job.text() {
            self.texts.remember(text, false);
        }
        job.permit = None;
        self.read(job);
    }

    fn ready(&self, link: u64) -> bool {
        self.opened(link)
    }

    fn failed(&self, link: u64, error: &Error) {
        let next = self.not_opened(link, error);
        self.launch(next);
    }

    fn idle(&self, link: u64) -> bool {
        self.free(link)
    }

    fn gone(&self, link: u64, why: Loss) {
        if self.lost(link)
            && let Some(why) = why.reason()
        {
            self.hub.announce(Notice::ConnectionReplaced { why: why.into() });
        }
    }

    fn closed(&self, link: u64) {
        self.is_over(link);
    }

    fn again(&self, jobs: Vec<Box<Job>>) {
        let mut permit = None;
        let mut wanted = Vec::with_capacity(jobs.len());
        for mut job in jobs {
            let lease = job.lease.take();
            if !job.one_shot {
                drop(lease);
                job.fail(Error::new(
                    ErrorKind::Disconnected,
                    "the connection was lost before the statement ran",
                ));
                continue;
            }
            // The lease was of the connection that is gone.
            let _ = lease.and_then(Arc::into_inner).map(Lease::end);
            permit = permit.or_else(|| job.permit.take());
            if job.reply.is_wanted() {
                wanted.push(job);
            }
        }
        match (permit, wanted.first_mut()) {
            (Some(permit), Some(first)) => {
                first.permit = Some(permit);
                if let Err(refused) = self.granted(wanted) {
                    Self::refuse(refused);
                }
            }
            _ => wanted.into_iter().for_each(|job| self.read(job)),
        }
    }

    fn give_back(&self, jobs: Vec<Box<Job>>) {
        let now = self.now();
        let (late, opened) = {
            let mut state = self.lock();
            let oldest = jobs.first().and_then(|job| job.since);
            match state.closed {
                true => (jobs, Vec::new()),
                false => {
                    state.queue.give_back(jobs);
                    // Without a timer they wait for as long as it takes.
                    let _ = oldest.map(|since| self.watch_queue(&mut state, since));
                    // Those that were opened for them may be gone, or could not be opened.
                    let opened = match state.connections.idle() {
                        0 => self.open_readers(&mut state, now),
                        _ => Vec::new(),
                    };
                    (Vec::new(), opened)
                }
            }
        };
        for job in late {
            job.fail(closed());
        }
        self.serve();
        self.launch(opened);
    }

    fn committed(&self) -> Version {
        self.gate().committed()
    }

    fn version(&self) -> Version {
        self.gate().version()
    }

    fn notice(&self, notice: Notice) {
        self.hub.tell(notice);
    }

    fn wants_notices(&self) -> bool {
        self.hub.is_heard()
    }
}
