//! The description of the table.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::field::{Column, Field, Kind};
use super::foreign::{ColumnPath, Target};
use super::model::Model;

/// The body that makes it, once.
pub(super) fn write(model: &Model<'_>) -> TokenStream {
    let (name, entity) = (model.table(), model.name());
    let columns = columns(model);
    let keys = model.keys().map(|field| &field.at);
    let (table, made) = (local("__TABLE"), local("__made"));
    let new = quote! {
        ::headwater::entity::EntityTable::new::<Self>(#name, #entity, #columns, ::std::vec![#(#keys),*])
    };
    let filled = fill(model, &made);
    let make =
        if filled.is_empty() { new } else { quote!({ let mut #made = #new; #filled #made }) };
    let held = held(model);
    quote! {
        #held
        static #table: ::std::sync::OnceLock<::headwater::entity::EntityTable> = ::std::sync::OnceLock::new();
        ::std::sync::OnceLock::get_or_init(&#table, || #make)
    }
}

/// What the types of some columns have to be, which only the compiler knows.
fn held(model: &Model<'_>) -> TokenStream {
    let held = model.columns().flat_map(|(field, column)| {
        let (ty, asked) = (field.ty, &column.asked);
        let holds = |name: &str| {
            let name = Ident::new(name, ty.span());
            quote_spanned!(ty.span()=> const _: () = ::headwater::__private::entity::#name::<#ty>();)
        };
        let numbered = asked.generated.is_some() && asked.default.is_none();
        [
            asked.primary_key.as_ref().map(|_| holds("is_key")),
            numbered.then(|| holds("is_generated")),
            asked.version.as_ref().map(|_| holds("is_version")),
        ]
    });
    held.flatten().collect()
}

fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The expression of all columns.
pub(super) fn columns(model: &Model<'_>) -> TokenStream {
    let mut parts: Vec<TokenStream> = Vec::new();
    let mut run: Vec<TokenStream> = Vec::new();
    for field in &model.fields {
        match &field.kind {
            Kind::Column(described) => run.push(column(field, described)),
            Kind::Flattened { prefix } => {
                if !run.is_empty() {
                    parts.push(quote!(::std::vec![#(#run),*]));
                    run.clear();
                }
                let (ty, name) = (field.ty, field.ident.unraw().to_string());
                parts.push(quote!(::headwater::__private::entity::embedded::<#ty>(#prefix, #name)));
            }
            Kind::Skipped => {}
        }
    }
    if !run.is_empty() || parts.is_empty() {
        parts.push(quote!(::std::vec![#(#run),*]));
    }
    match &*parts {
        [single] => single.clone(),
        several => quote!(::headwater::__private::entity::joined(::std::vec![#(#several),*])),
    }
}

fn column(field: &Field<'_>, column: &Column<'_>) -> TokenStream {
    let Column { name, asked, .. } = column;
    let (ty, field) = (column.ty(field.ty), field.ident.unraw().to_string());
    let new = quote!(::headwater::entity::EntityColumn::new::<#ty>(#name, #field));
    let it = local("__column");
    let generated = asked.generated.as_ref().map(|_| quote!(#it.generated = true;));
    let text = |given: &crate::keys::Given<String>| {
        let text = &given.value;
        quote!(::core::option::Option::Some(#text))
    };
    let default = asked.default.as_ref().map(text).map(|text| quote!(#it.default = #text;));
    let computed = asked.computed.as_ref().map(text).map(|text| quote!(#it.computed = #text;));
    if generated.is_none() && default.is_none() && computed.is_none() {
        return new;
    }
    quote!({ let mut #it = #new; #generated #default #computed #it })
}

/// The statements that say of a table what is more than its columns and its key.
fn fill(model: &Model<'_>, table: &Ident) -> TokenStream {
    let references = references(model, table);
    let indexes = indexes(model, table);
    let checks = model.asked.checks.iter().map(|given| &given.value);
    let version = model.columns().find(|(_, column)| column.asked.version.is_some());
    let version = version.map(|(field, _)| {
        let at = &field.at;
        quote!(#table.version = ::core::option::Option::Some(#at);)
    });
    quote!(#(#references)* #(#indexes)* #(#table.checks.push(#checks);)* #version)
}

fn references(model: &Model<'_>, table: &Ident) -> Vec<TokenStream> {
    let of_fields = model.columns().filter_map(|(field, column)| {
        let (constant, at) = (&field.constant, &field.at);
        let target = &column.asked.references.as_ref()?.value;
        Some(reference(table, &[quote!(Self::#constant)], &[quote!(#at)], target))
    });
    let of_struct = model.asked.foreign_keys.iter().map(|given| {
        let own = &given.value.own;
        let constants: Vec<_> = own.iter().map(|column| model.constant(column)).collect();
        let positions: Vec<_> = own.iter().map(|column| model.position(column)).collect();
        reference(table, &constants, &positions, &given.value.target)
    });
    of_fields.chain(of_struct).collect()
}

fn reference(
    table: &Ident,
    constants: &[TokenStream],
    positions: &[TokenStream],
    target: &Target,
) -> TokenStream {
    let Some(ColumnPath { entity, .. }) = target.columns.first() else {
        return TokenStream::new();
    };
    let columns = &target.columns;
    let fits = constants.iter().zip(columns).map(|(own, column)| {
        quote_spanned!(column.span()=> ::headwater::__private::entity::refers(#own, #column).fits();)
    });
    let theirs = columns.iter().map(ColumnPath::position);
    let it = local("__reference");
    let actions = target.actions.code(&it);
    let mutable = (!actions.is_empty()).then(|| quote!(mut));
    quote! {
        #(#fits)*
        #table.references.push({
            let #mutable #it = ::headwater::entity::Reference::to::<#entity>(
                ::std::vec![#(#positions),*],
                ::std::vec![#(#theirs),*],
            );
            #actions
            #it
        });
    }
}

fn indexes(model: &Model<'_>, table: &Ident) -> Vec<TokenStream> {
    let of_fields = model.columns().flat_map(|(field, column)| {
        let at = &field.at;
        let index = |unique| push(table, &[quote!(#at)], unique, None);
        let unique = column.asked.unique.as_ref().map(|_| index(true));
        let plain = column.asked.index.as_ref().map(|_| index(false));
        [unique, plain].into_iter().flatten()
    });
    let of_struct = model.asked.indexes.iter().map(|given| {
        let index = &given.value;
        let columns: Vec<_> = index.columns.iter().map(|column| model.position(column)).collect();
        push(table, &columns, index.unique, index.name.as_deref())
    });
    of_fields.chain(of_struct).collect()
}

fn push(table: &Ident, columns: &[TokenStream], unique: bool, name: Option<&str>) -> TokenStream {
    let name = name.map_or_else(
        || quote!(::core::option::Option::None),
        |name| quote!(::core::option::Option::Some(#name)),
    );
    quote! {
        #table.indexes.push(::headwater::entity::EntityIndex::on(::std::vec![#(#columns),*], #unique, #name));
    }
}
