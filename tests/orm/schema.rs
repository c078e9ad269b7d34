//! Tables made of entities, and databases looked at.

mod creating;
mod made;
mod refused;
mod text;
