//! The attribute `#[entity(...)]` on a field: its keys, and which of them go together.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Error, Field, Ident, Result, Token};

use super::foreign::{self, Target};
use crate::keys::{self, Errors, Given};
use crate::types;

/// What stands on a field.
#[derive(Default)]
pub(super) struct OnField {
    pub(super) rename: Option<Given<String>>,
    pub(super) primary_key: Option<Given<()>>,
    pub(super) generated: Option<Given<()>>,
    pub(super) unique: Option<Given<()>>,
    pub(super) index: Option<Given<()>>,
    pub(super) default: Option<Given<String>>,
    pub(super) computed: Option<Given<String>>,
    pub(super) version: Option<Given<()>>,
    pub(super) skip: Option<Given<()>>,
    pub(super) json: Option<Given<()>>,
    pub(super) flatten: Option<Given<()>>,
    pub(super) prefix: Option<Given<String>>,
    pub(super) references: Option<Given<Target>>,
    pub(super) belongs_to: Option<Given<Ident>>,
}

const KEYS: &str = "`primary_key`, `generated`, `unique`, `index`, `rename = \"column\"`, `default = \"SQL\"`, \
                    `computed = \"SQL\"`, `version`, `skip`, `json`, `flatten`, `prefix = \"address_\"`, \
                    `references(Type::COLUMN)` and `belongs_to = NAME`";

/// Reads what stands on a field, and refuses what does not go together.
pub(super) fn read(field: &Field, embedded: bool) -> Result<OnField> {
    let mut read = OnField::default();
    super::refuse_from_row(&field.attrs)?;
    keys::each(&field.attrs, "entity", |meta| one(&mut read, meta))?;
    let mut errors = Errors::none();
    read.agree(field, &mut errors);
    if embedded {
        read.fit_embedded(&mut errors);
    }
    errors.or(read)
}

fn one(read: &mut OnField, meta: &ParseNestedMeta<'_>) -> Result<()> {
    let key = keys::name(meta);
    match key.as_str() {
        "rename" => {
            let usage = "rename = \"column\"";
            text(&mut read.rename, meta, usage, "the name of a column is empty")
        }
        "primary_key" => flag(&mut read.primary_key, meta),
        "generated" => flag(&mut read.generated, meta),
        "unique" => flag(&mut read.unique, meta),
        "index" => flag(&mut read.index, meta),
        "version" => flag(&mut read.version, meta),
        "skip" => flag(&mut read.skip, meta),
        "flatten" => flag(&mut read.flatten, meta),
        "json" => {
            keys::known_json(cfg!(feature = "json"), meta.path.span())?;
            flag(&mut read.json, meta)
        }
        "default" => {
            let empty = "the expression of the default is empty: for an empty text write `default = \"''\"`";
            text(&mut read.default, meta, "default = \"CURRENT_TIMESTAMP\"", empty)
        }
        "computed" => {
            let empty = "the expression that computes the column is empty";
            text(&mut read.computed, meta, "computed = \"price * quantity\"", empty)
        }
        "prefix" => {
            let empty = "an empty prefix changes nothing: leave `prefix` out";
            text(&mut read.prefix, meta, "flatten, prefix = \"address_\"", empty)
        }
        "references" => {
            let target = foreign::target(meta)?;
            keys::set(&mut read.references, meta, target)
        }
        "belongs_to" => {
            let name = foreign::constant(meta, "belongs_to = AUTHOR")?;
            keys::set(&mut read.belongs_to, meta, name)
        }
        _ => Err(meta.error(unknown(&key))),
    }
}

fn unknown(key: &str) -> String {
    match key {
        "table" | "rename_all" | "embedded" | "validate" | "check" | "foreign_key" | "has_many"
        | "has_one" | "many_to_many" => {
            format!("`{key}` goes on the struct itself")
        }
        "nullable" => "a column may be NULL if its field is an `Option`: leave `nullable` out".to_owned(),
        "try_from" => "`entity` has no `try_from`, since what is read is also written: \
                       derive `headwater::Value` for the field's type, with `#[value(try_from = \"Type\", into = \"Type\")]`"
            .to_owned(),
        "on_delete" | "on_update" => {
            format!("`{key}` goes into `references`: `references(Type::COLUMN, {key} = cascade)`")
        }
        "deferred" => "`deferred` goes into `references`: `references(Type::COLUMN, deferred)`".to_owned(),
        _ => format!("`entity` knows {KEYS} on a field, and no `{key}`"),
    }
}

fn flag(place: &mut Option<Given<()>>, meta: &ParseNestedMeta<'_>) -> Result<()> {
    if matches!(keys::name(meta).as_str(), "unique" | "index") && !is_alone(meta) {
        return Err(meta.error(
            "on a field this stands alone; for several columns or a name put it on the struct: \
             `#[entity(unique(A, B), index(A, B, name = \"x\"))]`",
        ));
    }
    keys::alone(meta)?;
    keys::set(place, meta, ())
}

fn is_alone(meta: &ParseNestedMeta<'_>) -> bool {
    meta.input.is_empty() || meta.input.peek(Token![,])
}

/// A text that has something in it.
fn text(
    place: &mut Option<Given<String>>,
    meta: &ParseNestedMeta<'_>,
    usage: &str,
    empty: &str,
) -> Result<()> {
    let text = keys::filled(meta, usage, empty)?;
    keys::set(place, meta, text)
}

impl OnField {
    /// Where each key stands that was given.
    fn spans(&self) -> [(&'static str, Option<Span>); 14] {
        fn of<T>(key: Option<&Given<T>>) -> Option<Span> {
            key.map(|given| given.span)
        }
        [
            ("rename", of(self.rename.as_ref())),
            ("primary_key", of(self.primary_key.as_ref())),
            ("generated", of(self.generated.as_ref())),
            ("unique", of(self.unique.as_ref())),
            ("index", of(self.index.as_ref())),
            ("default", of(self.default.as_ref())),
            ("computed", of(self.computed.as_ref())),
            ("version", of(self.version.as_ref())),
            ("skip", of(self.skip.as_ref())),
            ("json", of(self.json.as_ref())),
            ("flatten", of(self.flatten.as_ref())),
            ("prefix", of(self.prefix.as_ref())),
            ("references", of(self.references.as_ref())),
            ("belongs_to", of(self.belongs_to.as_ref())),
        ]
    }

    /// Refuses each of these keys that was given.
    fn refuse(&self, errors: &mut Errors, keys: &[&str], why: impl Fn(&str) -> String) {
        for (key, span) in self.spans() {
            if let (true, Some(span)) = (keys.contains(&key), span) {
                errors.add(Error::new(span, why(key)));
            }
        }
    }

    /// Refuses each key that was given and is none of these.
    fn refuse_but(&self, errors: &mut Errors, keys: &[&str], why: impl Fn(&str) -> String) {
        let others = self.spans().map(|(key, _)| key).into_iter();
        let others: Vec<&str> = others.filter(|key| !keys.contains(key)).collect();
        self.refuse(errors, &others, why);
    }

    fn agree(&self, field: &Field, errors: &mut Errors) {
        if self.skip.is_some() {
            return self.refuse_but(errors, &["skip"], |key| {
                format!("a field with `skip` has no column: leave out `{key}`, or leave out `skip`")
            });
        }
        if self.flatten.is_some() {
            return self.agree_with_flatten(field, errors);
        }
        self.refuse(errors, &["prefix"], |_| {
            "`prefix` belongs to `flatten`: write `flatten, prefix = \"address_\"`, \
             or `rename = \"address_city\"` for a single column"
                .to_owned()
        });
        self.agree_with_key(field, errors);
        self.agree_with_computed(errors);
        if self.json.is_some() {
            self.refuse(errors, &["references", "belongs_to"], |key| {
                format!("no key of a row is JSON: leave out `{key}`, or leave out `json`")
            });
        }
        self.agree_with_version(field, errors);
        if self.references.is_none() {
            self.refuse(errors, &["belongs_to"], |_| {
                "`belongs_to` names the relation along a reference: \
                 write `references(Type::COLUMN)` beside it"
                    .to_owned()
            });
        }
    }

    fn agree_with_flatten(&self, field: &Field, errors: &mut Errors) {
        self.refuse_but(errors, &["flatten", "prefix"], |key| match key {
            "rename" => "a field with `flatten` is several columns: \
                         write `prefix = \"address_\"` for what their names begin with"
                .to_owned(),
            "json" => {
                "`json` is one column and `flatten` is several: leave one of them out".to_owned()
            }
            _ => format!("a field with `flatten` is several columns: leave out `{key}`"),
        });
        if types::of_option(&field.ty).is_some() {
            let why = "an entity always has the columns of a flattened struct: \
                       make its fields `Option`s, and this one not";
            errors.add(Error::new_spanned(&field.ty, why));
        }
    }

    fn agree_with_key(&self, field: &Field, errors: &mut Errors) {
        if self.primary_key.is_none() {
            return self.refuse(errors, &["generated"], |_| {
                "only a key is `generated`: for a value that the database gives where there is none \
                 write `default = \"SQL\"`, for one that it computes `computed = \"SQL\"`"
                    .to_owned()
            });
        }
        if let Some(inner) = types::of_option(&field.ty) {
            let inner = quote::quote!(#inner);
            let why = format!(
                "a primary key is never NULL: write `{inner}`; \
                 with `generated` the database gives a key where the field is its type's default"
            );
            errors.add(Error::new_spanned(&field.ty, why));
        }
        self.refuse(errors, &["computed", "version", "json"], |key| {
            format!("a primary key stays what it is once it is written, and is no `{key}`")
        });
    }

    fn agree_with_computed(&self, errors: &mut Errors) {
        if self.computed.is_some() {
            self.refuse(errors, &["default", "version"], |key| {
                format!("a column that the database computes is never written: leave out `{key}`, or leave out `computed`")
            });
        }
    }

    fn agree_with_version(&self, field: &Field, errors: &mut Errors) {
        if self.version.is_none() {
            return;
        }
        if types::of_option(&field.ty).is_some() || types::is_no_integer(&field.ty) {
            let why = "a version counts the changes of a row: give it an integer type, as `i64`";
            errors.add(Error::new_spanned(&field.ty, why));
        }
        self.refuse(errors, &["json", "references"], |key| {
            format!("a version counts the changes of a row, and is no `{key}`")
        });
    }

    fn fit_embedded(&self, errors: &mut Errors) {
        self.refuse(errors, &["primary_key", "generated", "version"], |key| {
            format!("an embedded struct has no key and no version: put `{key}` on a field of the entity that flattens it")
        });
        self.refuse(errors, &["unique", "index", "references", "belongs_to"], |key| {
            let on_struct = match key {
                "unique" | "index" => format!("`{key}(ADDRESS.CITY)`"),
                _ => "`foreign_key(ADDRESS.COUNTRY => Country::CODE)`".to_owned(),
            };
            format!(
                "an embedded struct has no table of its own: \
                 put {on_struct} on the entity that flattens it, with the names of the field and the column"
            )
        });
    }
}
