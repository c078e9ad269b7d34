//! Loading by key, again, and from outside.

use headwater::{EntityState, ErrorKind};

use super::library::{Author, Library, Loan, author, loan};
use crate::support::run;

#[test]
fn a_key_without_a_row_gives_nothing_or_an_error() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();

        let none = session.get::<Author>(1).await.unwrap();
        let error = session.get_one::<Author>(1).await.unwrap_err();
        let composite = session.get::<Loan>(("A".to_owned(), 1)).await.unwrap();

        assert!(none.is_none() && composite.is_none());
        assert_eq!(error.kind(), ErrorKind::NoRows);
        assert_eq!(error.to_string(), "there is no `Author` (table `authors`) of that primary key");
    });
}

#[test]
fn many_keys_are_given_in_their_order() {
    run(async {
        let library = Library::new().await;
        let rows = (1..=100).map(|id| (id, format!("author {id}")));
        library.engine.insert_stream("authors", ["id", "name"], rows).await.unwrap();
        let mut session = library.session();
        let known = session.get_one::<Author>(50).await.unwrap();

        let found = session.get_many::<Author>([70, 50, 999, 3, 70]).await.unwrap();
        let none = session.get_many::<Author>(Vec::<i64>::new()).await.unwrap();

        let keys: Vec<_> =
            found.iter().map(|one| one.as_ref().map(headwater::Tracked::key)).collect();
        assert_eq!(keys, [Some(70), Some(50), None, Some(3), Some(70)]);
        assert!(found[1].as_ref().unwrap().is(&known));
        assert!(found[0].as_ref().unwrap().is(found[4].as_ref().unwrap()));
        assert!(none.is_empty());
    });
}

#[test]
fn many_composite_keys_are_asked_for_together() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        session.add_all((1..=5).map(|number| loan(number, "Charles")));
        session.commit().await.unwrap();

        let keys = [4, 9, 2].map(|number| ("A".to_owned(), number));
        let found = session.get_many::<Loan>(keys).await.unwrap();

        let numbers: Vec<_> =
            found.iter().map(|one| one.as_ref().map(|one| one.read().number)).collect();
        assert_eq!(numbers, [Some(4), None, Some(2)]);
    });
}

#[test]
fn to_refresh_is_to_read_again_and_to_lose_edits() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();
        library.engine.execute("UPDATE authors SET born = 1815").await.unwrap();

        ada.edit(|ada| ada.name = "Alan".to_owned());
        session.refresh(&ada).await.unwrap();
        let read = ada.read();
        session.rollback().await.unwrap();

        assert_eq!((read.name.as_str(), read.born), ("Ada", Some(1815)));
        assert_eq!(ada.state(), EntityState::Clean);
    });
}

#[test]
fn what_has_no_row_cannot_be_refreshed() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let [ada, alan] = [session.add(author("Ada")), session.add(author("Alan"))];
        let pending = session.refresh(&ada).await.unwrap_err();
        session.commit().await.unwrap();
        library.engine.execute("DELETE FROM authors WHERE id = 1").await.unwrap();

        let gone = session.refresh(&ada).await.unwrap_err();
        session.delete(&alan);
        let deleted = session.refresh(&alan).await.unwrap_err();

        assert_eq!((pending.kind(), deleted.kind()), (ErrorKind::Entity, ErrorKind::Entity));
        assert!(pending.to_string().ends_with("it has no row yet"), "{pending}");
        assert!(deleted.to_string().ends_with("it is to be deleted"), "{deleted}");
        assert_eq!((gone.kind(), ada.state()), (ErrorKind::StaleEntity, EntityState::Gone));
    });
}

#[test]
fn a_value_from_outside_is_merged_into_its_entity_or_added() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();

        let known = Author { id: 1, name: "Ada".to_owned(), born: Some(1815) };
        let merged = session.merge(known).await.unwrap();
        let changed = merged.changed_columns();
        let new = session.merge(author("Alan")).await.unwrap();
        let state = new.state();
        let keyed = session.merge(Author { id: 9, ..author("Grace") }).await.unwrap();
        session.commit().await.unwrap();

        assert!(merged.is(&ada));
        assert_eq!((changed, state), (vec!["born"], EntityState::Pending));
        assert_eq!((new.key(), keyed.key()), (2, 9));
        assert_eq!(library.number("SELECT count(*) FROM authors").await, 3);
    });
}
