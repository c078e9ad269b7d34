//! What the derives write stands beside whatever names the user has, and brings no lint with it.
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
    clippy::as_conversions,
    clippy::default_numeric_fallback,
    clippy::pattern_type_mismatch,
    clippy::shadow_reuse,
    clippy::shadow_unrelated,
    clippy::str_to_string,
    clippy::unwrap_in_result,
    reason = "users may have set any of these"
)]
#![allow(clippy::redundant_pub_crate, reason = "the tests say `pub(crate)` throughout")]

use super::row;
use crate::support::run;

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
    struct Err;
    fn Ok() {}
    struct String;
    struct str;
    struct i64;
    struct i128;
    struct usize;
    struct Columns;
    struct Positions;
    struct Cow;
    struct PhantomData;
    trait Default {}
    trait Clone {}
    trait Into {}
    trait From {}
    trait TryFrom {}
    trait FromValue {}
    trait ToValue {}
    trait FromRow {}
    macro_rules! assert {
        () => {};
    }
    macro_rules! format {
        () => {};
    }

    fn made() -> ::std::string::String {
        "made".into()
    }

    #[derive(Debug, PartialEq, ::headwater::FromRow)]
    pub(super) struct Row<T, R, const N: ::core::primitive::usize> {
        pub(super) r#type: T,
        pub(super) row: R,
        pub(super) columns: [u8; N],
        #[from_row(default)]
        pub(super) positions: ::core::option::Option<R>,
        #[from_row(default = "made")]
        pub(super) value: ::std::string::String,
        #[from_row(skip)]
        pub(super) result: ::core::primitive::i64,
        #[from_row(try_from = "::core::primitive::i64", rename = "type")]
        pub(super) __row: ::core::primitive::i64,
        #[from_row(flatten, prefix = "in_")]
        pub(super) __positions: Inner,
        #[from_row(flatten, prefix = "in_")]
        pub(super) __columns: ::core::option::Option<Inner>,
        pub(super) cow: ::std::borrow::Cow<'static, ::core::primitive::str>,
    }

    #[derive(Debug, PartialEq, ::headwater::FromRow)]
    pub(super) struct Inner {
        pub(super) r#struct: Value,
        pub(super) error: Error,
    }

    #[derive(Debug, PartialEq, ::headwater::Value)]
    pub(super) struct Value(pub(super) ::core::primitive::i64);

    #[derive(Debug, PartialEq, ::headwater::Value)]
    pub(super) enum Error {
        Ok,
        Err,
        Some,
        None,
        Self_,
    }

    #[derive(Debug, PartialEq, ::headwater::Value)]
    #[value(integer)]
    pub(super) enum ValueRef {
        Mismatch,
        Value = -1,
    }
}

#[test]
fn names_of_the_users_do_not_meet_those_of_the_expansion() {
    run(async {
        let row = row(
            "SELECT 1 AS type, 2 AS row, x'03' AS columns, 4 AS in_struct, 'None' AS in_error, 'c' AS cow",
        )
        .await;

        let read: shadowed::Row<i64, u8, 1> = row.decode().unwrap();

        let inner =
            || shadowed::Inner { r#struct: shadowed::Value(4), error: shadowed::Error::None };
        let expected = shadowed::Row {
            r#type: 1,
            row: 2,
            columns: [3],
            positions: None,
            value: "made".to_owned(),
            result: 0,
            __row: 1,
            __positions: inner(),
            __columns: Some(inner()),
            cow: "c".into(),
        };
        assert_eq!(read, expected);
        assert!(row.get::<shadowed::ValueRef>(0).is_err());
    });
}

/// What a `macro_rules!` puts around types and names is seen through.
macro_rules! declare {
    ($name:ident, $field:ident: $ty:ty, $other:ident: $optional:ty, $column:literal, $id:ident($of:ty), $kind:ident) => {
        #[derive(Debug, PartialEq, headwater::FromRow)]
        struct $name {
            $field: $ty,
            #[from_row(flatten, prefix = $column)]
            $other: $optional,
            row: i64,
        }

        #[derive(Debug, PartialEq, headwater::Value)]
        struct $id($of);

        #[derive(Debug, PartialEq, headwater::Value)]
        enum $kind {
            $name,
        }
    };
}

declare!(
    Declared,
    id: Option<std::borrow::Cow<'static, str>>,
    pair: Option<Inner>,
    "in_",
    DeclaredId(Vec<u8>),
    Kind
);

#[derive(Debug, PartialEq, headwater::FromRow)]
struct Inner {
    id: DeclaredId,
    kind: Kind,
}

#[test]
fn structs_that_a_macro_declares_are_read() {
    run(async {
        let null = row("SELECT 'x' AS id, NULL AS in_id, NULL AS in_kind, 1 AS row").await;
        let full = row("SELECT NULL AS id, x'01' AS in_id, 'Declared' AS in_kind, 1 AS row").await;

        let none: Declared = null.decode().unwrap();
        let some: Declared = full.decode().unwrap();

        assert_eq!(none, Declared { id: Some("x".into()), pair: None, row: 1 });
        let inner = Inner { id: DeclaredId(vec![1]), kind: Kind::Declared };
        assert_eq!(some, Declared { id: None, pair: Some(inner), row: 1 });
    });
}

/// Public things with documentation, and what is out of date.
pub(crate) mod public {
    #![allow(unreachable_pub, reason = "it stands for a library of its own")]

    use std::collections::BTreeMap;

    /// A struct of a library.
    #[derive(Debug, headwater::FromRow)]
    #[non_exhaustive]
    pub struct Public<'a, '__r, T, U: Clone>
    where
        T: std::fmt::Debug,
    {
        /// Its id.
        pub id: T,
        /// A type that nobody else sees.
        private: Private<T>,
        /// What is made of a text.
        #[from_row(try_from = "&str")]
        pub made: Made<U>,
        /// What is out of date.
        #[deprecated]
        pub old: i64,
        /// What is never read.
        #[from_row(skip)]
        pub index: BTreeMap<&'a str, &'__r str>,
    }

    #[derive(Debug, headwater::Value)]
    struct Private<T>(T);

    /// How long a text is.
    #[derive(Debug)]
    pub struct Made<U>(pub usize, pub Option<U>);

    impl<U> From<&str> for Made<U> {
        fn from(text: &str) -> Self {
            Self(text.len(), None)
        }
    }

    impl<T: std::fmt::Debug, U: Clone> Public<'_, '_, T, U> {
        /// What is in it.
        #[expect(deprecated, reason = "it is read all the same")]
        pub(crate) const fn parts(&self) -> (&T, &T, usize, i64) {
            (&self.id, &self.private.0, self.made.0, self.old)
        }
    }

    /// What is out of date.
    #[derive(Debug, PartialEq, Eq, headwater::Value)]
    #[deprecated]
    pub enum Old {
        /// This is.
        #[deprecated]
        One,
        /// This is not.
        Two,
    }

    /// What is stored of it.
    #[expect(deprecated, reason = "it is stored all the same")]
    pub(crate) fn stored() -> Option<headwater::Value> {
        headwater::ToValue::to_value(&Old::Two).ok()
    }
}

#[test]
fn generics_lifetimes_and_private_types_are_read() {
    run(async {
        let row = row("SELECT 1 AS id, 2 AS private, 'abc' AS made, 4 AS old").await;

        let read: public::Public<'_, '_, i64, String> = row.decode().unwrap();

        assert_eq!(read.parts(), (&1, &2, 3, 4));
        assert!(read.index.is_empty());
        assert_eq!(public::stored(), Some(headwater::Value::Text("Two".to_owned())));
    });
}
