//! Keys of `#[from_row(...)]` that there are not, or that stand in the wrong place.

use headwater::FromRow;

#[derive(FromRow)]
struct Misspelt {
    #[from_row(column = "e_mail")]
    email: String,
    #[from_row(rename_all = "camelCase")]
    name: String,
    #[from_row(rename = e_mail)]
    unquoted: String,
    #[from_row(rename = "a", rename = "b")]
    twice: String,
    #[from_row(rename = "")]
    empty: String,
    #[from_row(skip = true)]
    skipped: bool,
    #[from_row(default = "not a path")]
    defaulted: i64,
    #[from_row(try_from = "not a type")]
    converted: i64,
    #[from_row]
    bare: i64,
}

#[derive(FromRow)]
#[from_row(rename_all = "Title Case")]
struct Case {
    name: String,
}

#[derive(FromRow)]
#[from_row(default)]
struct Struct {
    name: String,
}

#[derive(FromRow)]
#[from_row(table = "users")]
struct Table {
    name: String,
}

fn main() {}
