//! The flush: what has changed, in the order in which the database takes it, in one hand-over.

mod cascade;
mod circles;
mod components;
mod freed;
mod order;
mod plan;
mod shape;
mod unit;

pub(super) use cascade::cascade;
pub(super) use cascade::{Uncertain, keep};
pub(super) use plan::{Planned, changed, named, plan_delete, plan_insert, plan_update};
pub(super) use shape::{Kind, Shapes};
pub(super) use unit::{Flush, Given};
