//! Fields whose types do not have what their keys ask for.

use headwater::FromRow;

struct Plain;

#[derive(FromRow)]
struct Column {
    plain: Plain,
}

#[derive(FromRow)]
struct Skipped {
    id: i64,
    #[from_row(skip)]
    plain: Plain,
}

#[derive(FromRow)]
struct Flattened {
    #[from_row(flatten)]
    plain: Plain,
}

#[derive(FromRow)]
struct Converted {
    #[from_row(try_from = "String")]
    plain: Plain,
}

#[derive(FromRow)]
struct Path {
    #[from_row(default = "nowhere")]
    plain: i64,
}

fn main() {}
