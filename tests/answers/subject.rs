//! Who is asked: plain SQLite, or Headwater by one of its ways to read a result.

use std::fmt;

use headwater::{AsyncConnection, AsyncEngine, Query, Statement, sql};

use crate::answer::{Answer, Cell, Fault};
use crate::refused::Change;

/// How Headwater is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// An open result, read row by row, in batches of the default size.
    Stream,
    /// An open result, read row by row, in batches of at most three rows.
    SmallBatches,
    /// `all()`, and `execute` for what gives no rows.
    Collect,
}

pub(crate) const WAYS: [Way; 3] = [Way::Stream, Way::SmallBatches, Way::Collect];

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stream => "stream",
            Self::SmallBatches => "stream in small batches",
            Self::Collect => "collect",
        })
    }
}

/// What runs the statements.
enum Handle {
    Engine(AsyncEngine),
    Connection(AsyncConnection),
    Plain(rusqlite::Connection),
}

/// A fresh database, and the way to ask it.
pub(crate) struct Subject {
    handle: Handle,
    way: Way,
}

async fn engine(change: Option<Change>) -> AsyncEngine {
    let builder = AsyncEngine::builder("sqlite::memory:").max_connections(1).foreign_keys(false);
    let builder = match change {
        Some(change) => change.apply(builder),
        None => builder,
    };
    builder.open().await.unwrap()
}

impl Subject {
    /// A database asked through its engine: one connection reads and another one writes.
    pub(crate) async fn on_engine(way: Way, change: Option<Change>) -> Self {
        if change == Some(Change::Connection) {
            return Self::on_connection(way, None).await;
        }
        Self { handle: Handle::Engine(engine(change).await), way }
    }

    /// A database asked through one connection.
    pub(crate) async fn on_connection(way: Way, change: Option<Change>) -> Self {
        let connection = engine(change).await.connect().await.unwrap();
        Self { handle: Handle::Connection(connection), way }
    }

    /// Plain SQLite.
    pub(crate) fn plain() -> Self {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        Self { handle: Handle::Plain(connection), way: Way::Stream }
    }

    /// Runs a statement by the subject's way and gives all that it gave.
    pub(crate) async fn ask(&self, text: &str) -> Answer {
        match &self.handle {
            Handle::Engine(engine) => answer(self.way, |query| engine.query(query), text).await,
            Handle::Connection(connection) => {
                answer(self.way, |query| connection.query(query), text).await
            }
            Handle::Plain(connection) => plainly(connection, text),
        }
    }

    /// Runs a statement for its effect.
    pub(crate) async fn execute(&self, text: &str) -> Result<(), Fault> {
        let statement = sql(text.to_owned());
        let executed = match &self.handle {
            Handle::Engine(engine) => engine.execute(statement),
            Handle::Connection(connection) => connection.execute(statement),
            Handle::Plain(connection) => {
                return plainly(connection, text).fault.map_or(Ok(()), Err);
            }
        };
        executed.await.map(drop).map_err(Fault::from)
    }

    /// Runs a statement that is not expected to have columns: where rows are collected, for its effect.
    pub(crate) async fn run(&self, text: &str) -> Answer {
        match self.way {
            Way::Stream | Way::SmallBatches => self.ask(text).await,
            Way::Collect => Answer { fault: self.execute(text).await.err(), ..Answer::default() },
        }
    }

    /// Runs a script.
    pub(crate) async fn script(&self, text: &str) -> Answer {
        let script = sql(text.to_owned());
        let ran = match &self.handle {
            Handle::Engine(engine) => engine.execute_batch(script),
            Handle::Connection(connection) => connection.execute_batch(script),
            Handle::Plain(connection) => return plainly(connection, text),
        };
        Answer { fault: ran.await.err().map(Fault::from), ..Answer::default() }
    }
}

/// Runs a query by a way and gives all that it gave.
pub(crate) async fn answer(way: Way, query: impl Fn(Statement) -> Query, text: &str) -> Answer {
    let statement = sql(text.to_owned());
    match way {
        Way::Stream => streamed(query(statement)).await,
        Way::SmallBatches => streamed(query(statement.batch_rows(3))).await,
        Way::Collect => collected(query(statement)).await,
    }
}

fn cells(row: &headwater::Row) -> Vec<Cell> {
    (0..row.len()).map(|column| row.value(column).unwrap().into()).collect()
}

async fn streamed(query: Query) -> Answer {
    let mut result = match query.await {
        Ok(result) => result,
        Err(error) => return Answer::failed(error),
    };
    let mut answer = Answer {
        columns: Some(result.columns().names().map(str::to_owned).collect()),
        ..Answer::default()
    };
    loop {
        match result.try_next().await {
            Ok(Some(row)) => answer.rows.push(cells(&row)),
            Ok(None) => return answer,
            Err(error) => {
                answer.fault = Some(error.into());
                let after = result.try_next().await;
                assert!(matches!(after, Ok(None)), "an error is the last item of a stream");
                return answer;
            }
        }
    }
}

async fn collected(query: Query) -> Answer {
    match query.all().await {
        Ok(rows) => Answer {
            // Rows know their columns; where there is none, this way does not tell them.
            columns: rows.first().map(|row| row.columns().names().map(str::to_owned).collect()),
            rows: rows.iter().map(cells).collect(),
            fault: None,
        },
        Err(error) => Answer::failed(error),
    }
}

/// Runs a statement on plain SQLite, or a script where it is refused as a statement.
fn plainly(connection: &rusqlite::Connection, text: &str) -> Answer {
    let mut statement = match connection.prepare(text) {
        Ok(statement) => statement,
        Err(rusqlite::Error::MultipleStatement) => {
            return match connection.execute_batch(text) {
                Ok(()) => Answer::default(),
                Err(error) => Answer::failed(error),
            };
        }
        Err(error) => return Answer::failed(error),
    };
    let width = statement.column_count();
    let mut answer = Answer {
        columns: Some(statement.column_names().map(str::to_owned).collect()),
        ..Answer::default()
    };
    let mut rows = statement.raw_query();
    loop {
        match rows.next() {
            Ok(Some(row)) => answer
                .rows
                .push((0..width).map(|column| row.get_ref(column).unwrap().into()).collect()),
            Ok(None) => return answer,
            Err(error) => {
                answer.fault = Some(error.into());
                return answer;
            }
        }
    }
}
