//! Hooks of a session.
