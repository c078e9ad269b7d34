//! Relations, lazy and eager.

mod blog;
mod eager;
mod keys;
mod lazy;
mod property;
mod refusals;
mod states;
