//! What a session does at the edges: odd tables, many keys, panics of the program's functions, and generic
//! callers.

use headwater::EntityState;

use super::library::{Library, author};
use crate::support::run;

#[test]
fn of_many_expunged_entities_none_is_written_or_comes_back() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();
        ada.edit(|ada| ada.born = Some(1815));
        let all = session.add_all((0..1_000).map(|number| author(&number.to_string())));

        session.expunge(&ada).unwrap();
        for one in all.iter().take(900) {
            session.delete(one);
        }
        let changes = session.changes();
        session.commit().await.unwrap();
        session.rollback().await.unwrap();

        assert_eq!((changes.new.len(), changes.dirty.len()), (100, 0));
        assert_eq!((ada.state(), all[0].state()), (EntityState::Detached, EntityState::Detached));
        assert_eq!(library.number("SELECT count(*) FROM authors").await, 101);
        assert_eq!(library.number("SELECT count(born) FROM authors").await, 0);
    });
}
