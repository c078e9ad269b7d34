//! The keys of an attribute: what stands in `#[entity(...)]`, `#[from_row(...)]` and `#[value(...)]`.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::parse::Parse;
use syn::spanned::Spanned;
use syn::token::Paren;
use syn::{Attribute, Error, LitStr, Result, Token};

/// What a key was given, and where it stands.
pub(crate) struct Given<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// The name of a key as it is written.
pub(crate) fn name(meta: &ParseNestedMeta<'_>) -> String {
    let segments = meta.path.segments.iter().map(|segment| segment.ident.to_string());
    segments.collect::<Vec<_>>().join("::")
}

/// Calls `key` for each key in the attributes of this name.
pub(crate) fn each(
    attributes: &[Attribute],
    name: &str,
    mut key: impl FnMut(&ParseNestedMeta<'_>) -> Result<()>,
) -> Result<()> {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        attribute.parse_nested_meta(|meta| key(&meta))?;
    }
    Ok(())
}

/// Keeps what a key was given, once.
pub(crate) fn set<T>(
    place: &mut Option<Given<T>>,
    meta: &ParseNestedMeta<'_>,
    value: T,
) -> Result<()> {
    if place.is_some() {
        return Err(meta.error(format!("`{}` is given twice", name(meta))));
    }
    *place = Some(Given { value, span: meta.path.span() });
    Ok(())
}

/// A key that stands alone.
pub(crate) fn alone(meta: &ParseNestedMeta<'_>) -> Result<()> {
    if meta.input.peek(Token![=]) || meta.input.peek(Paren) {
        return Err(meta.error(format!("`{}` stands alone: it takes no value", name(meta))));
    }
    Ok(())
}

/// The text after `key =`; `usage` shows how the key is written.
pub(crate) fn text(meta: &ParseNestedMeta<'_>, usage: &str) -> Result<LitStr> {
    let wrong = || meta.error(format!("write `{usage}`, with a text in quotes"));
    if !meta.input.peek(Token![=]) {
        return Err(wrong());
    }
    meta.value()?.parse::<LitStr>().map_err(|_| wrong())
}

/// The text after `key =`, which has something in it.
pub(crate) fn filled(meta: &ParseNestedMeta<'_>, usage: &str, empty: &str) -> Result<String> {
    let literal = text(meta, usage)?;
    let text = literal.value();
    if text.is_empty() {
        return Err(Error::new(literal.span(), empty));
    }
    Ok(text)
}

/// Refuses `json` where the library does not have what it needs.
pub(crate) fn known_json(feature: bool, span: Span) -> Result<()> {
    if feature {
        return Ok(());
    }
    Err(Error::new(
        span,
        "`json` needs the feature `json` of headwater: headwater = { features = [\"json\"], .. }",
    ))
}

/// The code in the text after `key =`.
pub(crate) fn code<T: Parse>(meta: &ParseNestedMeta<'_>, usage: &str) -> Result<T> {
    let literal = text(meta, usage)?;
    literal.parse().map_err(|why| {
        Error::new(literal.span(), format!("this is not what `{usage}` takes: {why}"))
    })
}

/// Tells all errors at once, after all has been looked at.
pub(crate) struct Errors(Option<Error>);

impl Errors {
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    pub(crate) fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// Keeps what went well.
    pub(crate) fn take<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    pub(crate) fn or<T>(self, value: T) -> Result<T> {
        self.0.map_or(Ok(value), Err)
    }
}
