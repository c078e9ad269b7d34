//! Ctrl-C, a reader that goes away, and a limit in time: each ends it soon, and at a row's end.

use std::io::Read;
use std::process::Command;

use super::{Basin, ENDLESS, export};
use crate::support::{Program, run};

fn endless(basin: &Basin, arguments: &[&str]) -> Command {
    let mut command = export();
    command.arg(basin.path()).arg(ENDLESS).args(arguments);
    command
}

/// Stops an endless export in its middle by a signal, and checks that it wrote rows and no part of one.
#[cfg(unix)]
fn stopped(signal: &str, format: &str, end: &str) -> i32 {
    let basin = Basin::new();
    let mut program = Program::start(&mut endless(&basin, &["--format", format]));
    let mut stdout = program.stdout();
    let mut bytes = vec![0; 1 << 20];
    stdout.read_exact(&mut bytes).unwrap();

    program.signal(signal);

    stdout.read_to_end(&mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<&str> = text.split(end).collect();
    assert_eq!(lines.last(), Some(&""), "the last row is whole");
    let numbers = lines
        .iter()
        .filter_map(|line| line.trim_matches(|c: char| !c.is_ascii_digit()).parse::<u64>().ok());
    let mut rows = 0;
    for (row, number) in (1..).zip(numbers) {
        assert_eq!(number, row, "no row is missing and none is cut");
        rows = row;
    }
    assert!(rows > 10_000, "{rows}");
    let ended = program.wait();
    let said = ended.stderr.trim_start_matches("export: stopped after ").replace(',', "");
    assert_eq!(said.split(' ').next().unwrap().parse::<u64>().unwrap(), rows, "{ended:?}");
    ended.code()
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_after_a_whole_row() {
    assert_eq!(stopped("INT", "ndjson", "\n"), 130);
    assert_eq!(stopped("INT", "csv", "\r\n"), 130);
    assert_eq!(stopped("INT", "table", "\n"), 130);
}

#[cfg(unix)]
#[test]
fn a_request_to_terminate_ends_it_after_a_whole_row() {
    assert_eq!(stopped("TERM", "ndjson", "\n"), 143);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_a_statement_that_gives_no_row() {
    let basin = Basin::new();
    let text = "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g) SELECT n FROM g WHERE n < 0";
    // Its progress is what tells that it runs.
    let program = Program::start(export().arg(basin.path()).args([text, "--progress"]));
    program.wait_for("rows/s");

    program.signal("INT");

    let ended = program.wait();
    assert_eq!((ended.code(), ended.text()), (130, ""), "{ended:?}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_while_nobody_reads() {
    let basin = Basin::new();
    let mut program = Program::start(&mut endless(&basin, &["--progress"]));
    let stdout = program.stdout();
    // It waits for its reader: the pipe and its buffers are full.
    program.wait_for("rows/s");

    program.signal("INT");
    program.wait_for("interrupt again");
    program.signal("INT");

    let ended = program.wait();
    assert_eq!(ended.code(), 130, "{ended:?}");
    drop(stdout);
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let basin = Basin::new();
    let mut program = Program::start(&mut endless(&basin, &[]));
    let mut stdout = program.stdout();
    let mut first = [0; 8];
    stdout.read_exact(&mut first).unwrap();

    drop(stdout);

    let ended = program.wait();
    assert_eq!(&first, b"{\"n\":1}\n");
    assert_eq!((ended.code(), ended.stderr.as_str()), (141, ""));
}

#[test]
fn a_limit_in_time_ends_it_with_an_error() {
    let basin = Basin::new();
    let text =
        "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g) SELECT count(*) FROM g";

    let ended = run(export().arg(basin.path()).args([text, "--timeout", "50ms"]));

    assert_eq!((ended.code(), ended.text()), (1, ""));
    assert!(ended.stderr.contains("timeout"), "{ended:?}");
}
