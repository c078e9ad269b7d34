//! Many entities at once.
