//! Fields that are stored as what their keys cannot be.

use headwater::{Entity, Value};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Value)]
struct Code(String);

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Value)]
struct Maybe(Option<i64>);

#[derive(Entity, Clone)]
struct NullKey {
    #[entity(primary_key)]
    id: Maybe,
}

#[derive(Entity, Clone)]
struct TextKey {
    #[entity(primary_key, generated)]
    id: Code,
}

#[derive(Entity, Clone)]
struct Version {
    #[entity(primary_key, generated, default = "hex(randomblob(16))")]
    id: Code,
    #[entity(version)]
    version: Code,
}

fn main() {}
