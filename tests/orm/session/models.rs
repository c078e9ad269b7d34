//! Any operations on a session give what they give on a map.

use std::collections::BTreeMap;

use headwater::{AsyncSession, EntityState, Tracked, select};
use proptest::prelude::*;

use super::library::{Library, Subject, subject};
use crate::support::{holds_for_any, run};

/// How many keys there are.
const KEYS: i64 = 6;

#[derive(Clone, Debug)]
enum Operation {
    /// A key, and the one above it if there is one.
    Add(i64, i64),
    Edit(i64, u8),
    /// A key, and whether those below it are deleted too or left to the cascade.
    Delete(i64, bool),
    Load(i64),
    Forget(i64),
    Select,
    Flush,
    Commit,
    Rollback,
    Savepoint,
    Release,
    RollBackTo,
    Statement(u8),
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let key = 1..=KEYS;
    let operation = prop_oneof![
        6 => (key.clone(), key.clone()).prop_map(|(key, above)| Operation::Add(key, above)),
        6 => (key.clone(), any::<u8>()).prop_map(|(key, name)| Operation::Edit(key, name)),
        3 => (key.clone(), any::<bool>()).prop_map(|(key, all)| Operation::Delete(key, all)),
        4 => key.clone().prop_map(Operation::Load),
        3 => key.prop_map(Operation::Forget),
        1 => Just(Operation::Select),
        2 => Just(Operation::Flush),
        2 => Just(Operation::Commit),
        2 => Just(Operation::Rollback),
        2 => Just(Operation::Savepoint),
        1 => Just(Operation::Release),
        2 => Just(Operation::RollBackTo),
        1 => any::<u8>().prop_map(Operation::Statement),
    ];
    proptest::collection::vec(operation, 1..40)
}

/// What the rows are to be: the key above, and the name.
type Rows = BTreeMap<i64, (Option<i64>, String)>;

/// A session, and what it is to be.
struct Model {
    rows: Rows,
    committed: Rows,
    handles: BTreeMap<i64, Tracked<Subject>>,
}

impl Model {
    async fn apply(&mut self, session: &mut AsyncSession, operation: &Operation) {
        match operation {
            Operation::Add(key, above) if !self.rows.contains_key(key) => {
                let name = format!("new {key}");
                let above = Some(*above).filter(|above| self.rows.contains_key(above));
                let handle = session.add(Subject { name: name.clone(), ..subject(*key, above) });
                self.handles.insert(*key, handle);
                self.rows.insert(*key, (above, name));
            }
            Operation::Edit(key, name) if self.rows.contains_key(key) => {
                let handle = self.handle(session, *key).await;
                let name = format!("name {name}");
                handle.edit(|subject| subject.name.clone_from(&name));
                self.rows.entry(*key).and_modify(|(_, known)| *known = name);
            }
            Operation::Delete(key, all) if self.rows.contains_key(key) => {
                self.delete(session, *key, *all).await;
            }
            Operation::Load(key) => {
                let found = session.get::<Subject>(*key).await.unwrap();
                assert_eq!(found.as_ref().map(row), self.rows.get(key).cloned(), "{key}");
                self.handles.extend(found.map(|found| (*key, found)));
            }
            Operation::Forget(key) => drop(self.handles.remove(key)),
            Operation::Select => self.compare(session).await,
            Operation::Flush => session.flush().await.unwrap(),
            Operation::Commit => {
                session.commit().await.unwrap();
                self.committed.clone_from(&self.rows);
            }
            Operation::Rollback => {
                session.rollback().await.unwrap();
                self.rows.clone_from(&self.committed);
                self.handles.retain(|key, _| self.rows.contains_key(key));
                self.compare(session).await;
            }
            Operation::Statement(name) => {
                let name = format!("all {name}");
                let update = headwater::sql("UPDATE subjects SET name = ?").bind(&name);
                session.execute(update).await.unwrap();
                for (_, known) in self.rows.values_mut() {
                    known.clone_from(&name);
                }
            }
            _ => {}
        }
    }

    /// Deletes a row and those below it.
    async fn delete(&mut self, session: &mut AsyncSession, key: i64, all: bool) {
        let mut below = vec![key];
        let mut next = 0;
        while let Some(above) = below.get(next).copied() {
            let children = self.rows.iter().filter(|(_, (parent, _))| *parent == Some(above));
            below.extend(children.map(|(key, _)| *key));
            next += 1;
        }
        if below.len() > 1 {
            // What is forgotten before it was inserted takes nothing with it.
            session.flush().await.unwrap();
        }
        let mut handles = Vec::new();
        for key in below.iter().take(if all { below.len() } else { 1 }) {
            handles.push(self.handle(session, *key).await);
        }
        for handle in &handles {
            session.delete(handle);
        }
        if below.len() > 1 {
            // Before, those that the cascade will delete are there still.
            session.flush().await.unwrap();
            let gone = |key: &i64| self.handles.get(key).is_none_or(is_gone);
            assert!(below.iter().all(gone), "{below:?}");
        }
        for key in below {
            self.handles.remove(&key);
            self.rows.remove(&key);
        }
    }

    /// The handle of a row, which may have been deleted and rolled back since it was given.
    async fn handle(&mut self, session: &mut AsyncSession, key: i64) -> Tracked<Subject> {
        let known = self.handles.get(&key).cloned();
        match known.filter(|known| known.state() != EntityState::Detached) {
            Some(known) => known,
            None => session.get_one::<Subject>(key).await.unwrap(),
        }
    }

    /// Compares what the session gives with what there has to be.
    async fn compare(&self, session: &mut AsyncSession) {
        let all = session.scalars(select::<Subject>()).all().await.unwrap();
        let found: Rows = all.iter().map(|one| (one.key(), row(one))).collect();
        assert_eq!(found, self.rows);
        for one in &all {
            assert_eq!(one.state(), EntityState::Clean);
            let known = self.handles.get(&one.key());
            if let Some(known) = known.filter(|known| known.state() != EntityState::Detached) {
                assert!(known.is(one), "there are two handles of {}", one.key());
            }
        }
    }
}

/// What the row of an entity is.
fn row(one: &Tracked<Subject>) -> (Option<i64>, String) {
    let read = one.read();
    (read.parent_id, read.name.clone())
}

fn is_gone(one: &Tracked<Subject>) -> bool {
    matches!(one.state(), EntityState::Gone | EntityState::Detached)
}

/// Runs operations up to the end of the savepoint that they are in; what is left is given back.
fn within<'f, 'o: 'f>(
    model: &'f mut Model,
    session: &'f mut AsyncSession,
    mut operations: &'o [Operation],
    depth: usize,
) -> futures::future::BoxFuture<'f, (&'o [Operation], bool)> {
    Box::pin(async move {
        while let [operation, rest @ ..] = operations {
            operations = rest;
            match operation {
                Operation::Savepoint if depth < 3 => {
                    let before = model.rows.clone();
                    let mut savepoint = session.savepoint().await.unwrap();
                    let (rest, keep) = within(model, &mut savepoint, operations, depth + 1).await;
                    operations = rest;
                    if keep {
                        savepoint.commit().await.unwrap();
                    } else {
                        savepoint.rollback().await.unwrap();
                        model.rows = before;
                        let rows = &model.rows;
                        model.handles.retain(|key, _| rows.contains_key(key));
                        model.compare(session).await;
                    }
                }
                Operation::Release if depth > 0 => return (operations, true),
                Operation::RollBackTo if depth > 0 => return (operations, false),
                // They would end the savepoints around.
                Operation::Commit | Operation::Rollback if depth > 0 => {}
                operation => model.apply(session, operation).await,
            }
        }
        (operations, true)
    })
}

#[test]
fn any_operations_give_what_they_give_on_a_map() {
    holds_for_any(200, &operations(), |operations: Vec<Operation>| {
        run(async move {
            let library = Library::new().await;
            let mut session = library.session();
            let mut model =
                Model { rows: Rows::new(), committed: Rows::new(), handles: BTreeMap::new() };

            within(&mut model, &mut session, &operations, 0).await;
            model.compare(&mut session).await;
            session.commit().await.unwrap();

            let names = library.texts("SELECT name FROM subjects ORDER BY id").await;
            assert!(names.iter().eq(model.rows.values().map(|(_, name)| name)), "{names:?}");
            drop(model);
            assert_eq!(session.tracked_count(), 0);
        });
    });
}
