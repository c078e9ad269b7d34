//! Misuse, each with its own error, told before anything is sent.

use headwater::{EntityState, ErrorKind};

use super::library::{Author, Library, author, loan, subject};
use crate::support::run;

#[test]
fn a_changed_primary_key_is_refused() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();

        ada.edit(|ada| ada.id = 2);
        let error = session.flush().await.unwrap_err();
        let began = session.is_in_transaction();
        ada.edit(|ada| ada.id = 1);
        session.commit().await.unwrap();

        assert_eq!((error.kind(), began), (ErrorKind::Entity, false));
        let text = "the primary key of a tracked `Author` (table `authors`) was changed";
        assert!(error.to_string().starts_with(text), "{error}");
    });
}

#[test]
fn two_new_entities_of_one_key_are_refused() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();

        session.add(subject(1, None));
        let twice = session.add(subject(1, None));
        let error = session.flush().await.unwrap_err();
        session.delete(&twice);
        session.commit().await.unwrap();

        assert_eq!(error.kind(), ErrorKind::Entity);
        assert_eq!(
            error.to_string(),
            "two new `Subject` (table `subjects`) have the same primary key"
        );
        assert_eq!(twice.state(), EntityState::Detached);
        assert_eq!(library.number("SELECT count(*) FROM subjects").await, 1);
    });
}

#[test]
fn a_key_that_the_session_has_is_refused() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let first = session.add(loan(1, "Charles"));
        session.commit().await.unwrap();

        let second = session.add(loan(1, "Mary"));
        let error = session.flush().await.unwrap_err();
        session.expunge(&second).unwrap();
        session.flush().await.unwrap();

        assert_eq!(error.kind(), ErrorKind::Entity);
        let text =
            "a new `Loan` (table `loans`) has the primary key of one that the session has loaded";
        assert!(error.to_string().starts_with(text), "{error}");
        assert_eq!(first.state(), EntityState::Clean);
    });
}

#[test]
fn an_entity_of_another_session_is_refused() {
    run(async {
        let library = Library::new().await;
        let (mut one, mut other) = (library.session(), library.session());
        let ada = one.add(author("Ada"));
        one.commit().await.unwrap();

        other.delete(&ada);
        let deleted = other.flush().await.unwrap_err();
        let told_once = other.flush().await.is_ok();
        let refreshed = other.refresh(&ada).await.unwrap_err();
        let expunged = other.expunge(&ada).unwrap_err();

        for (error, what) in
            [(deleted, "deleted"), (refreshed, "refreshed"), (expunged, "expunged")]
        {
            assert_eq!(error.kind(), ErrorKind::Entity);
            let text = format!(
                "`Author` (table `authors`) cannot be {what}: it belongs to another session"
            );
            assert_eq!(error.to_string(), text);
        }
        assert!(told_once);
        assert_eq!(ada.state(), EntityState::Clean);
    });
}

#[test]
fn detached_and_gone_entities_are_refused() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let [ada, alan] = [session.add(author("Ada")), session.add(author("Alan"))];
        session.commit().await.unwrap();
        session.expunge(&ada).unwrap();
        session.delete(&alan);
        session.flush().await.unwrap();

        session.delete(&ada);
        let detached = session.flush().await.unwrap_err();
        session.delete(&alan);
        let gone = session.flush().await.unwrap_err();
        let again = session.refresh(&alan).await.unwrap_err();

        assert!(detached.to_string().ends_with("it belongs to no session"), "{detached}");
        assert!(gone.to_string().ends_with("its row is deleted"), "{gone}");
        assert!(again.to_string().ends_with("its row is deleted"), "{again}");
        session.commit().await.unwrap();
        assert_eq!(library.texts("SELECT name FROM authors").await, ["Ada"]);
    });
}

#[test]
fn a_pending_entity_that_is_deleted_is_forgotten() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();

        let ada = session.add(author("Ada"));
        session.delete(&ada);
        session.commit().await.unwrap();

        assert_eq!(ada.state(), EntityState::Detached);
        assert_eq!(library.number("SELECT count(*) FROM authors").await, 0);
    });
}

#[test]
fn to_delete_twice_is_to_delete_once_and_edits_of_a_deleted_one_are_not_written() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();

        ada.edit(|ada| ada.born = Some(1));
        session.delete(&ada);
        session.delete(&ada);
        ada.edit(|ada| ada.born = Some(2));
        let deleted = session.changes().deleted.len();
        session.commit().await.unwrap();
        ada.edit(|ada| ada.born = Some(3));
        session.commit().await.unwrap();

        assert_eq!(deleted, 1);
        assert_eq!((ada.state(), ada.read().born), (EntityState::Gone, Some(3)));
        assert_eq!(library.number("SELECT count(*) FROM authors").await, 0);
    });
}

#[test]
fn an_expunged_entity_is_not_written_and_not_known() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();

        ada.edit(|ada| ada.born = Some(1));
        session.expunge(&ada).unwrap();
        session.commit().await.unwrap();
        let other = session.get_one::<Author>(1).await.unwrap();

        assert_eq!((ada.state(), ada.read().born), (EntityState::Detached, Some(1)));
        assert_eq!(other.read().born, None);
        assert!(!other.is(&ada));
        drop(ada);
        assert!(session.get_one::<Author>(1).await.unwrap().is(&other));
    });
}

#[test]
fn a_value_that_the_database_cannot_hold_is_told_before_anything_is_sent() {
    #[derive(Clone, Debug, headwater::Entity)]
    #[entity(table = "measures")]
    struct Measure {
        #[entity(primary_key)]
        id: i64,
        value: f64,
    }
    run(async {
        let library = Library::new().await;
        let create = "CREATE TABLE measures(id INTEGER PRIMARY KEY, value REAL)";
        library.engine.execute(create).await.unwrap();
        let mut session = library.session();

        let bad = session.add(Measure { id: 1, value: f64::NAN });
        let error = session.flush().await.unwrap_err();
        bad.edit(|bad| bad.value = 1.5);
        session.commit().await.unwrap();
        bad.edit(|bad| bad.value = f64::NAN);
        let edited = session.flush().await.unwrap_err();

        assert_eq!((error.kind(), edited.kind()), (ErrorKind::Bind, ErrorKind::Bind));
        assert_eq!(bad.state(), EntityState::Dirty);
    });
}

#[test]
fn an_entity_whose_table_is_not_there_is_an_error_that_names_the_table() {
    #[derive(Clone, Debug, headwater::Entity)]
    #[entity(table = "ghosts")]
    struct Ghost {
        #[entity(primary_key)]
        id: i64,
    }
    run(async {
        let library = Library::new().await;
        let mut session = library.session();

        session.add(Ghost { id: 1 });
        let error = session.flush().await.unwrap_err();

        assert!(error.to_string().contains("no such table: ghosts"), "{error}");
    });
}
