//! Entities come in, are changed and go.

use headwater::{EntityState, select};

use super::library::{Author, Book, Library, author, book};
use crate::support::run;

#[test]
fn an_added_entity_is_inserted_by_the_flush_and_has_its_key_then() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();

        let ada = session.add(author("Ada"));
        let before = (ada.key(), ada.state());
        session.flush().await.unwrap();

        assert_eq!(before, (0, EntityState::Pending));
        assert_eq!((ada.key(), ada.state()), (1, EntityState::Clean));
        assert_eq!(library.number("SELECT count(*) FROM authors").await, 0);
        session.commit().await.unwrap();
        assert_eq!(library.texts("SELECT name FROM authors").await, ["Ada"]);
    });
}

#[test]
fn what_the_database_fills_is_in_the_handle_after_the_flush() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.flush().await.unwrap();

        let notes = session.add(book(ada.key(), "Notes"));
        session.flush().await.unwrap();

        let read = notes.read();
        assert_eq!((read.id, read.binding.as_deref(), read.length), (1, Some("paper"), 5));
        notes.edit(|book| book.title = "More notes".to_owned());
        session.flush().await.unwrap();
        assert_eq!(notes.read().length, 10);
    });
}

#[test]
fn an_edited_entity_is_updated_and_a_deleted_one_is_gone() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let [ada, alan] = [session.add(author("Ada")), session.add(author("Alan"))];
        session.commit().await.unwrap();

        ada.edit(|ada| ada.born = Some(1815));
        session.delete(&alan);
        let states = (ada.state(), alan.state());
        session.commit().await.unwrap();

        assert_eq!(states, (EntityState::Dirty, EntityState::Deleted));
        assert_eq!((ada.state(), alan.state()), (EntityState::Clean, EntityState::Gone));
        assert_eq!(library.number("SELECT sum(born) FROM authors").await, 1815);
        assert_eq!(library.number("SELECT count(*) FROM authors").await, 1);
    });
}

#[test]
fn entities_are_selected_as_a_stream_of_handles() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        session.add_all(["Ada", "Alan", "Grace"].map(author));

        let mut authors =
            session.scalars(select::<Author>().order_by(Author::NAME.asc())).await.unwrap();
        let mut names = Vec::new();
        while let Some(author) = authors.try_next().await.unwrap() {
            // The session can be used while its stream is open.
            session.add(book(author.key(), "Notes"));
            session.flush().await.unwrap();
            names.push(author.read().name.clone());
        }

        assert_eq!(names, ["Ada", "Alan", "Grace"]);
        assert_eq!(session.scalars(select::<Book>()).all().await.unwrap().len(), 3);
    });
}
