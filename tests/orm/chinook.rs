//! Chinook, a real database, asked through typed queries.
