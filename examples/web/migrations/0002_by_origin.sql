-- An index of SQLite ends in the rowid, which is `id` here: so it serves "the next page of an origin" too.
CREATE INDEX flights_by_origin ON flights (origin);
