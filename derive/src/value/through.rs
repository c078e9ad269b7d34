//! A type that is read through another one, and stored as one.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataEnum, Error, Result, Type};

use super::attribute::{self, OnType};
use super::{Bodies, Names, Stored};
use crate::keys::{Errors, Given};

/// Reads and stores through other types.
pub(super) fn both(asked: &OnType, into: &Given<Type>, names: &Names) -> Result<Bodies> {
    let Some(via) = &asked.try_from else {
        return Err(Error::new(into.span, "`into` needs `try_from`"));
    };
    let (from_value, into) = (read(&via.value, names), &into.value);
    let store = |value: TokenStream| {
        quote! {
            ::headwater::ToValue::into_value(<Self as ::core::convert::Into<#into>>::into(#value))
        }
    };
    Ok(Bodies {
        to_value: store(quote!(<Self as ::core::clone::Clone>::clone(self))),
        into_value: Some(store(quote!(self))),
        from_value,
        stored: Stored::As(quote!(#into)),
        ..Bodies::default()
    })
}

/// Reads and stores an enum, of whatever variants, through other types.
pub(super) fn of_enum(data: &DataEnum, asked: &OnType, names: &Names) -> Result<Bodies> {
    let mut errors = Errors::none();
    for variant in &data.variants {
        if let Some(Some(given)) = errors.take(attribute::on_variant(variant)) {
            let why = "`try_from` says how the value is read: leave out `rename`";
            errors.add(Error::new(given.span, why));
        }
    }
    errors.or(())?;
    let Some(into) = &asked.into else {
        let span =
            asked.try_from.as_ref().map_or_else(proc_macro2::Span::call_site, |via| via.span);
        let why =
            "`try_from` says how the enum is read: say with `into = \"Type\"` what it is stored as";
        return Err(Error::new(span, why));
    };
    both(asked, into, names)
}

/// The body that reads a `via`, and makes the type of it.
pub(super) fn read(via: &Type, names: &Names) -> TokenStream {
    let value = &names.value;
    quote! {
        <Self as ::core::convert::TryFrom<#via>>::try_from(
            <#via as ::headwater::FromValue<'_>>::from_value(#value)?
        )
        .map_err(::headwater::__private::refused)
    }
}
