//! What can be seen of a type from its tokens.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Data, DeriveInput, Field, GenericArgument, Generics, Ident, PathArguments, PathSegment, Type,
};

/// The type without parentheses, and without the invisible ones that a `macro_rules!` puts around it.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

/// The `T` of `Option<T>`.
pub(crate) fn of_option(ty: &Type) -> Option<&Type> {
    argument(last_segment(ty)?, "Option")
}

/// The `T` of `Cow<'_, T>`.
pub(crate) fn of_cow(ty: &Type) -> Option<&Type> {
    argument(last_segment(ty)?, "Cow")
}

/// Whether the type is a `PhantomData`.
pub(crate) fn is_marker(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "PhantomData")
}

/// Whether the type is one of the standard library's that is no integer.
pub(crate) fn is_no_integer(ty: &Type) -> bool {
    const OTHERS: [&str; 7] = ["bool", "char", "f32", "f64", "String", "Vec", "Cow"];
    last_segment(ty).is_some_and(|segment| OTHERS.iter().any(|other| segment.ident == other))
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match bare(ty) {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    }
}

/// The only type among the arguments of a type of this name.
fn argument<'t>(segment: &'t PathSegment, name: &str) -> Option<&'t Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    if segment.ident != name {
        return None;
    }
    let mut types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.next().filter(|_| types.next().is_none())
}

/// The names of the type and const parameters.
pub(crate) fn parameters(generics: &Generics) -> Vec<&Ident> {
    let types = generics.type_params().map(|parameter| &parameter.ident);
    types.chain(generics.const_params().map(|parameter| &parameter.ident)).collect()
}

/// Whether a name of `parameters` occurs in the code. It may be another item's of the same name:
/// then a bound asks for what the implementation needs in any case.
pub(crate) fn mentions(code: &impl ToTokens, parameters: &[&Ident]) -> bool {
    fn any(tokens: TokenStream, parameters: &[&Ident]) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => parameters.contains(&&ident),
            TokenTree::Group(group) => any(group.stream(), parameters),
            TokenTree::Literal(_) | TokenTree::Punct(_) => false,
        })
    }
    any(code.to_token_stream(), parameters)
}

/// The first of the lifetime parameters that the code names.
pub(crate) fn lifetime<'g>(code: &impl ToTokens, generics: &'g Generics) -> Option<&'g Ident> {
    fn names(tokens: TokenStream, ident: &Ident) -> bool {
        let mut after_quote = false;
        tokens.into_iter().any(|token| {
            let follows = std::mem::replace(&mut after_quote, false);
            match token {
                TokenTree::Punct(punct) => {
                    after_quote = punct.as_char() == '\'';
                    false
                }
                TokenTree::Ident(word) => follows && word == *ident,
                TokenTree::Group(group) => names(group.stream(), ident),
                TokenTree::Literal(_) => false,
            }
        })
    }
    let mut lifetimes = generics.lifetimes().map(|parameter| &parameter.lifetime.ident);
    lifetimes.find(|ident| names(code.to_token_stream(), ident))
}

/// A lifetime that none of the type's own is called.
pub(crate) fn fresh_lifetime(generics: &Generics) -> syn::Lifetime {
    let mut name = "'__r".to_owned();
    while generics.lifetimes().any(|parameter| name == format!("'{}", parameter.lifetime.ident)) {
        name.push('_');
    }
    syn::Lifetime::new(&name, proc_macro2::Span::mixed_site())
}

/// Allows the implementation to name what the user has marked as deprecated, where there is such.
pub(crate) fn allowed(input: &DeriveInput) -> Option<TokenStream> {
    let fields: Vec<&Field> = match &input.data {
        Data::Struct(data) => data.fields.iter().collect(),
        Data::Enum(data) => data.variants.iter().flat_map(|variant| &variant.fields).collect(),
        Data::Union(_) => Vec::new(),
    };
    let variants = match &input.data {
        Data::Enum(data) => data.variants.iter().collect(),
        _ => Vec::new(),
    };
    let on_fields = fields.into_iter().flat_map(|field| &field.attrs);
    let on_variants = variants.into_iter().flat_map(|variant| &variant.attrs);
    let mut attributes = input.attrs.iter().chain(on_fields).chain(on_variants);
    let any = attributes.any(|attribute| attribute.path().is_ident("deprecated"));
    any.then(|| quote!(#[allow(deprecated)]))
}
