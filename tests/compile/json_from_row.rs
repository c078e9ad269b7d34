//! What does not go together with `json` of `#[from_row(...)]`.

use headwater::FromRow;

#[derive(FromRow)]
struct Author {
    id: i64,
}

#[derive(FromRow)]
struct Both {
    #[from_row(json, skip)]
    skipped: String,
    #[from_row(flatten, json)]
    flattened: Author,
    #[from_row(json, try_from = "String")]
    converted: i64,
}

fn main() {}
