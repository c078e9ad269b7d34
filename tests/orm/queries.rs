//! Typed queries.
