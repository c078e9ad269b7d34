//! Tables made of entities, and databases looked at.

mod anew;
mod creating;
mod diffing;
mod evolving;
mod inspecting;
mod known;
mod made;
mod refused;
mod text;
