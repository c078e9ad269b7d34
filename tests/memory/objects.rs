//! What streams of objects hold: a batch of them, and what is to be written.

use headwater::{AsyncSessionmaker, Entity, select};

use super::*;

#[derive(Entity, Clone)]
#[entity(table = "parents", has_many(CHILDREN: Child::PARENT))]
struct Parent {
    #[entity(primary_key)]
    id: i64,
}

#[derive(Entity, Clone)]
#[entity(table = "children")]
struct Child {
    #[entity(primary_key)]
    id: i64,
    #[entity(index, references(Parent::ID), belongs_to = OF)]
    parent: i64,
    body: String,
}

/// 40,000 parents with 200,000 children, which are some 50 MiB in memory.
const TABLES: &str = "
    CREATE TABLE parents(id INTEGER PRIMARY KEY);
    CREATE TABLE children(id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, body TEXT NOT NULL);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
        INSERT INTO children SELECT i, i % 40000 + 1, printf('%.200c', 'x') FROM n;
    CREATE INDEX children_parent ON children(parent);
    INSERT INTO parents SELECT DISTINCT parent FROM children ORDER BY 1;
";

#[test]
fn a_stream_of_entities_with_their_relations_holds_one_batch() {
    let _alone = alone();
    block_on(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        engine.execute_batch(TABLES).await.unwrap();
        let gauge = Gauge::new();

        let parents = select::<Parent>().with(Parent::CHILDREN.with(Child::OF));
        let mut parents = engine.query(parents).await.unwrap();
        let (mut count, mut bytes) = (0, 0);
        while let Some((parent, children)) = parents.try_next().await.unwrap() {
            for (child, of) in children {
                assert!(child.parent == parent.id && of.is_some_and(|of| of.id == parent.id));
                count += 1;
                bytes += child.body.len();
            }
        }

        assert_eq!((count, bytes), (200_000, 40_000_000));
        gauge.assert_below("200,000 children of 40,000 entities, streamed", 12 * MIB);
    });
}

#[derive(Entity, Clone)]
#[entity(table = "notes")]
struct Note {
    #[entity(primary_key)]
    id: i64,
    body: String,
    read: bool,
}

/// 300,000 entities, which are some 100 MiB in memory.
const NOTES: &str = "
    CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT NOT NULL, read INTEGER NOT NULL);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
        INSERT INTO notes SELECT i, printf('%.200c', 'x'), 0 FROM n;
";

#[test]
fn a_stream_of_tracked_entities_holds_what_is_held_and_what_is_to_be_written() {
    let _alone = alone();
    block_on(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        engine.execute_batch(NOTES).await.unwrap();
        let gauge = Gauge::new();

        let mut session = AsyncSessionmaker::new(&engine).session();
        let mut notes = session.scalars(select::<Note>()).await.unwrap();
        let mut count = 0;
        while let Some(note) = notes.try_next().await.unwrap() {
            count += 1;
            if count % 10 == 0 {
                note.edit(|note| note.read = true);
            }
            if count % 10_000 == 0 {
                session.flush().await.unwrap();
            }
        }
        assert_eq!((count, session.tracked_count()), (300_000, 0));
        session.commit().await.unwrap();

        gauge.assert_below("300,000 tracked entities, every tenth edited", 12 * MIB);
        let read = "SELECT count(*) FROM notes WHERE read";
        assert_eq!(engine.query(read).scalar_one::<i64>().await.unwrap(), 30_000);
    });
}
