//! The attribute `#[from_row(...)]`: its keys, and which of them go together.

use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Error, ExprPath, Field, Result, Type};

use crate::case::Case;
use crate::keys::{self, Given};

/// What stands on the struct.
#[derive(Default)]
pub(super) struct OnStruct {
    pub(super) rename_all: Option<Given<Case>>,
}

/// What stands on a field.
#[derive(Default)]
pub(super) struct OnField {
    pub(super) rename: Option<Given<String>>,
    /// A path where one is named, else the type's own default.
    pub(super) default: Option<Given<Option<ExprPath>>>,
    pub(super) skip: Option<Given<()>>,
    pub(super) flatten: Option<Given<()>>,
    pub(super) prefix: Option<Given<String>>,
    pub(super) try_from: Option<Given<Type>>,
    pub(super) json: Option<Given<()>>,
}

const FIELD_KEYS: &str = "`rename = \"column\"`, `default`, `default = \"path\"`, `skip`, `flatten`, \
                          `flatten, prefix = \"author_\"`, `try_from = \"Type\"` and `json`";

/// Reads what stands on the struct.
pub(super) fn on_struct(attributes: &[Attribute]) -> Result<OnStruct> {
    let mut read = OnStruct::default();
    keys::each(attributes, "from_row", |meta| {
        let key = keys::name(meta);
        match key.as_str() {
            "rename_all" => {
                let case = Case::read(&keys::text(meta, "rename_all = \"camelCase\"")?)?;
                keys::set(&mut read.rename_all, meta, case)
            }
            "rename" | "default" | "skip" | "flatten" | "prefix" | "try_from" | "json" => Err(meta
                .error(format!("`{key}` has no meaning on the struct itself: put it on a field"))),
            _ => Err(meta.error(format!(
                "`from_row` knows `rename_all = \"camelCase\"` on a struct, and no `{key}`"
            ))),
        }
    })?;
    Ok(read)
}

/// Reads what stands on a field, and refuses what does not go together.
pub(super) fn on_field(field: &Field) -> Result<OnField> {
    let mut read = OnField::default();
    keys::each(&field.attrs, "from_row", |meta| one(&mut read, meta))?;
    read.agree()?;
    if field.ident.is_none() {
        read.fit_a_tuple()?;
    }
    Ok(read)
}

fn one(read: &mut OnField, meta: &ParseNestedMeta<'_>) -> Result<()> {
    let key = keys::name(meta);
    match key.as_str() {
        "rename" => {
            let column =
                keys::filled(meta, "rename = \"column\"", "the name of a column is empty")?;
            keys::set(&mut read.rename, meta, column)
        }
        "default" => {
            let path = if meta.input.peek(syn::Token![=]) {
                Some(keys::code(meta, "default = \"path\"")?)
            } else {
                keys::alone(meta)?;
                None
            };
            keys::set(&mut read.default, meta, path)
        }
        "skip" => {
            keys::alone(meta)?;
            keys::set(&mut read.skip, meta, ())
        }
        "flatten" => {
            keys::alone(meta)?;
            keys::set(&mut read.flatten, meta, ())
        }
        "prefix" => {
            let empty = "an empty prefix changes nothing: leave `prefix` out";
            let prefix = keys::filled(meta, "flatten, prefix = \"author_\"", empty)?;
            keys::set(&mut read.prefix, meta, prefix)
        }
        "try_from" => {
            let via = keys::code(meta, "try_from = \"Type\"")?;
            keys::set(&mut read.try_from, meta, via)
        }
        "json" => {
            keys::alone(meta)?;
            keys::known_json(cfg!(feature = "json"), meta.path.span())?;
            keys::set(&mut read.json, meta, ())
        }
        "rename_all" => {
            Err(meta
                .error("`rename_all` goes on the struct: on a field write `rename = \"column\"`"))
        }
        _ => Err(meta.error(format!("`from_row` knows {FIELD_KEYS} on a field, and no `{key}`"))),
    }
}

/// Refuses a key, if it was given.
fn refuse<T>(key: Option<&Given<T>>, why: &str) -> Result<()> {
    key.map_or(Ok(()), |given| Err(Error::new(given.span, why)))
}

impl OnField {
    fn agree(&self) -> Result<()> {
        if self.skip.is_some() {
            self.agree_with_skip()?;
        }
        if self.flatten.is_some() {
            self.agree_with_flatten()?;
        } else {
            refuse(
                self.prefix.as_ref(),
                "`prefix` belongs to `flatten`: write `flatten, prefix = \"author_\"`, \
                 or `rename = \"author_name\"` for a single column",
            )?;
        }
        if self.json.is_some() {
            refuse(
                self.try_from.as_ref(),
                "`json` and `try_from` both say what the column is read as: leave one of them out",
            )?;
        }
        Ok(())
    }

    fn agree_with_skip(&self) -> Result<()> {
        const WHY: &str =
            "a field with `skip` reads no column: leave this out, or leave out `skip`";
        refuse(self.rename.as_ref(), WHY)?;
        refuse(self.flatten.as_ref(), WHY)?;
        refuse(self.prefix.as_ref(), WHY)?;
        refuse(self.try_from.as_ref(), WHY)?;
        refuse(self.json.as_ref(), WHY)?;
        refuse(
            self.default.as_ref().filter(|default| default.value.is_none()),
            "a field with `skip` takes its default in any case: leave out `default`, \
             or name what makes the value: `skip, default = \"path\"`",
        )
    }

    fn agree_with_flatten(&self) -> Result<()> {
        refuse(
            self.rename.as_ref(),
            "a field with `flatten` reads several columns: \
             write `prefix = \"author_\"` for what their names begin with",
        )?;
        refuse(
            self.default.as_ref(),
            "a field with `flatten` reads several columns: put `default` on those fields of its type \
             that may be missing, or flatten an `Option` for a left join",
        )?;
        refuse(
            self.try_from.as_ref(),
            "a field with `flatten` reads several columns: \
             put `try_from` on a field of its type, or leave out `flatten`",
        )?;
        refuse(
            self.json.as_ref(),
            "`json` reads one column and `flatten` reads several: leave one of them out",
        )
    }

    fn fit_a_tuple(&self) -> Result<()> {
        const NAMED: &str =
            "a field of a tuple struct is read by position: give the fields names to use this";
        refuse(
            self.rename.as_ref(),
            "a field of a tuple struct is read by position: `rename` has no effect on it",
        )?;
        refuse(self.flatten.as_ref(), NAMED)?;
        if self.skip.is_none() {
            refuse(self.default.as_ref(), NAMED)?;
        }
        Ok(())
    }
}
