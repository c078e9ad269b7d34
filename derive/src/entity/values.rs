//! The functions that go between fields and values.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::field::{Field, Kind};
use super::model::Model;

/// Writes `value`, `values`, `is_left` and `set`.
pub(super) fn write(model: &Model<'_>) -> TokenStream {
    let (value, values, is_left, set) = (value(model), values(model), is_left(model), set(model));
    quote!(#value #values #is_left #set)
}

/// The names of the parameters, which are none of the user's.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

fn value(model: &Model<'_>) -> TokenStream {
    let column = local("__column");
    let arms = model.fields.iter().filter_map(|field| {
        let of_column = |of: &super::field::Column<'_>| of.value(field);
        let of_flattened = |within: TokenStream| {
            let ident = field.ident;
            quote!(::headwater::Embedded::value(&self.#ident, #within))
        };
        arm(field, &column, of_column, of_flattened)
    });
    let missing = missing(model, &column);
    quote! {
        fn value(&self, #column: ::core::primitive::usize) -> ::headwater::Result<::headwater::Value> {
            match #column {
                #(#arms)*
                _ => ::core::result::Result::Err(#missing),
            }
        }
    }
}

fn missing(model: &Model<'_>, column: &Ident) -> TokenStream {
    let name = model.name();
    quote!(::headwater::__private::entity::no_column(#name, #column))
}

/// The arm of a match on a position that is the field's.
fn arm(
    field: &Field<'_>,
    column: &Ident,
    of_column: impl FnOnce(&super::field::Column<'_>) -> TokenStream,
    of_flattened: impl FnOnce(TokenStream) -> TokenStream,
) -> Option<TokenStream> {
    let at = &field.at;
    match &field.kind {
        Kind::Skipped => None,
        Kind::Column(described) => {
            let body = of_column(described);
            Some(match at.fixed() {
                Some(at) => quote!(#at => #body,),
                None => quote!(_ if #column == #at => #body,),
            })
        }
        Kind::Flattened { .. } => {
            let end = field.end();
            let body = of_flattened(quote!(#column - (#at)));
            Some(quote!(_ if ::core::ops::Range::contains(&(#at..#end), &#column) => #body,))
        }
    }
}

fn values(model: &Model<'_>) -> TokenStream {
    let into = local("__into");
    let pushes = model.fields.iter().map(|field| match &field.kind {
        Kind::Column(column) => {
            let value = column.value(field);
            quote!(::std::vec::Vec::push(#into, #value?);)
        }
        Kind::Flattened { .. } => {
            let ident = field.ident;
            quote!(::headwater::Embedded::values(&self.#ident, #into)?;)
        }
        Kind::Skipped => TokenStream::new(),
    });
    let count = model.end();
    quote! {
        fn values(
            &self,
            #into: &mut ::std::vec::Vec<::headwater::Value>,
        ) -> ::headwater::Result<()> {
            ::std::vec::Vec::reserve(#into, #count);
            #(#pushes)*
            ::core::result::Result::Ok(())
        }
    }
}

fn is_left(model: &Model<'_>) -> TokenStream {
    let column = local("__column");
    let arms = model.fields.iter().filter_map(|field| {
        let left = field.column().map(|column| column.left(field));
        if matches!(left, Some(None)) {
            return None;
        }
        let of_flattened = |within: TokenStream| {
            let ident = field.ident;
            quote!(::headwater::Embedded::is_left(&self.#ident, #within))
        };
        arm(field, &column, |_| left.flatten().unwrap_or_default(), of_flattened)
    });
    let arms: Vec<_> = arms.collect();
    if arms.is_empty() {
        return quote! {
            fn is_left(&self, _: ::core::primitive::usize) -> ::core::primitive::bool { false }
        };
    }
    quote! {
        fn is_left(&self, #column: ::core::primitive::usize) -> ::core::primitive::bool {
            match #column {
                #(#arms)*
                _ => false,
            }
        }
    }
}

fn set(model: &Model<'_>) -> TokenStream {
    let (column, value) = (local("__column"), local("__value"));
    let name = model.name();
    let arms = model.fields.iter().filter_map(|field| {
        let ident = field.ident;
        let of_column = |of: &super::field::Column<'_>| {
            let (given, column) = (of.given(field.ty), &of.name);
            quote!(self.#ident = #given(#value, #name, #column)?)
        };
        let of_flattened = |within: TokenStream| {
            quote!(::headwater::Embedded::set(&mut self.#ident, #within, #value)?)
        };
        arm(field, &column, of_column, of_flattened)
    });
    let missing = missing(model, &column);
    quote! {
        fn set(
            &mut self,
            #column: ::core::primitive::usize,
            #value: ::headwater::ValueRef<'_>,
        ) -> ::headwater::Result<()> {
            match #column {
                #(#arms)*
                _ => return ::core::result::Result::Err(#missing),
            }
            ::core::result::Result::Ok(())
        }
    }
}
