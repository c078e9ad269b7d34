//! Keys that `#[entity(...)]` does not know, or that are written in another way.

use headwater::Entity;

#[derive(Entity, Clone)]
#[entity(name = "users")]
struct Unknown {
    #[entity(id)]
    a: i64,
    #[entity(nullable)]
    b: i64,
    #[entity(try_from = "i64")]
    c: i64,
    #[entity(table = "x")]
    d: i64,
    #[entity(on_delete = cascade)]
    e: i64,
    #[entity(unique(A, B))]
    f: i64,
    #[entity(primary_key = true)]
    g: i64,
    #[entity(rename = "")]
    h: i64,
    #[entity(default = 1)]
    i: i64,
    #[entity(default)]
    j: i64,
    #[entity(unique, unique)]
    k: i64,
}

#[derive(Entity, Clone)]
#[entity(rename = "users")]
struct Rename {
    #[entity(primary_key)]
    id: i64,
}

#[derive(Entity, Clone)]
#[entity(primary_key)]
struct Key {
    id: i64,
}

#[derive(Entity, Clone)]
#[entity(rename_all = "Title Case")]
struct Case {
    #[entity(primary_key)]
    id: i64,
}

#[derive(Entity, Clone)]
#[entity(unique)]
struct Unique {
    #[entity(primary_key)]
    id: i64,
}

#[derive(Entity, Clone)]
#[entity(index(ID, nam = "x"))]
struct Index {
    #[entity(primary_key)]
    id: i64,
}

#[derive(Entity, Clone)]
#[entity(index("id"))]
struct Quoted {
    #[entity(primary_key)]
    id: i64,
}

#[derive(Entity, Clone)]
#[entity(validate = check)]
struct Validate {
    #[entity(primary_key)]
    id: i64,
}

#[derive(Entity, Clone)]
struct References {
    #[entity(primary_key)]
    id: i64,
    #[entity(references = "users")]
    a: i64,
    #[entity(references("users.id"))]
    b: i64,
    #[entity(references(ID))]
    c: i64,
    #[entity(references(User::ID.name()))]
    d: i64,
    #[entity(references(User::ID, on_delete = delete))]
    e: i64,
    #[entity(references(User::ID, on_delete = "cascade"))]
    f: i64,
    #[entity(references(User::ID, on_update))]
    g: i64,
    #[entity(references(User::ID, cascade))]
    h: i64,
    #[entity(references(User::ID, on_delete = cascade, on_delete = cascade))]
    i: i64,
    #[entity(references(User::ID), belongs_to = "AUTHOR")]
    j: i64,
    #[entity(references(User::ID, belongs_to = AUTHOR))]
    k: i64,
    #[entity(references(User::ID, User::NAME))]
    l: i64,
}

#[derive(Entity, Clone)]
#[entity(foreign_key((A, B) => Other::A))]
struct ForeignKey {
    #[entity(primary_key)]
    id: i64,
}

#[derive(Entity, Clone)]
#[entity(foreign_key((A, B) => (Other::A, Another::B)))]
struct TwoEntities {
    #[entity(primary_key)]
    id: i64,
}

#[derive(Entity, Clone)]
#[entity(has_many(Post::AUTHOR_ID))]
struct Nameless {
    #[entity(primary_key)]
    id: i64,
}

#[derive(Entity, Clone)]
#[entity(has_one(POST: Post))]
struct HasOne {
    #[entity(primary_key)]
    id: i64,
}

#[derive(Entity, Clone)]
#[entity(many_to_many(TAGS: Tag, PostTag::POST_ID => TagPost::TAG_ID))]
struct ManyToMany {
    #[entity(primary_key)]
    id: i64,
}

fn main() {}
