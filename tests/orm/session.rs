//! Sessions: tracked entities, the identity map, and the unit of work.

mod basics;
mod bounds;
mod cascades;
mod chains;
mod circles;
mod concurrent;
mod defined;
mod doubts;
mod failures;
mod identity;
mod library;
mod loading;
mod makers;
mod models;
mod order;
mod races;
mod rollbacks;
mod savepoints;
mod versions;
