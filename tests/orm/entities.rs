//! What `#[derive(Entity)]` makes of a struct.
