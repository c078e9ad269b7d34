//! Columns of other entities, and what a foreign key says of them.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::token::Paren;
use syn::{Error, ExprPath, Ident, Result, Token, parenthesized};

/// A column by its path: `User::ID`.
pub(super) struct ColumnPath {
    path: ExprPath,
    /// The type whose constant it is.
    pub(super) entity: TokenStream,
}

/// What a foreign key refers to, and what it does.
pub(super) struct Target {
    pub(super) columns: Vec<ColumnPath>,
    pub(super) actions: Actions,
}

#[derive(Default)]
pub(super) struct Actions {
    pub(super) on_delete: Option<Ident>,
    pub(super) on_update: Option<Ident>,
    pub(super) deferred: bool,
    /// The name of the relation; only on the struct, since a field has a key of its own for it.
    pub(super) belongs_to: Option<Ident>,
}

/// The words for what a foreign key does, and the variants of `Action`.
const ACTIONS: [(&str, &str); 5] = [
    ("cascade", "Cascade"),
    ("set_null", "SetNull"),
    ("restrict", "Restrict"),
    ("no_action", "NoAction"),
    ("set_default", "SetDefault"),
];

/// What stands in `references(...)`.
pub(super) fn target(meta: &ParseNestedMeta<'_>) -> Result<Target> {
    if !meta.input.peek(Paren) {
        return Err(meta.error(
            "write `references(Type::COLUMN)`, or `references(Type::COLUMN, on_delete = cascade)`",
        ));
    }
    let content;
    parenthesized!(content in meta.input);
    let column = content.parse()?;
    let actions = Actions::parse(&content, false)?;
    Ok(Target { columns: vec![column], actions })
}

/// The name of a constant after `key =`.
pub(super) fn constant(meta: &ParseNestedMeta<'_>, usage: &str) -> Result<Ident> {
    let wrong =
        |span| Error::new(span, format!("write `{usage}`: the name of a constant, without quotes"));
    if !meta.input.peek(Token![=]) {
        return Err(wrong(meta.path.span()));
    }
    let value = meta.value()?;
    value.call(Ident::parse_any).map_err(|_| wrong(value.span()))
}

/// One column, or several in parentheses.
pub(super) fn one_or_more<T: Parse>(input: ParseStream<'_>) -> Result<Vec<T>> {
    if !input.peek(Paren) {
        return Ok(vec![input.parse()?]);
    }
    let content;
    let parentheses = parenthesized!(content in input);
    let several = Punctuated::<T, Token![,]>::parse_terminated(&content)?;
    if several.is_empty() {
        return Err(Error::new(parentheses.span.join(), "name a column at least"));
    }
    Ok(several.into_iter().collect())
}

/// Columns of one entity.
pub(super) fn of_one_entity(input: ParseStream<'_>) -> Result<Vec<ColumnPath>> {
    let columns: Vec<ColumnPath> = one_or_more(input)?;
    let mut entities = columns.iter().map(|column| column.entity.to_string());
    let first = entities.next();
    if let Some(place) = entities.position(|entity| Some(&entity) != first.as_ref()) {
        let span = columns.get(place + 1).map_or_else(Span::call_site, |column| column.path.span());
        let why =
            format!("these are columns of one entity, and the first is of `{}`", shown(&first));
        return Err(Error::new(span, why));
    }
    Ok(columns)
}

fn shown(entity: &Option<String>) -> String {
    entity.as_deref().unwrap_or_default().replace(' ', "")
}

impl Parse for ColumnPath {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        const WRONG: &str =
            "write `Type::COLUMN`: the constant of a column of an entity, as `User::ID`";
        let span = input.span();
        let path: ExprPath = input.parse().map_err(|_| Error::new(span, WRONG))?;
        // What follows is another key, or nothing: a call or a field are no path.
        if !(input.is_empty() || input.peek(Token![,]) || input.peek(Token![=>])) {
            return Err(Error::new(span, WRONG));
        }
        let entity = owner(&path).ok_or_else(|| Error::new_spanned(&path, WRONG))?;
        Ok(Self { path, entity })
    }
}

impl ColumnPath {
    /// The expression of its position.
    pub(super) fn position(&self) -> TokenStream {
        quote_spanned!(self.path.span()=> ::headwater::Column::position(#self))
    }
}

impl ToTokens for ColumnPath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.path.to_tokens(tokens);
    }
}

/// The type that a path names a constant of: all but its last segment.
fn owner(path: &ExprPath) -> Option<TokenStream> {
    let ExprPath { qself, path, .. } = path;
    let kept = path.segments.len().checked_sub(1)?;
    match (qself, kept) {
        (Some(qself), _) if qself.position == kept => {
            let ty = &qself.ty;
            Some(quote!(#ty))
        }
        (Some(_), _) | (None, 0) => None,
        (None, _) => {
            let (leading, segments) = (&path.leading_colon, path.segments.iter().take(kept));
            Some(quote!(#leading #(#segments)::*))
        }
    }
}

impl Actions {
    /// Reads `, on_delete = cascade, ..` to the end.
    pub(super) fn parse(input: ParseStream<'_>, on_struct: bool) -> Result<Self> {
        let mut read = Self::default();
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            read.one(input, on_struct)?;
        }
        Ok(read)
    }

    fn one(&mut self, input: ParseStream<'_>, on_struct: bool) -> Result<()> {
        let span = input.span();
        let key =
            input.call(Ident::parse_any).map_err(|_| Error::new(span, expected(on_struct)))?;
        match key.to_string().as_str() {
            "on_delete" => once(&mut self.on_delete, &key, action(&key, input)?),
            "on_update" => once(&mut self.on_update, &key, action(&key, input)?),
            "deferred" => {
                if self.deferred {
                    return Err(twice(&key));
                }
                self.deferred = true;
                Ok(())
            }
            "belongs_to" if on_struct => {
                input.parse::<Token![=]>()?;
                once(&mut self.belongs_to, &key, input.call(Ident::parse_any)?)
            }
            "belongs_to" => Err(Error::new(
                key.span(),
                "`belongs_to` stands beside `references`: `references(Type::COLUMN), belongs_to = NAME`",
            )),
            other => {
                Err(Error::new(key.span(), format!("{}, and no `{other}`", expected(on_struct))))
            }
        }
    }

    /// The statements that say it of `reference`.
    pub(super) fn code(&self, reference: &Ident) -> TokenStream {
        let on_delete = self.on_delete.as_ref().map(|action| {
            let action = variant(action);
            quote!(#reference.on_delete = ::headwater::entity::Action::#action;)
        });
        let on_update = self.on_update.as_ref().map(|action| {
            let action = variant(action);
            quote!(#reference.on_update = ::headwater::entity::Action::#action;)
        });
        let deferred = self.deferred.then(|| quote!(#reference.deferred = true;));
        quote!(#on_delete #on_update #deferred)
    }
}

fn expected(on_struct: bool) -> &'static str {
    if on_struct {
        "a foreign key knows `on_delete = cascade`, `on_update = cascade`, `deferred` and `belongs_to = NAME`"
    } else {
        "a reference knows `on_delete = cascade`, `on_update = cascade` and `deferred`"
    }
}

fn once(place: &mut Option<Ident>, key: &Ident, value: Ident) -> Result<()> {
    if place.is_some() {
        return Err(twice(key));
    }
    *place = Some(value);
    Ok(())
}

fn twice(key: &Ident) -> Error {
    Error::new(key.span(), format!("`{key}` is given twice"))
}

fn action(key: &Ident, input: ParseStream<'_>) -> Result<Ident> {
    let wrong = |span, asked: &str| {
        let known: Vec<String> = ACTIONS.iter().map(|(word, _)| format!("`{word}`")).collect();
        Error::new(span, format!("`{key}` knows {}{asked}", known.join(", ")))
    };
    if !input.peek(Token![=]) {
        return Err(wrong(key.span(), &format!(": write `{key} = cascade`")));
    }
    input.parse::<Token![=]>()?;
    let span = input.span();
    let word = input.call(Ident::parse_any).map_err(|_| wrong(span, ", without quotes"))?;
    if ACTIONS.iter().any(|(known, _)| word == known) {
        return Ok(word);
    }
    Err(wrong(word.span(), &format!(", and no `{word}`")))
}

fn variant(word: &Ident) -> Ident {
    let found = ACTIONS.iter().find(|(known, _)| word == known);
    Ident::new(found.map_or("NoAction", |(_, variant)| variant), word.span())
}
