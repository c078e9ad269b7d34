//! Relations, lazy and eager.

mod blog;
mod eager;
mod keys;
mod refusals;
mod states;
