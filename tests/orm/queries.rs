//! Typed queries, each checked against plain SQL.

mod bounds;
mod conditions;
mod corners;
mod joins;
mod library;
mod pages;
mod parts;
mod projections;
mod refused;
mod shapes;
mod texts;
mod writes;
