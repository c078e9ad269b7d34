//! The inbox of a connection thread, and the bell that wakes the thread.

use std::collections::VecDeque;
use std::task::Wake;
use std::time::{Duration, Instant};

use super::patience::{Few, Luck};
use super::sync::{Arc, AtomicBool, CHECKED, Mutex, OnceLock, Ordering, hint, lock, thread};

/// With one connection thread awake, the others leave the cores to those who have work.
static AWAKE: Few = Few::new(1);

/// Wakes one thread, without a lock and without losing a ring.
#[derive(Debug)]
pub(crate) struct Bell {
    rung: AtomicBool,
    listener: OnceLock<thread::Thread>,
    luck: Luck,
}

impl Default for Bell {
    fn default() -> Self {
        Self { rung: AtomicBool::new(false), listener: OnceLock::new(), luck: Luck::new() }
    }
}

impl Bell {
    /// Makes the calling thread the one that is woken.
    pub(crate) fn listen(&self) {
        self.listener.get_or_init(thread::current);
    }

    pub(crate) fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel)
            && let Some(listener) = self.listener.get()
        {
            listener.unpark();
        }
    }

    /// Waits for a ring: awake for up to `awake`, then asleep.
    ///
    /// A ring from before the first call of `listen` is not lost, as the flag is read before sleeping.
    pub(crate) fn wait(&self, awake: Duration) {
        let awake = if CHECKED { Duration::ZERO } else { awake };
        let since = Instant::now();
        if !(self.luck.try_it(awake) && self.is_rung_within(since, awake)) {
            while !self.rung.swap(false, Ordering::AcqRel) {
                thread::park();
            }
        }
        self.luck.waited(since.elapsed());
    }

    fn is_rung_within(&self, since: Instant, awake: Duration) -> bool {
        if !AWAKE.enter() {
            return false;
        }
        let rung = self.watch(since, awake);
        AWAKE.leave();
        rung
    }

    fn watch(&self, since: Instant, awake: Duration) -> bool {
        while since.elapsed() < awake {
            for _ in 0..16 {
                if self.rung.load(Ordering::Relaxed) && self.rung.swap(false, Ordering::AcqRel) {
                    return true;
                }
                hint::spin_loop();
            }
            // Who is to ring may have been put on this very core.
            thread::yield_now();
        }
        false
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.ring();
    }
}

/// A queue that many may put commands into and one thread takes them from.
#[derive(Debug)]
pub(crate) struct Inbox<C> {
    queue: Mutex<Queue<C>>,
    bell: Arc<Bell>,
}

#[derive(Debug)]
struct Queue<C> {
    commands: VecDeque<C>,
    closed: bool,
}

impl<C> Inbox<C> {
    pub(crate) fn new(bell: Arc<Bell>) -> Self {
        let queue = Queue { commands: VecDeque::new(), closed: false };
        Self { queue: Mutex::new(queue), bell }
    }

    /// Adds a command, or gives it back if the thread is gone.
    pub(crate) fn put(&self, command: C) -> Result<(), C> {
        let mut queue = lock(&self.queue);
        if queue.closed {
            return Err(command);
        }
        queue.commands.push_back(command);
        drop(queue);
        self.bell.ring();
        Ok(())
    }

    pub(crate) fn take(&self) -> Option<C> {
        lock(&self.queue).commands.pop_front()
    }

    /// Refuses further commands and gives back those that wait.
    pub(crate) fn close(&self) -> VecDeque<C> {
        let mut queue = lock(&self.queue);
        queue.closed = true;
        std::mem::take(&mut queue.commands)
    }
}
