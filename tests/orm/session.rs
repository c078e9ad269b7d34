//! Sessions: tracked entities, the identity map, and the unit of work.

mod basics;
mod library;
