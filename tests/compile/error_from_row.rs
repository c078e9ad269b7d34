//! What cannot be read from a row.

use headwater::FromRow;

#[derive(FromRow)]
enum Kind {
    One,
    Two,
}

#[derive(FromRow)]
union Bits {
    number: i64,
    real: f64,
}

#[derive(FromRow)]
struct Nothing;

#[derive(FromRow)]
struct Skipping {
    #[from_row(skip)]
    name: String,
}

#[derive(FromRow)]
struct Borrowed<'a> {
    name: &'a str,
    note: Option<&'static str>,
    other: Other<'a>,
}

struct Other<'a>(&'a str);

fn main() {}
