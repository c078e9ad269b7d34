//! `#[derive(Entity)]`.

mod constants;
mod field;
mod foreign;
mod model;
mod on_field;
mod on_struct;
mod table;
mod values;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Fields, Result};

use crate::from_row;
use crate::types;
use model::Model;

/// Expands the derive on `input`.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    let shape = fields(&input)?;
    refuse_generics(&input)?;
    let model = Model::read(&input, shape)?;
    let read: Vec<_> = model.fields.iter().map(field::Field::read).collect();
    let from_row = from_row::implement(&input, shape, &read);
    let constants = constants::write(&model);
    let implementation = if model.embedded { embedded(&model) } else { entity(&model) };
    Ok(quote!(#from_row #constants #implementation))
}

/// The fields of a struct that has some, with names.
fn fields(input: &DeriveInput) -> Result<&Fields> {
    let refuse = |what| Err(Error::new(input.ident.span(), what));
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) if !named.named.is_empty() => Ok(&data.fields),
            Fields::Unnamed(_) => refuse(
                "the columns of an entity have the names of its fields, and those of a tuple struct have none: \
                 give the fields names",
            ),
            Fields::Named(_) | Fields::Unit => refuse(
                "an entity is a row of a table, and this struct has no fields for its columns",
            ),
        },
        Data::Enum(_) => refuse(
            "an entity is a struct, because a row has columns and no variants: \
             to store this enum in one column derive `headwater::Value` for it",
        ),
        Data::Union(_) => refuse("an entity is a struct and not a union: use a struct"),
    }
}

fn refuse_generics(input: &DeriveInput) -> Result<()> {
    let Some(parameter) = input.generics.params.first() else {
        return Ok(());
    };
    let why = "an entity is one table, so its struct has no generic parameters and no lifetimes: \
               write a struct for each table, with fields that own their values";
    Err(Error::new_spanned(parameter, why))
}

/// An entity is read as it is written, so that it needs no attributes of `FromRow`, whose derive would read it
/// a second time.
fn refuse_from_row(attributes: &[Attribute]) -> Result<()> {
    let mut attributes = attributes.iter();
    attributes.find(|attribute| attribute.path().is_ident("from_row")).map_or(Ok(()), |attribute| {
        let why = "an entity is read as `#[entity(...)]` says, which implements `FromRow` too: write this there";
        Err(Error::new_spanned(attribute, why))
    })
}

fn entity(model: &Model<'_>) -> TokenStream {
    let ident = &model.input.ident;
    let allowed = types::allowed(model.input);
    let key = model.key_type();
    let key_value = model.key_value();
    let table = table::write(model);
    let values = values::write(model);
    let validate = model.asked.validate.as_ref().map(|path| {
        let path = &path.value;
        let checked = quote_spanned! {path.span()=>
            ::core::result::Result::map_err(#path(self), ::headwater::__private::entity::invalid)
        };
        quote! {
            fn validate(&self) -> ::headwater::Result<()> { #checked }
        }
    });
    quote! {
        #[automatically_derived]
        #allowed
        impl ::headwater::Entity for #ident {
            type Key = #key;

            fn table() -> &'static ::headwater::entity::EntityTable { #table }

            fn key(&self) -> #key { #key_value }

            #values
            #validate
        }
    }
}

fn embedded(model: &Model<'_>) -> TokenStream {
    let ident = &model.input.ident;
    let allowed = types::allowed(model.input);
    let count = model.end();
    let columns = table::columns(model);
    let values = values::write(model);
    quote! {
        #[automatically_derived]
        #allowed
        impl ::headwater::Embedded for #ident {
            const COLUMNS: ::core::primitive::usize = #count;

            fn columns() -> ::std::vec::Vec<::headwater::entity::EntityColumn> { #columns }

            #values
        }
    }
}

#[cfg(test)]
mod tests;
