//! Edits that stand where a flush, a savepoint or another edit is under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use headwater::{AsyncSessionmaker, EntityState, Tracked};

use super::library::{Author, Library, author};
use crate::support::run;

#[test]
fn an_edit_made_before_a_savepoint_is_written_after_its_rollback() {
    run(async {
        let library = Library::new().await;
        let shared: Arc<std::sync::Mutex<Option<Tracked<Author>>>> = Arc::default();
        let once = AtomicBool::new(true);
        let seen = Arc::clone(&shared);
        // It edits while the savepoint begins, when what was there before is written already.
        let sessions = AsyncSessionmaker::new(&library.engine).after_flush(move || {
            if let Some(ada) = &*seen.lock().unwrap()
                && once.swap(false, Ordering::Relaxed)
            {
                ada.edit(|ada| ada.born = Some(1815));
            }
            Ok(())
        });
        let mut session = sessions.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();
        *shared.lock().unwrap() = Some(ada.clone());
        ada.edit(|ada| ada.name = "Ada Lovelace".to_owned());

        let mut savepoint = session.savepoint().await.unwrap();
        savepoint.flush().await.unwrap();
        savepoint.rollback().await.unwrap();

        assert_eq!((ada.state(), ada.changed_columns()), (EntityState::Dirty, vec!["born"]));
        assert_eq!(session.changes().dirty.len(), 1);
        session.commit().await.unwrap();
        assert_eq!(library.number("SELECT born FROM authors").await, 1815);
    });
}

#[test]
fn threads_that_edit_two_entities_within_each_other_do_not_wait_for_each_other() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let [ada, alan] = [session.add(author("Ada")), session.add(author("Alan"))];
        let barrier = std::sync::Barrier::new(2);

        let within = |outer: &Tracked<Author>, inner: &Tracked<Author>| {
            outer.edit(|author| {
                barrier.wait();
                inner.edit(|inner| inner.born = Some(1900));
                author.name.push('!');
            });
        };
        thread::scope(|scope| {
            scope.spawn(|| within(&ada, &alan));
            scope.spawn(|| within(&alan, &ada));
        });

        for (author, name) in [(ada, "Ada!"), (alan, "Alan!")] {
            assert_eq!((&*author.read().name, author.read().born), (name, Some(1900)));
        }
    });
}
