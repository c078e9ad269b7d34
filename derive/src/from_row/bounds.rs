//! What the implementation asks of the struct's generic parameters.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Generics, Ident, Lifetime, Type};

use super::field::{Field, How, Source};
use crate::types;

/// The struct's own clause, and that each field whose type depends on a parameter can be read.
pub(super) fn where_clause(generics: &Generics, fields: &[Field<'_>]) -> TokenStream {
    let mut asked = Asked {
        parameters: types::parameters(generics),
        row: types::fresh_lifetime(generics),
        bounds: Vec::new(),
    };
    for field in fields {
        asked.field(field);
    }
    let Asked { bounds, .. } = asked;
    let own = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    if bounds.is_empty() && generics.where_clause.is_none() {
        return TokenStream::new();
    }
    quote!(where #(#own,)* #(#bounds),*)
}

struct Asked<'g> {
    parameters: Vec<&'g Ident>,
    /// The name for how long a row lives.
    row: Lifetime,
    bounds: Vec<TokenStream>,
}

impl Asked<'_> {
    fn field(&mut self, field: &Field<'_>) {
        let ty = field.ty;
        match &field.source {
            Source::Skipped(fallback) => self.default(ty, fallback.is_default()),
            Source::Nested { ty, .. } => self.that(ty, |ty| quote!(#ty: ::headwater::FromRow)),
            Source::Column(column) => {
                self.column(ty, &column.how);
                let default =
                    column.fallback.as_ref().is_some_and(|fallback| fallback.is_default());
                self.default(ty, default);
            }
        }
    }

    fn default(&mut self, ty: &Type, asked: bool) {
        if asked {
            self.that(ty, |ty| quote!(#ty: ::core::default::Default));
        }
    }

    fn column(&mut self, ty: &Type, how: &How<'_>) {
        let row = self.row.clone();
        let from_value = |ty: &TokenStream| quote!(for<#row> #ty: ::headwater::FromValue<#row>);
        match how {
            How::Plain => self.that(ty, from_value),
            How::Owned { of, .. } => {
                self.that(of, |of| from_value(&quote!(<#of as ::std::borrow::ToOwned>::Owned)))
            }
            How::Json { target, .. } => {
                self.that(target, |ty| quote!(#ty: ::headwater::__private::DeserializeOwned));
            }
            How::Convert { via, target, .. } => {
                // `&str` lives as long as the row, which a bound has to say.
                let via = borrowed_for(via, &row);
                self.that(&via, from_value);
                let try_from = quote!(::core::convert::TryFrom<#via>);
                if types::mentions(target, &self.parameters)
                    || types::mentions(&via, &self.parameters)
                {
                    self.add(quote!(for<#row> #target: #try_from));
                    self.add(quote! {
                        for<#row> <#target as #try_from>::Error:
                            ::core::convert::Into<::headwater::__private::BoxError>
                    });
                }
            }
        }
    }

    /// Asks for `bound` if `code` depends on a parameter.
    fn that<T: ToTokens>(&mut self, code: &T, bound: impl FnOnce(&TokenStream) -> TokenStream) {
        if !types::mentions(code, &self.parameters) {
            return;
        }
        self.add(bound(&code.to_token_stream()));
    }

    fn add(&mut self, bound: TokenStream) {
        let same = |known: &TokenStream| known.to_string() == bound.to_string();
        if !self.bounds.iter().any(same) {
            self.bounds.push(bound);
        }
    }
}

/// A reference with the lifetime that it leaves out.
fn borrowed_for(ty: &Type, row: &Lifetime) -> TokenStream {
    match ty {
        Type::Reference(reference) if reference.lifetime.is_none() => {
            let elem = &reference.elem;
            quote!(&#row #elem)
        }
        other => other.to_token_stream(),
    }
}
