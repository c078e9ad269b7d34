//! The handoff: a bounded channel of batches between one producer and one consumer, with an end that
//! is told apart from a loss.
//!
//! A sender that goes away without saying how its work ended leaves an error, never a clean end. A
//! receiver that goes away stops the sender's ticket. Neither side ever blocks: both wait as futures,
//! and every lock is held for a few field writes.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

use super::outbox;
use super::patience::Patience;
use super::sync::{Arc, Mutex, MutexGuard, Weak, lock, thread};
use super::ticket::{Stop, Ticket};
use crate::error::{Error, ErrorKind, Result};

/// Makes a channel that holds up to `capacity` items and ends with a `D`.
pub(crate) fn handoff<T, D>(capacity: usize, patience: Patience) -> (Sender<T, D>, Receiver<T, D>) {
    let shared = Arc::new(Shared {
        ticket: Arc::new(Ticket::new()),
        state: Mutex::new(State {
            queue: Items { first: None, rest: VecDeque::new() },
            capacity: capacity.max(1),
            started: false,
            over: false,
            harmless: false,
            end: None,
            receiver: None,
            receiver_gone: false,
            sender: None,
        }),
    });
    let receiver = Receiver { shared: Arc::clone(&shared), patience, streak: 0, ended: false };
    (Sender { shared }, receiver)
}

struct Shared<T, D> {
    ticket: Arc<Ticket>,
    state: Mutex<State<T, D>>,
}

struct State<T, D> {
    queue: Items<T>,
    capacity: usize,
    /// Whether the work has begun; what has not can still be called off from outside.
    started: bool,
    /// Whether it has ended; the end itself may have been taken already.
    over: bool,
    /// Whether it does nothing that lasts: then its deadline is told before it has stopped.
    harmless: bool,
    end: Option<Result<D>>,
    receiver: Option<Waker>,
    receiver_gone: bool,
    sender: Option<Waker>,
}

/// A queue whose only item, which is what most answers are, needs no memory of its own.
struct Items<T> {
    first: Option<T>,
    /// Empty while there is no first.
    rest: VecDeque<T>,
}

impl<T> Items<T> {
    fn push_back(&mut self, item: T) {
        match self.first {
            None => self.first = Some(item),
            Some(_) => self.rest.push_back(item),
        }
    }

    fn pop_front(&mut self) -> Option<T> {
        let next = self.rest.pop_front();
        std::mem::replace(&mut self.first, next)
    }

    fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    fn is_empty(&self) -> bool {
        self.first.is_none()
    }
}

impl<T, D> State<T, D> {
    /// Says how the work ended, unless that was said before; gives back what does not count.
    fn conclude(&mut self, end: Result<D>) -> Option<Result<D>> {
        if std::mem::replace(&mut self.over, true) {
            return Some(end);
        }
        self.end = Some(end);
        None
    }

    fn is_wanted(&self) -> bool {
        !self.receiver_gone && !self.over
    }
}

/// The producer's end.
pub(crate) struct Sender<T, D> {
    shared: Arc<Shared<T, D>>,
}

impl<T, D> Sender<T, D> {
    pub(crate) fn ticket(&self) -> &Arc<Ticket> {
        &self.shared.ticket
    }

    /// Marks the work as begun; false if it was called off or nobody waits for it.
    pub(crate) fn start(&self) -> bool {
        let mut state = lock(&self.shared.state);
        state.started = true;
        state.is_wanted()
    }

    /// Takes back that the work has begun: it waits again.
    pub(crate) fn defer(&self) {
        lock(&self.shared.state).started = false;
    }

    /// Says that the work does nothing that lasts, so that nobody has to wait for it to stop.
    pub(crate) fn mark_harmless(&self) {
        lock(&self.shared.state).harmless = true;
    }

    /// Adds an item, whether or not there is room, and wakes the consumer.
    pub(crate) fn send(&self, item: T) {
        let mut state = lock(&self.shared.state);
        if !state.is_wanted() {
            drop(state);
            return;
        }
        state.queue.push_back(item);
        wake_receiver(state);
    }

    /// Adds the last item and the end at once: one message instead of two.
    pub(crate) fn send_last(self, item: T, end: Result<D>) {
        let mut state = lock(&self.shared.state);
        if !state.is_wanted() {
            drop(state);
            return;
        }
        state.queue.push_back(item);
        let late = state.conclude(end);
        wake_receiver(state);
        drop(late);
    }

    /// Ends the channel.
    pub(crate) fn finish(self, end: Result<D>) {
        let mut state = lock(&self.shared.state);
        let late = state.conclude(end);
        wake_receiver(state);
        drop(late);
    }

    /// Waits until there is room for another item, or nobody to take one.
    pub(crate) async fn room(&self) {
        poll_fn(|context| self.poll_room(context)).await;
    }

    pub(crate) fn poll_room(&self, context: &mut Context<'_>) -> Poll<()> {
        self.poll_fewer(usize::MAX, context)
    }

    /// Waits until the consumer has taken everything, or there is nobody to take it.
    pub(crate) fn poll_drained(&self, context: &mut Context<'_>) -> Poll<()> {
        self.poll_fewer(1, context)
    }

    fn poll_fewer(&self, items: usize, context: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.shared.state);
        if self.has_fewer(&state, items) {
            return Poll::Ready(());
        }
        state.sender = Some(context.waker().clone());
        Poll::Pending
    }

    /// Reports whether there is room for another item, or nobody to take one.
    pub(crate) fn has_room(&self) -> bool {
        self.has_fewer(&lock(&self.shared.state), usize::MAX)
    }

    /// Reports whether the consumer has taken everything, or there is nobody to take it.
    pub(crate) fn is_clear(&self) -> bool {
        self.has_fewer(&lock(&self.shared.state), 1)
    }

    fn has_fewer(&self, state: &State<T, D>, items: usize) -> bool {
        let over = !state.is_wanted() || self.shared.ticket.stopped().is_some();
        over || state.queue.len() < state.capacity.min(items)
    }

    /// Returns how many items wait to be taken.
    pub(crate) fn waiting(&self) -> usize {
        lock(&self.shared.state).queue.len()
    }

    /// Reports whether the consumer has taken everything, so that it waits or soon will.
    pub(crate) fn is_drained(&self) -> bool {
        lock(&self.shared.state).queue.is_empty()
    }

    /// Reports whether anybody still waits for the work.
    pub(crate) fn is_wanted(&self) -> bool {
        lock(&self.shared.state).is_wanted()
    }

    /// Waits until the ticket is stopped, for a producer that waits for something else.
    pub(crate) fn poll_stopped(&self, context: &Context<'_>) -> Poll<Stop> {
        lock(&self.shared.state).sender = Some(context.waker().clone());
        // Looked at last: who stops it sets the flag before it looks for whom to wake.
        self.shared.ticket.stopped().map_or(Poll::Pending, Poll::Ready)
    }

    /// Wakes the producer, wherever it waits for room.
    pub(crate) fn expiry(&self) -> Expiry<T, D> {
        Expiry { shared: Arc::downgrade(&self.shared) }
    }
}

impl<T, D> Drop for Sender<T, D> {
    fn drop(&mut self) {
        let mut state = lock(&self.shared.state);
        if !state.is_wanted() {
            return;
        }
        let lost = if thread::panicking() {
            Error::new(ErrorKind::Panicked, "the thread that ran the statement panicked")
        } else {
            Error::new(
                ErrorKind::Closed,
                "what the statement belonged to was closed before it ended",
            )
        };
        state.conclude(Err(lost));
        wake_receiver(state);
    }
}

/// A way to end the work of a channel from outside, for timers: it keeps nothing alive.
pub(crate) struct Expiry<T, D> {
    shared: Weak<Shared<T, D>>,
}

impl<T, D> Expiry<T, D> {
    /// Calls the work off if it has not begun; false if it has.
    pub(crate) fn call_off(&self, error: impl FnOnce() -> Error) -> bool {
        let Some(shared) = self.shared.upgrade() else {
            return true;
        };
        let mut state = lock(&shared.state);
        if state.started {
            return false;
        }
        if !state.over {
            state.conclude(Err(error()));
            wake_receiver(state);
        }
        true
    }

    /// Stops the work, begun or not.
    pub(crate) fn stop(&self, why: Stop, error: impl Fn() -> Error) {
        if self.call_off(&error) {
            return;
        }
        if let Some(shared) = self.shared.upgrade() {
            shared.ticket.stop(why);
            let sender = lock(&shared.state).sender.take();
            wake(sender);
            // It may have been put back to wait in between; later, whoever puts it back sees the stop.
            self.call_off(&error);
        }
    }

    /// Ends the waiting for work that was stopped and does not look, if it does nothing that lasts.
    pub(crate) fn give_up(&self, error: impl FnOnce() -> Error) {
        let Some(shared) = self.shared.upgrade() else {
            return;
        };
        let mut state = lock(&shared.state);
        if state.harmless && !state.over {
            state.conclude(Err(error()));
            wake_receiver(state);
        }
    }
}

/// The consumer's end.
pub(crate) struct Receiver<T, D> {
    shared: Arc<Shared<T, D>>,
    patience: Patience,
    /// Items taken in a row without waiting.
    streak: u32,
    ended: bool,
}

/// After so many items without waiting, a consumer lets the other tasks of its executor run.
const LONGEST_STREAK: u32 = 32;

/// What a consumer receives.
pub(crate) enum Received<T, D> {
    Item(T),
    End(Result<D>),
}

impl<T, D> Receiver<T, D> {
    /// Waits for the next item or the end; after the end it must not be asked again.
    pub(crate) fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<Received<T, D>> {
        if self.streak >= LONGEST_STREAK {
            self.streak = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut state = lock(&self.shared.state);
        if let Some(item) = state.queue.pop_front() {
            let sender = state.sender.take();
            drop(state);
            self.streak += 1;
            self.patience.rewarded();
            wake(sender);
            return Poll::Ready(Received::Item(item));
        }
        if let Some(end) = state.end.take() {
            drop(state);
            self.ended = true;
            self.patience.rewarded();
            return Poll::Ready(Received::End(end));
        }
        if self.ended {
            let error = Error::new(ErrorKind::Closed, "the result has ended");
            return Poll::Ready(Received::End(Err(error)));
        }
        self.streak = 0;
        if self.patience.is_some() {
            // Outside of the lock: a waiter may offer its core, and not to whom it keeps waiting.
            drop(state);
            if self.patience.lasts() {
                // No waker is left behind: the next poll is already on its way.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            state = lock(&self.shared.state);
            if !state.queue.is_empty() || state.end.is_some() {
                drop(state);
                return self.poll_receive(context);
            }
        }
        match &mut state.receiver {
            Some(waker) => waker.clone_from(context.waker()),
            waker => *waker = Some(context.waker().clone()),
        }
        Poll::Pending
    }

    #[cfg(all(test, headwater_loom))]
    pub(crate) async fn receive(&mut self) -> Received<T, D> {
        poll_fn(|context| self.poll_receive(context)).await
    }
}

impl<T, D> Drop for Receiver<T, D> {
    fn drop(&mut self) {
        if !self.ended {
            self.shared.ticket.stop(Stop::Dropped);
        }
        let mut state = lock(&self.shared.state);
        state.receiver_gone = true;
        state.receiver = None;
        let queue = (state.queue.first.take(), std::mem::take(&mut state.queue.rest));
        let end = state.end.take();
        let sender = state.sender.take();
        drop(state);
        // Items may have drops of their own, so they go outside the lock.
        drop((queue, end));
        wake(sender);
    }
}

/// Wakes the consumer after the lock is open again, or it would wake only to wait for the lock.
fn wake_receiver<T, D>(mut state: MutexGuard<'_, State<T, D>>) {
    let waker = state.receiver.take();
    drop(state);
    wake(waker);
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        outbox::wake(waker);
    }
}

macro_rules! opaque {
    ($($name:ident),*) => {$(
        impl<T, D> fmt::Debug for $name<T, D> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

opaque!(Sender, Receiver, Expiry);
