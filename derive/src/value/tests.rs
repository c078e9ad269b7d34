//! What the derive writes, and what it refuses.

use super::*;

#[track_caller]
fn same_code(input: &str, expected: &str) {
    crate::assert_same_code(&expand(input.parse().unwrap()).unwrap(), expected);
}

fn refused(input: &str) -> Vec<String> {
    let errors = expand(input.parse().unwrap()).unwrap_err();
    errors.into_iter().map(|error| error.to_string()).collect()
}

/// How the row is read, which is the same for all types.
fn from_row(head: &str, name: &str) -> String {
    format!(
        r#"
        #[automatically_derived]
        impl {head} {{
            fn positions(__columns: &::headwater::Columns) -> ::headwater::Result<::headwater::Positions> {{
                ::headwater::Positions::by_index(__columns, 1usize, "{name}")
            }}
            fn from_row(
                __row: &::headwater::Row,
                __positions: &::headwater::Positions,
            ) -> ::headwater::Result<Self> {{
                ::headwater::Row::get_at::<Self>(__row, __positions, 0usize)
            }}
        }}"#
    )
}

/// What the type is as a column.
fn column_type(head: &str, sql_type: &str, nullable: &str) -> String {
    format!(
        r#"
        #[automatically_derived]
        impl {head} {{
            type Base = Self;
            const SQL_TYPE: ::headwater::SqlType = {sql_type};
            {nullable}
        }}"#
    )
}

#[test]
fn a_newtype_is_what_its_field_is() {
    let expected = r#"
        #[automatically_derived]
        impl<T, U> ::headwater::ToValue for Id<T, U> where U: Copy, Option<T>: ::headwater::ToValue {
            fn to_value(&self) -> ::headwater::Result<::headwater::Value> {
                ::headwater::ToValue::to_value(&self.held)
            }
            fn into_value(self) -> ::headwater::Result<::headwater::Value> {
                ::headwater::ToValue::into_value(self.held)
            }
        }
        #[automatically_derived]
        impl<'__r, T:, U:> ::headwater::FromValue<'__r> for Id<T, U>
        where U: Copy, Option<T>: ::headwater::FromValue<'__r> {
            fn from_value(
                __value: ::headwater::ValueRef<'__r>,
            ) -> ::core::result::Result<Self, ::headwater::Mismatch> {
                ::core::result::Result::Ok(Self {
                    held: <Option<T> as ::headwater::FromValue<'__r>>::from_value(__value)?,
                    of: ::core::marker::PhantomData
                })
            }
        }"#;
    let head = "<T, U> ::headwater::FromRow for Id<T, U>
                where U: Copy, for<'__r> Self: ::headwater::FromValue<'__r>";
    let column = column_type(
        "<T, U> ::headwater::ColumnType for Id<T, U>
         where U: Copy, for<'__r> Option<T>: ::headwater::ColumnType",
        "<Option<T> as ::headwater::ColumnType>::SQL_TYPE",
        "const NULLABLE: ::core::primitive::bool = <Option<T> as ::headwater::ColumnType>::NULLABLE;",
    );
    same_code(
        "struct Id<T, U> where U: Copy { of: PhantomData<U>, held: Option<T> }",
        &(expected.to_owned() + &from_row(head, "Id") + &column),
    );
}

#[test]
fn a_newtype_that_borrows_is_not_read_as_a_row_and_no_column() {
    let expanded =
        expand("struct Name<'a, '__r>(&'a str, PhantomData<&'__r ()>);".parse().unwrap());
    let expanded = expanded.unwrap().to_string();

    assert!(!expanded.contains("FromRow") && !expanded.contains("ColumnType"), "{expanded}");
    let head = "impl < '__r_ : 'a + '__r , 'a : , '__r : > :: headwater :: FromValue < '__r_ >";
    assert!(expanded.contains(head), "{expanded}");
}

#[test]
fn an_enum_is_its_texts() {
    let expected = r#"
        #[automatically_derived]
        impl ::headwater::ToValue for State {
            fn to_value(&self) -> ::headwater::Result<::headwater::Value> {
                ::headwater::ToValue::to_value(match self {
                    Self::InTransit => "in_transit",
                    Self::r#Box => "x"
                })
            }
        }
        #[automatically_derived]
        impl<'__r,> ::headwater::FromValue<'__r> for State {
            fn from_value(
                __value: ::headwater::ValueRef<'__r>,
            ) -> ::core::result::Result<Self, ::headwater::Mismatch> {
                match <&::core::primitive::str as ::headwater::FromValue<'_>>::from_value(__value)? {
                    "in_transit" => ::core::result::Result::Ok(Self::InTransit),
                    "x" => ::core::result::Result::Ok(Self::r#Box),
                    _ => ::core::result::Result::Err(::headwater::__private::no_text(&["in_transit", "x"])),
                }
            }
        }"#;
    let column = column_type("::headwater::ColumnType for State", "::headwater::SqlType::Text", "");
    same_code(
        r#"#[value(rename_all = "snake_case")] enum State { InTransit, #[value(rename = "x")] r#Box }"#,
        &(expected.to_owned() + &from_row("::headwater::FromRow for State", "State") + &column),
    );
}

#[test]
fn an_enum_is_its_integers() {
    let expected = r#"
        #[automatically_derived]
        impl ::headwater::ToValue for Level {
            fn to_value(&self) -> ::headwater::Result<::headwater::Value> {
                ::headwater::ToValue::to_value(&match self {
                    Self::A => -1i64, Self::B => 0i64, Self::C => 7i64, Self::D => 8i64
                })
            }
        }
        #[automatically_derived]
        impl<'__r,> ::headwater::FromValue<'__r> for Level {
            fn from_value(
                __value: ::headwater::ValueRef<'__r>,
            ) -> ::core::result::Result<Self, ::headwater::Mismatch> {
                match <::core::primitive::i64 as ::headwater::FromValue<'_>>::from_value(__value)? {
                    -1i64 => ::core::result::Result::Ok(Self::A),
                    0i64 => ::core::result::Result::Ok(Self::B),
                    7i64 => ::core::result::Result::Ok(Self::C),
                    8i64 => ::core::result::Result::Ok(Self::D),
                    _ => ::core::result::Result::Err(
                        ::headwater::__private::no_number(&[-1i64, 0i64, 7i64, 8i64])
                    ),
                }
            }
        }"#;
    let column =
        column_type("::headwater::ColumnType for Level", "::headwater::SqlType::Integer", "");
    same_code(
        "#[value(integer)] enum Level { A = -1, B, C = (7), D }",
        &(expected.to_owned() + &from_row("::headwater::FromRow for Level", "Level") + &column),
    );
}

#[test]
fn only_what_has_one_value_is_stored_in_a_column() {
    for (input, told) in [
        ("struct A;", "nothing to store"),
        ("struct A {}", "nothing to store"),
        ("struct A(PhantomData<u8>);", "nothing to store"),
        ("struct A(u8, u8);", "this struct has 2 fields"),
        ("struct A { a: u8, b: u8, c: u8 }", "this struct has 3 fields"),
        ("union A { a: u8 }", "a union does not know"),
        ("enum A {}", "this enum has none"),
        ("enum A { B(u8) }", "`B` has data"),
        ("enum A { B {} }", "`B` has data"),
        ("#[value(integer)] enum A { B(u8) }", "`B` has data"),
    ] {
        let errors = refused(input);
        assert_eq!(errors.len(), 1, "{input}: {errors:?}");
        assert!(errors[0].contains(told), "{input}: {errors:?}");
    }
    assert_eq!(refused("enum A { B(u8), C, D {} }").len(), 2);
}

#[test]
fn two_variants_are_not_stored_as_the_same() {
    let texts = refused(r#"enum A { B, #[value(rename = "B")] C, #[value(rename = "B")] D }"#);
    let cased = refused(r#"#[value(rename_all = "lowercase")] enum A { AbC, Abc }"#);

    assert_eq!(texts, ["`B` is stored as `B` too"; 2]);
    assert_eq!(cased, ["`AbC` is stored as `abc` too"]);
}

#[test]
fn a_number_that_a_column_does_not_hold_is_refused() {
    let large =
        refused("#[value(integer)] #[repr(u64)] enum A { B = 0xffff_ffff_ffff_ffff, C = 1 }");
    let next = refused("#[value(integer)] #[repr(u64)] enum A { B = 9223372036854775807, C }");

    assert!(large[0].starts_with("18446744073709551615 is outside of what a column holds"));
    assert!(next[0].starts_with("9223372036854775808 is outside"), "{next:?}");
}

#[test]
fn keys_stand_where_they_mean_something() {
    for (input, told) in [
        ("#[value(other)] struct A(u8);", "and no `other`"),
        ("#[value(rename = \"a\")] enum A { B }", "`rename` goes on a variant"),
        (
            "#[value(integer)] struct A(u8);",
            "a struct is stored as its field is: leave out `integer`",
        ),
        ("#[value(rename_all = \"lowercase\")] struct A(u8);", "leave out `rename_all`"),
        ("struct A(#[value(integer)] u8);", "`value` has no meaning on a field"),
        ("enum A { #[value(integer)] B }", "`integer` goes on the enum itself"),
        ("enum A { #[value(other)] B }", "`rename = \"text\"` on a variant, and no `other`"),
        ("#[value(integer = 1)] enum A { B }", "`integer` stands alone"),
        ("#[value(integer, integer)] enum A { B }", "`integer` is given twice"),
        ("#[value(rename_all = \"other\")] enum A { B }", "`rename_all` knows `lowercase`"),
        (
            "#[value(integer, rename_all = \"lowercase\")] enum A { B }",
            "stored as its numbers: leave out `rename_all`",
        ),
        (
            "#[value(integer)] enum A { #[value(rename = \"b\")] B }",
            "give the variant one, `Name = 3`",
        ),
        ("#[value(into = \"u8\")] struct A(u8);", "say with `try_from = \"Type\"` how it is read"),
        (
            "#[value(try_from = \"u8\")] enum A { B }",
            "say with `into = \"Type\"` what it is stored as",
        ),
        (
            "#[value(try_from = \"u8\")] struct A(u8, u8);",
            "`#[value(try_from = \"Type\", into = \"Type\")]`",
        ),
        ("#[value(try_from = \"u8\", integer)] enum A { B }", "leave out `integer`"),
        (
            "#[value(try_from = \"u8\", into = \"u8\")] enum A { #[value(rename = \"b\")] B }",
            "leave out `rename`",
        ),
    ] {
        let errors = refused(input);
        assert_eq!(errors.len(), 1, "{input}: {errors:?}");
        assert!(errors[0].contains(told), "{input}: {errors:?}");
    }
}

#[test]
fn a_checked_type_is_read_through_another_and_stored_as_its_field() {
    let expanded =
        expand(r#"#[value(try_from = "String")] struct Email(String);"#.parse().unwrap());
    let expanded = expanded.unwrap().to_string().replace(' ', "");

    assert!(expanded.contains("::headwater::ToValue::into_value(self.0)"), "{expanded}");
    let read = "<Selfas::core::convert::TryFrom<String>>::try_from(\
                <Stringas::headwater::FromValue<'_>>::from_value(__value)?)\
                .map_err(::headwater::__private::refused)";
    assert!(expanded.contains(read), "{expanded}");
}

#[test]
fn a_type_that_is_stored_as_another_one_is_a_column_of_that_type() {
    let through = "#[value(try_from = \"i64\", into = \"u8\")] struct It { a: u8, b: u8 }";
    let checked = "#[value(try_from = \"String\")] struct Email(Box<str>);";

    for (input, stored) in [(through, "u8"), (checked, "Box<str>")] {
        let expanded = expand(input.parse().unwrap()).unwrap().to_string();
        let expanded = expanded.split_whitespace().collect::<String>();
        let sql_type = format!("SqlType=<{stored}as::headwater::ColumnType>::SQL_TYPE;");
        assert!(expanded.contains(&sql_type), "{expanded}");
    }
}
