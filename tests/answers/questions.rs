//! Questions over real data, whose answers two databases agree on.

use std::path::Path;

use headwater::{AsyncEngine, EngineBuilder, sql};
use serde_json::Value as Json;

use crate::answer::Cell;
use crate::run::{data, each, in_full, no_faults, unpacked};
use crate::subject::{WAYS, answer};

/// The databases; a debug build asks the first alone, since the others have two million rows.
const DATABASES: [&str; 4] = ["sakila", "geonames", "nycflights13", "babynames"];

/// Inserts a packed file of comma-separated values, as it is read; an empty field is NULL.
async fn insert(engine: &AsyncEngine, path: &Path) {
    let packed = std::fs::File::open(path).unwrap();
    let mut reader = csv::Reader::from_reader(flate2::read::MultiGzDecoder::new(packed));
    let columns: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.into_records().map(|record| {
        let record = record.unwrap();
        let field =
            |field: &str| (!field.is_empty()).then(|| headwater::Value::Text(field.to_owned()));
        record.iter().map(field).collect::<Vec<_>>()
    });
    let name = path.file_name().and_then(|name| name.to_str()).unwrap();
    let table = name.strip_suffix(".csv.gz").unwrap();
    let done = engine.insert_stream(table, &columns, rows).await.unwrap();
    let count: u64 =
        engine.query(sql(format!("SELECT count(*) FROM {table}"))).scalar_one().await.unwrap();
    assert!(count > 0 && done.rows_affected() == count, "{table}");
}

async fn load(engine: &AsyncEngine, folder: &Path) {
    let script = folder.join("sakila_sqlite.sql.gz");
    if script.exists() {
        engine.execute_batch(sql(unpacked(&script))).await.unwrap();
        return;
    }
    let schema = std::fs::read_to_string(folder.join("schema.sql")).unwrap();
    engine.execute_batch(sql(schema)).await.unwrap();
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "gz")) {
        insert(engine, file).await;
    }
}

/// Compares a value with one that two databases gave: numbers by their value.
fn is_same(cell: &Cell, expected: &Json) -> bool {
    match (cell, expected) {
        (Cell::Null, Json::Null) => true,
        (Cell::Text(text), Json::String(expected)) => text == expected,
        (Cell::Integer(value), Json::Number(expected)) => expected.as_i64() == Some(*value),
        (Cell::Real(bits), Json::Number(expected)) => {
            expected.as_f64() == Some(f64::from_bits(*bits))
        }
        _ => false,
    }
}

async fn ask(engine: &AsyncEngine, question: &Json) -> Vec<String> {
    let text = question["sql"].as_str().unwrap();
    let rows = question["rows"].as_array().unwrap();
    let mut faults = Vec::new();
    for way in WAYS {
        let answer = answer(way, |statement| engine.query(statement), text).await;
        let columns = answer.columns.clone().unwrap_or_default();
        let same = answer.fault.is_none()
            && question["columns"] == Json::from(columns)
            && answer.rows.len() == rows.len()
            && answer.rows.iter().zip(rows).all(|(row, expected)| {
                let expected = expected.as_array().unwrap();
                row.len() == expected.len() && row.iter().zip(expected).all(|(a, b)| is_same(a, b))
            });
        if !same {
            faults.push(format!("{}, {way}: {answer:?}", question["name"]));
        }
    }
    faults
}

#[test]
fn questions_over_real_data_are_answered_as_other_databases_answer_them() {
    let Some(data) = data() else {
        return;
    };
    let text = std::fs::read_to_string(data.join("answers.jsonl")).unwrap();
    let questions: Vec<Json> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let databases = if in_full() { &DATABASES[..] } else { &DATABASES[..1] };

    let asked = each(databases, async |database| {
        let folder = tempfile::tempdir().unwrap();
        let engine = EngineBuilder::file(folder.path().join("real.db")).open().await.unwrap();
        load(&engine, &data.join(database)).await;
        let mut faults = Vec::new();
        let mut count = 0;
        for question in questions.iter().filter(|question| question["db"] == *database) {
            faults.extend(ask(&engine, question).await);
            count += 1;
        }
        (count, faults)
    });

    let count: usize = asked.iter().map(|(count, _)| count).sum();
    no_faults("questions", &asked.into_iter().flat_map(|(_, faults)| faults).collect::<Vec<_>>());
    assert_eq!(count, if in_full() { questions.len() } else { 4 });
    println!(
        "questions over real data, each way: {count} queries over {} databases",
        databases.len()
    );
}
