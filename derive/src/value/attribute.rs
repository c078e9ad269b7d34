//! The attribute `#[value(...)]`: its keys, and which of them go together.

use syn::{Attribute, Error, Fields, Result, Type, Variant};

use crate::case::Case;
use crate::keys::{self, Errors, Given};

/// What stands on the struct or the enum.
#[derive(Default)]
pub(super) struct OnType {
    pub(super) rename_all: Option<Given<Case>>,
    pub(super) integer: Option<Given<()>>,
    pub(super) try_from: Option<Given<Type>>,
    pub(super) into: Option<Given<Type>>,
}

/// Reads what stands on the struct or the enum.
pub(super) fn on_type(attributes: &[Attribute]) -> Result<OnType> {
    let mut read = OnType::default();
    keys::each(attributes, "value", |meta| {
        let key = keys::name(meta);
        match key.as_str() {
            "rename_all" => {
                let case = Case::read(&keys::text(meta, "rename_all = \"snake_case\"")?)?;
                keys::set(&mut read.rename_all, meta, case)
            }
            "integer" => {
                keys::alone(meta)?;
                keys::set(&mut read.integer, meta, ())
            }
            "try_from" => {
                let via = keys::code(meta, "try_from = \"Type\"")?;
                keys::set(&mut read.try_from, meta, via)
            }
            "into" => {
                let via = keys::code(meta, "into = \"Type\"")?;
                keys::set(&mut read.into, meta, via)
            }
            "rename" => {
                Err(meta.error("`rename` goes on a variant: `#[value(rename = \"text\")]`"))
            }
            _ => Err(meta.error(format!(
                "`value` knows `rename_all = \"snake_case\"` and `integer` on an enum, \
                 `try_from = \"Type\"` and `into = \"Type\"` on a struct or an enum, and no `{key}`"
            ))),
        }
    })?;
    read.agree()?;
    Ok(read)
}

impl OnType {
    fn agree(&self) -> Result<()> {
        if let (Some(into), None) = (&self.into, &self.try_from) {
            let why = "`into` says what the value is stored as: say with `try_from = \"Type\"` how it is read";
            return Err(Error::new(into.span, why));
        }
        if self.try_from.is_some() {
            self.refuse_choices("`try_from` says how the value is read")?;
        }
        if let (Some(case), Some(_)) = (&self.rename_all, &self.integer) {
            let why = "with `integer` the enum is stored as its numbers: leave out `rename_all`, or leave out `integer`";
            return Err(Error::new(case.span, why));
        }
        Ok(())
    }

    /// Refuses what only the variants of an enum can be told by.
    pub(super) fn refuse_choices(&self, why: &str) -> Result<()> {
        let given = [
            self.rename_all.as_ref().map(|given| ("rename_all", given.span)),
            self.integer.as_ref().map(|given| ("integer", given.span)),
        ];
        match given.into_iter().flatten().next() {
            Some((key, span)) => Err(Error::new(span, format!("{why}: leave out `{key}`"))),
            None => Ok(()),
        }
    }
}

/// Reads the text that a variant is given.
pub(super) fn on_variant(variant: &Variant) -> Result<Option<Given<String>>> {
    let mut rename = None;
    keys::each(&variant.attrs, "value", |meta| match keys::name(meta).as_str() {
        "rename" => {
            let text = keys::text(meta, "rename = \"text\"")?.value();
            keys::set(&mut rename, meta, text)
        }
        key @ ("rename_all" | "integer" | "try_from" | "into") => {
            Err(meta.error(format!("`{key}` goes on the enum itself")))
        }
        key => {
            Err(meta
                .error(format!("`value` knows `rename = \"text\"` on a variant, and no `{key}`")))
        }
    })?;
    refuse_on_fields(&variant.fields)?;
    Ok(rename)
}

/// Refuses the attribute on fields, where it has no meaning.
pub(super) fn refuse_on_fields(fields: &Fields) -> Result<()> {
    let mut errors = Errors::none();
    let attributes = fields.iter().flat_map(|field| &field.attrs);
    for attribute in attributes.filter(|attribute| attribute.path().is_ident("value")) {
        let why = "`value` has no meaning on a field: put it on the type itself";
        errors.add(Error::new_spanned(attribute, why));
    }
    errors.or(())
}
