//! Keys of `#[from_row(...)]` that do not go together.

use headwater::FromRow;

#[derive(FromRow)]
struct Author {
    id: i64,
}

#[derive(FromRow)]
struct Skipped {
    id: i64,
    #[from_row(skip, rename = "a")]
    renamed: String,
    #[from_row(skip, default)]
    defaulted: String,
}

#[derive(FromRow)]
struct Flattened {
    #[from_row(flatten, rename = "author")]
    renamed: Author,
    #[from_row(flatten, default)]
    defaulted: Author,
    #[from_row(flatten, try_from = "String")]
    converted: Author,
    #[from_row(flatten, prefix = "")]
    empty: Author,
    #[from_row(prefix = "author_")]
    prefixed: Author,
}

#[derive(FromRow)]
struct Converted {
    #[from_row(try_from = "Option<i64>")]
    optional: Option<u8>,
}

#[derive(FromRow)]
#[from_row(rename_all = "camelCase")]
struct Cased(i64);

#[derive(FromRow)]
struct Tuple(
    #[from_row(rename = "a")] i64,
    #[from_row(default)] i64,
    #[from_row(flatten)] Author,
);

fn main() {}
