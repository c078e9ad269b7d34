//! `#[derive(Value)]`.

mod attribute;
mod choices;
mod newtype;
mod through;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{
    ConstParam, Data, DeriveInput, Error, GenericParam, Generics, LifetimeParam, Result, TypeParam,
};

use crate::types;

/// Expands the derive on `input`.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    let asked = attribute::on_type(&input.attrs)?;
    let names = Names::of(&input.generics);
    let bodies = match &input.data {
        Data::Union(_) => {
            let why = "a union does not know which of its fields it holds: use an enum, or a struct of one field";
            return Err(Error::new(input.ident.span(), why));
        }
        Data::Struct(data) => {
            asked.refuse_choices("a struct is stored as its field is")?;
            attribute::refuse_on_fields(&data.fields)?;
            match &asked.into {
                Some(into) => through::both(&asked, into, &names)?,
                None => newtype::bodies(&input.ident, data, &input.generics, &asked, &names)?,
            }
        }
        Data::Enum(data) => {
            if asked.try_from.is_some() || asked.into.is_some() {
                through::of_enum(data, &asked, &names)?
            } else {
                choices::bodies(&input.ident, data, &asked, &names)?
            }
        }
    };
    Ok(write(&input, &names, &bodies))
}

/// The names that the code uses, which are none of the user's.
struct Names {
    /// What is read.
    value: Ident,
    /// How long what is read lives.
    row: syn::Lifetime,
}

impl Names {
    fn of(generics: &Generics) -> Self {
        let value = Ident::new("__value", Span::mixed_site());
        Self { value, row: types::fresh_lifetime(generics) }
    }
}

/// What the functions do, and what they ask of the type parameters.
#[derive(Default)]
struct Bodies {
    to_value: TokenStream,
    /// Without it, the trait's own is as good.
    into_value: Option<TokenStream>,
    from_value: TokenStream,
    to_bound: Option<TokenStream>,
    from_bound: Option<TokenStream>,
    stored: Stored,
}

/// What the type is stored as.
#[derive(Default)]
enum Stored {
    /// As this type is.
    As(TokenStream),
    Integer,
    #[default]
    Text,
}

fn write(input: &DeriveInput, names: &Names, bodies: &Bodies) -> TokenStream {
    let to_value = to_value(input, bodies);
    let from_value = from_value(input, names, bodies);
    let from_row = from_row(input, names, bodies);
    let column_type = column_type(input, names, &bodies.stored);
    quote!(#to_value #from_value #from_row #column_type)
}

fn to_value(input: &DeriveInput, bodies: &Bodies) -> TokenStream {
    let ident = &input.ident;
    let allowed = types::allowed(input);
    let Bodies { to_value, into_value, to_bound, .. } = bodies;
    let (parameters, arguments, _) = input.generics.split_for_impl();
    let clause = clause(&input.generics, to_bound.as_ref());
    let into_value = into_value.as_ref().map(|body| {
        quote! {
            fn into_value(self) -> ::headwater::Result<::headwater::Value> { #body }
        }
    });
    quote! {
        #[automatically_derived]
        #allowed
        impl #parameters ::headwater::ToValue for #ident #arguments #clause {
            fn to_value(&self) -> ::headwater::Result<::headwater::Value> { #to_value }
            #into_value
        }
    }
}

fn from_value(input: &DeriveInput, names: &Names, bodies: &Bodies) -> TokenStream {
    let ident = &input.ident;
    let Names { value, row } = names;
    let own = input.generics.params.iter().map(parameter);
    // What is read lives at least as long as what the type borrows for.
    let outlived = input.generics.lifetimes().map(|parameter| &parameter.lifetime);
    let outlives = input.generics.lifetimes().next().map(|_| quote!(: #(#outlived)+*));
    let (_, arguments, _) = input.generics.split_for_impl();
    let clause = clause(&input.generics, bodies.from_bound.as_ref());
    let allowed = types::allowed(input);
    let body = &bodies.from_value;
    quote! {
        #[automatically_derived]
        #allowed
        impl<#row #outlives, #(#own),*> ::headwater::FromValue<#row> for #ident #arguments #clause {
            fn from_value(
                #value: ::headwater::ValueRef<#row>,
            ) -> ::core::result::Result<Self, ::headwater::Mismatch> {
                #body
            }
        }
    }
}

/// A parameter as an implementation declares it, which is without its default.
fn parameter(parameter: &GenericParam) -> TokenStream {
    match parameter {
        GenericParam::Lifetime(LifetimeParam { lifetime, bounds, .. }) => {
            quote!(#lifetime: #bounds)
        }
        GenericParam::Type(TypeParam { ident, bounds, .. }) => quote!(#ident: #bounds),
        GenericParam::Const(ConstParam { ident, ty, .. }) => quote!(const #ident: #ty),
    }
}

/// A type that borrows is read from a row that is there, not as one.
fn from_row(input: &DeriveInput, names: &Names, bodies: &Bodies) -> TokenStream {
    if input.generics.lifetimes().next().is_some() {
        return TokenStream::new();
    }
    let ident = &input.ident;
    let row = &names.row;
    let (parameters, arguments, _) = input.generics.split_for_impl();
    let bound = bodies.from_bound.as_ref();
    let bound = bound.map(|_| quote!(for<#row> Self: ::headwater::FromValue<#row>));
    let clause = clause(&input.generics, bound.as_ref());
    let allowed = types::allowed(input);
    let name = ident.unraw().to_string();
    let local = |name| Ident::new(name, Span::mixed_site());
    let (columns, row, positions) = (local("__columns"), local("__row"), local("__positions"));
    quote! {
        #[automatically_derived]
        #allowed
        impl #parameters ::headwater::FromRow for #ident #arguments #clause {
            fn positions(#columns: &::headwater::Columns) -> ::headwater::Result<::headwater::Positions> {
                ::headwater::Positions::by_index(#columns, 1usize, #name)
            }

            fn from_row(
                #row: &::headwater::Row,
                #positions: &::headwater::Positions,
            ) -> ::headwater::Result<Self> {
                ::headwater::Row::get_at::<Self>(#row, #positions, 0usize)
            }
        }
    }
}

/// A type that borrows is no field of an entity.
fn column_type(input: &DeriveInput, names: &Names, stored: &Stored) -> TokenStream {
    if input.generics.lifetimes().next().is_some() {
        return TokenStream::new();
    }
    let ident = &input.ident;
    let row = &names.row;
    let (parameters, arguments, _) = input.generics.split_for_impl();
    let allowed = types::allowed(input);
    let sql_type = quote!(::headwater::SqlType);
    // Where what it holds is no type of a column, neither is this one, and all else about it holds: a
    // bound without parameters would be an error of its own, and a lifetime is one.
    let (bound, sql_type, nullable) = match stored {
        Stored::As(ty) => (
            Some(quote!(for<#row> #ty: ::headwater::ColumnType)),
            quote!(<#ty as ::headwater::ColumnType>::SQL_TYPE),
            Some(quote! {
                const NULLABLE: ::core::primitive::bool =
                    <#ty as ::headwater::ColumnType>::NULLABLE;
            }),
        ),
        Stored::Integer => (None, quote!(#sql_type::Integer), None),
        Stored::Text => (None, quote!(#sql_type::Text), None),
    };
    let clause = clause(&input.generics, bound.as_ref());
    quote! {
        #[automatically_derived]
        #allowed
        impl #parameters ::headwater::ColumnType for #ident #arguments #clause {
            type Base = Self;
            const SQL_TYPE: ::headwater::SqlType = #sql_type;
            #nullable
        }
    }
}

/// The type's own clause, and one more bound.
fn clause(generics: &Generics, bound: Option<&TokenStream>) -> TokenStream {
    if generics.where_clause.is_none() && bound.is_none() {
        return TokenStream::new();
    }
    let own = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    quote!(where #(#own,)* #bound)
}

#[cfg(test)]
mod tests;
