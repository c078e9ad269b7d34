//! Hooks into the life of a session.

use std::sync::{Arc, Mutex};

use headwater::{AsyncEngine, AsyncSessionmaker, Entity, EntityState, Error, schema};

use crate::support::{Tank, poll_once, run};

#[derive(Clone, Debug, Entity)]
#[entity(table = "notes")]
struct Note {
    #[entity(primary_key, generated)]
    id: i64,
    text: String,
    edits: i64,
}

/// What was done to a note.
#[derive(Clone, Debug, Entity)]
#[entity(table = "entries")]
struct Entry {
    #[entity(primary_key, generated)]
    id: i64,
    what: String,
}

fn note(text: &str) -> Note {
    Note { id: 0, text: text.to_owned(), edits: 0 }
}

async fn notes(tank: &Tank) -> (AsyncEngine, AsyncSessionmaker) {
    let engine = tank.engine().await;
    schema().entity::<Note>().entity::<Entry>().create_all(&engine).await.unwrap();
    let sessions = AsyncSessionmaker::new(&engine);
    (engine, sessions)
}

/// What was called, in its order.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<&'static str>>>);

impl Calls {
    fn note(&self, call: &'static str) -> headwater::Result<()> {
        self.0.lock().unwrap().push(call);
        Ok(())
    }

    fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

#[test]
fn hooks_are_called_in_the_order_of_a_sessions_life() {
    run(async {
        let tank = Tank::new();
        let (_, sessions) = notes(&tank).await;
        let calls = Calls::default();
        let [before, after, commit, rollback, own] = std::array::from_fn(|_| calls.clone());
        let sessions = sessions
            .before_flush(move |_| before.note("before flush"))
            .after_flush(move || after.note("after flush"))
            .after_commit(move |_| commit.note("after commit").unwrap())
            .after_rollback(move || rollback.note("after rollback").unwrap());
        let mut session = sessions.session();
        session.before_flush(move |_| own.note("its own"));

        session.commit().await.unwrap();
        let nothing = calls.take();
        session.add(note("tea"));
        session.commit().await.unwrap();
        let committed = calls.take();
        session.rollback().await.unwrap();

        assert_eq!(nothing, Vec::<&str>::new());
        assert_eq!(committed, ["before flush", "its own", "after flush", "after commit"]);
        assert_eq!(calls.take(), ["after rollback"]);
    });
}

#[test]
fn before_a_flush_changes_can_be_looked_at_and_added_to() {
    run(async {
        let tank = Tank::new();
        let (engine, sessions) = notes(&tank).await;
        let sessions = sessions.before_flush(|flush| {
            let changes = flush.changes();
            for any in changes.new.iter().chain(&changes.dirty).chain(&changes.deleted) {
                let Some(note) = any.downcast::<Note>() else { continue };
                note.edit(|note| note.edits += 1);
                let what = format!("{:?} {}", any.state(), any.changed_columns().join(" "));
                flush.add(Entry { id: 0, what });
            }
            Ok(())
        });
        let mut session = sessions.session();

        let tea = session.add(note("tea"));
        session.commit().await.unwrap();
        tea.edit(|tea| tea.text = "coffee".to_owned());
        session.commit().await.unwrap();
        session.delete(&tea);
        session.commit().await.unwrap();

        let entries =
            engine.query("SELECT what FROM entries").scalars::<String>().all().await.unwrap();
        assert_eq!(entries, ["Pending ", "Dirty text edits", "Deleted edits"]);
        assert_eq!((tea.read().edits, tea.state()), (3, EntityState::Gone));
    });
}

#[test]
fn an_error_in_a_hook_stops_the_flush_before_anything_is_sent() {
    run(async {
        let tank = Tank::new();
        let (engine, sessions) = notes(&tank).await;
        let sessions = sessions.before_flush(|flush| {
            let new = flush.changes().new;
            let long = new.iter().filter_map(|any| any.downcast::<Note>());
            match long.filter(|note| note.read().text.len() > 10).count() {
                0 => Ok(()),
                _ => Err(Error::other("a note is short")),
            }
        });
        let mut session = sessions.session();

        let long = session.add(note("much too long"));
        let error = session.commit().await.unwrap_err();
        let began = session.is_in_transaction();
        long.edit(|long| long.text.truncate(4));
        session.commit().await.unwrap();

        assert_eq!((error.to_string().as_str(), began), ("a note is short", false));
        let texts = engine.query("SELECT text FROM notes").scalars::<String>().all().await.unwrap();
        assert_eq!(texts, ["much"]);
    });
}

#[test]
fn what_hooks_have_done_is_undone_with_a_flush_that_sends_nothing() {
    run(async {
        let tank = Tank::new();
        let (engine, sessions) = notes(&tank).await;
        let sessions = sessions
            .before_flush(|flush| {
                for note in flush.changes().dirty.iter().filter_map(|any| any.downcast::<Note>()) {
                    note.edit(|note| note.edits += 1);
                    flush.add(Entry { id: 0, what: format!("edit of {}", note.key()) });
                }
                for old in flush.changes().deleted.iter().filter_map(|any| any.downcast::<Note>()) {
                    flush.add(Entry { id: 0, what: format!("end of {}", old.key()) });
                }
                Ok(())
            })
            .before_flush(|flush| {
                let mut dirty = flush.changes().dirty;
                dirty.retain(|any| {
                    any.downcast::<Note>().is_some_and(|note| note.read().text.is_empty())
                });
                if dirty.is_empty() { Ok(()) } else { Err(Error::other("a note says something")) }
            });
        let mut session = sessions.session();
        let [tea, old] = [session.add(note("tea")), session.add(note("old"))];
        session.commit().await.unwrap();

        tea.edit(|tea| tea.text.clear());
        session.delete(&old);
        for _ in 0..3 {
            session.commit().await.unwrap_err();
        }
        let (changes, edits) = (session.changes(), tea.read().edits);
        tea.edit(|tea| tea.text.push_str("coffee"));
        session.commit().await.unwrap();

        let counts = (changes.new.len(), changes.dirty.len(), changes.deleted.len());
        assert_eq!((counts, edits, tea.read().edits), ((0, 1, 1), 0, 1));
        let entries =
            engine.query("SELECT what FROM entries").scalars::<String>().all().await.unwrap();
        assert_eq!(entries, ["edit of 1", "end of 2"]);
        tea.edit(|tea| tea.text.clear());
        session.commit().await.unwrap_err();
        session.rollback().await.unwrap();
        assert_eq!((tea.read().text.as_str(), tea.read().edits), ("coffee", 1));
    });
}

#[test]
fn what_hooks_have_done_is_undone_with_a_flush_that_is_dropped_while_it_waits() {
    run(async {
        let tank = Tank::new();
        let (engine, sessions) = notes(&tank).await;
        let sessions = sessions.before_flush(|flush| {
            flush.add(Entry { id: 0, what: "something new".to_owned() });
            Ok(())
        });
        let mut session = sessions.session();
        session.add(note("tea"));

        let other = engine.begin().await.unwrap();
        for _ in 0..3 {
            // It waits for its turn to write.
            poll_once(&mut Box::pin(session.commit()));
        }
        let new = session.changes().new.len();
        other.rollback().await.unwrap();
        session.commit().await.unwrap();

        assert_eq!(new, 1);
        let count = "SELECT count(*) FROM entries";
        assert_eq!(engine.query(count).scalar_one::<i64>().await.unwrap(), 1);
    });
}

#[test]
fn an_error_after_a_flush_fails_it_and_a_rollback_undoes_it() {
    run(async {
        let tank = Tank::new();
        let (engine, sessions) = notes(&tank).await;
        let mut session = sessions.after_flush(|| Err(Error::other("no"))).session();

        let tea = session.add(note("tea"));
        let error = session.commit().await.unwrap_err();
        let written = tea.state();
        session.rollback().await.unwrap();

        assert_eq!((error.to_string().as_str(), written), ("no", EntityState::Clean));
        assert_eq!(tea.state(), EntityState::Detached);
        assert_eq!(
            engine.query("SELECT count(*) FROM notes").scalar_one::<i64>().await.unwrap(),
            0
        );
    });
}

#[test]
fn a_panic_in_a_hook_leaves_the_session_as_it_was() {
    run(async {
        let tank = Tank::new();
        let (engine, sessions) = notes(&tank).await;
        let first = Mutex::new(true);
        let sessions = sessions.before_flush(move |_| {
            let is_first = std::mem::take(&mut *first.lock().unwrap());
            assert!(!is_first, "on purpose");
            Ok(())
        });
        let mut session = sessions.session();

        session.add(note("tea"));
        let flush = std::panic::AssertUnwindSafe(session.flush());
        let panicked = futures::FutureExt::catch_unwind(flush).await.is_err();
        session.commit().await.unwrap();

        assert!(panicked);
        assert_eq!(
            engine.query("SELECT count(*) FROM notes").scalar_one::<i64>().await.unwrap(),
            1
        );
    });
}

#[test]
fn a_failed_commit_is_a_rollback_to_the_hooks() {
    run(async {
        let tank = Tank::new();
        let (engine, sessions) = notes(&tank).await;
        let deferred = "CREATE TABLE parents(id INTEGER PRIMARY KEY);
            CREATE TABLE children(id INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED)";
        engine.execute_batch(deferred).await.unwrap();
        let calls = Calls::default();
        let [commit, rollback] = std::array::from_fn(|_| calls.clone());
        let mut session = sessions
            .after_commit(move |_| commit.note("after commit").unwrap())
            .after_rollback(move || rollback.note("after rollback").unwrap())
            .session();

        session.execute("INSERT INTO children VALUES (1)").await.unwrap();
        session.commit().await.unwrap_err();

        assert_eq!(calls.take(), ["after rollback"]);
    });
}
