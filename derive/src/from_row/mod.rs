//! `#[derive(FromRow)]`.

mod attribute;
mod bounds;
mod field;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Error, Fields, Result};

use field::Field;

/// Expands the derive on `input`.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    attribute::refuse_all(&input.attrs)?;
    bounds::refuse_lifetimes(&input.generics)?;
    let shape = fields(&input)?;
    let fields = field::read(shape)?;

    let ident = &input.ident;
    let columns = Ident::new("__columns", Span::mixed_site());
    let row = Ident::new("__row", Span::mixed_site());
    let positions = Ident::new("__positions", Span::mixed_site());
    let resolved = resolve(shape, &fields, &columns, &ident.unraw().to_string());
    let values = fields.iter().enumerate().map(|(place, field)| {
        let Field { member, ty, .. } = field;
        quote!(#member: ::headwater::Row::get_at::<#ty>(#row, #positions, #place)?)
    });
    let where_clause = bounds::where_clause(&input.generics, &fields);
    let (parameters, arguments, _) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #parameters ::headwater::FromRow for #ident #arguments #where_clause {
            fn positions(#columns: &::headwater::Columns) -> ::headwater::Result<::headwater::Positions> {
                #resolved
            }

            fn from_row(
                #row: &::headwater::Row,
                #positions: &::headwater::Positions,
            ) -> ::headwater::Result<Self> {
                ::core::result::Result::Ok(Self { #(#values),* })
            }
        }
    })
}

/// The fields of a struct that has some.
fn fields(input: &DeriveInput) -> Result<&Fields> {
    let refuse = |what| Err(Error::new(input.ident.span(), what));
    match &input.data {
        Data::Struct(data) if data.fields.is_empty() => {
            refuse("`FromRow` reads the columns of a row into fields, and this struct has none")
        }
        Data::Struct(data) => Ok(&data.fields),
        Data::Enum(_) => refuse(
            "`FromRow` reads structs, because a row has columns and no variants: \
             to read this enum from one column implement `headwater::FromValue` for it, \
             to read it from several implement `headwater::FromRow` by hand",
        ),
        Data::Union(_) => refuse("`FromRow` reads structs and not unions: use a struct"),
    }
}

/// The expression that finds the columns of the fields.
fn resolve(shape: &Fields, fields: &[Field], columns: &Ident, name: &str) -> TokenStream {
    if let Fields::Named(_) = shape {
        let names = fields.iter().map(|field| &field.column);
        quote!(::headwater::Positions::by_name(#columns, &[#(#names),*], #name))
    } else {
        let count = fields.len();
        quote!(::headwater::Positions::by_index(#columns, #count, #name))
    }
}

#[cfg(test)]
mod tests {
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
        assert!(refused("enum A { B }")[0].contains("implement `headwater::FromValue` for it"));
        assert!(refused("union A { b: u8 }")[0].contains("use a struct"));
    }

    #[test]
    fn a_struct_owns_its_values() {
        assert!(refused("struct A<'a> { b: &'a str }")[0].contains("`'a`"));
        assert!(refused("struct A { b: &'static str }")[0].contains("owns its values"));
    }

    #[test]
    fn unknown_attributes_are_refused() {
        let keys = "`from_row` knows `rename = \"column\"` on a field, and no `other`";

        assert_eq!(refused("struct A { #[from_row(other)] b: u8 }"), [keys]);
        assert_eq!(refused("struct A { #[from_row(other = 1)] b: u8 }"), [keys]);
        assert!(
            refused("#[from_row(rename = \"a\")] struct A { b: u8 }")[0]
                .contains("on the struct itself")
        );
    }

    #[test]
    fn a_column_is_renamed_once_to_a_name() {
        assert!(refused("struct A { #[from_row(rename = \"\")] b: u8 }")[0].contains("is empty"));
        assert!(
            refused("struct A { #[from_row(rename = 1)] b: u8 }")[0].contains("string literal")
        );
        assert!(refused("struct A { #[from_row(rename)] b: u8 }")[0].contains("expected `=`"));
        assert!(
            refused("struct A { #[from_row(rename = \"c\", rename = \"d\")] b: u8 }")[0]
                .contains("twice")
        );
        assert!(refused("struct A(#[from_row(rename = \"c\")] u8);")[0].contains("by position"));
    }

    #[test]
    fn what_is_wrong_with_each_field_is_told() {
        assert_eq!(
            refused("struct A { #[from_row(x)] b: u8, #[from_row(y)] c: &'static str }").len(),
            2
        );
    }
}
