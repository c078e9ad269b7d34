//! What `#[derive(Entity)]` makes of a struct.

mod embedded;
mod hygiene;
mod stored;
mod table;
mod values;

use headwater::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "users",
    unique(NAME, AGE),
    index(AGE, name = "by_age"),
    check = "age >= 0",
    has_many(POSTS: Post::AUTHOR_ID),
    has_one(PROFILE: crate::entities::Profile::USER_ID)
)]
struct User {
    #[entity(primary_key, generated)]
    id: i64,
    name: String,
    #[entity(unique)]
    email: String,
    #[entity(index)]
    age: Option<i32>,
    role: Role,
    #[entity(version)]
    revision: i64,
    #[entity(skip)]
    is_open: bool,
    #[entity(default = "CURRENT_TIMESTAMP")]
    made_at: Option<String>,
    #[entity(computed = "upper(name)")]
    loud: String,
    r#type: Kind,
}

/// A text in its column.
#[derive(Clone, Copy, Debug, PartialEq, headwater::Value)]
#[value(rename_all = "snake_case")]
enum Role {
    Reader,
    ChiefEditor,
}

/// An integer in its column, or NULL.
#[derive(Clone, Copy, Debug, PartialEq, headwater::Value)]
struct Kind(Option<i64>);

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(many_to_many(TAGS: Tag, PostTag::POST_ID => PostTag::TAG_ID))]
struct Post {
    #[entity(primary_key)]
    id: i64,
    #[entity(references(User::ID, on_delete = cascade, on_update = set_null, deferred), belongs_to = AUTHOR)]
    author_id: Option<i64>,
    title: String,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(rename_all = "camelCase")]
struct Profile {
    #[entity(primary_key, references(User::ID))]
    user_id: i64,
    #[entity(rename = "e mail")]
    home_page: String,
    last_seen: f64,
}

#[derive(Clone, Debug, PartialEq, Entity)]
struct Tag {
    #[entity(primary_key)]
    name: String,
}

#[derive(Clone, Debug, PartialEq, Entity)]
struct PostTag {
    #[entity(primary_key, references(Post::ID))]
    post_id: i64,
    #[entity(primary_key, references(Tag::NAME))]
    tag_id: String,
}

fn ada() -> User {
    User {
        id: 0,
        name: "Ada".to_owned(),
        email: "ada@example.org".to_owned(),
        age: None,
        role: Role::ChiefEditor,
        revision: 1,
        is_open: true,
        made_at: None,
        loud: String::new(),
        r#type: Kind(None),
    }
}
