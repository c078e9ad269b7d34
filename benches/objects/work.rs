//! The work by the library.

use std::future::IntoFuture;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use headwater::{AsyncEngine, AsyncSession, AsyncSessionmaker, select};

use super::entities::{Author, USERS, User, digest, digest_child, digest_families, new_users};
use super::harness::{Round, Settings, measure};

fn digest_user(user: &User) -> u64 {
    digest(user.id, &user.name, &user.email, user.age)
}

fn session(engine: &AsyncEngine) -> AsyncSession {
    AsyncSessionmaker::new(engine).session()
}

pub(crate) fn load(engine: &AsyncEngine) -> Round {
    measure(|| {
        let users = block_on(engine.query(select::<User>()).all()).unwrap();
        users.iter().map(digest_user).fold(0, u64::wrapping_add)
    })
}

pub(crate) fn load_as_stream(engine: &AsyncEngine) -> Round {
    measure(|| {
        block_on(async {
            let mut users = engine.query(select::<User>()).await.unwrap();
            let mut all = Vec::new();
            while let Some(user) = users.try_next().await.unwrap() {
                all.push(user);
            }
            all.iter().map(digest_user).fold(0, u64::wrapping_add)
        })
    })
}

pub(crate) fn load_tracked(engine: &AsyncEngine) -> Round {
    measure(|| {
        block_on(async {
            let mut session = session(engine);
            let users = session.scalars(select::<User>()).all().await.unwrap();
            users.iter().map(|user| digest_user(&user.read())).fold(0, u64::wrapping_add)
        })
    })
}

/// Every handle is dropped before the next is read.
pub(crate) fn stream_tracked(engine: &AsyncEngine) -> Round {
    measure(|| {
        block_on(async {
            let mut session = session(engine);
            let mut users = session.scalars(select::<User>()).await.unwrap();
            let mut sum = 0_u64;
            while let Some(user) = users.try_next().await.unwrap() {
                sum = sum.wrapping_add(digest_user(&user.read()));
            }
            sum
        })
    })
}

pub(crate) fn insert(engine: &AsyncEngine) -> Round {
    block_on(engine.execute("DELETE FROM inserted")).unwrap();
    let users = new_users();
    // As with the other sides, what was inserted is there still when the work has ended.
    let mut inserted = Vec::new();
    measure(|| {
        block_on(async {
            let mut session = session(engine);
            inserted = session.add_all(users);
            session.commit().await.unwrap();
            inserted.len() as u64
        })
    })
}

/// Inserts without a session: no handles, and no keys.
pub(crate) fn insert_in_bulk(engine: &AsyncEngine) -> Round {
    block_on(engine.execute("DELETE FROM inserted")).unwrap();
    let users = new_users();
    measure(|| block_on(engine.bulk_insert(users).into_future()).unwrap().rows())
}

/// Loads all and makes each a year older.
pub(crate) fn update(engine: &AsyncEngine) -> Round {
    measure(|| {
        block_on(async {
            let mut session = session(engine);
            let users = session.scalars(select::<User>()).all().await.unwrap();
            for user in &users {
                user.edit(|user| user.age = Some(user.age.unwrap_or(0) + 1));
            }
            session.commit().await.unwrap();
            users.len() as u64
        })
    })
}

pub(crate) fn eager(engine: &AsyncEngine) -> Round {
    measure(|| {
        let families =
            block_on(engine.query(select::<Author>().with(Author::POSTS)).all()).unwrap();
        digest_families(&families, |post| digest_child(post.author_id, &post.title, post.likes))
    })
}

pub(crate) fn eager_clustered(engine: &AsyncEngine) -> Round {
    measure(|| {
        let families =
            block_on(engine.query(select::<Author>().with(Author::NOTES)).all()).unwrap();
        digest_families(&families, |note| digest_child(note.author_id, &note.title, note.likes))
    })
}

pub(crate) fn points(engine: &AsyncEngine) -> Round {
    measure(|| {
        block_on(async {
            let mut sum = 0_u64;
            for n in 0..1_000 {
                let query = select::<User>().filter(User::ID.eq(1 + n * 97));
                sum = sum.wrapping_add(digest_user(&engine.query(query).one().await.unwrap()));
            }
            sum
        })
    })
}

pub(crate) fn gets(engine: &AsyncEngine) -> Round {
    measure(|| {
        block_on(async {
            let mut session = session(engine);
            let mut sum = 0_u64;
            for n in 0..1_000 {
                let user = session.get::<User>(1 + n * 97).await.unwrap().unwrap();
                sum = sum.wrapping_add(digest_user(&user.read()));
            }
            sum
        })
    })
}

/// Shows what `get` takes for a key whose handle is held: no SQL runs.
pub(crate) fn known_key(settings: &Settings, engine: &AsyncEngine) {
    if !settings.wants("known key") {
        return;
    }
    for held in [1_000, USERS] {
        let mut rounds: Vec<_> =
            (0..settings.rounds).map(|_| block_on(gets_of_known_keys(engine, held))).collect();
        rounds.sort();
        let median = rounds[rounds.len() / 2];
        println!("get of a known key, any one of {held} that are held: {median:.1?}");
    }
}

/// Measures one `get` of many.
async fn gets_of_known_keys(engine: &AsyncEngine, held: i64) -> Duration {
    const GETS: u32 = 1_000_000;
    let mut session = session(engine);
    let query = select::<User>().filter(User::ID.le(held));
    let users = session.scalars(query).all().await.unwrap();
    let since = Instant::now();
    for n in 0..i64::from(GETS) {
        let key = 1 + n * 7_919 % held;
        std::hint::black_box(session.get::<User>(key).await.unwrap());
    }
    let each = since.elapsed() / GETS;
    drop(users);
    each
}
