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
    Add(i64),
    Edit(i64, u8),
    Delete(i64),
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
        6 => key.clone().prop_map(Operation::Add),
        6 => (key.clone(), any::<u8>()).prop_map(|(key, name)| Operation::Edit(key, name)),
        3 => key.clone().prop_map(Operation::Delete),
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

/// What the rows are to be.
type Rows = BTreeMap<i64, String>;

/// A session, and what it is to be.
struct Model {
    rows: Rows,
    committed: Rows,
    handles: BTreeMap<i64, Tracked<Subject>>,
}

impl Model {
    async fn apply(&mut self, session: &mut AsyncSession, operation: &Operation) {
        match operation {
            Operation::Add(key) if !self.rows.contains_key(key) => {
                let name = format!("new {key}");
                let handle = session.add(Subject { name: name.clone(), ..subject(*key, None) });
                self.handles.insert(*key, handle);
                self.rows.insert(*key, name);
            }
            Operation::Edit(key, name) if self.rows.contains_key(key) => {
                let handle = self.handle(session, *key).await;
                let name = format!("name {name}");
                handle.edit(|subject| subject.name.clone_from(&name));
                self.rows.insert(*key, name);
            }
            Operation::Delete(key) if self.rows.contains_key(key) => {
                let handle = self.handle(session, *key).await;
                session.delete(&handle);
                self.handles.remove(key);
                self.rows.remove(key);
            }
            Operation::Load(key) => {
                let found = session.get::<Subject>(*key).await.unwrap();
                let name = found.as_ref().map(|found| found.read().name.clone());
                assert_eq!(name.as_ref(), self.rows.get(key), "{key}");
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
                for row in self.rows.values_mut() {
                    row.clone_from(&name);
                }
            }
            _ => {}
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
        let found: Rows = all.iter().map(|one| (one.key(), one.read().name.clone())).collect();
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
            assert_eq!(names, model.rows.clone().into_values().collect::<Vec<_>>());
            drop(model);
            assert_eq!(session.tracked_count(), 0);
        });
    });
}
