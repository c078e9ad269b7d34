//! The tables.

/// Tables that refuse values of another type than their column's.
pub(crate) const SCHEMA: &str = "
    CREATE TABLE airlines (carrier TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT;
    CREATE TABLE flights (
        year INTEGER NOT NULL, month INTEGER NOT NULL, day INTEGER NOT NULL,
        dep_time INTEGER, sched_dep_time INTEGER NOT NULL, dep_delay INTEGER,
        arr_time INTEGER, sched_arr_time INTEGER NOT NULL, arr_delay INTEGER,
        carrier TEXT NOT NULL REFERENCES airlines, flight INTEGER NOT NULL, tailnum TEXT,
        origin TEXT NOT NULL, dest TEXT NOT NULL,
        air_time INTEGER, distance INTEGER NOT NULL,
        hour INTEGER NOT NULL, minute INTEGER NOT NULL, time_hour TEXT NOT NULL
    ) STRICT;
    CREATE TABLE delays (
        flight INTEGER PRIMARY KEY, carrier TEXT NOT NULL, minutes INTEGER NOT NULL
    ) STRICT;
";
