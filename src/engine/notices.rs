//! What an engine tells those who listen: the hub that notices go to, and the stream they come out of.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_stream::stream;
use futures::stream::{FusedStream, Next, Stream, StreamExt};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender};

use crate::driver::{Notice, Span};
use crate::flow::sync::{AtomicBool, Mutex, MutexGuard, Ordering, lock};

/// How many notices are kept for a subscriber that is slow.
const KEPT: usize = 256;

/// Where the notices of an engine come together. Nothing is made before the first listener comes.
#[derive(Debug, Default)]
pub(super) struct Hub {
    /// Whether anybody has ever listened: the only thing looked at while nobody does.
    found: AtomicBool,
    channel: Mutex<Channel>,
}

#[derive(Debug, Default)]
enum Channel {
    #[default]
    Unheard,
    Open(Sender<Notice>),
    Closed,
}

impl Hub {
    /// Tells a notice to all who listen.
    pub(super) fn tell(&self, notice: Notice) {
        if !self.found.load(Ordering::Acquire) {
            return;
        }
        let sender = match &*self.lock() {
            Channel::Open(sender) => sender.clone(),
            Channel::Unheard | Channel::Closed => return,
        };
        // It wakes those who listen, outside of the lock. Without a receiver it is nobody's loss.
        let _ = sender.send(notice);
    }

    /// Tells a notice that belongs to no statement, also to who traces.
    pub(super) fn announce(&self, notice: Notice) {
        Span::default().warn(&notice);
        self.tell(notice);
    }

    /// Reports whether anybody listens.
    pub(super) fn is_heard(&self) -> bool {
        self.found.load(Ordering::Acquire)
            && matches!(&*self.lock(), Channel::Open(sender) if sender.receiver_count() > 0)
    }

    /// Begins to listen: what is told from now on comes.
    pub(super) fn listen(&self) -> Notices {
        let mut channel = self.lock();
        let receiver = match &*channel {
            Channel::Unheard => {
                let sender = Sender::new(KEPT);
                let receiver = sender.subscribe();
                *channel = Channel::Open(sender);
                self.found.store(true, Ordering::Release);
                Some(receiver)
            }
            Channel::Open(sender) => Some(sender.subscribe()),
            Channel::Closed => None,
        };
        Notices { told: receiver.map(|receiver| Box::pin(told(receiver)) as Told) }
    }

    /// Ends all streams after what they have not given yet; nothing is told any more.
    pub(super) fn close(&self) {
        let before = std::mem::replace(&mut *self.lock(), Channel::Closed);
        // Its drop wakes the listeners, outside of the lock.
        drop(before);
    }

    fn lock(&self) -> MutexGuard<'_, Channel> {
        lock(&self.channel)
    }
}

fn told(mut receiver: Receiver<Notice>) -> impl Stream<Item = Notice> + Send + Sync {
    stream! {
        loop {
            match receiver.recv().await {
                Ok(notice) => yield notice,
                Err(RecvError::Lagged(count)) => yield Notice::Missed { count },
                Err(RecvError::Closed) => return,
            }
        }
    }
}

type Told = Pin<Box<dyn Stream<Item = Notice> + Send + Sync>>;

/// The notices of an engine: a [`Stream`] of [`Notice`]s, from [`notices`](crate::AsyncEngine::notices).
///
/// Up to 256 wait for a subscriber. One that is slower loses the oldest, and finds a
/// [`Missed`](Notice::Missed) in their place; neither the engine nor another subscriber ever waits for it.
/// It keeps the engine from nothing, and ends when the engine is closed for good: when its last
/// connection is closed after [`close`](crate::AsyncEngine::close), or after the last handle is gone.
///
/// # Cancel safety
///
/// A `next` that is dropped loses no notice. Dropping the stream loses those it has not given.
#[must_use = "notices are not seen unless the stream is read"]
pub struct Notices {
    /// None after the end.
    told: Option<Told>,
}

impl Notices {
    /// Waits for the next notice; `None` at the end.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no notice.
    #[expect(clippy::should_implement_trait, reason = "it is a stream's `next`, and a future")]
    pub fn next(&mut self) -> Next<'_, Self> {
        StreamExt::next(self)
    }
}

impl Stream for Notices {
    type Item = Notice;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Notice>> {
        let Some(told) = &mut self.told else {
            return Poll::Ready(None);
        };
        let next = ready!(told.as_mut().poll_next(context));
        if next.is_none() {
            self.told = None;
        }
        Poll::Ready(next)
    }
}

impl FusedStream for Notices {
    fn is_terminated(&self) -> bool {
        self.told.is_none()
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notices").field("ended", &self.told.is_none()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    fn missed(count: u64) -> Notice {
        Notice::Missed { count }
    }

    #[test]
    fn a_slow_subscriber_loses_the_oldest_and_is_told_so_once() {
        let hub = Hub::default();
        let mut notices = hub.listen();

        for count in 0..KEPT as u64 + 10 {
            hub.tell(missed(count));
        }

        assert_eq!(notices.next().now_or_never(), Some(Some(missed(10))));
        assert_eq!(
            notices.next().now_or_never(),
            Some(Some(missed(10))),
            "the oldest that is left"
        );
        assert_eq!(notices.next().now_or_never(), Some(Some(missed(11))));
        assert!(hub.is_heard());
    }

    #[test]
    fn without_a_listener_nothing_is_made() {
        let hub = Hub::default();

        hub.tell(missed(1));

        assert!(!hub.is_heard());
        assert!(matches!(*hub.lock(), Channel::Unheard));
    }

    #[test]
    fn a_closed_hub_ends_its_streams_after_what_they_have_not_given() {
        let hub = Hub::default();
        let mut notices = hub.listen();
        hub.tell(missed(1));

        hub.close();

        assert_eq!(notices.next().now_or_never(), Some(Some(missed(1))));
        assert_eq!(notices.next().now_or_never(), Some(None));
        assert!(notices.is_terminated() && !hub.is_heard());
        assert!(hub.listen().is_terminated());
    }
}
