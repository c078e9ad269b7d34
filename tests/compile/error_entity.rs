//! What is no entity.

use headwater::Entity;

#[derive(Entity, Clone)]
enum Choice {
    One,
}

#[derive(Entity, Clone, Copy)]
union Bits {
    number: u32,
}

#[derive(Entity, Clone)]
struct Pair(i64, String);

#[derive(Entity, Clone)]
struct Unit;

#[derive(Entity, Clone)]
struct Generic<T> {
    #[entity(primary_key)]
    id: T,
}

#[derive(Entity, Clone)]
struct Borrowing<'a> {
    #[entity(primary_key)]
    id: i64,
    name: &'a str,
}

#[derive(Entity, Clone)]
struct Reference {
    #[entity(primary_key)]
    id: i64,
    name: &'static str,
}

#[derive(Entity, Clone)]
struct Keyless {
    id: i64,
}

#[derive(Entity, Clone)]
#[entity(embedded)]
struct Nothing {
    #[entity(skip)]
    id: i64,
}

#[derive(Entity, Clone)]
struct Nullable {
    #[entity(primary_key, generated)]
    id: Option<i64>,
}

#[derive(Entity, Clone)]
struct Versions {
    #[entity(primary_key)]
    id: i64,
    #[entity(version)]
    first: i64,
    #[entity(version)]
    second: i64,
    #[entity(version)]
    third: Option<i64>,
    #[entity(version)]
    fourth: String,
}

#[derive(Entity, Clone)]
struct Names {
    #[entity(primary_key)]
    id: i64,
    #[entity(rename = "ID")]
    other: i64,
    Other: i64,
}

#[derive(Entity, Clone)]
#[entity(has_many(CHILDREN: Self::PARENT_ID), has_one(ID: Self::PARENT_ID))]
struct Constants {
    #[entity(primary_key)]
    id: i64,
    #[entity(references(Self::ID), belongs_to = CHILDREN)]
    parent_id: Option<i64>,
}

#[derive(Entity, Clone)]
struct Composite {
    #[entity(primary_key, generated)]
    a: i64,
    #[entity(primary_key, index)]
    b: i64,
}

#[derive(Entity, Clone)]
struct Indexed {
    #[entity(primary_key, unique, index)]
    id: i64,
}

#[derive(Entity, Clone)]
#[entity(unique(NAME, EMAIL), index(name), index(HOME), index(ID.X, SKIPPED), foreign_key(HOME.A.B => Other::ID))]
struct Columns {
    #[entity(primary_key)]
    id: i64,
    name: String,
    #[entity(flatten)]
    home: Home,
    #[entity(skip)]
    skipped: i64,
}

fn main() {}
