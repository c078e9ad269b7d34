//! The fields of an entity: their columns, and the constants that name them.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, TokenStreamExt, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, Fields, Generics, Member, Result, Type, Visibility};

use super::on_field::{self, OnField};
use crate::case::Case;
use crate::from_row::field as from_row;
use crate::from_row::field::How;
use crate::keys::Errors;
use crate::types;

/// One field of the struct.
pub(super) struct Field<'s> {
    pub(super) ident: &'s Ident,
    pub(super) ty: &'s Type,
    pub(super) vis: &'s Visibility,
    /// The name of its constant.
    pub(super) constant: Ident,
    pub(super) kind: Kind<'s>,
    /// The position of its column, or of its first one.
    pub(super) at: Position<'s>,
}

pub(super) enum Kind<'s> {
    Column(Box<Column<'s>>),
    Flattened { prefix: String },
    Skipped,
}

/// What is said of one column.
pub(super) struct Column<'s> {
    pub(super) name: String,
    pub(super) how: How<'s>,
    pub(super) asked: OnField,
}

/// A position among the columns, which the flattened fields before it move.
#[derive(Clone, Default)]
pub(super) struct Position<'s> {
    columns: usize,
    flattened: Vec<&'s Type>,
}

/// Reads all fields, and tells what is wrong with any of them.
pub(super) fn read<'s>(
    fields: &'s Fields,
    generics: &Generics,
    case: Option<Case>,
    embedded: bool,
    errors: &mut Errors,
) -> Vec<Field<'s>> {
    let mut at = Position::default();
    let mut read = Vec::with_capacity(fields.len());
    for field in fields {
        let Some(ident) = &field.ident else { continue };
        let kind = on_field::read(field, embedded)
            .and_then(|asked| kind(ident, &field.ty, asked, generics, case));
        if let Some(kind) = errors.take(kind) {
            let here = at.clone();
            match kind {
                Kind::Column(_) => at.columns += 1,
                Kind::Flattened { .. } => at.flattened.push(&field.ty),
                Kind::Skipped => {}
            }
            let (constant, ty, vis) = (constant(ident), &field.ty, &field.vis);
            read.push(Field { ident, ty, vis, constant, kind, at: here });
        }
    }
    read
}

fn kind<'s>(
    ident: &Ident,
    ty: &'s Type,
    asked: OnField,
    generics: &Generics,
    case: Option<Case>,
) -> Result<Kind<'s>> {
    if asked.skip.is_some() {
        return Ok(Kind::Skipped);
    }
    if asked.flatten.is_some() {
        let prefix = asked.prefix.map(|given| given.value).unwrap_or_default();
        return Ok(Kind::Flattened { prefix });
    }
    let how = from_row::how(ty, asked.json.is_some(), None)?;
    from_row::refuse_borrowing(ty, &how, generics)?;
    let plain = ident.unraw().to_string();
    let cased = || case.map_or(plain.clone(), |case| case.of_field(&plain));
    let name = asked.rename.as_ref().map_or_else(cased, |given| given.value.clone());
    if name.is_empty() {
        let why = "no name of a column is left of this one: write `#[entity(rename = \"column\")]`";
        return Err(Error::new(ident.span(), why));
    }
    Ok(Kind::Column(Box::new(Column { name, how, asked })))
}

/// `created_at` as `CREATED_AT`.
fn constant(field: &Ident) -> Ident {
    Ident::new(&field.unraw().to_string().to_uppercase(), field.span())
}

impl<'s> Field<'s> {
    pub(super) fn column(&self) -> Option<&Column<'s>> {
        match &self.kind {
            Kind::Column(column) => Some(column),
            Kind::Flattened { .. } | Kind::Skipped => None,
        }
    }

    /// The field as what is read from a row knows it.
    pub(super) fn read(&self) -> from_row::Field<'s> {
        let source = match &self.kind {
            Kind::Column(column) => from_row::Source::Column(from_row::Column {
                name: column.name.clone(),
                how: column.how.clone(),
                fallback: None,
            }),
            Kind::Flattened { prefix } => {
                from_row::Source::Nested { ty: self.ty, prefix: prefix.clone(), optional: false }
            }
            Kind::Skipped => from_row::Source::Skipped(from_row::Fallback::Default),
        };
        from_row::Field { member: Member::Named(self.ident.clone()), ty: self.ty, source }
    }

    /// The position behind its columns.
    pub(super) fn end(&self) -> Position<'s> {
        let mut end = self.at.clone();
        match &self.kind {
            Kind::Column(_) => end.columns += 1,
            Kind::Flattened { .. } => end.flattened.push(self.ty),
            Kind::Skipped => {}
        }
        end
    }
}

impl Column<'_> {
    /// The type that the constant of the column names.
    pub(super) fn ty(&self, ty: &Type) -> TokenStream {
        match &self.how {
            How::Json { target, optional: false } => quote!(::headwater::Json<#target>),
            How::Json { target, optional: true } => {
                quote!(::core::option::Option<::headwater::Json<#target>>)
            }
            _ => quote!(#ty),
        }
    }

    /// The expression of the field's value.
    pub(super) fn value(&self, field: &Field<'_>) -> TokenStream {
        let (ident, span) = (field.ident, field.ty.span());
        let writes = match &self.how {
            How::Json { target, optional: false } => {
                quote_spanned!(span=> ::headwater::__private::entity::json_value::<#target>)
            }
            How::Json { target, optional: true } => {
                quote_spanned!(span=> ::headwater::__private::entity::json_option_value::<#target>)
            }
            _ => {
                let ty = field.ty;
                quote_spanned!(span=> <#ty as ::headwater::ToValue>::to_value)
            }
        };
        quote!(#writes(&self.#ident))
    }

    /// The function that reads the field from what the database gave.
    pub(super) fn given(&self, ty: &Type) -> TokenStream {
        let of = quote!(::headwater::__private::entity);
        match &self.how {
            How::Owned { of: ty, optional: false } => quote!(#of::owned_given::<#ty>),
            How::Owned { of: ty, optional: true } => quote!(#of::owned_option_given::<#ty>),
            How::Json { target, optional: false } => quote!(#of::json_given::<#target>),
            How::Json { target, optional: true } => quote!(#of::json_option_given::<#target>),
            How::Plain | How::Convert { .. } => quote!(#of::given::<#ty>),
        }
    }

    /// The expression that tells whether the field is left to the database; nothing where it never is.
    pub(super) fn left(&self, field: &Field<'_>) -> Option<TokenStream> {
        let ident = field.ident;
        if self.asked.computed.is_some() {
            return Some(quote!(true));
        }
        if self.asked.generated.is_some() {
            let ty = field.ty;
            return Some(quote!(::headwater::__private::entity::is_default::<#ty>(&self.#ident)));
        }
        let may_be = self.asked.default.is_some() && types::of_option(field.ty).is_some();
        may_be.then(|| quote!(::core::option::Option::is_none(&self.#ident)))
    }
}

impl Position<'_> {
    /// The number, where no flattened field moves it.
    pub(super) fn fixed(&self) -> Option<usize> {
        self.flattened.is_empty().then_some(self.columns)
    }
}

impl ToTokens for Position<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { columns, flattened } = self;
        let flattened = flattened
            .iter()
            .map(|ty| quote_spanned!(ty.span()=> + <#ty as ::headwater::Embedded>::COLUMNS));
        tokens.append_all(quote!(#columns #(#flattened)*));
    }
}
