//! The attribute `#[entity(...)]` on the struct: its keys, and which of them go together.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::parse::{Parse, ParseStream};
use syn::token::Paren;
use syn::{Attribute, Error, ExprPath, Ident, LitStr, Path, Result, Token, parenthesized};

use super::foreign::{self, Actions, ColumnPath, Target};
use crate::case::Case;
use crate::keys::{self, Errors, Given};

/// What stands on the struct.
#[derive(Default)]
pub(super) struct OnStruct {
    pub(super) table: Option<Given<String>>,
    pub(super) rename_all: Option<Given<Case>>,
    pub(super) embedded: Option<Given<()>>,
    pub(super) validate: Option<Given<ExprPath>>,
    pub(super) indexes: Vec<Given<Index>>,
    pub(super) checks: Vec<Given<String>>,
    pub(super) foreign_keys: Vec<Given<ForeignKey>>,
    pub(super) relations: Vec<Given<Relation>>,
}

/// A column of the struct's own, by the names of constants: `EMAIL`, or `ADDRESS.CITY` of a flattened field.
pub(super) struct OwnColumn {
    pub(super) names: Vec<Ident>,
}

/// `unique(A, B)` or `index(A, B, name = "x")`.
pub(super) struct Index {
    pub(super) columns: Vec<OwnColumn>,
    pub(super) unique: bool,
    pub(super) name: Option<String>,
}

/// `foreign_key((A, B) => (Other::A, Other::B))`.
pub(super) struct ForeignKey {
    pub(super) own: Vec<OwnColumn>,
    pub(super) target: Target,
}

/// A relation that other entities' columns make.
pub(super) struct Relation {
    pub(super) name: Ident,
    pub(super) way: Way,
}

pub(super) enum Way {
    HasMany(Vec<ColumnPath>),
    HasOne(Vec<ColumnPath>),
    ManyToMany { far: TokenStream, near_columns: Vec<ColumnPath>, far_columns: Vec<ColumnPath> },
}

const KEYS: &str = "`table = \"users\"`, `rename_all = \"camelCase\"`, `embedded`, `unique(A, B)`, `index(A, B)`, \
                    `check = \"SQL\"`, `foreign_key((A, B) => (Type::A, Type::B))`, `validate = \"path\"`, \
                    `has_many(NAME: Type::COLUMN)`, `has_one(NAME: Type::COLUMN)` and \
                    `many_to_many(NAME: Type, Link::NEAR => Link::FAR)`";

/// Reads what stands on the struct.
pub(super) fn read(attributes: &[Attribute]) -> Result<OnStruct> {
    let mut read = OnStruct::default();
    super::refuse_from_row(attributes)?;
    keys::each(attributes, "entity", |meta| one(&mut read, meta))?;
    if read.embedded.is_some() {
        read.fit_embedded()?;
    }
    Ok(read)
}

fn one(read: &mut OnStruct, meta: &ParseNestedMeta<'_>) -> Result<()> {
    let key = keys::name(meta);
    match key.as_str() {
        "table" => {
            let table = keys::filled(meta, "table = \"users\"", "the name of a table is empty")?;
            keys::set(&mut read.table, meta, table)
        }
        "rename_all" => {
            let case = Case::read(&keys::text(meta, "rename_all = \"camelCase\"")?)?;
            keys::set(&mut read.rename_all, meta, case)
        }
        "embedded" => {
            keys::alone(meta)?;
            keys::set(&mut read.embedded, meta, ())
        }
        "validate" => {
            let path = keys::code(meta, "validate = \"Self::check\"")?;
            keys::set(&mut read.validate, meta, path)
        }
        "check" => {
            let check = keys::filled(meta, "check = \"age >= 0\"", "the expression is empty")?;
            keep(&mut read.checks, meta, check)
        }
        "unique" => keep(&mut read.indexes, meta, index(meta, true)?),
        "index" => keep(&mut read.indexes, meta, index(meta, false)?),
        "foreign_key" => keep(&mut read.foreign_keys, meta, foreign_key(meta)?),
        "has_many" => {
            let (name, columns) = children(meta, "has_many(POSTS: Post::AUTHOR_ID)")?;
            keep(&mut read.relations, meta, Relation { name, way: Way::HasMany(columns) })
        }
        "has_one" => {
            let (name, columns) = children(meta, "has_one(PROFILE: Profile::USER_ID)")?;
            keep(&mut read.relations, meta, Relation { name, way: Way::HasOne(columns) })
        }
        "many_to_many" => keep(&mut read.relations, meta, many_to_many(meta)?),
        _ => Err(meta.error(unknown(&key))),
    }
}

fn unknown(key: &str) -> String {
    match key {
        "rename" => "the name of the table is `table = \"users\"`; `rename` goes on a field".to_owned(),
        "primary_key" => "`primary_key` goes on the field; with several of them the key has these columns, in their order"
            .to_owned(),
        "generated" | "default" | "computed" | "version" | "skip" | "json" | "flatten" | "prefix"
        | "references" | "belongs_to" => format!("`{key}` has no meaning on the struct itself: put it on a field"),
        _ => format!("`entity` knows {KEYS} on a struct, and no `{key}`"),
    }
}

fn keep<T>(kept: &mut Vec<Given<T>>, meta: &ParseNestedMeta<'_>, value: T) -> Result<()> {
    let mut place = None;
    keys::set(&mut place, meta, value)?;
    kept.extend(place);
    Ok(())
}

/// Calls `read` on what stands in parentheses after the key, all of which it takes.
fn within<T>(
    meta: &ParseNestedMeta<'_>,
    usage: &str,
    read: impl FnOnce(ParseStream<'_>) -> Result<T>,
) -> Result<T> {
    if !meta.input.peek(Paren) {
        return Err(meta.error(format!("write `{usage}`")));
    }
    let content;
    parenthesized!(content in meta.input);
    if content.is_empty() {
        return Err(meta.error(format!("write `{usage}`")));
    }
    let read = read(&content)?;
    if content.peek(Token![,]) {
        content.parse::<Token![,]>()?;
    }
    if !content.is_empty() {
        return Err(content.error(format!("this is one too many: write `{usage}`")));
    }
    Ok(read)
}

fn index(meta: &ParseNestedMeta<'_>, unique: bool) -> Result<Index> {
    let usage = if unique { "unique(A, B)" } else { "index(A, B)" };
    within(meta, usage, |content| {
        let mut index = Index { columns: Vec::new(), unique, name: None };
        while !content.is_empty() {
            if content.peek(Ident::peek_any) && content.peek2(Token![=]) {
                index.name = Some(name(content)?);
                break;
            }
            index.columns.push(content.parse()?);
            if content.is_empty() {
                break;
            }
            content.parse::<Token![,]>()?;
        }
        if index.columns.is_empty() {
            return Err(meta.error(format!("name a column at least: `{usage}`")));
        }
        Ok(index)
    })
}

fn name(content: ParseStream<'_>) -> Result<String> {
    let key = content.call(Ident::parse_any)?;
    if key != "name" {
        return Err(Error::new(
            key.span(),
            format!("an index knows `name = \"x\"`, and no `{key}`"),
        ));
    }
    content.parse::<Token![=]>()?;
    let name: LitStr = content.parse()?;
    if name.value().is_empty() {
        return Err(Error::new(name.span(), "the name of an index is empty: leave it out"));
    }
    Ok(name.value())
}

fn foreign_key(meta: &ParseNestedMeta<'_>) -> Result<ForeignKey> {
    within(meta, "foreign_key((A, B) => (Type::A, Type::B), on_delete = cascade)", |content| {
        let own: Vec<OwnColumn> = foreign::one_or_more(content)?;
        content.parse::<Token![=>]>()?;
        let span = content.span();
        let columns = foreign::of_one_entity(content)?;
        if own.len() != columns.len() {
            let (own, theirs) = (own.len(), columns.len());
            let why = format!("{own} of this struct's columns cannot refer to {theirs}");
            return Err(Error::new(span, why));
        }
        let actions = Actions::parse(content, true)?;
        Ok(ForeignKey { own, target: Target { columns, actions } })
    })
}

fn children(meta: &ParseNestedMeta<'_>, usage: &str) -> Result<(Ident, Vec<ColumnPath>)> {
    within(meta, usage, |content| {
        let name = relation_name(content, usage)?;
        Ok((name, foreign::of_one_entity(content)?))
    })
}

fn relation_name(content: ParseStream<'_>, usage: &str) -> Result<Ident> {
    let span = content.span();
    let wrong = |_| Error::new(span, format!("begin with the name of the relation: `{usage}`"));
    let name = content.call(Ident::parse_any).map_err(wrong)?;
    if content.peek(Token![::]) || !content.peek(Token![:]) {
        return Err(Error::new(span, format!("begin with the name of the relation: `{usage}`")));
    }
    content.parse::<Token![:]>()?;
    Ok(name)
}

fn many_to_many(meta: &ParseNestedMeta<'_>) -> Result<Relation> {
    const USAGE: &str = "many_to_many(TAGS: Tag, PostTag::POST_ID => PostTag::TAG_ID)";
    within(meta, USAGE, |content| {
        let name = relation_name(content, USAGE)?;
        let far: Path = content.parse()?;
        content.parse::<Token![,]>()?;
        let near_columns = foreign::of_one_entity(content)?;
        content.parse::<Token![=>]>()?;
        let span = content.span();
        let far_columns = foreign::of_one_entity(content)?;
        let link = |columns: &[ColumnPath]| columns.first().map(|path| path.entity.to_string());
        if link(&near_columns) != link(&far_columns) {
            let why = "both sides of the arrow are columns of the entity that links the two";
            return Err(Error::new(span, why));
        }
        Ok(Relation { name, way: Way::ManyToMany { far: quote!(#far), near_columns, far_columns } })
    })
}

impl Parse for OwnColumn {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let wrong = |span| {
            Error::new(
                span,
                "write the constant of one of this struct's columns, as `EMAIL` for `email`",
            )
        };
        let span = input.span();
        let mut names = vec![input.call(Ident::parse_any).map_err(|_| wrong(span))?];
        while input.peek(Token![.]) {
            input.parse::<Token![.]>()?;
            names.push(input.call(Ident::parse_any)?);
        }
        if input.peek(Token![::]) {
            return Err(wrong(span));
        }
        Ok(Self { names })
    }
}

impl OnStruct {
    fn fit_embedded(&self) -> Result<()> {
        let mut errors = Errors::none();
        let mut refuse = |key: &str, span| {
            let why = format!(
                "an embedded struct has no table of its own: put `{key}` on the entity that flattens it"
            );
            errors.add(Error::new(span, why));
        };
        self.table.iter().for_each(|given| refuse("table", given.span));
        self.validate.iter().for_each(|given| refuse("validate", given.span));
        self.indexes.iter().for_each(|given| {
            refuse(if given.value.unique { "unique" } else { "index" }, given.span);
        });
        self.checks.iter().for_each(|given| refuse("check", given.span));
        self.foreign_keys.iter().for_each(|given| refuse("foreign_key", given.span));
        self.relations.iter().for_each(|given| refuse(given.value.way.key(), given.span));
        errors.or(())
    }
}

impl Way {
    fn key(&self) -> &'static str {
        match self {
            Self::HasMany(_) => "has_many",
            Self::HasOne(_) => "has_one",
            Self::ManyToMany { .. } => "many_to_many",
        }
    }
}
