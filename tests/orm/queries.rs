//! Typed queries.

mod hand;
mod selecting;
