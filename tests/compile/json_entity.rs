//! `json` of `#[entity(...)]` beside what it does not go with, and on a type that `serde` does not know.

use headwater::Entity;

#[derive(Entity, Clone)]
struct Together {
    #[entity(primary_key, json)]
    id: i64,
    #[entity(json, version)]
    version: i64,
    #[entity(json, flatten)]
    flattened: Plain,
    #[entity(json, skip)]
    skipped: i64,
    #[entity(json, references(User::ID))]
    user: i64,
}

#[derive(Clone)]
struct Plain;

#[derive(Entity, Clone)]
struct Unknown {
    #[entity(primary_key)]
    id: i64,
    #[entity(json)]
    plain: Plain,
}

fn main() {}
