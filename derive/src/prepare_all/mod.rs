//! `prepare_all!`: the sources of the calling package are read for their `sql!` texts, and the texts are
//! written out as a list.

mod calls;
mod files;
mod tokens;

use std::path::Path;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, LitStr, Result, Token};

use files::{File, sources};

/// Where the sources are if nothing else is said.
const SOURCES: &str = "src";

/// What stands between the parentheses.
struct Check {
    database: Expr,
    paths: Vec<LitStr>,
}

impl Parse for Check {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            return Err(Error::new(
                Span::call_site(),
                "`prepare_all!` needs what to ask: prepare_all!(&engine)",
            ));
        }
        let database = input.parse()?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        let paths = Punctuated::<LitStr, Token![,]>::parse_terminated(input).map_err(|error| {
            Error::new(
                error.span(),
                "`prepare_all!` takes files and folders as string literals, by their paths from the folder \
                 that Cargo.toml is in: prepare_all!(&engine, \"src\")",
            )
        })?;
        Ok(Self { database, paths: paths.into_iter().collect() })
    }
}

/// Expands the tokens inside `prepare_all!(...)` in the package in the folder `package`.
pub(crate) fn expand(input: TokenStream, package: Option<&Path>) -> Result<TokenStream> {
    let Check { database, paths } = syn::parse2(input)?;
    let package = package.ok_or_else(|| {
        Error::new(Span::call_site(), "`prepare_all!` finds the sources through Cargo alone")
    })?;
    let paths =
        if paths.is_empty() { vec![LitStr::new(SOURCES, Span::call_site())] } else { paths };
    let mut files = Vec::new();
    for path in paths {
        let found = sources(package, &path.value()).map_err(|why| Error::new(path.span(), why))?;
        files.extend(found);
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    files.dedup_by(|one, other| one.name == other.name);

    let texts = files.iter().flat_map(texts);
    let names = files.iter().map(|file| format!("/{}", file.name));
    Ok(quote! {{
        // The compiler reads the files again, so that it knows when to expand this anew.
        const _: &[&[u8]] = &[#(::core::include_bytes!(
            ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #names)
        )),*];
        const TEXTS: &[::headwater::__private::Listed] = &[#(#texts),*];
        ::headwater::__private::prepare_all(&(#database), TEXTS)
    }})
}

fn texts(file: &File) -> impl Iterator<Item = TokenStream> {
    file.calls.iter().map(|call| {
        let (name, line) = (&file.name, call.line);
        let text = match &call.text {
            Ok(text) => quote!(::core::result::Result::Ok(#text)),
            Err(why) => quote!(::core::result::Result::Err(#why)),
        };
        quote!(::headwater::__private::Listed { file: #name, line: #line, text: #text })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(input: &str) -> Result<TokenStream> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/prepare_all");
        expand(input.parse().unwrap(), Some(&package))
    }

    #[test]
    fn a_file_becomes_a_list_of_its_texts() {
        crate::assert_same_code(
            &expanded(r#"&engine, "src/lib.rs", "src/lib.rs","#).unwrap(),
            r#"{
                const _: &[&[u8]] = &[::core::include_bytes!(
                    ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/src/lib.rs")
                )];
                const TEXTS: &[::headwater::__private::Listed] = &[
                    ::headwater::__private::Listed {
                        file: "src/lib.rs", line: 14usize,
                        text: ::core::result::Result::Ok("SELECT name FROM users WHERE id = ?1")
                    },
                    ::headwater::__private::Listed {
                        file: "src/lib.rs", line: 20usize,
                        text: ::core::result::Result::Ok("SELECT count(*) FROM users WHERE id IN (?1)")
                    }
                ];
                ::headwater::__private::prepare_all(&(&engine), TEXTS)
            }"#,
        );
    }

    #[test]
    fn the_sources_are_in_src_if_nothing_else_is_said() {
        let all = expanded("engine").unwrap().to_string();

        assert!(all.contains("\"/src/orders/mod.rs\""), "{all}");
        assert!(!all.contains("tests.rs"), "{all}");
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert!(expanded("").unwrap_err().to_string().contains("prepare_all!(&engine)"));
        assert!(expanded("engine, \"none\"").unwrap_err().to_string().contains("`none`"));
        for input in ["engine, 1", "engine, folder", "engine, \"src\" 1"] {
            let said = expanded(input).unwrap_err().to_string();
            assert!(said.contains("takes files and folders as string literals"), "{said}");
        }
        assert!(expand("engine".parse().unwrap(), None).is_err());
    }
}
