//! The attribute `#[from_row(...)]`.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, Field, LitStr, Result};

/// The column that `rename` gives to a field.
pub(super) fn rename(field: &Field) -> Result<Option<String>> {
    let mut column = None;
    for attribute in ours(&field.attrs) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("rename") {
                return Err(unknown(&meta));
            }
            if field.ident.is_none() {
                return Err(meta.error(
                    "a field of a tuple struct is read by position: `rename` has no effect on it",
                ));
            }
            if column.is_some() {
                return Err(meta.error("`rename` is given twice"));
            }
            column = Some(name(&meta.value()?.parse()?)?);
            Ok(())
        })?;
    }
    Ok(column)
}

/// Refuses the attribute where it has no meaning yet.
pub(super) fn refuse_all(attributes: &[Attribute]) -> Result<()> {
    match ours(attributes).next() {
        Some(attribute) => Err(Error::new_spanned(
            attribute,
            "`from_row` has no meaning on the struct itself: put `#[from_row(rename = \"column\")]` on a field",
        )),
        None => Ok(()),
    }
}

fn ours(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("from_row"))
}

fn name(literal: &LitStr) -> Result<String> {
    let name = literal.value();
    if name.is_empty() {
        return Err(Error::new(literal.span(), "the name of a column is empty"));
    }
    Ok(name)
}

fn unknown(meta: &ParseNestedMeta<'_>) -> Error {
    let key = meta.path.segments.iter().map(|segment| segment.ident.to_string());
    let key = key.collect::<Vec<_>>().join("::");
    meta.error(format!("`from_row` knows `rename = \"column\"` on a field, and no `{key}`"))
}
