//! What a session does at the edges: odd tables, many keys, panics of the program's functions, and generic
//! callers.

use headwater::{AsyncSessionmaker, Entity, EntityState, ErrorKind};

use super::library::{Library, author, book, loan};
use crate::support::{Tank, run};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "things")]
struct Thing {
    #[entity(primary_key, generated)]
    id: i64,
    name: String,
}

#[test]
fn a_key_that_the_database_does_not_give_is_an_error() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        // Of this type a primary key is no rowid, so that it is NULL where nobody gives it.
        engine.execute("CREATE TABLE things(id INT PRIMARY KEY, name TEXT)").await.unwrap();
        let mut session = AsyncSessionmaker::new(&engine).session();
        session.add(Thing { id: 0, name: "tea".to_owned() });

        let flushed = session.flush().await;

        assert!(flushed.is_err());
        session.rollback().await.unwrap();
        assert_eq!(
            engine.query("SELECT count(*) FROM things").scalar_one::<i64>().await.unwrap(),
            0
        );
    });
}

#[test]
fn an_error_tells_its_entity_after_others_whose_keys_were_given() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let lent = session.add(loan(1, "Charles"));
        session.commit().await.unwrap();
        library.engine.execute("INSERT INTO authors(id, name) VALUES (7, 'Mary')").await.unwrap();
        library.engine.execute("DELETE FROM loans").await.unwrap();
        let ada = session.add(author("Ada"));
        session.add(book(7, "Notes"));
        lent.edit(|lent| lent.reader = "Mary".to_owned());

        let error = session.flush().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::StaleEntity);
        assert!(error.to_string().starts_with("`Loan`"), "{error}");
        session.rollback().await.unwrap();
        assert_eq!(ada.state(), EntityState::Detached);
    });
}

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
