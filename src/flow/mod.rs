//! How rows and requests move between threads and tasks: the handoff, the stop ticket, the patience of
//! a waiter, and the turns of a connection thread. No driver and no runtime is known here.

mod count;
mod handoff;
mod inbox;
#[cfg(all(test, headwater_loom))]
mod models;
pub(crate) mod outbox;
mod patience;
pub(crate) mod sync;
mod tasks;
mod ticket;

pub(crate) use count::Count;
pub(crate) use handoff::{Received, Receiver, Sender, handoff};
pub(crate) use inbox::{Bell, Inbox};
pub(crate) use patience::Patience;
pub(crate) use tasks::{Tasks, yield_now};
pub(crate) use ticket::{Interrupt, Stop, Ticket};
