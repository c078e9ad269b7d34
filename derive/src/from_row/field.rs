//! The fields of a struct that is read from rows.

use syn::ext::IdentExt;
use syn::{Error, Fields, Member, Result, Type};

use super::attribute;

/// One field and the column that it is read from.
pub(super) struct Field<'s> {
    pub(super) member: Member,
    pub(super) ty: &'s Type,
    /// The column's name; empty in a tuple struct, whose fields are read by position.
    pub(super) column: String,
}

/// Reads all fields, and tells what is wrong with any of them.
pub(super) fn read(fields: &Fields) -> Result<Vec<Field<'_>>> {
    let mut read = Vec::with_capacity(fields.len());
    let mut wrong: Option<Error> = None;
    for (field, member) in fields.iter().zip(fields.members()) {
        match one(field, member) {
            Ok(field) => read.push(field),
            Err(error) => match &mut wrong {
                Some(errors) => errors.combine(error),
                None => wrong = Some(error),
            },
        }
    }
    wrong.map_or(Ok(read), Err)
}

fn one(field: &syn::Field, member: Member) -> Result<Field<'_>> {
    refuse_reference(&field.ty)?;
    let renamed = attribute::rename(field)?;
    let name = field.ident.as_ref().map(|ident| ident.unraw().to_string());
    Ok(Field { member, ty: &field.ty, column: renamed.or(name).unwrap_or_default() })
}

fn refuse_reference(ty: &Type) -> Result<()> {
    if let Type::Reference(reference) = ty {
        return Err(Error::new_spanned(
            reference,
            "a struct that is read from a row owns its values: use `String` for `&str`, `Vec<u8>` for `&[u8]`",
        ));
    }
    Ok(())
}
