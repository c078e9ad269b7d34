//! Relations, lazy and eager.
