//! Fields whose types do not have what their keys ask for.

use headwater::{Entity, Value};

#[derive(Entity)]
struct NotClone {
    #[entity(primary_key)]
    id: i64,
}

#[derive(Clone)]
struct Plain;

#[derive(Entity, Clone)]
struct NoColumn {
    #[entity(primary_key)]
    id: i64,
    plain: Plain,
}

#[derive(Entity, Clone)]
struct FloatKey {
    #[entity(primary_key)]
    id: f64,
}

#[derive(Entity, Clone)]
struct Flattened {
    #[entity(primary_key)]
    id: i64,
    #[entity(flatten)]
    plain: Plain,
}

#[derive(Entity, Clone)]
struct User {
    #[entity(primary_key)]
    id: i64,
    #[entity(flatten)]
    place: Place,
    name: String,
}

#[derive(Entity, Clone)]
#[entity(embedded)]
struct Place {
    city: String,
}

#[derive(Entity, Clone)]
#[entity(foreign_key((ID, NAME) => (User::NAME, User::ID)))]
struct Post {
    #[entity(primary_key)]
    id: i64,
    #[entity(references(User::ID))]
    fits: Option<i64>,
    #[entity(references(User::ID), belongs_to = AUTHOR)]
    author_id: String,
    #[entity(references(User::ID))]
    small: Option<i32>,
    #[entity(references(User::AGE))]
    missing: i64,
    #[entity(references(User::PLACE))]
    place: String,
    #[entity(references(Plain::ID))]
    plain: i64,
    name: String,
}

#[derive(Entity, Clone)]
#[entity(has_many(POSTS: Post::AUTHOR), has_one(POST: Post::NOBODY))]
struct Relations {
    #[entity(primary_key)]
    id: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Value)]
struct Code(String);

#[derive(Clone, Debug, PartialEq, Eq, Hash, Value)]
struct Amount(Option<i64>);

#[derive(Entity, Clone)]
struct NoDefault {
    #[entity(primary_key, generated, default = "1")]
    id: Code,
}

#[derive(Entity, Clone)]
#[entity(validate = "Self::check")]
struct Validate {
    #[entity(primary_key)]
    id: i64,
}

impl Validate {
    fn check(&mut self) -> Result<(), i64> {
        Ok(())
    }
}

fn main() {}
