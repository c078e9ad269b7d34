CREATE TABLE airlines (
    carrier TEXT PRIMARY KEY CHECK (length(carrier) = 2),
    name TEXT NOT NULL
) STRICT;

CREATE TABLE flights (
    id INTEGER PRIMARY KEY,
    time_hour TEXT NOT NULL CHECK (datetime(time_hour) IS NOT NULL),
    carrier TEXT NOT NULL REFERENCES airlines,
    flight INTEGER NOT NULL,
    tailnum TEXT,
    origin TEXT NOT NULL CHECK (length(origin) = 3),
    dest TEXT NOT NULL CHECK (length(dest) = 3 AND dest <> origin),
    distance INTEGER NOT NULL CHECK (distance > 0),
    dep_delay INTEGER,
    arr_delay INTEGER,
    UNIQUE (time_hour, carrier, flight)
) STRICT;
