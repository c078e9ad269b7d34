//! A struct of one field, which is stored as that field is.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{DataStruct, Error, Generics, Member, Result, Type};

use super::attribute::OnType;
use super::{Bodies, Names, Stored, through};
use crate::types;

/// What the struct holds, and markers that hold nothing.
struct Newtype<'s> {
    member: Member,
    ty: &'s Type,
    markers: Vec<Member>,
}

pub(super) fn bodies(
    ident: &Ident,
    data: &DataStruct,
    generics: &Generics,
    asked: &OnType,
    names: &Names,
) -> Result<Bodies> {
    let newtype = single(ident, data)?;
    let Newtype { member, ty, markers } = &newtype;
    let depends = types::mentions(ty, &types::parameters(generics));
    let to_bound = depends.then(|| quote!(#ty: ::headwater::ToValue));
    let to_value = quote!(::headwater::ToValue::to_value(&self.#member));
    let into_value = Some(quote!(::headwater::ToValue::into_value(self.#member)));
    let stored = Stored::As(quote!(#ty));
    if let Some(via) = &asked.try_from {
        let from_value = through::read(&via.value, names);
        return Ok(Bodies { to_value, into_value, from_value, to_bound, from_bound: None, stored });
    }
    let read = read(generics, ty, names);
    let from_value = quote! {
        ::core::result::Result::Ok(Self {
            #member: #read?,
            #(#markers: ::core::marker::PhantomData),*
        })
    };
    let row = &names.row;
    let from_bound = depends.then(|| quote!(#ty: ::headwater::FromValue<#row>));
    Ok(Bodies { to_value, into_value, from_value, to_bound, from_bound, stored })
}

/// The expression that reads the field. A type that borrows is not read for as long as the row lives, but
/// for as long as it borrows, which the compiler finds out.
fn read(generics: &Generics, ty: &Type, names: &Names) -> TokenStream {
    let Names { value, row } = names;
    if types::lifetime(ty, generics).is_some() {
        quote!(::headwater::FromValue::from_value(#value))
    } else {
        quote!(<#ty as ::headwater::FromValue<#row>>::from_value(#value))
    }
}

fn single<'s>(ident: &Ident, data: &'s DataStruct) -> Result<Newtype<'s>> {
    let members = data.fields.iter().zip(data.fields.members());
    let (markers, held): (Vec<_>, Vec<_>) =
        members.partition(|(field, _)| types::is_marker(&field.ty));
    let markers = markers.into_iter().map(|(_, member)| member).collect();
    let count = held.len();
    let mut held = held.into_iter();
    match (held.next(), held.next()) {
        (Some((field, member)), None) => Ok(Newtype { member, ty: &field.ty, markers }),
        (None, _) => Err(Error::new(
            ident.span(),
            "`Value` stores a type in one column, and this struct has nothing to store: give it one field",
        )),
        _ => Err(Error::new(
            ident.span(),
            format!(
                "`Value` stores a type in one column, and this struct has {count} fields: \
                 keep one of them (a `PhantomData` does not count), \
                 say what it is stored as with `#[value(try_from = \"Type\", into = \"Type\")]`, \
                 or derive `headwater::FromRow` to read it from several columns"
            ),
        )),
    }
}
