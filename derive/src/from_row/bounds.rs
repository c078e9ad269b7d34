//! What the implementation asks of the struct's generic parameters.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Error, Generics, Ident, Result, Type};

use super::field::Field;

/// Refuses a struct that borrows: the row is gone when the caller has the struct.
pub(super) fn refuse_lifetimes(generics: &Generics) -> Result<()> {
    let Some(parameter) = generics.lifetimes().next() else {
        return Ok(());
    };
    Err(Error::new(
        parameter.lifetime.span(),
        format!(
            "a struct that is read from a row owns its values, so that it needs no `{}`: \
             use `String` for `&str`, `Vec<u8>` for `&[u8]`",
            parameter.lifetime
        ),
    ))
}

/// The struct's own clause, and that each field whose type depends on a parameter can be read
/// from a column.
pub(super) fn where_clause(generics: &Generics, fields: &[Field<'_>]) -> TokenStream {
    let parameters: Vec<&Ident> = generics
        .type_params()
        .map(|parameter| &parameter.ident)
        .chain(generics.const_params().map(|parameter| &parameter.ident))
        .collect();
    let mut types: Vec<&Type> = Vec::new();
    for Field { ty, .. } in fields {
        let depends = mentions(ty.to_token_stream(), &parameters);
        if depends && !types.iter().any(|known| same(known, ty)) {
            types.push(ty);
        }
    }
    let own = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    if types.is_empty() && generics.where_clause.is_none() {
        return TokenStream::new();
    }
    quote!(where #(#own,)* #(for<'__r> #types: ::headwater::FromValue<'__r>),*)
}

/// Whether a name of `parameters` occurs in `tokens`. It may be another item's of the same name:
/// then the bound asks for what the implementation needs in any case.
fn mentions(tokens: TokenStream, parameters: &[&Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => parameters.contains(&&ident),
        TokenTree::Group(group) => mentions(group.stream(), parameters),
        TokenTree::Literal(_) | TokenTree::Punct(_) => false,
    })
}

fn same(left: &Type, right: &Type) -> bool {
    left.to_token_stream().to_string() == right.to_token_stream().to_string()
}
