//! What an entity says of its table, and the constants that name its columns and relations.

use headwater::{BelongsTo, Column, Entity, HasMany, HasOne, ManyToMany, SqlType, entity::Action};

use super::{Kind, Post, PostTag, Profile, Role, Tag, User};

#[test]
fn a_table_has_the_fields_that_are_not_skipped_as_its_columns() {
    let table = User::table();

    let columns: Vec<_> = table.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(
        columns,
        ["id", "name", "email", "age", "role", "revision", "made_at", "loud", "type"]
    );
    assert_eq!((table.name, table.entity), ("users", "User"));
    assert_eq!(table.columns[8].field, "type");
    assert!(std::ptr::eq(table, User::table()));
}

#[test]
fn a_column_has_the_type_of_its_field() {
    let columns = &User::table().columns;

    let types: Vec<_> = columns.iter().map(|column| column.sql_type).collect();
    let nullable: Vec<_> =
        columns.iter().filter(|column| column.nullable).map(|column| &*column.name).collect();
    assert_eq!(types[..4], [SqlType::Integer, SqlType::Text, SqlType::Text, SqlType::Integer]);
    assert_eq!(types[4..6], [SqlType::Text, SqlType::Integer]);
    assert_eq!(types[8], SqlType::Integer);
    assert_eq!(nullable, ["age", "made_at", "type"]);
}

#[test]
fn what_the_database_gives_is_known() {
    let columns = &User::table().columns;

    let generated: Vec<_> = columns.iter().filter(|column| column.generated).collect();
    assert_eq!((generated.len(), &*generated[0].name), (1, "id"));
    assert_eq!(columns[6].default, Some("CURRENT_TIMESTAMP"));
    assert_eq!(columns[7].computed, Some("upper(name)"));
    assert_eq!(User::table().version, Some(User::REVISION.position()));
}

#[test]
fn a_constant_names_its_column_and_the_type_of_its_field() {
    let id: Column<User, i64> = User::ID;
    let age: Column<User, Option<i32>> = User::AGE;
    let role: Column<User, Role> = User::ROLE;
    let kind: Column<User, Kind> = User::TYPE;

    assert_eq!((id.name(), age.name(), role.name(), kind.name()), ("id", "age", "role", "type"));
    assert_eq!(User::MADE_AT.position(), 6);
}

#[test]
fn names_are_written_as_the_struct_or_the_field_says() {
    let names: Vec<_> = Profile::table().columns.iter().map(|column| &*column.name).collect();

    assert_eq!(names, ["userId", "e mail", "lastSeen"]);
    assert_eq!(Profile::table().name, "profile");
    assert_eq!(PostTag::table().name, "post_tag");
}

#[test]
fn a_key_of_several_fields_has_their_order() {
    let link = PostTag { post_id: 7, tag_id: "sea".to_owned() };

    assert_eq!(link.key(), (7, "sea".to_owned()));
    assert_eq!(PostTag::table().primary_key, [0, 1]);
    assert_eq!(Tag { name: "sea".to_owned() }.key(), "sea");
}

#[test]
fn indexes_are_those_of_fields_and_then_those_of_the_struct() {
    let indexes = &User::table().indexes;

    let told: Vec<_> =
        indexes.iter().map(|index| (&*index.columns, index.unique, index.name)).collect();
    assert_eq!(
        told,
        [
            (&[2][..], true, None),
            (&[3], false, None),
            (&[1, 3], true, None),
            (&[3], false, Some("by_age")),
        ]
    );
    assert_eq!(User::table().checks, ["age >= 0"]);
}

#[test]
fn a_reference_says_where_it_leads_and_what_it_does() {
    let author = Post::table().reference(&[Post::AUTHOR_ID.position()]).unwrap();
    let plain = &Profile::table().references[0];

    assert_eq!((author.target)().name, "users");
    assert_eq!(author.target_columns, [User::ID.position()]);
    assert_eq!((author.on_delete, author.on_update), (Action::Cascade, Action::SetNull));
    assert!(author.deferred);
    assert_eq!((plain.on_delete, plain.on_update), (Action::NoAction, Action::NoAction));
    assert!(!plain.deferred);
}

#[test]
fn relations_know_the_columns_that_make_them() {
    let author: BelongsTo<Post, User> = Post::AUTHOR;
    let posts: HasMany<User, Post> = User::POSTS;
    let profile: HasOne<User, Profile> = User::PROFILE;
    let tags: ManyToMany<Post, Tag, PostTag> = Post::TAGS;

    assert_eq!(author.own_columns(), [1]);
    assert_eq!(posts.child_columns(), [1]);
    assert_eq!(profile.child_columns(), [0]);
    assert_eq!((tags.near_columns(), tags.far_columns()), (&[0][..], &[1][..]));
}

#[derive(Clone, Entity)]
#[entity(
    table = "tree",
    foreign_key((FOREST, PARENT) => (Self::FOREST, Self::ID), on_delete = restrict, belongs_to = ABOVE),
    has_many(BELOW: (Self::FOREST, Self::PARENT))
)]
struct Node {
    #[entity(primary_key)]
    forest: i64,
    #[entity(primary_key)]
    id: i64,
    parent: Option<i64>,
}

#[test]
fn a_key_of_several_columns_is_referred_to_as_a_whole() {
    let above: BelongsTo<Node, Node> = Node::ABOVE;
    let below: HasMany<Node, Node> = Node::BELOW;

    let reference = &Node::table().references[0];
    assert_eq!((&*reference.columns, &*reference.target_columns), (&[0, 2][..], &[0, 1][..]));
    assert_eq!(reference.on_delete, Action::Restrict);
    assert_eq!((above.own_columns(), below.child_columns()), (&[0, 2][..], &[0, 2][..]));
    assert_eq!(Node { forest: 1, id: 2, parent: None }.key(), (1, 2));
}

#[cfg(feature = "json")]
#[derive(Clone, Entity)]
struct Document {
    #[entity(primary_key)]
    id: u32,
    #[entity(json)]
    tags: Vec<String>,
    #[entity(json)]
    size: Option<(u32, u32)>,
}

#[cfg(feature = "json")]
#[test]
fn a_field_of_json_is_a_column_of_text() {
    let tags: Column<Document, headwater::Json<Vec<String>>> = Document::TAGS;
    let _: Column<Document, Option<headwater::Json<(u32, u32)>>> = Document::SIZE;
    let document = Document { id: 1, tags: vec!["sea".to_owned()], size: Some((1, 2)) };

    let columns = &Document::table().columns;
    assert_eq!((tags.name(), columns[1].sql_type), ("tags", SqlType::Text));
    assert_eq!((columns[1].nullable, columns[2].nullable), (false, true));
    assert_eq!((document.id, document.tags.len(), document.size), (1, 1, Some((1, 2))));
}
