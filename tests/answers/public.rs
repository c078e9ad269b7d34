//! The public suites: SQLite's own sqllogictest files, and many small typed cases.

use std::path::Path;

use crate::refused::{CASES, CONNECTION_COUNTS, FILES, Refused, change};
use crate::run::{data, each, in_full, no_faults, unpacked};
use crate::slt;
use crate::subject::{Subject, WAYS, Way};
use crate::typed::Case;

/// In a debug build, files of up to so many records run.
const SMALL_FILE: usize = 2_100;

/// In a debug build, every so manieth case runs, and each that is listed as refused.
const SAMPLE: usize = 40;

/// A line of the list of files.
struct File {
    name: String,
    statements: usize,
    queries: usize,
    skipped: usize,
}

fn files(folder: &Path) -> Vec<File> {
    let list = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    let files = lines.map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let number = |field: usize| fields[field].parse().unwrap();
        let name = fields[0].to_owned();
        File { name, statements: number(3), queries: number(4), skipped: number(5) }
    });
    files.filter(|file| in_full() || file.queries + file.statements <= SMALL_FILE).collect()
}

async fn check_file(folder: &Path, file: &File, way: Way) -> Vec<String> {
    let name = &file.name;
    let text = unpacked(&folder.join("files").join(format!("{name}.gz")));
    let found = slt::read(&text);
    let counted = (found.statements(), found.queries(), found.skipped);
    assert_eq!(counted, (file.statements, file.queries, file.skipped), "{name} as it is listed");
    let change = change(FILES, name);
    let mut faults = slt::run(&Subject::on_engine(way, change).await, name, &found.run).await;
    if change.is_some()
        && slt::run(&Subject::on_engine(way, None).await, name, &found.run).await.is_empty()
    {
        faults.push(format!("{name} is listed as refused, and is not"));
    }
    faults
}

fn logic_files(way: Way) {
    let Some(folder) = data().map(|data| data.join("slt")) else {
        return;
    };
    let files = files(&folder);

    let faults = each(&files, async |file| check_file(&folder, file, way).await).concat();

    no_faults("sqllogictest", &faults);
    let queries: usize = files.iter().map(|file| file.queries).sum();
    let statements: usize = files.iter().map(|file| file.statements).sum();
    if in_full() {
        assert_eq!((files.len(), queries, statements), (50, 332_186, 41_387));
        for Refused { name, .. } in FILES {
            assert!(
                files.iter().any(|file| file.name == *name),
                "{name} is listed, and is no file"
            );
        }
    }
    println!(
        "sqllogictest, {way}: {} files, {queries} queries, {statements} statements, all passed, {} \
         refused by default",
        files.len(),
        files.iter().filter(|file| change(FILES, &file.name).is_some()).count(),
    );
}

#[test]
fn a_stream_answers_the_sqllogictest_files_as_sqlite_does() {
    logic_files(Way::Stream);
}

#[test]
fn small_batches_answer_the_sqllogictest_files_as_sqlite_does() {
    logic_files(Way::SmallBatches);
}

#[test]
fn collectors_answer_the_sqllogictest_files_as_sqlite_does() {
    logic_files(Way::Collect);
}

fn cases(text: &str) -> Vec<Case> {
    let cases: Vec<Case> = text.lines().map(Case::read).collect();
    let cases = cases.into_iter().enumerate().filter(|(number, case)| {
        in_full() || number % SAMPLE == 0 || change(CASES, &case.name).is_some()
    });
    cases.map(|(_, case)| case).collect()
}

async fn check_case(case: &Case, way: Way) -> Option<String> {
    let change = change(CASES, &case.name);
    if let Err(wrong) = case.check(&Subject::on_connection(way, change).await).await {
        return Some(format!("{}: {}", case.name, wrong.why));
    }
    if change.is_some() && case.check(&Subject::on_connection(way, None).await).await.is_ok() {
        return Some(format!("{} is listed as refused, and is not", case.name));
    }
    None
}

fn typed_cases(way: Way) {
    let Some(data) = data() else {
        return;
    };
    let cases = cases(&unpacked(&data.join("sqltest/cases.jsonl.gz")));

    let faults = each(&cases, async |case| check_case(case, way).await);

    no_faults("typed cases", &faults.into_iter().flatten().collect::<Vec<_>>());
    let steps: usize = cases.iter().map(|case| case.steps.len()).sum();
    if in_full() {
        assert_eq!((cases.len(), steps), (4_186, 14_389));
        for name in CASES.iter().map(|refused| refused.name).chain(CONNECTION_COUNTS) {
            assert!(cases.iter().any(|case| case.name == name), "{name} is listed, and is no case");
        }
    }
    println!(
        "typed cases, {way}: {} cases, {steps} steps, all passed, {} refused by default",
        cases.len(),
        cases.iter().filter(|case| change(CASES, &case.name).is_some()).count(),
    );
}

#[test]
fn a_stream_answers_the_typed_cases_as_sqlite_does() {
    typed_cases(Way::Stream);
}

#[test]
fn small_batches_answer_the_typed_cases_as_sqlite_does() {
    typed_cases(Way::SmallBatches);
}

#[test]
fn collectors_answer_the_typed_cases_as_sqlite_does() {
    typed_cases(Way::Collect);
}

#[test]
fn what_the_defaults_refuse_is_listed_with_its_reason() {
    for refused in FILES.iter().chain(CASES) {
        println!("refused by default: {}: {}", refused.name, refused.why);
        assert!(!refused.why.is_empty());
    }
}

/// Runs a case on the engine itself: passed, or not for it.
async fn check_on_engine(case: &Case, way: Way) -> Result<bool, String> {
    let subject = Subject::on_engine(way, change(CASES, &case.name)).await;
    match case.check(&subject).await {
        Ok(()) => Ok(true),
        // It was told, before anything ran, that it takes a connection of its own.
        Err(wrong) if wrong.refused => Ok(false),
        Err(_) if CONNECTION_COUNTS.contains(&case.name.as_str()) => Ok(false),
        Err(wrong) => Err(format!("{}, on the engine, {way}: {}", case.name, wrong.why)),
    }
}

#[test]
fn the_engine_answers_the_typed_cases_that_need_no_connection_of_their_own() {
    let Some(data) = data() else {
        return;
    };
    let cases = cases(&unpacked(&data.join("sqltest/cases.jsonl.gz")));

    for way in WAYS {
        let checked = each(&cases, async |case| check_on_engine(case, way).await);

        let faults: Vec<String> = checked.iter().filter_map(|end| end.clone().err()).collect();
        no_faults("typed cases on the engine", &faults);
        let passed = checked.iter().filter(|end| **end == Ok(true)).count();
        println!(
            "typed cases on the engine, {way}: {} cases, {passed} passed, {} need a connection of their own",
            cases.len(),
            cases.len() - passed
        );
        if in_full() {
            assert_eq!((passed, cases.len() - passed), (3_752, 434));
        }
    }
}
