//! What a flush writes, and in which order.

use headwater::{EntityState, select};

use super::library::{Author, Book, Library, author, book, subject};
use crate::support::run;

#[test]
fn parents_are_inserted_before_their_children_and_deleted_after_them() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();

        let notes = session.add(book(7, "Notes"));
        let ada = session.add(Author { id: 7, ..author("Ada") });
        session.commit().await.unwrap();
        let count =
            library.number("SELECT count(*) FROM authors JOIN books ON author_id = 7").await;
        session.delete(&ada);
        session.delete(&notes);
        session.commit().await.unwrap();

        assert_eq!(count, 1);
        assert_eq!((ada.state(), notes.state()), (EntityState::Gone, EntityState::Gone));
        assert_eq!(library.number("SELECT count(*) FROM books").await, 0);
    });
}

#[test]
fn rows_that_refer_to_their_own_table_are_ordered_by_what_they_refer_to() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();

        let rows =
            [subject(3, Some(2)), subject(4, Some(4)), subject(2, Some(1)), subject(1, None)];
        let all = session.add_all(rows);
        session.commit().await.unwrap();
        let count = library.number("SELECT count(*) FROM subjects").await;
        for one in [&all[3], &all[0], &all[2]] {
            session.delete(one);
        }
        session.commit().await.unwrap();

        assert_eq!(count, 4);
        assert_eq!(library.number("SELECT id FROM subjects").await, 4);
        assert!(all[..1].iter().all(|one| one.state() == EntityState::Gone));
    });
}

#[test]
fn keys_are_given_in_the_order_in_which_entities_were_added() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.flush().await.unwrap();

        // Two shapes in turn: one leaves its binding to the database.
        let books = (0..6).map(|number| {
            let binding = (number % 2 == 0).then(|| "cloth".to_owned());
            session.add(Book { binding, ..book(ada.key(), "Notes") })
        });
        let books: Vec<_> = books.collect();
        session.flush().await.unwrap();

        let keys: Vec<_> = books.iter().map(headwater::Tracked::key).collect();
        assert_eq!(keys, [1, 2, 3, 4, 5, 6]);
        let bindings: Vec<_> =
            books.iter().map(|book| book.read().binding.clone().unwrap()).collect();
        assert_eq!(bindings, ["cloth", "paper", "cloth", "paper", "cloth", "paper"]);
    });
}

#[test]
fn an_update_names_the_changed_columns_only() {
    run(async {
        let library = Library::new().await;
        let log = "CREATE TABLE log(what TEXT);
            CREATE TRIGGER n AFTER UPDATE OF name ON authors BEGIN INSERT INTO log VALUES ('name'); END;
            CREATE TRIGGER b AFTER UPDATE OF born ON authors BEGIN INSERT INTO log VALUES ('born'); END";
        library.engine.execute_batch(log).await.unwrap();
        let mut session = library.session();
        let [ada, alan] = [session.add(author("Ada")), session.add(author("Alan"))];
        session.commit().await.unwrap();

        ada.edit(|ada| ada.born = Some(1815));
        alan.edit(|alan| alan.name = "Alan Turing".to_owned());
        alan.edit(|alan| alan.born = None);
        session.commit().await.unwrap();

        assert_eq!(library.texts("SELECT what FROM log ORDER BY rowid").await, ["born", "name"]);
    });
}

#[test]
fn equal_values_write_nothing_and_begin_no_transaction() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();

        ada.edit(|ada| ada.name = "Alan".to_owned());
        let dirty = (ada.state(), ada.changed_columns());
        ada.edit(|ada| ada.name = "Ada".to_owned());
        let clean = (ada.state(), session.changes().is_empty());
        session.flush().await.unwrap();

        assert_eq!(dirty, (EntityState::Dirty, vec!["name"]));
        assert_eq!(clean, (EntityState::Clean, true));
        assert!(!session.is_in_transaction());
    });
}

#[test]
fn a_key_that_is_deleted_can_be_added_again_in_the_same_flush() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();

        session.delete(&ada);
        let again = session.add(Author { id: 1, name: "Ada".to_owned(), born: Some(1815) });
        session.commit().await.unwrap();

        assert_eq!((ada.state(), again.state()), (EntityState::Gone, EntityState::Clean));
        let loaded = session.get_one::<Author>(1).await.unwrap();
        assert!(loaded.is(&again));
        assert_eq!(loaded.read().born, Some(1815));
    });
}

#[test]
fn a_child_can_be_given_another_parent_while_the_first_is_deleted() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let [ada, alan] = [session.add(author("Ada")), session.add(author("Alan"))];
        session.flush().await.unwrap();
        let notes = session.add(book(ada.key(), "Notes"));
        session.flush().await.unwrap();

        session.delete(&ada);
        notes.edit(|notes| notes.author_id = alan.key());
        session.commit().await.unwrap();

        assert_eq!((notes.state(), notes.read().author_id), (EntityState::Clean, 2));
        assert_eq!(library.number("SELECT author_id FROM books").await, 2);
    });
}

#[test]
fn queries_write_first_what_has_changed() {
    run(async {
        let library = Library::new().await;
        let mut eager = library.session();
        let mut lazy = library.sessions.clone().autoflush(false).session();

        eager.add(author("Ada"));
        let found = eager.scalars(select::<Author>()).all().await.unwrap().len();
        let counted = eager.scalar::<i64>("SELECT count(*) FROM authors").await.unwrap();
        eager.rollback().await.unwrap();
        lazy.add(author("Ada"));
        let unseen = lazy.scalars(select::<Author>()).all().await.unwrap().len();
        lazy.flush().await.unwrap();
        let seen = lazy.scalars(select::<Author>()).all().await.unwrap().len();

        assert_eq!((found, counted), (1, Some(1)));
        assert_eq!((unseen, seen), (0, 1));
    });
}

#[test]
fn a_flush_of_many_rows_gives_each_handle_its_own_key() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();

        let all = session.add_all((0..5_000).map(|number| author(&format!("author {number}"))));
        session.flush().await.unwrap();

        for (key, one) in (1..).zip(&all) {
            assert_eq!((one.key(), one.state()), (key, EntityState::Clean));
        }
        let last = session.get_one::<Author>(5_000).await.unwrap();
        assert!(last.is(&all[4_999]));
        assert_eq!(last.read().name, "author 4999");
    });
}

#[test]
fn what_refers_to_a_key_that_was_deleted_and_added_again_is_not_gone() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let old = session.add(subject(1, None));
        session.flush().await.unwrap();

        session.delete(&old);
        let new = session.add(subject(1, None));
        let below = session.add(subject(2, Some(1)));
        session.commit().await.unwrap();

        assert_eq!(old.state(), EntityState::Gone);
        assert_eq!((new.state(), below.state()), (EntityState::Clean, EntityState::Clean));
        assert_eq!(library.number("SELECT count(*) FROM subjects").await, 2);
    });
}
