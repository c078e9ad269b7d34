//! `#[derive(FromRow)]`.

mod attribute;
mod bounds;
pub(crate) mod field;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Error, Fields, Result};

use crate::types;
use field::{Column, Field, How, Source};

/// Expands the derive on `input`.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    let shape = fields(&input)?;
    let asked = attribute::on_struct(&input.attrs)?;
    if let (Some(case), Fields::Unnamed(_)) = (&asked.rename_all, shape) {
        let why =
            "the fields of a tuple struct are read by position: `rename_all` has no effect on them";
        return Err(Error::new(case.span, why));
    }
    let case = asked.rename_all.map(|given| given.value);
    let fields = field::read(shape, &input.generics, case)?;
    if fields.iter().all(|field| matches!(field.source, Source::Skipped(_))) {
        let why = "`FromRow` reads the columns of a row into fields, and this struct skips all of its own";
        return Err(Error::new(input.ident.span(), why));
    }
    Ok(implement(&input, shape, &fields))
}

/// Writes the implementation that reads these fields.
pub(crate) fn implement(input: &DeriveInput, shape: &Fields, fields: &[Field<'_>]) -> TokenStream {
    write(input, &Code::new(shape, fields))
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
             to read this enum from one column derive `headwater::Value` for it, \
             to read it from several implement `headwater::FromRow` by hand",
        ),
        Data::Union(_) => refuse("`FromRow` reads structs and not unions: use a struct"),
    }
}

fn write(input: &DeriveInput, code: &Code<'_>) -> TokenStream {
    let Code { columns, row, positions, .. } = code;
    let ident = &input.ident;
    let resolved = code.resolve(&ident.unraw().to_string());
    let values = code.values();
    let where_clause = bounds::where_clause(&input.generics, code.fields);
    let (parameters, arguments, _) = input.generics.split_for_impl();
    let allowed = types::allowed(input);
    quote! {
        #[automatically_derived]
        #allowed
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
    }
}

/// What the bodies of the two functions are made of.
struct Code<'f> {
    by_name: bool,
    fields: &'f [Field<'f>],
    columns: Ident,
    row: Ident,
    positions: Ident,
}

impl<'f> Code<'f> {
    fn new(shape: &Fields, fields: &'f [Field<'f>]) -> Self {
        let local = |name| Ident::new(name, Span::mixed_site());
        Self {
            by_name: matches!(shape, Fields::Named(_)),
            fields,
            columns: local("__columns"),
            row: local("__row"),
            positions: local("__positions"),
        }
    }

    /// The fields of one column that there must be, or those of one that may be missing.
    fn read(&self, optional: bool) -> impl Iterator<Item = &Column<'f>> {
        let columns = self.fields.iter().filter_map(|field| match &field.source {
            Source::Column(column) => Some(column),
            _ => None,
        });
        columns.filter(move |column| column.fallback.is_some() == optional)
    }

    /// The expression that finds the columns of the fields: first those there must be, then those that
    /// may be missing, then those of types within this one.
    fn resolve(&self, name: &str) -> TokenStream {
        let columns = &self.columns;
        if !self.by_name {
            let count = self.read(false).count();
            return quote!(::headwater::Positions::by_index(#columns, #count, #name));
        }
        let names = self.read(false).map(|column| &column.name);
        let mut found = quote!(::headwater::Positions::by_name(#columns, &[#(#names),*], #name));
        let names: Vec<_> = self.read(true).map(|column| &column.name).collect();
        if !names.is_empty() {
            found = quote! {
                ::headwater::Positions::with_optional(#found?, #columns, &[#(#names),*], #name)
            };
        }
        for field in self.fields {
            if let Source::Nested { ty, prefix, .. } = &field.source {
                found = quote! {
                    ::headwater::Positions::with_nested::<#ty>(#found?, #columns, #prefix, #name)
                };
            }
        }
        found
    }

    /// The fields with their values, each at its place in the order of [`resolve`](Self::resolve).
    fn values(&self) -> Vec<TokenStream> {
        let (mut required, mut optional, mut nested) = (0.., self.read(false).count().., 0..);
        let next = |places: &mut std::ops::RangeFrom<usize>| places.next().unwrap_or(usize::MAX);
        let value = |field: &Field<'_>| {
            let Field { member, ty, source } = field;
            let value = match source {
                Source::Skipped(fallback) => fallback.value(ty),
                Source::Nested { ty, optional, .. } => {
                    self.nested(ty, *optional, next(&mut nested))
                }
                Source::Column(column) => {
                    let places =
                        if column.fallback.is_some() { &mut optional } else { &mut required };
                    self.column(ty, column, next(places))
                }
            };
            quote!(#member: #value)
        };
        self.fields.iter().map(value).collect()
    }

    fn nested(&self, ty: &syn::Type, optional: bool, place: usize) -> TokenStream {
        let Self { row, positions, .. } = self;
        if optional {
            quote!(::headwater::Row::get_nested_option::<#ty>(#row, #positions, #place)?)
        } else {
            quote!(::headwater::Row::get_nested::<#ty>(#row, #positions, #place)?)
        }
    }

    fn column(&self, ty: &syn::Type, column: &Column<'_>, place: usize) -> TokenStream {
        let Self { row, positions, .. } = self;
        let reads = reads(ty, &column.how);
        let value = quote!(#reads(#row, #positions, #place)?);
        let Some(fallback) = &column.fallback else {
            return value;
        };
        let fallback = fallback.value(ty);
        quote!(if ::headwater::Positions::has(#positions, #place) { #value } else { #fallback })
    }
}

/// The function that reads a field from its column.
fn reads(ty: &syn::Type, how: &How<'_>) -> TokenStream {
    let of = quote!(::headwater::__private);
    match how {
        How::Plain => quote!(::headwater::Row::get_at::<#ty>),
        How::Owned { of: ty, optional: false } => quote!(#of::owned_at::<#ty>),
        How::Owned { of: ty, optional: true } => quote!(#of::owned_option_at::<#ty>),
        How::Convert { via, target, optional: false } => quote!(#of::convert_at::<#via, #target>),
        How::Convert { via, target, optional: true } => {
            quote!(#of::convert_option_at::<#via, #target>)
        }
        How::Json { target, optional: false } => quote!(#of::json_at::<#target>),
        How::Json { target, optional: true } => quote!(#of::json_option_at::<#target>),
    }
}

#[cfg(test)]
mod tests;
