//! The fields of a struct that is read from rows: where each value comes from, and how it is read.

use std::rc::Rc;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Error, ExprPath, Fields, Generics, Member, Result, Type};

use super::attribute;
use crate::case::Case;
use crate::keys::Errors;
use crate::types;

/// One field and where its value comes from.
pub(crate) struct Field<'s> {
    pub(crate) member: Member,
    pub(crate) ty: &'s Type,
    pub(crate) source: Source<'s>,
}

/// Where the value of a field comes from.
pub(crate) enum Source<'s> {
    Column(Column<'s>),
    Nested { ty: &'s Type, prefix: String, optional: bool },
    Skipped(Fallback),
}

/// A value of one column.
pub(crate) struct Column<'s> {
    /// The column's name; empty in a tuple struct, whose fields are read by position.
    pub(crate) name: String,
    pub(crate) how: How<'s>,
    /// What stands in for a column that the result does not have.
    pub(crate) fallback: Option<Fallback>,
}

#[derive(Clone)]
/// How a column is read; `optional` where the type is an `Option` that takes NULL itself.
pub(crate) enum How<'s> {
    Plain,
    /// A `Cow`, which would borrow, as an owned value of what it borrows.
    Owned {
        of: &'s Type,
        optional: bool,
    },
    Convert {
        via: Rc<Type>,
        target: &'s Type,
        optional: bool,
    },
    Json {
        target: &'s Type,
        optional: bool,
    },
}

/// What makes a value where none is read.
pub(crate) enum Fallback {
    Default,
    Call(ExprPath),
}

/// Reads all fields, and tells what is wrong with any of them.
pub(super) fn read<'s>(
    fields: &'s Fields,
    generics: &Generics,
    case: Option<Case>,
) -> Result<Vec<Field<'s>>> {
    let mut errors = Errors::none();
    let members = fields.iter().zip(fields.members());
    let read =
        members.filter_map(|(field, member)| errors.take(one(field, member, generics, case)));
    let read = read.collect();
    errors.or(read)
}

fn one<'s>(
    field: &'s syn::Field,
    member: Member,
    generics: &Generics,
    case: Option<Case>,
) -> Result<Field<'s>> {
    let asked = attribute::on_field(field)?;
    let ty = &field.ty;
    let fallback = asked.default.map(|given| given.value.map_or(Fallback::Default, Fallback::Call));
    if asked.skip.is_some() {
        let source = Source::Skipped(fallback.unwrap_or(Fallback::Default));
        return Ok(Field { member, ty, source });
    }
    if asked.flatten.is_some() {
        let prefix = asked.prefix.map(|given| given.value).unwrap_or_default();
        let inner = types::of_option(ty);
        let source = Source::Nested { ty: inner.unwrap_or(ty), prefix, optional: inner.is_some() };
        return Ok(Field { member, ty, source });
    }
    let how = how(ty, asked.json.is_some(), asked.try_from.map(|given| given.value))?;
    refuse_borrowing(ty, &how, generics)?;
    let named = field.ident.as_ref().map(|ident| {
        let name = ident.unraw().to_string();
        case.map_or(name.clone(), |case| case.of_field(&name))
    });
    let name = asked.rename.map(|given| given.value).or(named).unwrap_or_default();
    Ok(Field { member, ty, source: Source::Column(Column { name, how, fallback }) })
}

/// How a field of this type is read.
pub(crate) fn how(ty: &Type, json: bool, via: Option<Type>) -> Result<How<'_>> {
    let inner = types::of_option(ty);
    let (target, optional) = (inner.unwrap_or(ty), inner.is_some());
    if json {
        return Ok(How::Json { target, optional });
    }
    if let Some(via) = via {
        if let (true, Some(of)) = (optional, types::of_option(&via)) {
            let of = quote!(#of);
            let message = format!("a NULL is `None` here already: write `try_from = \"{of}\"`");
            return Err(Error::new_spanned(via, message));
        }
        return Ok(How::Convert { via: Rc::new(via), target, optional });
    }
    Ok(types::of_cow(target).map_or(How::Plain, |of| How::Owned { of, optional }))
}

/// Refuses a value that borrows: the row is gone when the caller has the struct.
pub(crate) fn refuse_borrowing(ty: &Type, how: &How<'_>, generics: &Generics) -> Result<()> {
    if matches!(how, How::Convert { .. } | How::Owned { .. }) {
        return Ok(());
    }
    let inner = types::of_option(ty).unwrap_or(ty);
    if let Type::Reference(reference) = types::bare(inner) {
        return Err(Error::new_spanned(
            reference,
            "a struct that is read from a row owns its values: use `String` for `&str`, `Vec<u8>` for `&[u8]`",
        ));
    }
    types::lifetime(ty, generics).map_or(Ok(()), |lifetime| {
        let message = format!(
            "a struct that is read from a row owns its values, and this one borrows for `'{lifetime}`: \
             use an owned type, or `Cow<'{lifetime}, str>`, which is read as an owned one"
        );
        Err(Error::new_spanned(ty, message))
    })
}

impl Fallback {
    /// The expression that makes the value.
    pub(crate) fn value(&self, ty: &Type) -> TokenStream {
        match self {
            Self::Default => quote!(<#ty as ::core::default::Default>::default()),
            Self::Call(path) => quote!(#path()),
        }
    }

    pub(crate) const fn is_default(&self) -> bool {
        matches!(self, Self::Default)
    }
}
