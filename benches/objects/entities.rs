//! The entities.

use headwater::Entity;

pub(crate) const USERS: i64 = 100_000;
pub(crate) const AUTHORS: i64 = 10_000;
pub(crate) const POSTS: i64 = 100_000;

#[derive(Entity, Clone, Debug)]
#[entity(table = "users")]
pub(crate) struct User {
    #[entity(primary_key, generated)]
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) age: Option<i32>,
}

/// As [`User`], in the table into which rows are inserted.
#[derive(Entity, Clone, Debug)]
#[entity(table = "inserted")]
pub(crate) struct Inserted {
    #[entity(primary_key, generated)]
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) age: Option<i32>,
}

#[derive(Entity, Clone, Debug)]
#[entity(
    table = "authors",
    has_many(POSTS: Post::AUTHOR_ID),
    has_many(NOTES: Note::AUTHOR_ID)
)]
pub(crate) struct Author {
    #[entity(primary_key)]
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) age: Option<i32>,
}

/// The posts of an author stand anywhere in the table.
#[derive(Entity, Clone, Debug)]
#[entity(table = "posts")]
pub(crate) struct Post {
    #[entity(primary_key)]
    pub(crate) id: i64,
    #[entity(references(Author::ID), index)]
    pub(crate) author_id: i64,
    pub(crate) title: String,
    pub(crate) likes: i64,
}

/// The notes of an author stand next to each other.
#[derive(Entity, Clone, Debug)]
#[entity(table = "notes")]
pub(crate) struct Note {
    #[entity(primary_key)]
    pub(crate) id: i64,
    #[entity(references(Author::ID), index)]
    pub(crate) author_id: i64,
    pub(crate) title: String,
    pub(crate) likes: i64,
}

/// Entities that have no key yet.
pub(crate) fn new_users() -> Vec<Inserted> {
    (0..USERS).map(new_user).collect()
}

fn new_user(n: i64) -> Inserted {
    Inserted {
        id: 0,
        name: format!("name number {n}"),
        email: format!("user{n}@example.org"),
        age: (n % 3 != 0).then_some((n % 90) as i32),
    }
}

pub(crate) fn digest(id: i64, name: &str, email: &str, age: Option<i32>) -> u64 {
    (id as u64)
        .wrapping_add(name.len() as u64)
        .wrapping_add(email.len() as u64)
        .wrapping_add(age.unwrap_or(-1) as u64)
}

/// What a program makes of parents with their children.
pub(crate) fn digest_families<'a, C: 'a>(
    families: impl IntoIterator<Item = &'a (Author, Vec<C>)>,
    digest_child: impl Fn(&C) -> u64,
) -> u64 {
    families.into_iter().fold(0, |sum, (author, children)| {
        let own = sum.wrapping_add(author.id as u64).wrapping_add(author.name.len() as u64);
        children.iter().map(&digest_child).fold(own, u64::wrapping_add)
    })
}

pub(crate) fn digest_child(author: i64, title: &str, likes: i64) -> u64 {
    ((author * likes) as u64).wrapping_add(title.len() as u64)
}
