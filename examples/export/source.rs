//! Where the rows come from: the file, opened to be read, and the statement with its values.

use std::io::Read;

use headwater::{AsyncEngine, AsyncResult, EngineBuilder, ErrorKind, Mode, Statement, sql};

use crate::arguments::{Database, Export, Sql};
use crate::ending::Ending;

/// A value of every kind.
const DEMO: &str = "
    WITH demo(kind, value) AS (VALUES
        ('an integer beyond 2^53', 9007199254740993),
        ('the smallest integer', -9223372036854775808),
        ('a real', 0.1),
        ('a real that is whole', 1.0),
        ('infinity', 9e999),
        ('a text', 'plain'),
        ('quotes and a line break', 'say \"hi\",' || char(10) || 'and go'),
        ('other scripts', '流 🌊 źródło'),
        ('a NUL and an escape', 'a' || char(0, 27) || 'b'),
        ('a number as a text', '1'),
        ('an empty text', ''),
        ('bytes', x'00ff'),
        ('no bytes', x''),
        ('NULL', NULL))
    SELECT kind, typeof(value) AS type, value FROM demo";

/// Finds the statement's text.
pub(crate) fn text(sql: &Sql) -> Result<String, Ending> {
    match sql {
        Sql::Text(text) => Ok(text.clone()),
        Sql::Demo => Ok(DEMO.to_owned()),
        Sql::Stdin => {
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text);
            let problem = |error| Ending::File(format!("standard input cannot be read: {error}"));
            read.map_err(problem).map(|_| text)
        }
    }
}

/// Opens the database and starts the statement.
pub(crate) async fn open(
    export: &Export,
    text: String,
) -> Result<(AsyncEngine, AsyncResult), Ending> {
    let mode = if export.immutable { Mode::Immutable } else { Mode::ReadOnly };
    let builder = match &export.database {
        Database::Path(path) => EngineBuilder::file(path).mode(mode),
        Database::Url(url) => AsyncEngine::builder(url).mode(mode),
        Database::Memory => AsyncEngine::builder("sqlite::memory:"),
    };
    // A reader keeps the writers of a file without a write-ahead log waiting, so what is not taken as
    // fast as it is read goes to a temporary file, however much it is.
    let opened = builder.max_connections(1).spill_limit(u64::MAX).open().await;
    let engine = opened.map_err(|error| match error.kind() {
        ErrorKind::ReadOnly => Ending::File(format!("{error}, as --immutable does")),
        _ => Ending::Database(error),
    })?;
    let result = engine.query(statement(export, text)).await?;
    Ok((engine, result))
}

fn statement(export: &Export, text: String) -> Statement {
    let mut statement = sql(text);
    if let Some(limit) = export.timeout {
        statement = statement.timeout(limit);
    }
    export.parameters.iter().fold(statement, |statement, parameter| {
        let value = parameter.value.clone();
        match &parameter.name {
            Some(name) => statement.bind_named(name.clone(), value),
            None => statement.bind(value),
        }
    })
}
