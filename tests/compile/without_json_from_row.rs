//! `json` of `#[from_row(...)]` where the feature is not on.

use headwater::FromRow;

#[derive(FromRow)]
struct Settings {
    #[from_row(json)]
    theme: Vec<String>,
}

fn main() {}
