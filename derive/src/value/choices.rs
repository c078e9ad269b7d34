//! An enum whose variants are texts or integers.

use proc_macro2::Ident;
use quote::quote;
use syn::ext::IdentExt;
use syn::{DataEnum, Error, Expr, ExprLit, ExprUnary, Fields, Lit, Result, UnOp, Variant};

use super::attribute::{self, OnType};
use super::{Bodies, Names, Stored};
use crate::case::Case;
use crate::keys::{Errors, Given};

pub(super) fn bodies(
    ident: &Ident,
    data: &DataEnum,
    asked: &OnType,
    names: &Names,
) -> Result<Bodies> {
    if data.variants.is_empty() {
        let why = "`Value` stores a variant in one column, and this enum has none";
        return Err(Error::new(ident.span(), why));
    }
    let variants: Vec<&Variant> = data.variants.iter().collect();
    let renamed = renamed(&variants)?;
    if asked.integer.is_some() {
        integers(&variants, &renamed, names)
    } else {
        let case = asked.rename_all.as_ref().map(|given| given.value);
        texts(&variants, renamed, case, names)
    }
}

/// The text that each variant is given, in their order; refuses variants with data.
fn renamed(variants: &[&Variant]) -> Result<Vec<Option<Given<String>>>> {
    let mut errors = Errors::none();
    let mut renamed = Vec::with_capacity(variants.len());
    for variant in variants {
        if !matches!(variant.fields, Fields::Unit) {
            let name = &variant.ident;
            errors.add(Error::new(
                name.span(),
                format!(
                    "`{name}` has data, so that no text and no integer stands for it: \
                     say what the enum is stored as with `#[value(try_from = \"Type\", into = \"Type\")]`"
                ),
            ));
        }
        renamed.extend(errors.take(attribute::on_variant(variant)));
    }
    errors.or(renamed)
}

// Texts -----------------------------------------------------------------------------------------

fn texts(
    variants: &[&Variant],
    renamed: Vec<Option<Given<String>>>,
    case: Option<Case>,
    names: &Names,
) -> Result<Bodies> {
    let mut errors = Errors::none();
    let mut texts: Vec<String> = Vec::with_capacity(variants.len());
    for (variant, renamed) in variants.iter().zip(renamed) {
        let name = variant.ident.unraw().to_string();
        let span = renamed.as_ref().map_or_else(|| variant.ident.span(), |given| given.span);
        let cased = || case.map_or(name.clone(), |case| case.of_variant(&name));
        let text = renamed.map_or_else(cased, |given| given.value);
        if let Some((_, same)) = texts.iter().zip(variants).find(|(known, _)| **known == text) {
            let other = &same.ident;
            errors.add(Error::new(span, format!("`{other}` is stored as `{text}` too")));
        }
        texts.push(text);
    }
    let idents = variants.iter().map(|variant| &variant.ident);
    let ways = quote!(#(Self::#idents => #texts),*);
    let idents = variants.iter().map(|variant| &variant.ident);
    let value = &names.value;
    errors.or(Bodies {
        to_value: quote! {
            ::headwater::ToValue::to_value(match self { #ways })
        },
        from_value: quote! {
            match <&::core::primitive::str as ::headwater::FromValue<'_>>::from_value(#value)? {
                #(#texts => ::core::result::Result::Ok(Self::#idents),)*
                _ => ::core::result::Result::Err(::headwater::__private::no_text(&[#(#texts),*])),
            }
        },
        ..Bodies::default()
    })
}

// Integers --------------------------------------------------------------------------------------

fn integers(
    variants: &[&Variant],
    renamed: &[Option<Given<String>>],
    names: &Names,
) -> Result<Bodies> {
    let mut errors = Errors::none();
    for given in renamed.iter().flatten() {
        let why =
            "with `integer` the enum is stored as its numbers: give the variant one, `Name = 3`";
        errors.add(Error::new(given.span, why));
    }
    let numbers = errors.take(numbers(variants));
    errors.or(())?;
    let idents: Vec<_> = variants.iter().map(|variant| &variant.ident).collect();
    let numbers = numbers.unwrap_or_default();
    let value = &names.value;
    let read = quote! {
        <::core::primitive::i64 as ::headwater::FromValue<'_>>::from_value(#value)?
    };
    let known: Option<Vec<i64>> = numbers.iter().copied().collect();
    let (code, read, ways) = match known {
        Some(numbers) => {
            let code: Vec<_> = numbers.iter().map(|number| quote!(#number)).collect();
            let ways = quote!(#(#code => ::core::result::Result::Ok(Self::#idents),)*);
            (code, read, ways)
        }
        None => {
            // As many bits as no discriminant needs that a column does not hold.
            let wide = quote!(::core::primitive::i128);
            let code: Vec<_> = idents.iter().map(|ident| quote!((Self::#ident as #wide))).collect();
            let number = Ident::new("__number", proc_macro2::Span::mixed_site());
            let ways = quote! {
                #(#number if #number == #code => ::core::result::Result::Ok(Self::#idents),)*
            };
            (code, quote!(<#wide as ::core::convert::From<_>>::from(#read)), ways)
        }
    };
    Ok(Bodies {
        to_value: quote! {
            ::headwater::ToValue::to_value(&match self { #(Self::#idents => #code),* })
        },
        from_value: quote! {
            match #read {
                #ways
                _ => ::core::result::Result::Err(::headwater::__private::no_number(&[#(#code),*])),
            }
        },
        stored: Stored::Integer,
        ..Bodies::default()
    })
}

/// The number of each variant, as far as the source shows it: an expression, and what counts on from
/// one, only the compiler knows.
fn numbers(variants: &[&Variant]) -> Result<Vec<Option<i64>>> {
    let mut errors = Errors::none();
    let mut numbers = Vec::with_capacity(variants.len());
    let mut next = Some(0);
    for variant in variants {
        let number = match &variant.discriminant {
            Some((_, expression)) => literal(expression),
            None => next,
        };
        next = number.and_then(|number: i128| number.checked_add(1));
        let held = number.map(|number| {
            i64::try_from(number).map_err(|_| {
                let (low, high) = (i64::MIN, i64::MAX);
                let why = format!("{number} is outside of what a column holds, {low} to {high}");
                Error::new(variant.ident.span(), why)
            })
        });
        numbers.extend(errors.take(held.transpose()));
    }
    errors.or(numbers)
}

/// The number that a literal shows, with or without a minus.
fn literal(expression: &Expr) -> Option<i128> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => {
            literal(expr).and_then(i128::checked_neg)
        }
        Expr::Paren(paren) => literal(&paren.expr),
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}
