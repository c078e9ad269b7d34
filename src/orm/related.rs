//! Relations in a session: what belongs to a tracked entity, loaded when it is asked for.

use super::relation::{Form, sealed};
use super::tracked::Tracked;
use crate::expr::Entity;

/// Entities are loaded as tracked by a session.
#[derive(Debug)]
pub struct InSession(());

impl Form for InSession {
    type Of<E: Entity> = Tracked<E>;
}

impl sealed::Sealed for InSession {}
