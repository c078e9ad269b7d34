//! Keys of `#[entity(...)]` that do not go together.

use headwater::Entity;

#[derive(Entity, Clone)]
struct Fields {
    #[entity(primary_key, computed = "1", version)]
    id: i64,
    #[entity(generated)]
    generated: i64,
    #[entity(skip, rename = "x", unique)]
    skipped: i64,
    #[entity(flatten, rename = "x", index, default = "1")]
    flattened: Inner,
    #[entity(flatten)]
    optional: Option<Inner>,
    #[entity(prefix = "x_")]
    prefixed: i64,
    #[entity(computed = "1", default = "1")]
    computed: i64,
    #[entity(belongs_to = AUTHOR)]
    author: i64,
}

#[derive(Entity, Clone)]
#[entity(embedded)]
struct Embedded {
    #[entity(primary_key, generated)]
    id: i64,
    #[entity(version)]
    version: i64,
    #[entity(unique, index)]
    name: String,
    #[entity(references(User::ID), belongs_to = USER)]
    user: i64,
}

#[derive(Entity, Clone)]
#[entity(
    embedded,
    table = "x",
    unique(A),
    index(A),
    check = "a > 1",
    validate = "check",
    foreign_key(A => Other::A),
    has_many(POSTS: Post::USER_ID)
)]
struct EmbeddedTable {
    a: i64,
}

#[derive(Entity, Clone)]
#[from_row(rename_all = "camelCase")]
struct Read {
    #[entity(primary_key)]
    id: i64,
    #[from_row(rename = "x")]
    name: String,
}

fn main() {}
