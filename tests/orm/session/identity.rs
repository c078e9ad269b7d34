//! One handle per key while any lives, and nothing held for longer.

use headwater::{EntityState, Tracked, select};

use super::library::{Author, Library, author};
use crate::support::run;

#[test]
fn whatever_loads_a_row_gives_the_same_entity() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.flush().await.unwrap();

        let by_key = session.get::<Author>(1).await.unwrap().unwrap();
        let selected = session.scalars(select::<Author>()).one().await.unwrap();
        let text = session.query("SELECT * FROM authors").scalars::<Tracked<Author>>();
        let of_text = text.one().await.unwrap();

        assert!(by_key.is(&ada) && selected.is(&ada) && of_text.is(&ada));
        assert_eq!(session.tracked_count(), 1);
    });
}

#[test]
fn the_last_handle_takes_an_unchanged_entity_out_of_the_session() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        session.add_all(["Ada", "Alan"].map(author));
        session.flush().await.unwrap();
        let none = session.tracked_count();

        let ada = session.get_one::<Author>(1).await.unwrap();
        let other = ada.clone();
        drop(ada);
        let one = session.tracked_count();
        drop(other);

        assert_eq!((none, one, session.tracked_count()), (0, 1, 0));
    });
}

#[test]
fn an_edited_entity_without_handles_is_held_until_it_is_written() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        session.add(author("Ada"));
        session.commit().await.unwrap();

        let ada = session.get_one::<Author>(1).await.unwrap();
        ada.edit(|ada| ada.born = Some(1815));
        drop(ada);
        let held = session.tracked_count();
        let again = session.get_one::<Author>(1).await.unwrap();

        assert_eq!((held, again.read().born), (1, Some(1815)));
        drop(again);
        session.commit().await.unwrap();
        assert_eq!(session.tracked_count(), 0);
        assert_eq!(library.number("SELECT born FROM authors").await, 1815);
    });
}

#[test]
fn entities_of_a_stream_that_are_not_kept_are_not_retained() {
    run(async {
        let library = Library::new().await;
        let rows = (1..=20_000).map(|id| (id, format!("author {id}")));
        library.engine.insert_stream("authors", ["id", "name"], rows).await.unwrap();
        let mut session = library.session();

        let mut authors = session.scalars(select::<Author>()).await.unwrap();
        let mut most = 0;
        let mut last = None;
        while let Some(author) = authors.try_next().await.unwrap() {
            most = most.max(session.tracked_count());
            last = Some(author);
        }

        assert!(last.is_some() && most <= 2, "{most}");
    });
}

#[test]
fn a_known_key_is_given_without_asking_the_database() {
    run(async {
        let library = Library::new().await;
        let tx = library.engine.begin().await.unwrap();
        let mut session = library.sessions.on(&tx).session();
        let ada = session.add(author("Ada"));
        session.flush().await.unwrap();

        // Whoever asks for the row now is told that there is no such table.
        tx.execute("ALTER TABLE authors RENAME TO writers").await.unwrap();
        let same = session.get::<Author>(1).await.unwrap().unwrap();
        let many = session.get_many::<Author>([1, 1]).await.unwrap();

        assert!(same.is(&ada));
        assert!(many.iter().all(|one| one.as_ref().is_some_and(|one| one.is(&ada))));
        assert!(session.get::<Author>(2).await.is_err());
    });
}

#[test]
fn an_entity_of_an_earlier_transaction_is_read_again_when_it_is_met() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let [ada, alan] = [session.add(author("Ada")), session.add(author("Alan"))];
        session.commit().await.unwrap();

        library.engine.execute("UPDATE authors SET born = 1800 + id").await.unwrap();
        let kept = (ada.read().born, alan.read().born);
        session.get::<Author>(1).await.unwrap();
        let got = (ada.read().born, alan.read().born);
        session.scalars(select::<Author>()).all().await.unwrap();

        assert_eq!(kept, (None, None));
        assert_eq!(got, (Some(1801), None));
        assert_eq!(alan.read().born, Some(1802));
        assert_eq!(ada.state(), EntityState::Clean);
    });
}

#[test]
fn an_entity_that_was_edited_keeps_its_edits_when_its_row_is_met_again() {
    run(async {
        let library = Library::new().await;
        let sessions = library.sessions.clone().autoflush(false);
        let mut session = sessions.session();
        let ada = session.add(author("Ada"));
        session.commit().await.unwrap();

        ada.edit(|ada| ada.born = Some(1815));
        let same = session.scalars(select::<Author>()).one().await.unwrap();
        let edited = (same.is(&ada), same.read().born);
        session.scalars(select::<Author>()).refreshing().one().await.unwrap();

        assert_eq!(edited, (true, Some(1815)));
        assert_eq!((ada.read().born, ada.state()), (None, EntityState::Clean));
    });
}

#[test]
fn a_statement_run_for_its_effect_shows_in_what_is_met_again() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let ada = session.add(author("Ada"));
        session.flush().await.unwrap();

        session.execute("UPDATE authors SET born = 1815").await.unwrap();
        session.get::<Author>(1).await.unwrap();
        let executed = ada.read().born;
        session.query("UPDATE authors SET born = 1816 RETURNING id").all().await.unwrap();
        session.get::<Author>(1).await.unwrap();

        assert_eq!((executed, ada.read().born), (Some(1815), Some(1816)));
    });
}

#[test]
fn a_row_that_was_read_before_the_session_wrote_does_not_hide_what_it_wrote() {
    run(async {
        let library = Library::new().await;
        let rows = [(1, "Ada"), (2, "Alan")];
        library.engine.insert_stream("authors", ["id", "name"], rows).await.unwrap();
        let mut session = library.session();
        let mut stream = session.scalars(select::<Author>()).await.unwrap();
        stream.try_next().await.unwrap();

        let alan = session.get_one::<Author>(2).await.unwrap();
        alan.edit(|alan| alan.born = Some(1912));
        session.flush().await.unwrap();
        drop(alan);
        let rest = stream.all().await.unwrap();
        let alan = session.get_one::<Author>(2).await.unwrap();

        assert_eq!(rest.len(), 1);
        assert_eq!(alan.read().born, Some(1912));
    });
}

#[test]
fn a_tracked_entity_is_read_by_a_session_alone() {
    run(async {
        let library = Library::new().await;

        let query = library.engine.query("SELECT * FROM authors").scalars::<Tracked<Author>>();
        let error = query.all().await.unwrap_err();

        assert_eq!(error.kind(), headwater::ErrorKind::Entity);
        assert!(
            error.to_string().starts_with("a tracked `Author` belongs to a session"),
            "{error}"
        );
    });
}

#[test]
fn debug_shows_no_value() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();

        let ada = session.add(author("secret"));
        let shown = format!("{ada:?} {session:?} {:?}", session.changes());

        assert!(shown.contains("Author") && shown.contains("Pending"), "{shown}");
        assert!(!shown.contains("secret"), "{shown}");
    });
}
