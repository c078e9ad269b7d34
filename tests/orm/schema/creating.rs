//! Tables made and dropped: in the order of their foreign keys, as a whole or not at all.

use headwater::{AsyncEngine, ErrorKind, Executor, Schema, schema};

use super::made::{Made, column, id, index, put, table, to, unique};
use crate::support::{Tank, run};

/// Users, posts of users, and comments on posts by users.
fn blog() -> Schema {
    let mut users = table::<0>("users", "User", [id(), column::<String>("email")]);
    users.indexes.push(unique(&[1]));
    put::<0>(users);
    let mut posts = table::<1>("posts", "Post", [id(), column::<i64>("author_id")]);
    posts.references.push(to::<0>(&[1], &[0]));
    posts.indexes.push(index(&[1]));
    put::<1>(posts);
    let columns = [id(), column::<i64>("post_id"), column::<Option<i64>>("author_id")];
    let mut comments = table::<2>("comments", "Comment", columns);
    comments.references = vec![to::<1>(&[1], &[0]), to::<0>(&[2], &[0])];
    put::<2>(comments);
    schema().entity::<Made<2>>().entity::<Made<1>>().entity::<Made<0>>()
}

/// What the database has, in the order in which it was made.
async fn names(db: &impl Executor) -> Vec<String> {
    let text = "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY rowid";
    db.query(text).scalars().all().await.unwrap()
}

async fn fill(engine: &AsyncEngine) {
    engine.execute("INSERT INTO users VALUES (1, 'ada@example.org')").await.unwrap();
    engine.execute("INSERT INTO posts VALUES (1, 1)").await.unwrap();
    engine.execute("INSERT INTO comments VALUES (1, 1, NULL)").await.unwrap();
}

#[test]
fn tables_are_made_after_those_they_refer_to_and_dropped_before() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();

        blog().create_all(&engine).await.unwrap();

        assert_eq!(names(&engine).await, ["users", "posts", "ix_posts_author_id", "comments"]);
        fill(&engine).await;
        blog().drop_all(&engine).await.unwrap();
        assert_eq!(names(&engine).await, Vec::<String>::new());
    });
}

#[test]
fn what_is_there_already_is_left_with_its_rows() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        blog().create_all(&engine).await.unwrap();
        fill(&engine).await;
        engine.execute("DROP TABLE comments").await.unwrap();

        blog().create_all(&engine).await.unwrap();

        let posts: i64 = engine.query("SELECT count(*) FROM posts").scalar_one().await.unwrap();
        assert_eq!((posts, names(&engine).await.len()), (1, 4));
    });
}

#[test]
fn dropping_what_is_not_there_changes_nothing() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        engine.execute("CREATE TABLE other(a)").await.unwrap();

        blog().drop_all(&engine).await.unwrap();

        assert_eq!(names(&engine).await, ["other"]);
    });
}

#[test]
fn a_table_that_cannot_be_made_leaves_none() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        let mut broken = table::<3>("broken", "Broken", [id()]);
        broken.checks.push("no_such_column > 1");
        put::<3>(broken);

        let error = blog().entity::<Made<3>>().create_all(&engine).await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Syntax);
        assert_eq!(names(&engine).await, Vec::<String>::new());
    });
}

#[test]
fn in_a_transaction_it_is_a_part_of_it() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        let tx = engine.begin().await.unwrap();

        blog().create_all(&tx).await.unwrap();
        blog().drop_all(&tx).await.unwrap();
        blog().create_all(&tx).await.unwrap();

        assert_eq!(names(&tx).await.len(), 4);
        tx.rollback().await.unwrap();
        assert_eq!(names(&engine).await, Vec::<String>::new());
    });
}

#[test]
fn a_connection_makes_them_and_a_snapshot_does_not() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let connection = engine.connect().await.unwrap();
        let snapshot = engine.snapshot().await.unwrap();

        blog().create_all(&connection).await.unwrap();
        let refused = blog().drop_all(&snapshot).await.unwrap_err();

        assert_eq!(names(&engine).await.len(), 4);
        assert_eq!(refused.kind(), ErrorKind::ReadOnly);
    });
}

#[test]
fn tables_that_refer_to_each_other_and_to_themselves_are_made_and_dropped_with_their_rows() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        for (name, entity) in [("hens", "Hen"), ("eggs", "Egg")] {
            let columns = || [id(), column::<Option<i64>>("from_id"), column::<Option<i64>>("kin")];
            if entity == "Hen" {
                let mut hens = table::<0>(name, entity, columns());
                hens.references = vec![to::<1>(&[1], &[0]), to::<0>(&[2], &[0])];
                put::<0>(hens);
            } else {
                let mut eggs = table::<1>(name, entity, columns());
                eggs.references = vec![to::<0>(&[1], &[0])];
                put::<1>(eggs);
            }
        }
        let both = schema().entity::<Made<0>>().entity::<Made<1>>();

        both.create_all(&engine).await.unwrap();
        engine.execute("INSERT INTO hens VALUES (1, NULL, 1)").await.unwrap();
        engine.execute("INSERT INTO eggs VALUES (1, 1, NULL)").await.unwrap();
        engine.execute("UPDATE hens SET from_id = 1").await.unwrap();
        both.drop_all(&engine).await.unwrap();

        assert_eq!(names(&engine).await, Vec::<String>::new());
    });
}

#[test]
fn rows_of_other_tables_keep_what_they_refer_to() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        blog().create_all(&engine).await.unwrap();
        fill(&engine).await;
        let text = "CREATE TABLE likes(user_id INTEGER REFERENCES users(id)); INSERT INTO likes VALUES (1)";
        engine.execute_batch(text).await.unwrap();

        let refused = blog().drop_all(&engine).await.unwrap_err();

        assert_eq!(refused.kind(), ErrorKind::ForeignKeyViolation);
        let comments: i64 =
            engine.query("SELECT count(*) FROM comments").scalar_one().await.unwrap();
        assert_eq!(comments, 1);
    });
}

#[test]
fn it_runs_in_a_spawned_task_of_any_handle() {
    async fn make(db: impl Executor + 'static) {
        schema().create_all(&db).await.unwrap();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        let made = blog();
        let spawned = tokio::spawn(async move {
            let tx = engine.begin().await?;
            made.create_all(&tx).await?;
            make(std::sync::Arc::new(tx)).await;
            Ok::<_, headwater::Error>(())
        });

        spawned.await.unwrap().unwrap();
    });
}
