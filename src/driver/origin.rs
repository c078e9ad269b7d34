//! Where in the caller's program something was asked for, and by which of its tasks.

use std::future::poll_fn;
use std::panic::Location;
use std::ptr;
use std::task::{Context, Poll};

/// What is told of whoever asked for something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// The call in the caller's program.
    pub(crate) site: &'static Location<'static>,
    pub(crate) task: TaskId,
}

impl Origin {
    pub(crate) fn new(site: &'static Location<'static>, context: &Context<'_>) -> Self {
        Self { site, task: TaskId::of(context) }
    }

    /// Makes the origin of what the calling task asks for.
    pub(crate) async fn here(site: &'static Location<'static>) -> Self {
        poll_fn(|context| Poll::Ready(Self::new(site, context))).await
    }
}

/// A task, told apart from others by what wakes it. It keeps nothing alive, so a task that came after it in
/// the same place is taken for it: good enough for a hint in a message, and for nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaskId {
    data: usize,
    vtable: usize,
}

impl TaskId {
    fn of(context: &Context<'_>) -> Self {
        let waker = context.waker();
        Self { data: waker.data().addr(), vtable: ptr::from_ref(waker.vtable()).addr() }
    }
}
