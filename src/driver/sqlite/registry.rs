//! The open cursors of a connection: who reads, and how they are told to end or to read aside.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::flow::Ticket;

/// An open cursor's switches.
pub(super) struct OpenCursor {
    /// When it was opened, among all that happens on its connection.
    sequence: u64,
    /// It has to end, because what it reads from does.
    ended: Cell<bool>,
    /// It has to read the rest of its result aside, and not wait for its consumer.
    aside: Cell<bool>,
    /// It has as much aside as it may, and still an open statement.
    full: Cell<bool>,
    /// It must not see what its connection writes.
    stable: bool,
    waker: RefCell<Option<Waker>>,
    ticket: Arc<Ticket>,
}

impl OpenCursor {
    /// The moment at which it was opened.
    pub(super) fn opened(&self) -> u64 {
        self.sequence
    }

    pub(super) fn is_ended(&self) -> bool {
        self.ended.get()
    }

    pub(super) fn reads_aside(&self) -> bool {
        self.aside.get()
    }

    pub(super) fn is_stable(&self) -> bool {
        self.stable
    }

    /// It stays open for as long as its consumer likes; one that is to stop does not.
    fn is_full(&self) -> bool {
        self.full.get() && self.ticket.stopped().is_none()
    }

    /// It waits for its consumer again.
    pub(super) fn read_on(&self) {
        self.aside.set(false);
        self.full.set(false);
    }

    pub(super) fn read_aside(&self) {
        self.aside.set(true);
    }

    /// Polls `ready` until it is, or until a switch is set that the caller has not seen yet.
    pub(super) fn poll_unless_told(
        &self,
        context: &mut Context<'_>,
        ready: impl FnOnce(&mut Context<'_>) -> Poll<()>,
        aside_known: bool,
    ) -> Poll<()> {
        if self.ended.get() || (self.aside.get() && !aside_known) {
            return Poll::Ready(());
        }
        *self.waker.borrow_mut() = Some(context.waker().clone());
        ready(context)
    }

    fn tell(&self, switch: impl FnOnce(&Self)) {
        switch(self);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

/// All open cursors of a connection.
#[derive(Default)]
pub(super) struct Registry {
    cursors: RefCell<Vec<Rc<OpenCursor>>>,
    sequence: Cell<u64>,
    waiters: RefCell<Vec<Waker>>,
}

impl Registry {
    /// Marks a moment: cursors opened later have a greater number.
    pub(super) fn mark(&self) -> u64 {
        self.sequence.set(self.sequence.get() + 1);
        self.sequence.get()
    }

    pub(super) fn open(&self, stable: bool, ticket: &Arc<Ticket>) -> Guard<'_> {
        let cursor = Rc::new(OpenCursor {
            sequence: self.mark(),
            ended: Cell::new(false),
            aside: Cell::new(false),
            full: Cell::new(false),
            stable,
            waker: RefCell::new(None),
            ticket: Arc::clone(ticket),
        });
        self.cursors.borrow_mut().push(Rc::clone(&cursor));
        Guard { registry: self, cursor }
    }

    pub(super) fn len(&self) -> usize {
        self.cursors.borrow().len()
    }

    /// Waits until the statements of results that were dropped are reset: what is asked after the drop
    /// must not meet the state that they read.
    pub(super) async fn reap(&self) {
        self.gone(|cursor| cursor.ticket.stopped().is_some()).await;
    }

    /// Ends the cursors opened since a moment, and waits until their statements are reset.
    pub(super) async fn end_since(&self, mark: u64) {
        // Told at every look, since another may be opened while these are waited for.
        self.gone(|cursor| {
            let meant = cursor.sequence > mark;
            if meant && !cursor.ended.get() {
                cursor.tell(|cursor| cursor.ended.set(true));
            }
            meant
        })
        .await;
    }

    /// Makes the stable cursors read aside, and waits until their statements are reset or full.
    pub(super) async fn settle_stable(&self) {
        if self.cursors.borrow().iter().any(|cursor| cursor.stable) {
            self.tell(|cursor| cursor.stable, |cursor| cursor.aside.set(true));
            self.gone(|cursor| cursor.stable && !cursor.is_full()).await;
        }
    }

    /// Makes all cursors read aside; false if some were full before their end.
    pub(super) async fn settle_all(&self) -> bool {
        self.tell(|_| true, |cursor| cursor.aside.set(true));
        self.gone(|cursor| !cursor.is_full()).await;
        self.len() == 0
    }

    /// A cursor has as much aside as it may: those who wait for it need not.
    pub(super) fn mark_full(&self, cursor: &OpenCursor) {
        cursor.full.set(true);
        self.changed();
    }

    fn tell(&self, meant: impl Fn(&OpenCursor) -> bool, switch: impl Fn(&OpenCursor)) {
        for cursor in self.cursors.borrow().iter().filter(|cursor| meant(cursor)) {
            cursor.tell(&switch);
        }
    }

    async fn gone(&self, meant: impl Fn(&OpenCursor) -> bool) {
        poll_fn(|context| {
            // All of them are asked, not only the first.
            let left = self.cursors.borrow().iter().filter(|cursor| meant(cursor)).count();
            if left == 0 {
                return Poll::Ready(());
            }
            self.waiters.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn changed(&self) {
        for waiter in self.waiters.take() {
            waiter.wake();
        }
    }
}

/// Keeps a cursor in the registry for as long as its statement is open.
pub(super) struct Guard<'r> {
    registry: &'r Registry,
    cursor: Rc<OpenCursor>,
}

impl std::ops::Deref for Guard<'_> {
    type Target = OpenCursor;

    fn deref(&self) -> &OpenCursor {
        &self.cursor
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.registry.cursors.borrow_mut().retain(|cursor| !Rc::ptr_eq(cursor, &self.cursor));
        self.registry.changed();
    }
}
