//! Our own suite: the language as users meet it, in the two formats of the public suites.
//!
//! What it expects is what plain SQLite gives, and plain SQLite runs beside Headwater to prove it.

use std::path::PathBuf;

use crate::run::{each, no_faults};
use crate::slt;
use crate::subject::{Subject, WAYS};
use crate::typed::Case;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/answers/suite")
}

#[test]
fn our_own_records_are_answered_as_plain_sqlite_answers() {
    const FILES: [&str; 4] = ["aggregates", "joins", "values", "writing"];
    let texts = FILES
        .map(|name| std::fs::read_to_string(folder().join(name).with_extension("test")).unwrap());
    let files: Vec<_> = FILES.into_iter().zip(texts.iter().map(|text| slt::read(text))).collect();

    let faults = each(&files, async |(name, records)| {
        let mut faults =
            slt::run(&Subject::plain(), &format!("plain SQLite, {name}"), &records.run).await;
        for way in WAYS {
            let (engine, connection) =
                (Subject::on_engine(way, None).await, Subject::on_connection(way, None).await);
            faults.extend(slt::run(&engine, &format!("{name}, {way}"), &records.run).await);
            let name = format!("{name}, {way}, one connection");
            faults.extend(slt::run(&connection, &name, &records.run).await);
        }
        faults
    })
    .concat();

    no_faults("our own records", &faults);
    let queries: usize = files.iter().map(|(_, records)| records.queries()).sum();
    let statements: usize = files.iter().map(|(_, records)| records.statements()).sum();
    assert!(queries > 140 && statements > 70, "{queries} queries, {statements} statements");
    println!(
        "our own records, each way: {} files, {queries} queries, {statements} statements, all passed",
        files.len()
    );
}

#[test]
fn our_own_typed_cases_are_answered_as_plain_sqlite_answers() {
    let text = std::fs::read_to_string(folder().join("cases.jsonl")).unwrap();
    let cases: Vec<Case> = text.lines().map(Case::read).collect();

    let faults = each(&cases, async |case| {
        let mut faults = Vec::new();
        for way in WAYS {
            if let Err(wrong) = case.check(&Subject::on_connection(way, None).await).await {
                faults.push(format!("{}, {way}: {}", case.name, wrong.why));
            }
        }
        faults
    })
    .concat();

    no_faults("our own typed cases", &faults);
    let steps: usize = cases.iter().map(|case| case.steps.len()).sum();
    assert!(cases.len() >= 50, "{} cases", cases.len());
    println!("our own typed cases, each way: {} cases, {steps} steps, all passed", cases.len());
}
