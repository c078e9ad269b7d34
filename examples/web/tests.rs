//! What the service promises: in process, request by request, and over real sockets.
//!
//! Nothing waits for time to pass: deadlines run on a clock that the tests turn.

mod flights;
mod pages;
mod service;
mod shutdown;
mod sockets;
mod statuses;
mod streams;
