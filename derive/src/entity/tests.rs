//! What the derive writes, and what it refuses.

use super::*;

fn written(input: &str) -> String {
    let expanded = expand(input.parse().unwrap()).unwrap().to_string();
    expanded.split_whitespace().collect()
}

#[track_caller]
fn writes(input: &str, code: &str) {
    let written = written(input);
    let code: String = code.split_whitespace().collect();

    assert!(written.contains(&code), "{code}\nis not in\n{written}");
}

fn refused(input: &str) -> Vec<String> {
    let errors = expand(input.parse().unwrap()).unwrap_err();
    errors.into_iter().map(|error| error.to_string()).collect()
}

/// A struct with a key and these fields.
fn with(fields: &str) -> String {
    format!("struct User {{ #[entity(primary_key)] id: i64, {fields} }}")
}

#[test]
fn an_entity_is_read_as_a_derived_row_is() {
    let fields = r#"r#type: Option<String>, #[entity(rename = "e mail")] pub email: String,
                    #[entity(skip)] open: bool, #[entity(flatten, prefix = "at_")] place: Place"#;
    let entity = written(&with(fields));

    let plain = format!("struct User {{ id: i64, {} }}", fields.replace("#[entity", "#[from_row"));
    let row = crate::from_row::expand(plain.parse().unwrap()).unwrap().to_string();
    let row: String = row.split_whitespace().collect();
    assert!(entity.starts_with(&row), "{entity}\ndoes not begin with\n{row}");
}

#[test]
fn the_smallest_entity_is_this() {
    let expected = r#"
        #[allow(dead_code, deprecated, non_upper_case_globals, private_interfaces, unreachable_pub,)]
        impl Tag {
            #[doc = "The column `name` of the table `tag`."]
            pub const NAME: ::headwater::Column<Self, String> = ::headwater::Column::at(0usize);
        }
        #[automatically_derived]
        impl ::headwater::Entity for Tag {
            type Key = String;
            fn table() -> &'static ::headwater::entity::EntityTable {
                const _: () = ::headwater::__private::entity::is_key::<String>();
                static __TABLE: ::std::sync::OnceLock<::headwater::entity::EntityTable> = ::std::sync::OnceLock::new();
                ::std::sync::OnceLock::get_or_init(&__TABLE, || ::headwater::entity::EntityTable::new::<Self>(
                    "tag", "Tag",
                    ::std::vec![::headwater::entity::EntityColumn::new::<String>("name", "name")],
                    ::std::vec![0usize]
                ))
            }
            fn key(&self) -> String { ::core::clone::Clone::clone(&self.name) }
            fn value(&self, __column: ::core::primitive::usize) -> ::headwater::Result<::headwater::Value> {
                match __column {
                    0usize => <String as ::headwater::ToValue>::to_value(&self.name),
                    _ => ::core::result::Result::Err(::headwater::__private::entity::no_column("Tag", __column)),
                }
            }
            fn values(&self, __into: &mut ::std::vec::Vec<::headwater::Value>,) -> ::headwater::Result<()> {
                ::std::vec::Vec::reserve(__into, 1usize);
                ::std::vec::Vec::push(__into, <String as ::headwater::ToValue>::to_value(&self.name)?);
                ::core::result::Result::Ok(())
            }
            fn is_left(&self, _: ::core::primitive::usize) -> ::core::primitive::bool { false }
            fn set(
                &mut self,
                __column: ::core::primitive::usize,
                __value: ::headwater::ValueRef<'_>,
            ) -> ::headwater::Result<()> {
                match __column {
                    0usize => self.name = ::headwater::__private::entity::given::<String>(__value, "Tag", "name")?,
                    _ => return ::core::result::Result::Err(
                        ::headwater::__private::entity::no_column("Tag", __column)
                    ),
                }
                ::core::result::Result::Ok(())
            }
        }"#;

    writes("struct Tag { #[entity(primary_key)] pub name: String }", expected);
}

#[test]
fn a_table_is_named_as_the_struct_is_where_nothing_else_is_said() {
    writes(
        "struct r#BlogPost { #[entity(primary_key)] id: i64 }",
        r#"new::<Self>("blog_post", "BlogPost","#,
    );
    writes(
        r#"#[entity(table = "Blog posts")] struct BlogPost { #[entity(primary_key)] id: i64 }"#,
        r#"new::<Self>("Blog posts", "BlogPost","#,
    );
}

#[test]
fn a_constant_is_seen_where_its_field_is() {
    let fields = "pub a: i64, pub(crate) r#type: i64, été: i64, #[entity(flatten)] pub to: Place";

    writes(
        &with(fields),
        "pub const A: ::headwater::Column<Self, i64> = ::headwater::Column::at(1usize);",
    );
    writes(&with(fields), "pub(crate) const TYPE:");
    writes(&with(fields), r#"."]const ÉTÉ:"#);
    writes(
        &with(fields),
        "pub const TO: ::headwater::Embed<Self, Place> = ::headwater::Embed::<Self, Place>::at(4usize);",
    );
}

#[test]
fn what_stands_behind_a_flattened_field_is_moved_by_it() {
    let fields = "#[entity(flatten)] a: Place, b: i64, #[entity(flatten)] c: Place, d: i64";
    let place = "+ <Place as ::headwater::Embedded>::COLUMNS";

    writes(
        &with(fields),
        &format!(
            "const B: ::headwater::Column<Self, i64> = ::headwater::Column::at(1usize {place});"
        ),
    );
    writes(&with(fields), &format!("::headwater::Column::at(2usize {place} {place});"));
    writes(&with(fields), &format!("_ if __column == 2usize {place} {place} =>"));
    writes(&with(fields), &format!("reserve(__into, 3usize {place} {place})"));
}

#[test]
fn an_integer_that_the_database_gives_is_compared_with_its_default() {
    writes(
        "struct User { #[entity(primary_key, generated)] id: i64 }",
        "match __column { 0usize => ::headwater::__private::entity::is_default::<i64>(&self.id), _ => false, }",
    );
}

#[test]
fn relations_name_the_positions_of_columns() {
    let input = r"
        #[entity(has_many(POSTS: blog::Post::USER_ID), many_to_many(TAGS: Tag, (Link::A, Link::B) => Link::C))]
        pub(super) struct User { #[entity(primary_key, references(Self::ID), belongs_to = ME)] id: i64 }";

    writes(
        input,
        "pub(super) const POSTS: ::headwater::HasMany<Self, blog::Post> = ::headwater::HasMany::by(
            const { &[::headwater::Column::position(blog::Post::USER_ID)] });",
    );
    writes(
        input,
        "const TAGS: ::headwater::ManyToMany<Self, Tag, Link> = ::headwater::ManyToMany::by(
            const { &[::headwater::Column::position(Link::A), ::headwater::Column::position(Link::B)] },
            const { &[::headwater::Column::position(Link::C)] },);",
    );
    writes(
        input,
        "]const ME: ::headwater::BelongsTo<Self, Self> = ::headwater::BelongsTo::by(const { &[0usize] });",
    );
}

#[test]
fn a_path_in_brackets_names_a_column_too() {
    writes(
        &with(
            "#[entity(references(<a::B as Of>::C))] x: i64, #[entity(references(::a::B::<u8>::C))] y: i64",
        ),
        "::headwater::entity::Reference::to::<::a::B::<u8>>",
    );
    writes(
        &with("#[entity(references(<a::B>::C))] x: i64"),
        "::headwater::entity::Reference::to::<a::B>",
    );
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let input = r#"
        #[entity(nothing)]
        struct User {
            #[entity(primary_key)] id: Option<i64>,
            #[entity(generated)] a: i64,
            #[entity(skip, unique)] b: i64,
            #[entity(belongs_to = X)] c: i64,
        }"#;

    let errors = refused(input);

    assert_eq!(errors.len(), 5, "{errors:?}");
    assert!(errors[0].ends_with("and no `nothing`"));
    assert!(errors[1].contains("write `i64`"));
    assert!(errors[2].contains("`default = \"SQL\"`"));
    assert!(errors[3].contains("leave out `unique`"));
    assert!(errors[4].contains("`references(Type::COLUMN)`"));
}

#[test]
fn a_missing_key_is_not_told_where_it_may_be_the_field_that_was_refused() {
    let errors = refused("struct User { #[entity(primary_key, json, version)] id: i64 }");

    assert!(
        errors.iter().all(|error| !error.starts_with("an entity has a primary key")),
        "{errors:?}"
    );
}

#[test]
fn a_name_that_nothing_is_left_of_is_refused() {
    let input = r#"#[entity(rename_all = "camelCase")] struct User { #[entity(primary_key)] id: i64, _x: i64, __: i64 }"#;

    assert!(refused(input)[0].starts_with("no name of a column is left of this one"));
}

#[test]
fn a_key_of_nine_columns_is_refused() {
    let fields: String = (0..9).map(|n| format!("#[entity(primary_key)] f{n}: i64,")).collect();

    assert_eq!(
        refused(&format!("struct User {{ {fields} }}")),
        ["a primary key has up to eight columns"]
    );
}
