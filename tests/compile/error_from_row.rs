//! What cannot be read from a row.

use headwater::FromRow;

#[derive(FromRow)]
enum Kind {
    One,
    Two,
}

#[derive(FromRow)]
struct Nothing;

#[derive(FromRow)]
struct Borrowed<'a> {
    name: &'a str,
}

#[derive(FromRow)]
struct Misspelt {
    #[from_row(column = "e_mail")]
    email: String,
}

fn main() {}
