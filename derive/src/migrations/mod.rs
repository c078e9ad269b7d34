//! `migrations!`: a folder is read at compile time, its files are put in order, and each is embedded.

mod files;

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, LitStr, Result};

use files::{File, Pair};

/// Expands the tokens inside `migrations!(...)`.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let literal: LitStr = match input.is_empty() {
        true => LitStr::new("migrations", proc_macro2::Span::call_site()),
        false => folder(input)?,
    };
    let at_call = |message: String| Error::new(literal.span(), message);
    let root = std::env::var("CARGO_MANIFEST_DIR").map_err(|_| {
        at_call("`migrations!` needs the CARGO_MANIFEST_DIR that cargo sets".into())
    })?;
    let folder = literal.value();
    let folder = folder.trim_end_matches('/');
    let pairs = read(Path::new(&root), folder).map_err(at_call)?;
    let migrations = pairs.iter().map(|pair| embed(folder, pair));
    Ok(quote! {
        ::headwater::Migrations::new([#(#migrations),*])
    })
}

/// The one argument.
fn folder(input: TokenStream) -> Result<LitStr> {
    let comma = |input: syn::parse::ParseStream<'_>| {
        let literal = input.parse()?;
        input.parse::<Option<syn::Token![,]>>()?;
        Ok(literal)
    };
    let expected = "`migrations!` takes one folder, as a string literal, by its path from the one that \
                    Cargo.toml is in: `migrations!(\"migrations\")`";
    syn::parse::Parser::parse2(comma, input.clone())
        .map_err(|_| Error::new_spanned(input, expected))
}

/// The expression of one migration. `include_str!` makes the compiler look at the file again when it has
/// changed.
fn embed(folder: &str, Pair { version, name, up, down }: &Pair) -> TokenStream {
    let text = |file: &str| {
        let path = format!("/{folder}/{file}");
        quote! {
            (#file, ::core::include_str!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path)))
        }
    };
    let up = text(up);
    let down = match down {
        Some(down) => {
            let down = text(down);
            quote! { ::core::option::Option::Some(#down) }
        }
        None => quote! { ::core::option::Option::None },
    };
    quote! { ::headwater::__private::embedded(#version, #name, #up, #down) }
}

/// Reads a folder: its migrations in order, or what is wrong with them.
fn read(root: &Path, folder: &str) -> std::result::Result<Vec<Pair>, String> {
    if folder.is_empty() || Path::new(folder).is_absolute() {
        return Err("name a folder by its path from the one that Cargo.toml is in".into());
    }
    let path: PathBuf = root.join(folder);
    let entries = std::fs::read_dir(&path).map_err(|error| {
        format!(
            "the folder `{folder}` cannot be read: {error} (it is looked for beside Cargo.toml)"
        )
    })?;
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| format!("`{folder}` cannot be read: {error}"))?;
        let name = entry.file_name().into_string().map_err(|name| {
            format!("the name of `{}` in `{folder}` is not UTF-8", name.to_string_lossy())
        })?;
        if let Some(file) = File::of(&name)? {
            check_text(&entry.path(), &name)?;
            found.push(file);
        }
    }
    if found.is_empty() {
        return Err(format!(
            "the folder `{folder}` has no migration: write `0001_create_users.sql`, or the like"
        ));
    }
    files::pair(found)
}

/// Refuses a file that cannot be run.
fn check_text(path: &Path, name: &str) -> std::result::Result<(), String> {
    let bytes = std::fs::read(path).map_err(|error| format!("`{name}` cannot be read: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        format!("`{name}` is not UTF-8 from byte {} on", error.utf8_error().valid_up_to())
    })?;
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Err(format!("`{name}` is empty"));
    }
    match text.find('\0') {
        Some(at) => {
            Err(format!("`{name}` has a NUL at byte {at}, where a database would cut it off"))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A folder with some files, gone when this is dropped.
    struct Folder(PathBuf);

    impl Folder {
        fn new(files: &[(&str, &[u8])]) -> Self {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let name = format!(
                "headwater-migrations-{}-{}",
                std::process::id(),
                NEXT.fetch_add(1, Ordering::Relaxed)
            );
            let root = std::env::temp_dir().join(name);
            std::fs::create_dir_all(root.join("m")).unwrap();
            for (file, text) in files {
                std::fs::write(root.join("m").join(file), text).unwrap();
            }
            Self(root)
        }

        fn read(&self) -> std::result::Result<Vec<Pair>, String> {
            super::read(&self.0, "m")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn refused(files: &[(&str, &[u8])]) -> String {
        Folder::new(files).read().unwrap_err()
    }

    #[test]
    fn a_folder_is_read_in_the_order_of_versions() {
        let folder = Folder::new(&[
            ("10_c.sql", b"SELECT 1"),
            ("2_b.down.sql", b"SELECT 1"),
            ("2_b.up.sql", b"SELECT 1"),
            ("0001_a.sql", b"SELECT 1"),
            ("README.md", b"\xff"),
            (".gitkeep", b""),
        ]);

        let pairs = folder.read().unwrap();

        let versions: Vec<_> =
            pairs.iter().map(|pair| (pair.version, pair.down.is_some())).collect();
        assert_eq!(versions, [(1, false), (2, true), (10, false)]);
    }

    #[test]
    fn files_that_cannot_be_run_are_named() {
        assert_eq!(refused(&[("1_a.sql", b" \n")]), "`1_a.sql` is empty");
        assert_eq!(refused(&[("1_a.sql", b"a\xffb")]), "`1_a.sql` is not UTF-8 from byte 1 on");
        assert!(refused(&[("1_a.sql", b"ab\0")]).starts_with("`1_a.sql` has a NUL at byte 2"));
    }

    #[test]
    fn a_folder_without_migrations_is_refused() {
        assert!(refused(&[("notes.txt", b"a")]).starts_with("the folder `m` has no migration"));
        assert!(super::read(Path::new("/nowhere"), "m").unwrap_err().contains("cannot be read"));
        assert!(super::read(Path::new("/"), "/tmp").unwrap_err().contains("Cargo.toml"));
    }

    #[test]
    fn what_is_no_folder_says_what_is_expected() {
        for input in ["folder", "1", "\"a\", 1", "\"a\" \"b\"", "concat!(\"a\")", "b\"a\""] {
            let said = expand(input.parse().unwrap()).unwrap_err().to_string();

            assert!(said.starts_with("`migrations!` takes one folder"), "{input}: {said}");
        }
        let said = expand("\"none\",".parse().unwrap()).unwrap_err().to_string();
        assert!(said.starts_with("the folder `none` cannot be read"), "{said}");
    }

    #[test]
    fn each_file_is_embedded_by_its_path_from_the_package() {
        let pair = Pair {
            version: 1,
            name: "a".to_owned(),
            up: "1_a.up.sql".to_owned(),
            down: Some("1_a.down.sql".to_owned()),
        };

        crate::assert_same_code(
            &embed("m", &pair),
            r#"::headwater::__private::embedded(
                1i64,
                "a",
                ("1_a.up.sql", ::core::include_str!(
                    ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/m/1_a.up.sql"))),
                ::core::option::Option::Some(("1_a.down.sql", ::core::include_str!(
                    ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/m/1_a.down.sql"))))
            )"#,
        );
    }
}
