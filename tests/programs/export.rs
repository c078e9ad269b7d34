//! `export`: every format's bytes, exit codes, and how it is stopped.

mod files;
mod stopping;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{Ended, Program, example, run};

fn export() -> Command {
    Command::new(example("export"))
}

/// Runs `export` on a database; its last line is left out, since it tells a time.
fn exported(database: &Path, arguments: &[&str]) -> Ended {
    run(export().arg(database).args(arguments).arg("--quiet"))
}

/// A temporary folder with a database of one table, `t(id, name, score)`, of some rows.
struct Basin {
    folder: tempfile::TempDir,
}

impl Basin {
    fn new() -> Self {
        let basin = Self { folder: tempfile::tempdir().unwrap() };
        let script = "
            PRAGMA journal_mode = wal;
            CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, score REAL);
            INSERT INTO t VALUES (1, 'Ada', 1.0), (2, NULL, 0.5), (9007199254740993, '', 9e999);";
        basin.plain().execute_batch(script).unwrap();
        basin
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn path(&self) -> PathBuf {
        self.folder().join("test.db")
    }

    fn plain(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }
}

#[test]
fn without_arguments_it_explains_itself() {
    let asked = [vec![], vec!["--help"], vec!["-h"]];
    for arguments in asked {
        let ended = run(export().args(&arguments));

        assert_eq!(ended.code(), 0, "{arguments:?}");
        assert!(ended.text().starts_with("export: writes what a query gives"), "{ended:?}");
        assert_eq!(ended.stderr, "");
    }
}

#[test]
fn it_tells_its_version() {
    let ended = run(export().arg("--version"));

    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(ended.text(), format!("export {version}, an example of headwater\n"));
}

#[test]
fn each_format_has_its_bytes() {
    let basin = Basin::new();
    let formats = [
        (
            "ndjson",
            "{\"id\":1,\"name\":\"Ada\",\"score\":1.0}\n{\"id\":2,\"name\":null,\"score\":0.5}\n\
             {\"id\":9007199254740993,\"name\":\"\",\"score\":1e999}\n",
        ),
        ("csv", "id,name,score\r\n1,Ada,1.0\r\n2,,0.5\r\n9007199254740993,\"\",1e999\r\n"),
        (
            "table",
            "              id | name | score\n-----------------+------+------\n\
             \u{20}              1 | Ada  |   1.0\n               2 | NULL |   0.5\n\
             9007199254740993 |      | 1e999\n",
        ),
    ];
    for (format, bytes) in formats {
        let ended = exported(&basin.path(), &["SELECT * FROM t", "--format", format]);

        assert_eq!((ended.code(), ended.text()), (0, bytes));
        assert_eq!(ended.stderr, "");
    }
}

#[test]
fn where_nobody_watches_the_format_is_ndjson() {
    let ended = exported(&Basin::new().path(), &["SELECT count(*) AS n FROM t"]);

    assert_eq!(ended.text(), "{\"n\":3}\n");
}

#[test]
fn its_last_line_counts_the_rows() {
    let ended = run(export().arg("--demo"));

    assert_eq!(ended.text().lines().count(), 14);
    assert!(ended.stderr.starts_with("export: 14 rows, "), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1);
}

#[test]
fn the_statement_may_come_from_standard_input() {
    let basin = Basin::new();
    let mut command = export();
    command.arg(basin.path()).args(["-", "-q"]).stdin(Stdio::piped());

    let mut program = Program::start(&mut command);
    std::io::Write::write_all(&mut program.stdin(), b"SELECT id\nFROM t -- all\nLIMIT 2;\n")
        .unwrap();

    assert_eq!(program.wait().text(), "{\"id\":1}\n{\"id\":2}\n");
}

#[test]
fn values_are_bound_with_their_types() {
    let basin = Basin::new();
    let text =
        "SELECT typeof(?1) AS a, typeof(?) AS b, typeof(:c) AS c, hex(@d) AS d, $e IS NULL AS e";
    let given =
        ["-p", "5", "-p", "int:5", "-p", ":c=real:5", "-p", "@d=blob:00ff", "-p", "$e=null:"];

    let ended = exported(&basin.path(), &[&[text], &given[..]].concat());

    assert_eq!(
        ended.text(),
        "{\"a\":\"text\",\"b\":\"integer\",\"c\":\"real\",\"d\":\"00FF\",\"e\":1}\n",
        "{ended:?}"
    );
}

#[test]
fn arguments_that_are_no_use_end_it_with_2() {
    let cases: [&[&str]; 5] = [
        &["a.db"],
        &["a.db", "SELECT 1", "--format", "xml"],
        &["a.db", "SELECT 1", "--nosuch"],
        &["a.db", "SELECT 1", "--param", "int:x"],
        &["--demo", "a.db"],
    ];
    for arguments in cases {
        let ended = run(export().args(arguments));

        assert_eq!((ended.code(), ended.text()), (2, ""), "{arguments:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
        assert!(ended.stderr.starts_with("export: "), "{ended:?}");
    }
}

#[test]
fn what_the_database_refuses_ends_it_with_1() {
    let basin = Basin::new();
    let cases = [
        ("SELECT nme FROM t", "no such column: nme"),
        ("DELETE FROM t", "readonly"),
        ("SELECT 1; SELECT 2", "statement"),
        ("SELECT ?", "placeholder"),
        ("", "empty"),
    ];
    for (text, why) in cases {
        let ended = exported(&basin.path(), &[text]);

        assert_eq!((ended.code(), ended.text()), (1, ""), "{text}");
        assert!(ended.stderr.starts_with("export: ") && ended.stderr.contains(why), "{ended:?}");
    }
    let rows: i64 =
        basin.plain().query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 3);
}

#[test]
fn an_error_after_some_rows_leaves_whole_rows() {
    let basin = Basin::new();
    let text = "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g)
        SELECT n, CASE WHEN n < 5000 THEN '' ELSE abs(-9223372036854775808) END AS x FROM g";

    let ended = exported(&basin.path(), &[text, "-f", "csv"]);

    assert_eq!(ended.code(), 1);
    assert!(ended.stderr.contains("integer overflow"), "{ended:?}");
    assert!(ended.text().ends_with("\r\n4999,\"\"\r\n"), "{}", ended.text().len());
}

#[test]
fn a_text_that_is_not_utf_8_is_never_written_as_another() {
    let basin = Basin::new();
    let text = "SELECT 'good' AS a UNION ALL SELECT CAST(x'62ff' AS TEXT)";

    let refused = exported(&basin.path(), &[text]);
    let as_bytes = exported(&basin.path(), &[text, "--bad-text", "blob"]);

    assert_eq!((refused.code(), refused.text()), (1, "{\"a\":\"good\"}\n"));
    assert!(refused.stderr.contains("row 2, column `a`: the text is not UTF-8"), "{refused:?}");
    assert_eq!((as_bytes.code(), as_bytes.text()), (0, "{\"a\":\"good\"}\n{\"a\":\"62ff\"}\n"));
}

#[test]
fn the_progress_is_shown_where_it_is_asked_for() {
    let basin = Basin::new();
    let mut command = export();
    command.arg(basin.path()).args([ENDLESS, "--progress"]);

    let mut program = Program::start(&mut command);
    let mut read = 0;
    let mut stdout = program.stdout();
    let mut buffer = vec![0; 1 << 16];
    // Enough that a second has passed on any machine is not known: so it is read until it is said.
    while !program.has_said("rows/s") {
        read += std::io::Read::read(&mut stdout, &mut buffer).unwrap();
    }
    drop(stdout);

    assert!(read > 0);
    assert_eq!(program.wait().code(), 141);
}

/// A statement that has no last row.
const ENDLESS: &str =
    "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g) SELECT n FROM g";
