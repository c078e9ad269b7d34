//! `json` of `#[entity(...)]` where the feature is not on.

use headwater::Entity;

#[derive(Entity, Clone)]
struct Settings {
    #[entity(json)]
    theme: Vec<String>,
}

fn main() {}
