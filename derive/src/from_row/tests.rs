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

#[test]
fn named_fields_are_read_by_the_names_of_columns() {
    same_code(
        r#"struct User { id: i64, r#type: Option<String>, #[from_row(rename = "e mail")] pub email: String }"#,
        r#"
        #[automatically_derived]
        impl ::headwater::FromRow for User {
            fn positions(__columns: &::headwater::Columns) -> ::headwater::Result<::headwater::Positions> {
                ::headwater::Positions::by_name(__columns, &["id", "type", "e mail"], "User")
            }
            fn from_row(
                __row: &::headwater::Row,
                __positions: &::headwater::Positions,
            ) -> ::headwater::Result<Self> {
                ::core::result::Result::Ok(Self {
                    id: ::headwater::Row::get_at::<i64>(__row, __positions, 0usize)?,
                    r#type: ::headwater::Row::get_at::<Option<String>>(__row, __positions, 1usize)?,
                    email: ::headwater::Row::get_at::<String>(__row, __positions, 2usize)?
                })
            }
        }"#,
    );
}

#[test]
fn a_tuple_struct_is_read_by_position() {
    same_code(
        "struct r#struct(i64, pub f64);",
        r#"
        #[automatically_derived]
        impl ::headwater::FromRow for r#struct {
            fn positions(__columns: &::headwater::Columns) -> ::headwater::Result<::headwater::Positions> {
                ::headwater::Positions::by_index(__columns, 2usize, "struct")
            }
            fn from_row(
                __row: &::headwater::Row,
                __positions: &::headwater::Positions,
            ) -> ::headwater::Result<Self> {
                ::core::result::Result::Ok(Self {
                    0: ::headwater::Row::get_at::<i64>(__row, __positions, 0usize)?,
                    1: ::headwater::Row::get_at::<f64>(__row, __positions, 1usize)?
                })
            }
        }"#,
    );
}

#[test]
fn a_type_parameter_is_bounded_through_the_fields_that_mention_it() {
    same_code(
        "struct Two<T: Clone, const N: usize>(i64, Option<T>, Option<T>, [u8; N]) where T: Copy;",
        r#"
        #[automatically_derived]
        impl<T: Clone, const N: usize> ::headwater::FromRow for Two<T, N>
        where
            T: Copy,
            for<'__r> Option<T>: ::headwater::FromValue<'__r>,
            for<'__r> [u8; N]: ::headwater::FromValue<'__r>
        {
            fn positions(__columns: &::headwater::Columns) -> ::headwater::Result<::headwater::Positions> {
                ::headwater::Positions::by_index(__columns, 4usize, "Two")
            }
            fn from_row(
                __row: &::headwater::Row,
                __positions: &::headwater::Positions,
            ) -> ::headwater::Result<Self> {
                ::core::result::Result::Ok(Self {
                    0: ::headwater::Row::get_at::<i64>(__row, __positions, 0usize)?,
                    1: ::headwater::Row::get_at::<Option<T>>(__row, __positions, 1usize)?,
                    2: ::headwater::Row::get_at::<Option<T>>(__row, __positions, 2usize)?,
                    3: ::headwater::Row::get_at::<[u8; N]>(__row, __positions, 3usize)?
                })
            }
        }"#,
    );
}

#[test]
fn only_a_struct_with_fields_is_read() {
    assert!(refused("struct A;")[0].ends_with("this struct has none"));
    assert!(refused("struct A {}")[0].ends_with("this struct has none"));
    assert!(refused("struct A();")[0].ends_with("this struct has none"));
    assert!(refused("struct A(#[from_row(skip)] u8);")[0].ends_with("skips all of its own"));
    assert!(refused("enum A { B }")[0].contains("derive `headwater::Value` for it"));
    assert!(refused("union A { b: u8 }")[0].contains("use a struct"));
}

#[test]
fn a_struct_owns_its_values() {
    let json = cfg!(feature = "json").then_some("#[from_row(json)] b: &'a str");
    for fields in ["b: &'a str", "b: &'static str", "b: Option<&'a [u8]>"].into_iter().chain(json) {
        let input = format!("struct A<'a> {{ {fields} }}");
        assert!(refused(&input)[0].contains("owns its values"), "{input}");
    }
    assert!(refused("struct A<'a> { b: B<'a> }")[0].contains("borrows for `'a`"));
    assert!(refused("struct A<'a> { b: Vec<(u8, [&'a str; 2])> }")[0].contains("borrows for `'a`"));
}

#[test]
fn a_lifetime_is_taken_where_nothing_borrows_from_the_row() {
    for fields in [
        "b: u8, #[from_row(skip)] c: Option<&'a str>",
        "b: Cow<'a, str>",
        "b: Option<std::borrow::Cow<'a, [u8]>>",
        "#[from_row(try_from = \"u8\")] b: B<'a>",
        "#[from_row(flatten)] b: B<'a>",
    ] {
        let input = format!("struct A<'a> {{ {fields} }}");
        assert!(expand(input.parse().unwrap()).is_ok(), "{input}");
    }
}

#[test]
fn columns_that_may_be_missing_and_nested_types_come_after_those_there_must_be() {
    same_code(
        r#"
        #[from_row(rename_all = "camelCase")]
        struct Post {
            #[from_row(default)] view_count: i64,
            post_id: i64,
            #[from_row(flatten, prefix = "author_")] author: Option<Author>,
            #[from_row(default = "made::up")] note: String,
            #[from_row(flatten)] size: Size,
            #[from_row(skip)] seen: bool,
            #[from_row(rename = "t")] title: String
        }"#,
        r#"
        #[automatically_derived]
        impl ::headwater::FromRow for Post {
            fn positions(__columns: &::headwater::Columns) -> ::headwater::Result<::headwater::Positions> {
                ::headwater::Positions::with_nested::<Size>(
                    ::headwater::Positions::with_nested::<Author>(
                        ::headwater::Positions::with_optional(
                            ::headwater::Positions::by_name(__columns, &["postId", "t"], "Post")?,
                            __columns, &["viewCount", "note"], "Post"
                        )?,
                        __columns, "author_", "Post"
                    )?,
                    __columns, "", "Post"
                )
            }
            fn from_row(
                __row: &::headwater::Row,
                __positions: &::headwater::Positions,
            ) -> ::headwater::Result<Self> {
                ::core::result::Result::Ok(Self {
                    view_count: if ::headwater::Positions::has(__positions, 2usize) {
                        ::headwater::Row::get_at::<i64>(__row, __positions, 2usize)?
                    } else {
                        <i64 as ::core::default::Default>::default()
                    },
                    post_id: ::headwater::Row::get_at::<i64>(__row, __positions, 0usize)?,
                    author: ::headwater::Row::get_nested_option::<Author>(__row, __positions, 0usize)?,
                    note: if ::headwater::Positions::has(__positions, 3usize) {
                        ::headwater::Row::get_at::<String>(__row, __positions, 3usize)?
                    } else {
                        made::up()
                    },
                    size: ::headwater::Row::get_nested::<Size>(__row, __positions, 1usize)?,
                    seen: <bool as ::core::default::Default>::default(),
                    title: ::headwater::Row::get_at::<String>(__row, __positions, 1usize)?
                })
            }
        }"#,
    );
}

#[test]
fn a_field_that_is_not_read_as_it_is_goes_through_a_function() {
    same_code(
        r#"struct A(#[from_row(try_from = "&str")] B, #[from_row(try_from = "u8")] Option<C>, Cow<'static, str>, Option<Cow<'static, [u8]>>);"#,
        r#"
        #[automatically_derived]
        impl ::headwater::FromRow for A {
            fn positions(__columns: &::headwater::Columns) -> ::headwater::Result<::headwater::Positions> {
                ::headwater::Positions::by_index(__columns, 4usize, "A")
            }
            fn from_row(
                __row: &::headwater::Row,
                __positions: &::headwater::Positions,
            ) -> ::headwater::Result<Self> {
                ::core::result::Result::Ok(Self {
                    0: ::headwater::__private::convert_at::<&str, B>(__row, __positions, 0usize)?,
                    1: ::headwater::__private::convert_option_at::<u8, C>(__row, __positions, 1usize)?,
                    2: ::headwater::__private::owned_at::<str>(__row, __positions, 2usize)?,
                    3: ::headwater::__private::owned_option_at::<[u8]>(__row, __positions, 3usize)?
                })
            }
        }"#,
    );
}

#[test]
fn a_type_parameter_is_bounded_by_how_its_field_is_read() {
    let expanded = expand(
        r#"struct A<T, U, V, W>(#[from_row(skip)] T, #[from_row(try_from = "&str")] Option<U>, Option<Cow<'static, V>>, W);"#
            .parse()
            .unwrap(),
    )
    .unwrap()
    .to_string();
    let clause = expanded.split_once("where").unwrap().1.split_once('{').unwrap().0;

    crate::assert_same_code(
        &clause.parse().unwrap(),
        "T: ::core::default::Default,
         for<'__r> U: ::core::convert::TryFrom<&'__r str>,
         for<'__r> <U as ::core::convert::TryFrom<&'__r str>>::Error:
             ::core::convert::Into<::headwater::__private::BoxError>,
         for<'__r> <V as ::std::borrow::ToOwned>::Owned: ::headwater::FromValue<'__r>,
         for<'__r> W: ::headwater::FromValue<'__r>",
    );
}

/// What is said of a field with these keys.
fn field(keys: &str) -> String {
    let mut errors = refused(&format!("struct A {{ #[from_row({keys})] b: u8, c: u8 }}"));
    assert_eq!(errors.len(), 1, "{keys}: {errors:?}");
    errors.remove(0)
}

#[test]
fn unknown_attributes_are_refused_with_those_there_are() {
    for key in ["other", "other = 1", "other::key(5)"] {
        let told = field(key);
        assert!(told.starts_with("`from_row` knows `rename = \"column\"`, `default`, "), "{told}");
        assert!(told.contains("`json` on a field, and no `other"), "{told}");
    }
    assert!(field("rename_all = \"camelCase\"").contains("goes on the struct"));
    let on_struct =
        |key: &str| refused(&format!("#[from_row({key})] struct A {{ b: u8 }}")).remove(0);
    assert!(on_struct("rename = \"a\"").contains("on the struct itself"));
    assert!(on_struct("default").contains("on the struct itself"));
    assert!(
        on_struct("other").contains("`rename_all = \"camelCase\"` on a struct, and no `other`")
    );
    let cases = on_struct("rename_all = \"Camel\"");
    assert!(cases.contains("`SCREAMING-KEBAB-CASE`, and no `Camel`"), "{cases}");
}

#[test]
fn a_key_is_given_once_and_with_what_it_takes() {
    for (keys, told) in [
        ("rename = \"\"", "the name of a column is empty"),
        ("rename = 1", "write `rename = \"column\"`, with a text in quotes"),
        ("rename", "write `rename = \"column\"`, with a text in quotes"),
        ("rename = \"c\", rename = \"d\"", "`rename` is given twice"),
        ("skip, skip", "`skip` is given twice"),
        ("skip = true", "`skip` stands alone: it takes no value"),
        ("flatten(a)", "`flatten` stands alone: it takes no value"),
        ("default(a)", "`default` stands alone: it takes no value"),
        ("default = a", "write `default = \"path\"`, with a text in quotes"),
        ("default = \"a b\"", "this is not what `default = \"path\"` takes: unexpected token"),
        ("flatten, prefix = \"\"", "an empty prefix changes nothing: leave `prefix` out"),
        ("try_from = \"1\"", "this is not what `try_from = \"Type\"` takes: expected one of:"),
        ("try_from(u8)", "write `try_from = \"Type\"`, with a text in quotes"),
    ] {
        assert!(field(keys).starts_with(told), "{keys}: {}", field(keys));
    }
}

#[test]
fn keys_that_do_not_go_together_are_refused_with_what_to_write() {
    for (keys, told) in [
        ("skip, rename = \"c\"", "a field with `skip` reads no column"),
        ("flatten, skip", "a field with `skip` reads no column"),
        ("skip, try_from = \"u8\"", "a field with `skip` reads no column"),
        ("skip, default", "`skip, default = \"path\"`"),
        ("flatten, rename = \"c\"", "write `prefix = \"author_\"`"),
        ("flatten, default", "flatten an `Option` for a left join"),
        ("flatten, try_from = \"u8\"", "put `try_from` on a field of its type"),
        ("prefix = \"c_\"", "write `flatten, prefix = \"author_\"`"),
    ] {
        assert!(field(keys).contains(told), "{keys}: {}", field(keys));
    }
    let twice = refused("struct A { #[from_row(try_from = \"Option<u8>\")] b: Option<B> }");
    assert_eq!(twice, ["a NULL is `None` here already: write `try_from = \"u8\"`"]);
}

#[cfg(feature = "json")]
#[test]
fn json_goes_with_neither_flatten_nor_try_from_nor_skip() {
    assert!(field("json, skip").contains("reads no column"));
    assert!(field("json, flatten").contains("reads one column"));
    assert!(field("json, try_from = \"u8\"").contains("both say what the column is read as"));
}

#[test]
fn json_needs_its_feature() {
    let without = crate::keys::known_json(false, Span::call_site()).unwrap_err();

    assert!(without.to_string().contains("headwater = { features = [\"json\"], .. }"));
    assert!(crate::keys::known_json(true, Span::call_site()).is_ok());
}

#[test]
fn a_tuple_struct_takes_what_makes_sense_by_position() {
    for keys in ["rename = \"c\"", "default", "flatten", "flatten, prefix = \"c_\""] {
        let told = refused(&format!("struct A(#[from_row({keys})] u8);")).remove(0);
        assert!(told.contains("by position"), "{keys}: {told}");
    }
    let told = refused("#[from_row(rename_all = \"camelCase\")] struct A(u8);").remove(0);
    assert!(told.contains("by position"), "{told}");
    for keys in ["try_from = \"u8\"", "skip", "skip, default = \"path\""] {
        let input = format!("struct A(u8, #[from_row({keys})] B);");
        assert!(expand(input.parse().unwrap()).is_ok(), "{keys}");
    }
}

#[test]
fn what_is_wrong_with_each_field_is_told() {
    assert_eq!(
        refused("struct A { #[from_row(x)] b: u8, #[from_row(y)] c: &'static str }").len(),
        2
    );
}
