//! The sqllogictest format: its records, read from a text, and whether an answer is the expected one.

use crate::answer::Answer;
use crate::render::{Sorting, hashed, values};
use crate::subject::Subject;

/// What runs for the condition label `sqlite`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Record<'t> {
    Statement { line: usize, sql: String, succeeds: bool },
    Query { line: usize, sql: String, types: &'t str, sorting: Sorting, expected: Vec<&'t str> },
}

/// The records of a file, and how many were left out by a condition.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Records<'t> {
    pub(crate) run: Vec<Record<'t>>,
    pub(crate) skipped: usize,
}

impl Records<'_> {
    pub(crate) fn queries(&self) -> usize {
        self.run.iter().filter(|record| matches!(record, Record::Query { .. })).count()
    }

    pub(crate) fn statements(&self) -> usize {
        self.run.len() - self.queries()
    }
}

/// Reads a file. What is not understood is a panic that names its line.
pub(crate) fn read(text: &str) -> Records<'_> {
    let mut records = Records::default();
    let mut lines = (1..).zip(text.lines().map(str::trim_end)).peekable();
    let mut applies = true;
    while let Some((line, head)) = lines.next() {
        let mut words = head.split('#').next().unwrap_or_default().split_whitespace();
        let Some(word) = words.next() else {
            continue;
        };
        // A record goes on to the next empty line.
        let mut body = || {
            let mut body = Vec::new();
            while let Some((_, next)) = lines.next_if(|(_, next)| !next.is_empty()) {
                body.push(next);
            }
            body
        };
        match word {
            "onlyif" => applies &= words.next() == Some("sqlite"),
            "skipif" => applies &= words.next() != Some("sqlite"),
            "hash-threshold" => {}
            "halt" if applies => return records,
            "halt" => applies = true,
            "statement" | "query" => {
                let body = body();
                if !std::mem::replace(&mut applies, true) {
                    records.skipped += 1;
                } else if word == "statement" {
                    let succeeds = match words.next() {
                        Some("ok") => true,
                        Some("error") => false,
                        other => panic!("line {line}: a statement is ok or error: {other:?}"),
                    };
                    records.run.push(Record::Statement { line, sql: body.join("\n"), succeeds });
                } else {
                    records.run.push(query(line, words, &body));
                }
            }
            other => panic!("line {line}: this is no record: {other}"),
        }
    }
    records
}

fn query<'t>(
    line: usize,
    mut words: impl Iterator<Item = &'t str>,
    body: &[&'t str],
) -> Record<'t> {
    let types = words.next().unwrap_or_else(|| panic!("line {line}: no type letters"));
    let sorting = match words.next() {
        Some("nosort") | None => Sorting::None,
        Some("rowsort") => Sorting::Rows,
        Some("valuesort") => Sorting::Values,
        Some(other) => panic!("line {line}: this is no order: {other}"),
    };
    let end = body.iter().position(|line| *line == "----").unwrap_or(body.len());
    let expected = body.get(end + 1..).unwrap_or_default().to_vec();
    Record::Query { line, sql: body[..end].join("\n"), types, sorting, expected }
}

/// Runs records on a database; what is wrong with their answers.
pub(crate) async fn run(subject: &Subject, name: &str, records: &[Record<'_>]) -> Vec<String> {
    let mut faults = Vec::new();
    for record in records {
        let (line, checked) = match record {
            Record::Statement { line, sql, succeeds } => {
                let ran = subject.execute(sql).await;
                // What is refused before SQLite is asked is not the failure that is expected.
                let expected = match &ran {
                    Ok(()) => *succeeds,
                    Err(fault) => !succeeds && fault.code.is_some(),
                };
                (line, if expected { Ok(()) } else { Err(format!("{sql}: {ran:?}")) })
            }
            Record::Query { line, sql, types, sorting, expected } => {
                let checked = check(&subject.ask(sql).await, types, *sorting, expected);
                (line, checked.map_err(|why| format!("{sql}: {why}")))
            }
        };
        if let Err(why) = checked {
            faults.push(format!("{name}, line {line}: {why}"));
        }
    }
    faults
}

/// Says what is wrong with the answer to a query.
fn check(answer: &Answer, types: &str, sorting: Sorting, expected: &[&str]) -> Result<(), String> {
    if let Some(fault) = &answer.fault {
        return Err(format!("failed: {fault:?}"));
    }
    let found = values(&answer.rows, types, sorting);
    let is_hash = matches!(expected, [one] if one.contains(" values hashing to "));
    let found = if is_hash { vec![hashed(&found)] } else { found };
    if found == expected { Ok(()) } else { Err(format!("{found:?} instead of {expected:?}")) }
}

#[test]
fn conditions_comments_and_halts_are_understood() {
    let text = "# a file\nhash-threshold 8\n\nstatement ok\nCREATE TABLE t(\n a)\n\n\
                skipif mysql # no\nstatement error\nDROP TABLE u\n\n\
                onlyif mysql # no\nquery I nosort\nSELECT 1\n----\n1\n\n\
                onlyif mysql\nhalt\n\n\
                query IT rowsort label\nSELECT 1, 'a'\n----\n1\na\n\n\
                halt\n\nstatement ok\nSELECT 2\n";

    let records = read(text);

    assert_eq!(records.skipped, 1);
    let statement =
        |line, sql: &str, succeeds| Record::Statement { line, sql: sql.to_owned(), succeeds };
    let query = Record::Query {
        line: 21,
        sql: "SELECT 1, 'a'".to_owned(),
        types: "IT",
        sorting: Sorting::Rows,
        expected: vec!["1", "a"],
    };
    assert_eq!(
        records.run,
        [statement(4, "CREATE TABLE t(\n a)", true), statement(9, "DROP TABLE u", false), query]
    );
}
