//! Relations, lazy and eager.

mod blog;
mod eager;
mod keys;
mod lazy;
mod refusals;
mod states;
