//! The constants: a column for each field, and the relations.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Visibility;
use syn::spanned::Spanned;

use super::field::{Field, Kind};
use super::foreign::{ColumnPath, Target};
use super::model::Model;
use super::on_struct::{ForeignKey, Relation, Way};

/// Writes the implementation that has them.
pub(super) fn write(model: &Model<'_>) -> TokenStream {
    let ident = &model.input.ident;
    let columns = model.fields.iter().map(|field| column(model, field));
    let belongs_to = model.columns().map(|(field, column)| {
        let target = column.asked.references.as_ref().zip(column.asked.belongs_to.as_ref());
        target.map(|(target, name)| {
            let at = &field.at;
            parent(model, field.vis, &name.value, &quote!(#at), &target.value)
        })
    });
    let vis = &model.input.vis;
    let by_keys = model.asked.foreign_keys.iter().map(|given| of_key(model, vis, &given.value));
    let relations = model.asked.relations.iter().map(|given| relation(model, vis, &given.value));
    quote! {
        #[allow(
            dead_code,
            deprecated,
            non_upper_case_globals,
            private_interfaces,
            unreachable_pub,
        )]
        impl #ident {
            #(#columns)*
            #(#belongs_to)*
            #(#by_keys)*
            #(#relations)*
        }
    }
}

fn column(model: &Model<'_>, field: &Field<'_>) -> TokenStream {
    let Field { constant, ty, vis, at, .. } = field;
    match &field.kind {
        Kind::Column(column) => {
            let doc = format!("The column `{}`{}.", column.name, place(model));
            let ty = column.ty(ty);
            quote! {
                #[doc = #doc]
                #vis const #constant: ::headwater::Column<Self, #ty> = ::headwater::Column::at(#at);
            }
        }
        Kind::Flattened { .. } => {
            let embed = quote_spanned!(ty.span()=> ::headwater::Embed::<Self, #ty>::at);
            let doc = format!("The columns of the field `{}`{}.", field.ident, place(model));
            quote! {
                #[doc = #doc]
                #vis const #constant: ::headwater::Embed<Self, #ty> = #embed(#at);
            }
        }
        Kind::Skipped => TokenStream::new(),
    }
}

fn place(model: &Model<'_>) -> String {
    if model.embedded { String::new() } else { format!(" of the table `{}`", model.table()) }
}

/// What a reference leads to.
fn parent(
    model: &Model<'_>,
    vis: &Visibility,
    name: &Ident,
    own: &TokenStream,
    target: &Target,
) -> TokenStream {
    let Some(ColumnPath { entity, .. }) = target.columns.first() else {
        return TokenStream::new();
    };
    let doc = format!("The `{}` that a `{}` refers to.", shown(entity), model.name());
    quote! {
        #[doc = #doc]
        #vis const #name: ::headwater::BelongsTo<Self, #entity> =
            ::headwater::BelongsTo::by(const { &[#own] });
    }
}

fn of_key(model: &Model<'_>, vis: &Visibility, key: &ForeignKey) -> TokenStream {
    let Some(name) = &key.target.actions.belongs_to else {
        return TokenStream::new();
    };
    let own = key.own.iter().map(|column| model.position(column));
    parent(model, vis, name, &quote!(#(#own),*), &key.target)
}

fn relation(model: &Model<'_>, vis: &Visibility, relation: &Relation) -> TokenStream {
    let Relation { name, way } = relation;
    let own = model.name();
    let (doc, ty, value) = match way {
        Way::HasMany(columns) => {
            let (child, at) = (entity_of(columns), columns.iter().map(ColumnPath::position));
            let doc = format!("The rows of `{}` that refer to a `{own}`.", shown(&child));
            let ty = quote!(::headwater::HasMany<Self, #child>);
            (doc, ty, quote!(::headwater::HasMany::by(const { &[#(#at),*] })))
        }
        Way::HasOne(columns) => {
            let (child, at) = (entity_of(columns), columns.iter().map(ColumnPath::position));
            let doc = format!("The row of `{}` that refers to a `{own}`.", shown(&child));
            let ty = quote!(::headwater::HasOne<Self, #child>);
            (doc, ty, quote!(::headwater::HasOne::by(const { &[#(#at),*] })))
        }
        Way::ManyToMany { far, near_columns, far_columns } => {
            let link = entity_of(near_columns);
            let near = near_columns.iter().map(ColumnPath::position);
            let far_at = far_columns.iter().map(ColumnPath::position);
            let (shown_far, shown_link) = (shown(far), shown(&link));
            let doc =
                format!("The rows of `{shown_far}` that a `{own}` has through `{shown_link}`.");
            let ty = quote!(::headwater::ManyToMany<Self, #far, #link>);
            let value = quote! {
                ::headwater::ManyToMany::by(
                    const { &[#(#near),*] },
                    const { &[#(#far_at),*] },
                )
            };
            (doc, ty, value)
        }
    };
    quote! {
        #[doc = #doc]
        #vis const #name: #ty = #value;
    }
}

fn entity_of(columns: &[ColumnPath]) -> TokenStream {
    columns.first().map(|path| path.entity.clone()).unwrap_or_default()
}

/// A type as a person writes it.
fn shown(entity: &TokenStream) -> String {
    entity.to_string().replace(' ', "")
}
