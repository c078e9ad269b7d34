//! The macros of [Headwater](https://docs.rs/headwater), the streaming-first query library.
//!
//! Use them through `headwater`, which re-exports each of them beside the types that it expands to:
//! what a macro writes names everything by its path from `::headwater`. The examples that run
//! stand there too.
//!
//! * [`sql!`] is a statement with its values in place, checked for its form at compile time.
//! * [`prepare_all!`] has the database check all of them, in a test.
//! * [`#[derive(FromRow)]`](macro@FromRow) reads a struct from a row.
//! * [`#[derive(Entity)]`](macro@Entity) makes a struct the row of a table.
//! * [`#[derive(Value)]`](macro@Value) stores a type of one's own in one column.
//! * [`migrations!`] embeds a folder of SQL files that make the schema.

#![forbid(unsafe_code)]

mod case;
mod entity;
mod from_row;
mod keys;
mod migrations;
mod prepare_all;
mod sql;
mod types;
mod value;

use proc_macro::TokenStream;

/// Each placeholder in the text binds a value.
///
/// Values travel as bound parameters, never as text: a placeholder stands where the database
/// would take a parameter, so it can be neither part of a name nor inside quotes. A whole name is
/// quoted by `:ident`, and another statement is embedded by `:sql`.
///
/// ```text
/// sql!("SELECT id FROM users WHERE age > {min_age} AND city = {}", address.city())
/// sql!("SELECT id FROM users WHERE id IN ({ids..}) AND kind = {filter.kind}")
/// ```
///
/// | placeholder | binds |
/// |---|---|
/// | `{name}` | the variable or constant `name`; also `{self.id}`, `{user.address.city}`, `{pair.0}` |
/// | `{}` | the next argument after the text |
/// | `{0}` | an argument after the text by its place, counted from 0 |
/// | `{names..}` | each value of a list, separated by commas: a `Vec`, a slice, an array, a set |
/// | `{..}`, `{0..}` | each value of a list that is an argument after the text |
/// | `{name:ident}`, `{names..:ident}` | nothing: it is the name, or names, of tables or columns |
/// | `{name:sql}` | the values of another statement, whose text stands there |
///
/// `{{` and `}}` are braces, inside quotes too: `'{{"a": 1}}'` is the text `{"a": 1}`.
///
/// Arguments are borrowed, and each is evaluated once, in the order in which they are written.
/// A variable that is shown twice is bound once. Temporaries end with the macro: nothing of them
/// is held across the `.await` of the query.
///
/// The text is a string literal; inside a macro of your own it may be a `$text:literal`. A text
/// that is made at run time, or one with the database's own placeholders, goes through
/// the function `headwater::sql` instead.
///
/// # Errors
///
/// These do not compile, and the message shows the place in the text: a brace, quote, comment or
/// parenthesis that is never closed, a second statement, a placeholder inside quotes or in a comment, one that touches a name or
/// a number, one whose content is not in the table above, one of the database's own placeholders
/// (`?`, `:name`, `@name`, `$name`), a NUL character, and a text without a statement. Neither does a
/// placeholder without its argument, or an argument without its placeholder.
///
/// Quotes are those of SQLite: `'...'` is text, and `"..."`, `` `...` `` and `[...]` are names.
#[proc_macro]
pub fn sql(input: TokenStream) -> TokenStream {
    let expanded = sql::expand(input.into()).unwrap_or_else(|error| {
        // A block makes one expression of several errors.
        let errors = error.to_compile_error();
        quote::quote!({ #errors })
    });
    expanded.into()
}

/// The folder is named by its path from the one that Cargo.toml is in; `migrations!()` is short for
/// `migrations!("migrations")`. The files are part of the program: it needs none of them where it runs.
///
/// # Files
///
/// ```text
/// migrations/
///   0001_create_users.sql
///   0002_add_email.up.sql
///   0002_add_email.down.sql
///   20260101120000_create_orders.sql
/// ```
///
/// A name begins with the version, in digits, from 1 to 2^63 - 1, and after a `_` says what it does.
/// Versions are applied in the order of their numbers, so leading zeros are for the eye. A file that
/// ends in `.down.sql` takes back the step that the one with `.up.sql`, or with `.sql` alone, makes.
/// What neither begins with a digit nor ends in `.sql` is passed over, and so is what begins with a dot.
///
/// # What may be in them
///
/// Any number of statements. Each file runs in one transaction, with its row in the table
/// `_headwater_migrations`: it is applied as a whole or not at all. So words for transactions are
/// refused, and so are VACUUM, ATTACH and DETACH, which SQLite does not run in one, before the first
/// file runs. Rows that statements give are passed over. Parameters have no values to be bound to.
///
/// A PRAGMA may ask, and it may set what stays: `user_version`, `application_id`, and `defer_foreign_keys`,
/// `legacy_alter_table` and `incremental_vacuum` for what the file does. Any other setting is refused, since in a
/// transaction it has no effect (`journal_mode`, `page_size`, `foreign_keys`), or is gone with the connection
/// (`recursive_triggers`, `synchronous`): the engine's builder has options for these, and else there is `on_connect`.
///
/// Once it is applied, a file stays as it is: its checksum is in the table. White space and remarks count;
/// line ends do not, so a checkout on Windows is the same. A file may be renamed, and a down file may be
/// changed or added.
///
/// # Making a table anew
///
/// SQLite's ALTER TABLE cannot change a column's type or a constraint. For that a table is made anew, with
/// foreign keys off, because the DROP TABLE would else delete what refers to it; and that PRAGMA has no
/// effect in a transaction. A remark at the head of the file says so:
///
/// ```sql
/// -- headwater: foreign_keys = off
/// CREATE TABLE new_users(id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (name <> ''));
/// INSERT INTO new_users SELECT id, name FROM users;
/// DROP TABLE users;
/// ALTER TABLE new_users RENAME TO users;
/// CREATE INDEX users_name ON users(name); -- and the triggers and views on it
/// ```
///
/// The remark stands before the first statement, as the first words of a remark of its own; a remark that begins with
/// `headwater` and is not that one is refused, wherever it stands.
///
/// Such a file runs on a connection of its own, without foreign keys. Before it commits, PRAGMA
/// foreign_key_check looks at the whole database: a row that refers to none fails the migration, also one that did
/// before. Where the engine has `foreign_keys` off, nothing is looked at. To put checks off to the commit,
/// `PRAGMA defer_foreign_keys = ON` is enough, and needs no remark.
///
/// # When a file is new
///
/// A change of a file compiles the program anew. A file that is added does not by itself, since a macro
/// cannot tell the compiler to watch a folder; this line in the `main` of the package's `build.rs` does:
///
/// ```text
/// println!("cargo:rerun-if-changed=migrations");
/// ```
///
/// # Errors
///
/// These do not compile, and the message names the file: a folder that cannot be read or has no
/// migration, a name that begins with a digit or ends in `.sql` and is not as above, a version out of range,
/// two files of one version and direction, a down file without the other or with another name, and a
/// text that is empty, is not UTF-8 or has a NUL.
#[proc_macro]
pub fn migrations(input: TokenStream) -> TokenStream {
    let expanded =
        migrations::expand(input.into()).unwrap_or_else(|error| error.to_compile_error());
    expanded.into()
}

/// Each `sql!` text of the calling package is prepared by the database, and nothing of it is run.
///
/// ```text
/// headwater::prepare_all!(&engine).await?;
/// headwater::prepare_all!(&connection, "src", "examples/report.rs").await?;
/// ```
///
/// The first argument is whatever can run statements. Those after it are files, or folders with the folders in
/// them, by their paths from the folder of the package; without them it is `src`.
///
/// When a source that was read changes, the caller is compiled anew. A file that is added, and that none of those
/// names (with `mod`, for one), does not by itself cause that: `cargo:rerun-if-changed=src` in a `build.rs` does.
///
/// # Errors
///
/// A path that is not there does not compile, nor does one without any Rust file, or an absolute one.
#[proc_macro]
pub fn prepare_all(input: TokenStream) -> TokenStream {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(std::path::PathBuf::from);
    let expanded = prepare_all::expand(input.into(), package.as_deref()).unwrap_or_else(|error| {
        let errors = error.to_compile_error();
        quote::quote!({ #errors })
    });
    expanded.into()
}

/// Named fields are read by the names of the columns, the fields of a tuple struct by their order.
///
/// ```text
/// #[derive(FromRow)]
/// #[from_row(rename_all = "camelCase")]
/// struct Post {
///     post_id: i64,
///     #[from_row(rename = "heading", default)]
///     title: Option<String>,
///     #[from_row(try_from = "String")]
///     slug: Slug,
///     #[from_row(json)]
///     tags: Vec<String>,
///     #[from_row(flatten, prefix = "author_")]
///     author: Option<Author>,
///     #[from_row(skip)]
///     seen: bool,
/// }
/// ```
///
/// The manual of the attributes stands at `headwater::FromRow`.
///
/// # Errors
///
/// An enum, a union, a struct without fields and a field that borrows do not compile, nor do keys that the
/// macro does not know or that do not go together: the message says what to write instead.
#[proc_macro_derive(FromRow, attributes(from_row))]
pub fn from_row(input: TokenStream) -> TokenStream {
    let expanded = from_row::expand(input.into()).unwrap_or_else(|error| error.to_compile_error());
    expanded.into()
}

/// A struct with a primary key is an entity: its fields are columns, and each has a typed constant.
///
/// ```text
/// #[derive(Entity, Clone)]
/// #[entity(table = "posts", index(AUTHOR_ID, TITLE), has_many(COMMENTS: Comment::POST_ID))]
/// struct Post {
///     #[entity(primary_key, generated)]
///     id: i64,
///     #[entity(references(User::ID, on_delete = cascade), belongs_to = AUTHOR)]
///     author_id: i64,
///     title: String,
///     #[entity(rename = "body_text")]
///     body: Option<String>,
///     #[entity(json)]
///     tags: Vec<String>,
///     #[entity(flatten, prefix = "place_")]
///     place: Place,
///     #[entity(version)]
///     version: i64,
///     #[entity(skip)]
///     seen: bool,
/// }
/// ```
///
/// The manual of the attributes stands at `headwater::Entity`.
///
/// # Errors
///
/// An enum, a union, a tuple struct, one with generic parameters and one without a primary key do not compile, nor
/// do keys that the macro does not know or that do not go together: the message says what to write instead.
#[proc_macro_derive(Entity, attributes(entity, from_row))]
pub fn entity(input: TokenStream) -> TokenStream {
    let expanded = entity::expand(input.into()).unwrap_or_else(|error| error.to_compile_error());
    expanded.into()
}

/// A newtype is stored as its field is, an enum of variants without data as texts or as integers.
///
/// ```text
/// #[derive(Value)]
/// struct UserId(i64);
///
/// #[derive(Value)]
/// #[value(rename_all = "snake_case")]
/// enum Role {
///     Reader,
///     #[value(rename = "chief")]
///     ChiefEditor,
/// }
///
/// #[derive(Value)]
/// #[value(try_from = "String")]
/// struct Email(String);
/// ```
///
/// The manual of the attributes stands at `headwater::Value`.
///
/// # Errors
///
/// A union, a struct without a field or with several, an enum without variants, one that has data and does not say
/// what it is stored as, and two variants of the same text do not compile.
#[proc_macro_derive(Value, attributes(value))]
pub fn value(input: TokenStream) -> TokenStream {
    let expanded = value::expand(input.into()).unwrap_or_else(|error| error.to_compile_error());
    expanded.into()
}

/// Compares expansions: tokens that were parsed and tokens that were quoted print different spaces.
#[cfg(test)]
#[track_caller]
fn assert_same_code(expanded: &proc_macro2::TokenStream, expected: &str) {
    let bare = |code: &str| code.split_whitespace().collect::<String>();

    assert_eq!(bare(&expanded.to_string()), bare(expected));
}
