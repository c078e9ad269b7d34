//! The tasks of a connection thread: a small single-threaded executor that gives one turn at a time, so
//! that the thread can take a command between any two of them.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Wake, Waker};

use super::inbox::Bell;
use super::sync::{Arc, AtomicBool, Mutex, Ordering, lock};

type LocalFuture<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Futures that are polled one at a time, in the order in which they were woken.
pub(crate) struct Tasks<'a> {
    slots: Vec<Slot<'a>>,
    free: Vec<usize>,
    ready: Arc<Ready>,
}

struct Slot<'a> {
    future: Option<LocalFuture<'a>>,
    /// Kept from one future of this slot to the next; a late wake of an earlier one costs an empty turn.
    waker: Waker,
    woken: Arc<Woken>,
}

struct Ready {
    queue: Mutex<VecDeque<usize>>,
    bell: Arc<Bell>,
}

struct Woken {
    slot: usize,
    queued: AtomicBool,
    ready: Arc<Ready>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            lock(&self.ready.queue).push_back(self.slot);
            self.ready.bell.ring();
        }
    }
}

/// A task panicked; it is gone, and what it worked on cannot be trusted.
#[derive(Debug)]
pub(crate) struct TaskPanicked;

impl<'a> Tasks<'a> {
    pub(crate) fn new(bell: Arc<Bell>) -> Self {
        let ready = Arc::new(Ready { queue: Mutex::new(VecDeque::new()), bell });
        Self { slots: Vec::new(), free: Vec::new(), ready }
    }

    /// Polls a new future once, at once, and keeps it if it is not done.
    pub(crate) fn spawn(&mut self, future: LocalFuture<'a>) -> Result<(), TaskPanicked> {
        let index = self.free.pop().unwrap_or_else(|| self.grow());
        if let Some(slot) = self.slots.get_mut(index) {
            slot.future = Some(future);
        }
        self.poll(index)
    }

    /// Gives one woken task its turn; false if none is woken.
    pub(crate) fn turn(&mut self) -> Result<bool, TaskPanicked> {
        let Some(index) = lock(&self.ready.queue).pop_front() else {
            return Ok(false);
        };
        self.poll(index)?;
        Ok(true)
    }

    /// Returns the number of tasks that are not done.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    fn grow(&mut self) -> usize {
        let slot = self.slots.len();
        let woken = Arc::new(Woken {
            slot,
            queued: AtomicBool::new(false),
            ready: Arc::clone(&self.ready),
        });
        let waker = Waker::from(Arc::clone(&woken));
        self.slots.push(Slot { future: None, waker, woken });
        slot
    }

    fn poll(&mut self, index: usize) -> Result<(), TaskPanicked> {
        let Some(slot) = self.slots.get_mut(index) else {
            return Ok(());
        };
        // Cleared before the poll, so that a wake during it is not lost; and by a swap, so that the poll
        // sees what was done before a wake that found the task queued still.
        slot.woken.queued.swap(false, Ordering::AcqRel);
        let Some(mut future) = slot.future.take() else {
            return Ok(());
        };
        let mut context = Context::from_waker(&slot.waker);
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let polled = future.as_mut().poll(&mut context);
            (polled.is_pending().then_some(future), polled)
        }));
        let polled = polled.map(|(pending, polled)| {
            slot.future = pending;
            polled
        });
        match polled {
            Ok(Poll::Pending) => Ok(()),
            Ok(Poll::Ready(())) => {
                self.free.push(index);
                Ok(())
            }
            Err(_) => Err(TaskPanicked),
        }
    }
}

impl fmt::Debug for Tasks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// Gives the other tasks and the waiting commands a turn.
pub(crate) fn yield_now() -> impl Future<Output = ()> {
    let mut yielded = false;
    std::future::poll_fn(move |context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn tasks_that_yield_take_turns() {
        let log = RefCell::new(Vec::new());
        let mut tasks = Tasks::new(Arc::default());
        for name in ["a", "b"] {
            let log = &log;
            tasks
                .spawn(Box::pin(async move {
                    for _ in 0..2 {
                        log.borrow_mut().push(name);
                        yield_now().await;
                    }
                }))
                .unwrap();
        }

        while tasks.turn().unwrap() {}

        assert_eq!(*log.borrow(), ["a", "b", "a", "b"]);
        assert_eq!(tasks.len(), 0);
    }

    #[test]
    fn a_task_that_panics_is_reported() {
        let mut tasks = Tasks::new(Arc::default());

        let result = tasks.spawn(Box::pin(async { panic!("on purpose") }));

        assert!(result.is_err());
    }
}
