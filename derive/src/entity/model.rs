//! What the attributes say of the whole struct, and whether it goes together.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{DeriveInput, Error, Fields, Result};

use super::field::{self, Column, Field, Kind, Position};
use super::on_struct::{self, OnStruct, OwnColumn};
use crate::case::Case;
use crate::keys::Errors;

/// An entity or an embedded struct, as it was asked for.
pub(super) struct Model<'s> {
    pub(super) input: &'s DeriveInput,
    pub(super) asked: OnStruct,
    pub(super) embedded: bool,
    pub(super) fields: Vec<Field<'s>>,
}

impl<'s> Model<'s> {
    /// Reads the struct, and tells all that is wrong with it.
    pub(super) fn read(input: &'s DeriveInput, shape: &'s Fields) -> Result<Self> {
        let mut errors = Errors::none();
        let asked = errors.take(on_struct::read(&input.attrs));
        let is_whole = asked.is_some();
        let asked = asked.unwrap_or_default();
        let embedded = asked.embedded.is_some();
        let case = asked.rename_all.as_ref().map(|given| given.value);
        let fields = field::read(shape, &input.generics, case, embedded, &mut errors);
        // A field that was refused may be the very one that would be missed.
        let is_whole = is_whole && fields.len() == shape.len();
        let model = Self { input, asked, embedded, fields };
        model.agree(is_whole, &mut errors);
        errors.or(model)
    }

    /// The name of the type as it is shown.
    pub(super) fn name(&self) -> String {
        self.input.ident.unraw().to_string()
    }

    /// The name of the table.
    pub(super) fn table(&self) -> String {
        let given = self.asked.table.as_ref().map(|given| given.value.clone());
        given.unwrap_or_else(|| Case::Snake.of_variant(&self.name()))
    }

    /// The fields that are columns.
    pub(super) fn columns(&self) -> impl Iterator<Item = (&Field<'s>, &Column<'s>)> {
        self.fields.iter().filter_map(|field| Some((field, field.column()?)))
    }

    /// The fields of the primary key.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Field<'s>> {
        let keys = self.columns().filter(|(_, column)| column.asked.primary_key.is_some());
        keys.map(|(field, _)| field)
    }

    /// The number of columns.
    pub(super) fn end(&self) -> Position<'s> {
        self.fields.last().map(Field::end).unwrap_or_default()
    }

    pub(super) fn key_type(&self) -> TokenStream {
        let types: Vec<_> = self.keys().map(|field| field.ty).collect();
        match &*types {
            [single] => quote!(#single),
            several => quote!((#(#several),*)),
        }
    }

    pub(super) fn key_value(&self) -> TokenStream {
        let value = |field: &Field<'_>| {
            let ident = field.ident;
            quote!(::core::clone::Clone::clone(&self.#ident))
        };
        let values: Vec<_> = self.keys().map(value).collect();
        match &*values {
            [single] => quote!(#single),
            several => quote!((#(#several),*)),
        }
    }

    /// The expression of the position of a column that the struct's attribute names.
    pub(super) fn position(&self, column: &OwnColumn) -> TokenStream {
        let field = self.named(column);
        match (&*column.names, field) {
            ([_, inner], Some(field)) => {
                let (constant, ty) = (&field.constant, field.ty);
                quote!(Self::#constant.column(<#ty>::#inner).position())
            }
            (_, Some(field)) => {
                let at = &field.at;
                quote!(#at)
            }
            // It was refused.
            (_, None) => quote!(0usize),
        }
    }

    /// The constant of a column that the struct's attribute names.
    pub(super) fn constant(&self, column: &OwnColumn) -> TokenStream {
        match (&*column.names, self.named(column)) {
            ([outer, inner], Some(field)) => {
                let ty = field.ty;
                quote!(Self::#outer.column(<#ty>::#inner))
            }
            _ => {
                let names = &column.names;
                quote!(Self::#(#names).*)
            }
        }
    }

    fn named(&self, column: &OwnColumn) -> Option<&Field<'s>> {
        let first = column.names.first()?;
        self.fields.iter().find(|field| field.constant == *first)
    }

    fn agree(&self, is_whole: bool, errors: &mut Errors) {
        self.have_columns(is_whole, errors);
        if !self.embedded {
            self.have_a_key(is_whole, errors);
        }
        self.have_one_version(errors);
        self.tell_columns_apart(errors);
        self.tell_constants_apart(errors);
        if is_whole {
            self.know_columns(errors);
        }
    }

    fn have_columns(&self, is_whole: bool, errors: &mut Errors) {
        let skipped = |field: &Field<'_>| matches!(field.kind, Kind::Skipped);
        if is_whole && self.fields.iter().all(skipped) {
            let why = "an entity is a row of a table, and this struct skips all of its fields";
            errors.add(Error::new(self.input.ident.span(), why));
        }
    }

    fn have_a_key(&self, is_whole: bool, errors: &mut Errors) {
        let keys: Vec<_> = self.keys().collect();
        if keys.is_empty() && is_whole {
            errors.add(Error::new(
                self.input.ident.span(),
                "an entity has a primary key: put `#[entity(primary_key)]` on its field, or on several fields, \
                 or `#[entity(primary_key, generated)]` where the database is to give it; \
                 a struct that others flatten is `#[entity(embedded)]`, \
                 and one that is only read derives `headwater::FromRow`",
            ));
        }
        if keys.len() > 8 {
            let why = "a primary key has up to eight columns";
            errors.add(Error::new(self.input.ident.span(), why));
        }
        if let [key] = &*keys {
            self.refuse_unique(key, errors);
        } else {
            self.refuse_generated(errors);
        }
    }

    fn refuse_unique(&self, key: &Field<'_>, errors: &mut Errors) {
        let Some(Column { asked, .. }) = key.column() else {
            return;
        };
        for given in [&asked.unique, &asked.index].into_iter().flatten() {
            let why = "a primary key is unique and has an index of its own: leave this out";
            errors.add(Error::new(given.span, why));
        }
    }

    /// No database numbers the rows of a key of several columns.
    fn refuse_generated(&self, errors: &mut Errors) {
        for (_, column) in self.columns() {
            if let (Some(given), None) = (&column.asked.generated, &column.asked.default) {
                let why = "the database numbers the rows of a key of one column only: leave out `generated`, \
                           or say with `default = \"SQL\"` what it gives this one";
                errors.add(Error::new(given.span, why));
            }
        }
    }

    fn have_one_version(&self, errors: &mut Errors) {
        let versions = self.columns().filter_map(|(field, column)| {
            column.asked.version.as_ref().map(|given| (field.ident, given.span))
        });
        let versions: Vec<(&Ident, Span)> = versions.collect();
        let Some(((first, _), others)) = versions.split_first() else {
            return;
        };
        for (_, span) in others {
            let why = format!("`{first}` counts the changes already: an entity has one `version`");
            errors.add(Error::new(*span, why));
        }
    }

    /// Names of columns are equal without regard to ASCII case.
    fn tell_columns_apart(&self, errors: &mut Errors) {
        let columns: Vec<_> = self.columns().collect();
        for (place, (field, column)) in columns.iter().enumerate() {
            let mut before = columns.iter().take(place);
            let same = before.find(|(_, known)| known.name.eq_ignore_ascii_case(&column.name));
            if let Some((other, _)) = same {
                let span =
                    column.asked.rename.as_ref().map_or(field.ident.span(), |given| given.span);
                let (other, name) = (other.ident, &column.name);
                let why = format!("the column of `{other}` is called `{name}` too");
                errors.add(Error::new(span, why));
            }
        }
    }

    fn tell_constants_apart(&self, errors: &mut Errors) {
        let columns = self.fields.iter().filter(|field| !matches!(field.kind, Kind::Skipped));
        let columns = columns.map(|field| &field.constant);
        let of_fields = self.columns().filter_map(|(_, column)| column.asked.belongs_to.as_ref());
        let of_fields = of_fields.map(|given| &given.value);
        let keys = self.asked.foreign_keys.iter();
        let of_keys = keys.filter_map(|given| given.value.target.actions.belongs_to.as_ref());
        let relations = self.asked.relations.iter().map(|given| &given.value.name);
        let mut known: Vec<&Ident> = Vec::new();
        for name in columns.chain(of_fields).chain(of_keys).chain(relations) {
            if known.contains(&name) {
                let why = format!(
                    "this struct has a constant `{name}` already: give this one another name"
                );
                errors.add(Error::new(name.span(), why));
            }
            known.push(name);
        }
    }

    /// The names in the struct's attribute are those of columns.
    fn know_columns(&self, errors: &mut Errors) {
        let of_indexes = self.asked.indexes.iter().flat_map(|given| &given.value.columns);
        let of_keys = self.asked.foreign_keys.iter().flat_map(|given| &given.value.own);
        for column in of_indexes.chain(of_keys) {
            if let Err(error) = self.know(column) {
                errors.add(error);
            }
        }
    }

    fn know(&self, column: &OwnColumn) -> Result<()> {
        let Some(name) = column.names.first() else {
            return Ok(());
        };
        let refuse = |why: String| Err(Error::new(name.span(), why));
        match (self.named(column).map(|field| &field.kind), column.names.len()) {
            (Some(Kind::Column(_)), 1) | (Some(Kind::Flattened { .. }), 2) => Ok(()),
            (Some(Kind::Column(_)), _) => {
                refuse(format!("`{name}` is one column, and has none within: write `{name}` alone"))
            }
            (Some(Kind::Flattened { .. }), 1) => refuse(format!(
                "`{name}` is several columns: write `{name}.COLUMN` for one of them"
            )),
            (Some(Kind::Flattened { .. }), _) => {
                refuse("a column within a flattened field is named as `FIELD.COLUMN`".to_owned())
            }
            (Some(Kind::Skipped), _) => refuse(format!("`{name}` is skipped, and so no column")),
            (None, _) => refuse(self.unknown(name)),
        }
    }

    fn unknown(&self, name: &Ident) -> String {
        if let Some(field) = self.fields.iter().find(|field| field.ident == name) {
            return format!(
                "columns are named by their constants here: write `{}`",
                field.constant
            );
        }
        let columns: Vec<String> =
            self.columns().map(|(field, _)| format!("`{}`", field.constant)).collect();
        format!("this struct has no column `{name}`: it has {}", columns.join(", "))
    }
}
