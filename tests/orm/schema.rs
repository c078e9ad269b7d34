//! Tables made of entities, and databases looked at.
