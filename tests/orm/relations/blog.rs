//! The entities and the rows that relations are asked of here, and how often the database was.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use headwater::{AsyncEngine, EngineBuilder, Entity, Expr, raw};
use rusqlite::functions::FunctionFlags;

use crate::support::Tank;

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(
    table = "users",
    has_many(POSTS: Post::AUTHOR_ID),
    has_one(PROFILE: Profile::USER_ID)
)]
pub(super) struct User {
    #[entity(primary_key)]
    pub(super) id: i64,
    pub(super) name: String,
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "profiles")]
pub(super) struct Profile {
    #[entity(primary_key)]
    pub(super) id: i64,
    #[entity(references(User::ID), belongs_to = USER)]
    pub(super) user_id: i64,
    pub(super) bio: String,
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(
    table = "posts",
    has_many(COMMENTS: Comment::POST_ID),
    many_to_many(TAGS: Tag, PostTag::POST_ID => PostTag::TAG_ID)
)]
pub(super) struct Post {
    #[entity(primary_key)]
    pub(super) id: i64,
    #[entity(index, references(User::ID), belongs_to = AUTHOR)]
    pub(super) author_id: Option<i64>,
    pub(super) views: i64,
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "comments")]
pub(super) struct Comment {
    #[entity(primary_key)]
    pub(super) id: i64,
    #[entity(references(Post::ID), belongs_to = POST)]
    pub(super) post_id: i64,
    pub(super) body: String,
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "tags", many_to_many(POSTS: Post, PostTag::TAG_ID => PostTag::POST_ID))]
pub(super) struct Tag {
    #[entity(primary_key)]
    pub(super) id: i64,
    pub(super) label: String,
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "post_tags")]
pub(super) struct PostTag {
    #[entity(primary_key, references(Post::ID))]
    pub(super) post_id: i64,
    #[entity(primary_key, references(Tag::ID))]
    pub(super) tag_id: i64,
}

pub(super) const TABLES: &str = "
    CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE profiles(id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users, bio TEXT NOT NULL);
    CREATE TABLE posts(id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES users, views INTEGER NOT NULL);
    CREATE INDEX posts_author_id ON posts(author_id);
    CREATE TABLE comments(id INTEGER PRIMARY KEY, post_id INTEGER NOT NULL REFERENCES posts, body TEXT NOT NULL);
    CREATE TABLE tags(id INTEGER PRIMARY KEY, label TEXT NOT NULL);
    CREATE TABLE post_tags(post_id INTEGER NOT NULL REFERENCES posts, tag_id INTEGER NOT NULL REFERENCES tags,
        PRIMARY KEY (post_id, tag_id));
";

/// Three users, of whom the third has nothing; five posts, of which one is nobody's.
const ROWS: &str = "
    INSERT INTO users VALUES (1, 'Ada'), (2, 'Alan'), (3, 'Grace');
    INSERT INTO profiles VALUES (1, 2, 'codes'), (2, 1, 'notes');
    INSERT INTO posts VALUES (1, 1, 10), (2, 2, 20), (3, 1, 30), (4, NULL, 40), (5, 1, 50);
    INSERT INTO comments VALUES (1, 3, 'a'), (2, 1, 'b'), (3, 3, 'c'), (4, 4, 'd');
    INSERT INTO tags VALUES (1, 'red'), (2, 'green'), (3, 'blue');
    INSERT INTO post_tags VALUES (1, 2), (1, 1), (3, 2), (4, 3);
";

/// A database of users and their posts.
pub(super) struct Blog {
    pub(super) engine: AsyncEngine,
    runs: Arc<AtomicUsize>,
    _tank: Tank,
}

impl Blog {
    /// The few rows that are above.
    pub(super) async fn small() -> Self {
        let blog = Self::empty(|builder| builder).await;
        blog.engine.execute_batch(ROWS).await.unwrap();
        blog
    }

    /// So many users, each with so many posts.
    pub(super) async fn large(users: i64, posts: i64) -> Self {
        let blog = Self::empty(|builder| builder).await;
        let names = (1..=users).map(|id| (id, format!("user {id}")));
        blog.engine.insert_stream("users", ["id", "name"], names).await.unwrap();
        let rows = (0..users * posts).map(move |n| (n + 1, n % users + 1, n));
        blog.engine.insert_stream("posts", ["id", "author_id", "views"], rows).await.unwrap();
        blog
    }

    pub(super) async fn empty(build: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        let tank = Tank::new();
        let runs = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&runs);
        let builder = build(tank.builder()).on_connect(move |connection| {
            let counter = Arc::clone(&counter);
            // SQLite calls it once for each run of a statement, since nothing in it depends on a row.
            let flags = FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_UTF8;
            connection.create_scalar_function("counted", 0, flags, move |_| {
                counter.fetch_add(1, Ordering::SeqCst);
                Ok(true)
            })
        });
        let engine = builder.open().await.unwrap();
        engine.execute_batch(TABLES).await.unwrap();
        Self { engine, runs, _tank: tank }
    }

    /// How often a statement with [`counted`] was run.
    pub(super) fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }
}

/// A condition that always holds, and counts how often its statement is run.
pub(super) fn counted() -> Expr<bool> {
    raw("counted()")
}

pub(super) fn ids<'a>(posts: impl IntoIterator<Item = &'a Post>) -> Vec<i64> {
    posts.into_iter().map(|post| post.id).collect()
}
