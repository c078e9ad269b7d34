//! What a session notes for its next flush.

use std::sync::Arc;

use super::cell::Cell;
use super::home::Home;
use super::item::Item;
use super::state::Stage;
use super::tracked::Tracked;
use crate::error::Result;
use crate::expr::Entity;

/// Marks an entity to be deleted; what is wrong with that is for the next flush to tell.
pub(super) fn delete<E: Entity>(home: &Arc<Home>, entity: &Tracked<E>) {
    match entity.check(home, "deleted") {
        Ok(Stage::Pending) => forget(home, entity),
        Ok(Stage::Persistent) => {
            let mut inner = entity.cell().lock();
            inner.save(home);
            inner.stage = Stage::Deleting;
            let held = std::mem::replace(&mut inner.held, true);
            drop(inner);
            if !held {
                home.hold(Arc::clone(entity.cell()) as Arc<dyn Item>);
            }
        }
        Ok(_) => {}
        Err(error) => home.note_misuse(error),
    }
}

/// Takes an entity out of the session; it is not written any more.
pub(super) fn expunge<E: Entity>(home: &Arc<Home>, entity: &Tracked<E>) -> Result<()> {
    entity.check(home, "expunged")?;
    forget(home, entity);
    Ok(())
}

fn forget<E: Entity>(home: &Arc<Home>, entity: &Tracked<E>) {
    let item = Arc::clone(entity.cell()) as Arc<dyn Item>;
    item.detach();
    home.drop_held(&item);
}

/// The row of an entity is not there any more.
pub(super) fn vanish<E: Entity>(home: &Arc<Home>, cell: Arc<Cell<E>>) {
    cell.vanish(home);
    home.note_gone(cell);
}
