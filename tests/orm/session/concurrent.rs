//! Handles on several threads, and edits within edits.

use std::sync::Arc;
use std::time::Duration;

use headwater::EntityState;

use super::library::{Author, Library, author};
use crate::support::{run, start};

#[test]
fn threads_that_edit_one_entity_take_turns() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(Author { born: Some(0), ..author("Ada") });
        session.commit().await.unwrap();

        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        ada.edit(|ada| ada.born = ada.born.map(|born| born + 1));
                    }
                });
            }
        });
        session.commit().await.unwrap();

        assert_eq!(library.number("SELECT born FROM authors").await, 2_000);
    });
}

#[test]
fn an_edit_may_read_and_edit_the_same_entity() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();

        ada.edit(|outer| {
            assert_eq!(ada.read().born, None);
            ada.edit(|inner| inner.born = Some(1815));
            outer.name = "Ada Lovelace".to_owned();
        });

        let read = ada.read();
        assert_eq!((read.name.as_str(), read.born), ("Ada Lovelace", Some(1815)));
    });
}

#[test]
fn a_panic_in_an_edit_changes_nothing() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();

        let other = ada.clone();
        let thread = std::thread::spawn(move || {
            other.edit(|ada| {
                ada.name = "half".to_owned();
                panic!("on purpose");
            });
        });

        thread.join().unwrap_err();
        assert_eq!((ada.read().name.as_str(), ada.state()), ("Ada", EntityState::Clean));
        ada.edit(|ada| ada.born = Some(1815));
        session.commit().await.unwrap();
    });
}

#[test]
fn what_is_edited_while_it_is_written_is_for_the_next_flush() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let all: Vec<_> =
            session.add_all((0..500).map(|number| author(&format!("author {number}"))));
        session.commit().await.unwrap();
        let other = library.engine.begin().await.unwrap();

        for one in &all {
            one.edit(|one| one.born = Some(1));
        }
        let last = &all[499];
        let mut flush = Box::pin(session.flush());
        start(&mut flush);
        // The flush has read what it writes, and waits for its turn to write.
        last.edit(|last| last.born = Some(2));
        other.rollback().await.unwrap();
        flush.await.unwrap();
        let after_flush = (last.read().born, last.state(), last.original().unwrap().born);
        session.commit().await.unwrap();

        assert_eq!(after_flush, (Some(2), EntityState::Dirty, Some(1)));
        assert_eq!(library.number("SELECT born FROM authors WHERE id = 500").await, 2);
        assert_eq!(library.number("SELECT sum(born) FROM authors").await, 501);
    });
}

#[test]
fn a_new_entity_that_is_edited_while_it_is_inserted_keeps_key_and_edit() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let other = library.engine.begin().await.unwrap();

        let ada = session.add(author("Ada"));
        let mut flush = Box::pin(session.flush());
        start(&mut flush);
        ada.edit(|ada| ada.born = Some(1815));
        other.rollback().await.unwrap();
        flush.await.unwrap();
        let after_flush = (ada.key(), ada.state());
        session.commit().await.unwrap();

        assert_eq!(after_flush, (1, EntityState::Dirty));
        assert_eq!(library.number("SELECT born FROM authors").await, 1815);
    });
}

#[test]
fn handles_are_read_while_the_session_works() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(Author { born: Some(0), ..author("Ada") });
        session.commit().await.unwrap();
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let seen = ada.clone();
        let reader = std::thread::spawn(move || {
            let mut last = 0;
            while stopped.recv_timeout(Duration::ZERO)
                == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                let born = Arc::clone(&seen.read()).born.unwrap();
                assert!(born >= last);
                last = born;
            }
        });

        for _ in 0..50 {
            ada.edit(|ada| ada.born = ada.born.map(|born| born + 1));
            session.commit().await.unwrap();
        }
        drop(stop);

        reader.join().unwrap();
        assert_eq!(library.number("SELECT born FROM authors").await, 50);
    });
}
