//! Group commit: writes that wait together share a commit, and each is answered as if it stood alone.

mod alone;
mod answers;
mod busy;
mod order;
mod stopped;
mod undone;
