//! Ways to poll a future so many times and then drop it: by hand, and inside each runtime.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::mpsc::{self, Receiver, Sender};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use super::{DEADLINE, poll_and_drop};

/// Who polls a future, and how it is dropped there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Polled and dropped on one thread, without a runtime.
    Hand,
    /// A task of tokio's threads that is aborted.
    TokioThreads,
    /// The branch of a `select!` that was not taken, on tokio's single thread.
    TokioThread,
    /// A task of smol's that is cancelled by the drop of its handle.
    Smol,
}

impl Way {
    pub(crate) const ALL: [Self; 4] =
        [Self::Hand, Self::TokioThreads, Self::TokioThread, Self::Smol];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hand => "bare",
            Self::TokioThreads => "tokio",
            Self::TokioThread => "tokio current-thread",
            Self::Smol => "smol",
        }
    }
}

/// Drops futures in one of the ways.
pub(crate) struct Dropper {
    way: Way,
    runtime: Option<Runtime>,
}

impl Dropper {
    pub(crate) fn new(way: Way) -> Self {
        let runtime = match way {
            Way::Hand | Way::Smol => None,
            Way::TokioThreads => Some(Builder::new_multi_thread().worker_threads(2).build()),
            Way::TokioThread => Some(Builder::new_current_thread().build()),
        };
        Self { way, runtime: runtime.map(Result::unwrap) }
    }

    /// Polls a future up to `polls` times, each time after it was woken, keeps it for `pause`, and drops
    /// it; what it gave, if it came to its end. When this returns, it has been dropped.
    pub(crate) fn drop_after<F>(
        &self,
        future: F,
        polls: usize,
        pause: Duration,
    ) -> Option<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        match (self.way, &self.runtime) {
            (Way::Hand, _) => poll_and_drop(future, polls, pause),
            (Way::Smol, _) => {
                let (counted, events) = counted(future, polls);
                let task = smol::spawn(counted);
                outcome(&events, pause, || drop(task))
            }
            (Way::TokioThreads, Some(runtime)) => {
                let (counted, events) = counted(future, polls);
                let task = runtime.spawn(counted);
                outcome(&events, pause, || task.abort())
            }
            (_, runtime) => runtime.as_ref().unwrap().block_on(selected(future, polls, pause)),
        }
    }
}

/// The future as a branch of a `select!`, whose other branch is taken after so many polls.
async fn selected<F: Future>(future: F, polls: usize, pause: Duration) -> Option<F::Output> {
    let polled = Cell::new(0);
    let mut future = Box::pin(future);
    let work = poll_fn(|context| {
        if polled.get() == polls {
            return Poll::Pending;
        }
        polled.set(polled.get() + 1);
        future.as_mut().poll(context)
    });
    let enough = poll_fn(|_| {
        if polled.get() < polls {
            return Poll::Pending;
        }
        spin(pause);
        Poll::Ready(())
    });
    tokio::select! {
        biased;
        output = work => Some(output),
        () = enough => None,
    }
}

/// Waits for the end of a task, or ends it once it has had its polls.
fn outcome<T>(events: &Receiver<Event<T>>, pause: Duration, end: impl FnOnce()) -> Option<T> {
    let mut end = Some(end);
    let mut output = None;
    loop {
        match events.recv_timeout(DEADLINE / 2) {
            Ok(Event::Polled) => {
                if let Some(end) = end.take() {
                    spin(pause);
                    end();
                }
            }
            Ok(Event::Done(done)) => output = Some(done),
            Ok(Event::Dropped) => {
                assert!(end.is_none() || output.is_some(), "the operation panicked");
                return output;
            }
            Err(error) => panic!("the task is neither woken nor dropped: {error}"),
        }
    }
}

enum Event<T> {
    /// It has had as many polls as it was to have.
    Polled,
    Done(T),
    Dropped,
}

/// A future that is polled so many times and no more.
struct Counted<F: Future> {
    future: Option<Pin<Box<F>>>,
    left: usize,
    events: Sender<Event<F::Output>>,
}

fn counted<F: Future>(future: F, polls: usize) -> (Counted<F>, Receiver<Event<F::Output>>) {
    let (events, receiver) = mpsc::channel();
    (Counted { future: Some(Box::pin(future)), left: polls, events }, receiver)
}

impl<F: Future> Future for Counted<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if let Some(future) = this.future.as_mut()
            && this.left > 0
        {
            this.left -= 1;
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                let _ = this.events.send(Event::Done(output));
                return Poll::Ready(());
            }
        }
        if this.left == 0 {
            let _ = this.events.send(Event::Polled);
        }
        Poll::Pending
    }
}

impl<F: Future> Drop for Counted<F> {
    fn drop(&mut self) {
        self.future = None;
        let _ = self.events.send(Event::Dropped);
    }
}

/// Keeps the thread busy: to sleep takes longer than most pauses.
pub(super) fn spin(pause: Duration) {
    let since = Instant::now();
    while since.elapsed() < pause {
        std::hint::spin_loop();
    }
}
