//! What a delete does to other handles, as the entities declare it.

use headwater::{EntityState, select};

use super::library::{Author, Book, Library, Loan, Subject, author, book, loan, subject};
use crate::support::run;

#[test]
fn handles_of_rows_that_a_cascade_deleted_say_they_are_gone() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let [ada, alan] = [session.add(author("Ada")), session.add(author("Alan"))];
        session.flush().await.unwrap();
        let books = session.add_all([book(1, "Notes"), book(2, "On numbers"), book(1, "More")]);
        session.commit().await.unwrap();
        let books_before = session.scalars(select::<Book>()).all().await.unwrap().len();

        session.delete(&ada);
        session.flush().await.unwrap();

        let states: Vec<_> = books.iter().map(headwater::Tracked::state).collect();
        assert_eq!(books_before, 3);
        assert_eq!(states, [EntityState::Gone, EntityState::Clean, EntityState::Gone]);
        assert!(session.get::<Book>(1).await.unwrap().is_none());
        session.rollback().await.unwrap();
        assert!(books.iter().all(|book| book.state() == EntityState::Clean));
        assert!(session.get::<Book>(1).await.unwrap().unwrap().is(&books[0]));
        assert_eq!((ada.state(), alan.state()), (EntityState::Clean, EntityState::Clean));
    });
}

#[test]
fn a_reference_that_the_database_sets_to_null_is_null_in_its_handle() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let _ada = session.add(author("Ada"));
        session.flush().await.unwrap();
        let notes = session.add(book(1, "Notes"));
        session.flush().await.unwrap();
        let lent = session.add(Loan { book_id: Some(notes.key()), ..loan(1, "Charles") });
        session.flush().await.unwrap();

        session.delete(&notes);
        session.commit().await.unwrap();

        assert_eq!((lent.read().book_id, lent.state()), (None, EntityState::Clean));
        lent.edit(|lent| lent.reader = "Mary".to_owned());
        session.commit().await.unwrap();
        assert_eq!(library.texts("SELECT reader FROM loans").await, ["Mary"]);
    });
}

#[test]
fn a_cascade_goes_through_a_tree() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let rows = [subject(1, None), subject(2, Some(1)), subject(3, Some(2)), subject(4, None)];
        let all = session.add_all(rows);
        session.commit().await.unwrap();

        session.delete(&all[0]);
        session.commit().await.unwrap();

        let states: Vec<_> = all.iter().map(headwater::Tracked::state).collect();
        let gone = EntityState::Gone;
        assert_eq!(states, [gone, gone, gone, EntityState::Clean]);
        assert_eq!(session.scalars(select::<Subject>()).all().await.unwrap().len(), 1);
        assert!(session.get::<Author>(1).await.unwrap().is_none());
    });
}

#[test]
fn a_cascade_through_rows_that_the_session_does_not_know_is_seen() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let rows = [subject(1, None), subject(2, Some(1)), subject(3, Some(2)), subject(4, None)];
        let mut all = session.add_all(rows);
        session.commit().await.unwrap();
        drop(all.remove(1));

        session.delete(&all[0]);
        session.flush().await.unwrap();
        let states: Vec<_> = all.iter().map(headwater::Tracked::state).collect();
        let found = session.get::<Subject>(3).await.unwrap();
        session.rollback().await.unwrap();

        let gone = EntityState::Gone;
        assert_eq!(states, [gone, gone, EntityState::Clean]);
        assert!(found.is_none());
        assert!(all.iter().all(|one| one.state() == EntityState::Clean));
        assert!(session.get_one::<Subject>(3).await.unwrap().is(&all[1]));
    });
}
