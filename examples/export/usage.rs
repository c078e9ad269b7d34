//! What `--help` and `--version` write.

pub(crate) const VERSION: &str =
    concat!("export ", env!("CARGO_PKG_VERSION"), ", an example of headwater\n");

pub(crate) const HELP: &str = "\
export: writes what a query gives from a SQLite file, row by row

usage: export [OPTIONS] DATABASE SQL
       export [OPTIONS] --demo

  DATABASE              a path, or a URL `sqlite:PATH?OPTION=VALUE`; it is only read
  SQL                   one statement; `-` reads it from standard input

  -f, --format FORMAT   ndjson, csv or table (table on a terminal, else ndjson)
  -o, --output FILE     write to FILE, not to standard output; it is replaced once
                        the database has accepted the statement
  -p, --param VALUE     bind a value to the next `?` of the statement
  -p, --param :NAME=VALUE   or to the one of that name (also @NAME, $NAME); a value is
                        a text, or int:5, real:0.5, text:int:5, blob:00FF, null:
      --timeout TIME    fail if it takes longer: 500ms, 30s, 5m, 1h
      --immutable       read a file that nobody writes as it is, without its locks:
                        for write-ahead log databases in folders that are read-only
      --null TEXT       what csv (nothing) and table (NULL) write for a NULL
      --no-header       leave the names of the columns out of csv and table
      --blob CODE       hex (the default) or base64
      --bad-text HOW    what ndjson and csv do about a text that is not UTF-8: error
                        (the default) ends there, replace puts U+FFFD where it is
                        broken, blob writes its bytes as --blob writes them
      --progress        show the progress even where standard error is no terminal
  -q, --quiet           show neither progress nor the line at the end
      --demo            export a value of every kind from memory
  -h, --help
  -V, --version

Exactly what is in the database:
  INTEGER  all its digits, in ndjson beyond 2^53 too
  REAL     the shortest digits that read back as the same number, and never without
           `.` or `e`; infinity is 1e999, which reads back as infinity
  TEXT     ndjson escapes what JSON demands; csv quotes what RFC 4180 demands, the
           empty text, and a text that is equal to --null; a table shows control
           characters as escapes, a backslash twice, and on a terminal cuts at 60
  BLOB     its bytes in hex or base64; in a table x'00ff'
  NULL     null; in csv nothing at all, where the empty text is \"\"
The lines of csv end with CR LF. Where two columns have the same name, ndjson calls the
second NAME_2. A table is as wide as its first hundred rows need.

exit codes: 0 all rows are written; 1 the database or the output failed; 2 the arguments
are no use; 130 interrupted, 143 terminated, 141 the output was closed. Whatever ends it,
what is written ends with a whole row.
";
