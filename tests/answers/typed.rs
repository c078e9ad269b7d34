//! The typed format: one case a line as JSON, with typed rows, column names and SQLite's error codes.

use serde_json::Value as Json;

use crate::answer::{Answer, Cell, Fault};
use crate::subject::Subject;

/// A case: statements on a fresh database, and what they give.
#[derive(Debug)]
pub(crate) struct Case {
    /// File and name, which together are unique.
    pub(crate) name: String,
    setup: Vec<String>,
    pub(crate) steps: Vec<Step>,
    /// The rows of a step are compared as a bag.
    unordered: bool,
    /// The last step fails with it.
    error: Option<Expected>,
}

#[derive(Debug)]
pub(crate) struct Step {
    sql: String,
    /// What a statement with columns gives.
    result: Option<(Vec<String>, Vec<Vec<Cell>>)>,
}

#[derive(Debug)]
struct Expected {
    code: i32,
    message: String,
}

/// What was given instead of what is expected.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) why: String,
    /// It was refused by Headwater, for where it was to run.
    pub(crate) refused: bool,
}

impl Case {
    pub(crate) fn read(line: &str) -> Self {
        let json: Json = serde_json::from_str(line).unwrap();
        let error = json.get("error").map(|error| Expected {
            code: error["code"].as_i64().and_then(|code| code.try_into().ok()).unwrap(),
            message: text(&error["message"]),
        });
        Self {
            name: format!("{}: {}", text(&json["file"]), text(&json["name"])),
            setup: list(&json["setup"], text),
            steps: list(&json["steps"], |step| Step {
                sql: text(&step["sql"]),
                result: step.get("columns").map(|columns| {
                    (list(columns, text), list(&step["rows"], |row| list(row, cell)))
                }),
            }),
            unordered: json.get("unordered").is_some_and(|flag| flag == true),
            error,
        }
    }

    /// Runs the case on Headwater, and on plain SQLite beside it: both have to give what is expected,
    /// and rows before an error are those that plain SQLite gives.
    ///
    /// # Errors
    ///
    /// Says at which step what was given instead.
    pub(crate) async fn check(&self, subject: &Subject) -> Result<(), Wrong> {
        let plain = Subject::plain();
        for sql in &self.setup {
            let reference = plain.execute(sql).await;
            assert!(reference.is_ok(), "plain SQLite, {}: {reference:?}", self.name);
            subject.execute(sql).await.map_err(|fault| Wrong {
                why: format!("setup {sql:?} failed: {fault:?}"),
                refused: fault.refused,
            })?;
        }
        for (number, step) in (1..).zip(&self.steps) {
            let error = self.error.as_ref().filter(|_| number == self.steps.len());
            let reference = plain.ask(&step.sql).await;
            self.check_step(step, error, &reference)
                .unwrap_or_else(|why| panic!("plain SQLite, {}, step {number}: {why}", self.name));
            let answer = self.ask(subject, step, error).await;
            self.check_step(step, error, &answer)
                .and_then(|()| same_so_far(&answer, &reference))
                .map_err(|why| Wrong {
                why: format!("step {number}, {:?}: {why}", step.sql),
                refused: answer.fault.as_ref().is_some_and(|fault| fault.refused),
            })?;
        }
        Ok(())
    }

    async fn ask(&self, subject: &Subject, step: &Step, error: Option<&Expected>) -> Answer {
        let answer = match (&step.result, error) {
            (Some(_), _) | (_, Some(_)) => subject.ask(&step.sql).await,
            (None, None) => subject.run(&step.sql).await,
        };
        // `query` and `execute` take one statement and refuse more before any of them runs.
        if answer.fault.as_ref().is_some_and(|fault| fault.several) {
            return subject.script(&step.sql).await;
        }
        answer
    }

    fn check_step(
        &self,
        step: &Step,
        error: Option<&Expected>,
        answer: &Answer,
    ) -> Result<(), String> {
        match (&answer.fault, error) {
            (None, None) => {}
            (Some(fault), Some(error)) => return failed_so(fault, error),
            (Some(fault), None) => return Err(format!("failed: {fault:?}")),
            (None, Some(error)) => return Err(format!("did not fail with {error:?}")),
        }
        let none = (Vec::new(), Vec::new());
        let (columns, rows) = step.result.as_ref().unwrap_or(&none);
        if let Some(found) = &answer.columns
            && found != columns
        {
            return Err(format!("columns {found:?} instead of {columns:?}"));
        }
        if sorted(&answer.rows, self.unordered) != sorted(rows, self.unordered) {
            return Err(format!("rows {:?} instead of {rows:?}", answer.rows));
        }
        Ok(())
    }
}

/// Compares the extended code exactly; the message has SQLite's own in it, and may say more.
fn failed_so(fault: &Fault, error: &Expected) -> Result<(), String> {
    if fault.code == Some(error.code) && fault.message.contains(&error.message) {
        return Ok(());
    }
    Err(format!("failed with {fault:?} instead of {error:?}"))
}

/// Rows that came before an error, and the columns, are those of plain SQLite; a collector gives none.
fn same_so_far(answer: &Answer, reference: &Answer) -> Result<(), String> {
    let tells = answer.fault.is_none() || answer.columns.is_some();
    if tells && answer.rows != reference.rows {
        return Err(format!("rows {:?}, where plain SQLite: {:?}", answer.rows, reference.rows));
    }
    Ok(())
}

fn sorted(rows: &[Vec<Cell>], sort: bool) -> Vec<&Vec<Cell>> {
    let mut rows: Vec<_> = rows.iter().collect();
    if sort {
        rows.sort_unstable();
    }
    rows
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_else(|| panic!("a string instead of {json}")).to_owned()
}

fn list<T>(json: &Json, item: impl FnMut(&Json) -> T) -> Vec<T> {
    json.as_array().unwrap_or_else(|| panic!("a list instead of {json}")).iter().map(item).collect()
}

fn cell(json: &Json) -> Cell {
    match json {
        Json::Null => Cell::Null,
        Json::Number(number) => Cell::Integer(number.as_i64().unwrap()),
        Json::String(text) => Cell::Text(text.clone()),
        Json::Object(object) => {
            let of = |key: &str| object.get(key).map(text);
            match (of("bits"), of("blob"), of("badutf8")) {
                (Some(bits), None, None) => Cell::Real(u64::from_str_radix(&bits, 16).unwrap()),
                (None, Some(blob), None) => Cell::Blob(bytes(&blob)),
                (None, None, Some(invalid)) => Cell::InvalidText(bytes(&invalid)),
                _ => panic!("this is no value: {json}"),
            }
        }
        _ => panic!("this is no value: {json}"),
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}
