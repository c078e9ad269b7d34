//! What the derive writes stands beside whatever names the user has, and brings no lint with it.
#![deny(
    warnings,
    missing_docs,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unreachable_pub,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    clippy::all,
    clippy::nursery,
    clippy::pedantic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::default_numeric_fallback,
    clippy::indexing_slicing,
    clippy::missing_inline_in_public_items,
    clippy::pattern_type_mismatch,
    clippy::shadow_reuse,
    clippy::shadow_unrelated,
    clippy::str_to_string,
    clippy::unwrap_in_result,
    reason = "users may have set any of these"
)]
#![allow(clippy::redundant_pub_crate, reason = "the tests say `pub(crate)` throughout")]

/// Every name that an expansion could have meant is another thing here.
mod shadowed {
    #![allow(
        dead_code,
        non_camel_case_types,
        non_snake_case,
        unused_imports,
        unused_macros,
        clippy::missing_const_for_fn,
        clippy::struct_field_names,
        clippy::upper_case_acronyms,
        reason = "the names are those of the standard library and of the expansions"
    )]

    pub(super) mod core {}
    pub(super) mod std {}
    pub(super) mod headwater {}
    struct Option;
    struct Result;
    struct Some;
    struct None;
    struct Err;
    fn Ok() {}
    struct String;
    struct Vec;
    struct str;
    struct bool;
    struct i64;
    struct usize;
    struct Columns;
    struct Column;
    struct Embed;
    struct Positions;
    struct EntityTable;
    struct EntityColumn;
    struct OnceLock;
    struct Json;
    trait Default {}
    trait Clone {}
    trait Into {}
    trait Embedded {}
    trait FromValue {}
    trait ToValue {}
    trait FromRow {}
    trait ColumnType {}
    macro_rules! vec {
        () => {};
    }
    macro_rules! assert {
        () => {};
    }

    #[derive(Debug, PartialEq, ::core::clone::Clone, ::headwater::Entity)]
    #[entity(
        unique(__COLUMN, __INTO.__VALUE),
        index(__VALUE),
        check = "1",
        has_many(TABLE: Self::__VALUE),
        foreign_key(__INTO.TYPE => Self::TYPE),
        validate = "validate"
    )]
    pub(super) struct Entity {
        #[entity(primary_key, generated)]
        pub(super) r#type: ::core::primitive::i64,
        #[entity(references(Entity::TYPE, on_delete = set_null), belongs_to = KEY)]
        pub(super) __value: ::core::option::Option<::core::primitive::i64>,
        #[entity(version)]
        pub(super) __column: ::core::primitive::i64,
        #[entity(flatten, prefix = "in_")]
        pub(super) __into: Inner,
        #[entity(default = "1")]
        pub(super) __TABLE: ::core::option::Option<::std::string::String>,
        #[entity(computed = "1")]
        pub(super) __made: ::std::string::String,
        #[entity(skip)]
        pub(super) __reference: ::std::vec::Vec<::core::primitive::i64>,
        pub(super) value: Value,
        pub(super) state: State,
    }

    #[derive(Debug, PartialEq, ::core::clone::Clone, ::headwater::Entity)]
    #[entity(embedded)]
    pub(super) struct Inner {
        pub(super) __value: ::core::primitive::i64,
        pub(super) r#type: ::core::primitive::i64,
    }

    #[derive(Debug, PartialEq, ::core::clone::Clone, ::headwater::Value)]
    pub(super) struct Value(pub(super) ::core::primitive::i64);

    #[derive(Debug, PartialEq, ::core::clone::Clone, ::headwater::Value)]
    pub(super) enum State {
        Ok,
        Err,
    }

    fn validate(entity: &Entity) -> ::core::result::Result<(), ::core::fmt::Error> {
        if entity.r#type == 0 {
            return ::core::result::Result::Err(::core::fmt::Error);
        }
        ::core::result::Result::Ok(())
    }
}

#[test]
fn names_of_the_users_do_not_meet_those_of_the_expansion() {
    use headwater::Entity as _;

    let table = shadowed::Entity::table();

    let names: Vec<_> = table.columns.iter().map(|column| &*column.name).collect();
    let expected = [
        "type",
        "__value",
        "__column",
        "in___value",
        "in_type",
        "__TABLE",
        "__made",
        "value",
        "state",
    ];
    assert_eq!(names, expected);
    assert_eq!((table.indexes.len(), table.references.len()), (2, 2));
    assert_eq!(shadowed::Entity::KEY.own_columns(), [1]);
}

/// What others see, with its lints on.
mod seen {
    #![allow(unreachable_pub, reason = "a library would export it")]

    use headwater::Entity;

    /// A user.
    #[derive(Clone, Debug, Entity)]
    #[entity(table = "users", has_many(POSTS: Post::AUTHOR))]
    pub struct User {
        /// The key.
        #[entity(primary_key)]
        pub id: i64,
        #[entity(default = "0")]
        secret: Option<i64>,
        pub(crate) home: String,
        #[deprecated]
        #[entity(index)]
        /// Not any more.
        pub old: bool,
    }

    /// A post, which nothing else knows.
    #[derive(Clone, Debug, Entity)]
    struct Post {
        #[entity(primary_key)]
        id: i64,
        #[entity(references(User::ID), belongs_to = WRITER)]
        author: i64,
        #[entity(flatten)]
        place: Place,
    }

    #[derive(Clone, Debug, Entity)]
    #[entity(embedded)]
    struct Place {
        city: String,
    }

    impl User {
        /// What is private is named here.
        #[must_use]
        #[inline]
        pub fn names(&self) -> [&'static str; 2] {
            let _: (&str, &str) = (Self::HOME.name(), &self.home);
            let post = Post { id: 1, author: self.id, place: Place { city: self.home.clone() } };
            let _: (&i64, &str) = (&post.id, &post.place.city);
            debug_assert!(self.secret.is_none() && post.author == self.id, "as it was made");
            [Self::SECRET.name(), Post::PLACE.column(Place::CITY).name()]
        }

        /// One of them.
        #[must_use]
        #[inline]
        pub const fn one(id: i64) -> Self {
            #[allow(deprecated, reason = "it has to have a value")]
            Self { id, secret: None, home: String::new(), old: false }
        }
    }
}

#[test]
fn a_constant_is_seen_where_its_field_is() {
    let names = seen::User::one(1).names();

    assert_eq!(names, ["secret", "city"]);
    assert_eq!((seen::User::ID.name(), seen::User::HOME.name()), ("id", "home"));
}

macro_rules! entity {
    ($name:ident, $table:literal, $key:ident $index:ident: $ty:ty, $($field:ident: $held:ty => $to:path),* $(,)?) => {
        #[derive(Clone, Debug, headwater::Entity)]
        #[entity(table = $table, index($index))]
        struct $name {
            #[entity(primary_key, rename = $table)]
            $key: $ty,
            $(
                #[entity(references($to), default = "1")]
                $field: $held,
            )*
        }
    };
}

entity!(Made, "made", id ID: i64,);
entity!(Other, "others", id ID: i64, made: Option<i64> => Made::ID, own: i64 => Self::ID);

#[test]
fn a_macro_may_write_the_struct() {
    use headwater::Entity as _;

    let other = Other { id: 1, made: None, own: 2 };

    assert_eq!((Other::table().name, Other::table().references.len()), ("others", 2));
    assert_eq!((other.key(), Made { id: 3 }.key(), other.own), (1, 3, 2));
    assert!(other.is_left(Other::MADE.position()) && !other.is_left(Other::OWN.position()));
    assert_eq!(other.made, None);
}

#[test]
fn a_struct_within_a_function_is_an_entity() {
    use headwater::Entity;

    #[derive(Clone, Entity)]
    struct Local {
        #[entity(primary_key)]
        id: u8,
    }

    assert_eq!((Local { id: 7 }.key(), Local::table().name), (7, "local"));
}
