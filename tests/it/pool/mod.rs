//! The pool: connections that come on demand and retire, fair waiting, and connections that do not open.

mod deadlines;
mod hung;
mod kinds;
mod queue;
mod replaced;
mod retiring;
mod status;
mod told;
