//! Sessions: identity, unit of work, optimistic locking.
