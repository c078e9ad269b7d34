//! `Schema::diff`: compares a database with the entities.

use std::cell::RefCell;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

use super::builder::Schema;
use super::change::Changes;
use super::compare::{Question, compare};
use super::difference::Diff;
use super::info::DatabaseInfo;
use super::inspect::read;
use crate::engine::Executor;
use crate::error::Result;
use crate::expr::{Dialect, EntityTable};
use crate::result::{Query, Run};
use crate::statement::{Rows, quoted, sql};

impl Schema {
    /// Compares a database with what the entities want, in one state of it.
    ///
    /// Names are compared without regard to case, types by how SQLite treats what is written, expressions
    /// but for spaces, indexes by their columns. Whether tables are STRICT, and how they collate, is not
    /// compared. The table `_headwater_migrations` is never extra.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Entity`](crate::ErrorKind::Entity) when the schema is wrong by itself; else as
    /// [`Query`](crate::Query).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use headwater::{AsyncEngine, Entity, Migration, Migrations, schema};
    ///
    /// #[derive(Entity, Clone)]
    /// #[entity(table = "users")]
    /// struct User {
    ///     #[entity(primary_key, generated)]
    ///     id: i64,
    ///     #[entity(default = "''")]
    ///     name: String,
    /// }
    ///
    /// let engine = AsyncEngine::open("sqlite::memory:").await?;
    /// engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY)").await?;
    ///
    /// let schema = schema().entity::<User>();
    /// let diff = schema.diff(&engine).await?;
    /// assert_eq!(diff.to_string(), "users.name: the column is missing");
    /// assert_eq!(diff.sql(), "ALTER TABLE \"users\" ADD COLUMN \"name\" TEXT NOT NULL DEFAULT '';\n");
    ///
    /// let migration = Migration::new(1, "add_names", diff.sql().to_owned());
    /// engine.migrate(Migrations::new([migration])).await?;
    /// assert!(schema.diff(&engine).await?.is_empty());
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn diff<D: Executor>(&self, db: &D) -> impl Future<Output = Result<Diff>> + Send + use<D> {
        let compared = self.ordered().map(|tables| (tables, self.style(Dialect::Sqlite)));
        let (run, site) = (db.runner(), Location::caller());
        async move {
            let (tables, style) = compared?;
            // Held to the end: the rows are asked about in the state in which the tables were read.
            let state = run.one_state(site).await?;
            let database = read(Arc::clone(&state.run), site).await?;
            let questions = questions(&tables, &database);
            let answers = answers(&state.run, &questions, site).await?;
            let yes = |asked: Question| {
                questions.iter().zip(&answers).any(|(question, yes)| *yes && *question == asked)
            };
            let differences = compare(&tables, &database, &yes);
            let text = |drops| {
                let (tables, database, differences) = (&tables, &database, &differences);
                Changes { tables, database, differences, drops, style }.text()
            };
            let (sql, sql_with_drops) = (text(false), text(true));
            Ok(Diff { differences, sql, sql_with_drops })
        }
    }
}

/// What has to be known of the rows to tell what differs.
fn questions(tables: &[&'static EntityTable], database: &DatabaseInfo) -> Vec<Question> {
    let asked = RefCell::new(Vec::new());
    let ask = |question| {
        asked.borrow_mut().push(question);
        true
    };
    compare(tables, database, &ask);
    asked.into_inner()
}

/// How many questions are asked at once: so many columns a result can have.
const AT_ONCE: usize = 500;

async fn answers(
    run: &Run,
    questions: &[Question],
    site: &'static Location<'static>,
) -> Result<Vec<bool>> {
    let mut answers = Vec::with_capacity(questions.len());
    for questions in questions.chunks(AT_ONCE) {
        let asked: Vec<_> = questions.iter().map(text).collect();
        let statement = sql(format!("SELECT {}", asked.join(", ")));
        let row = Query::<Rows>::new(Arc::clone(run), statement, site).one().await?;
        for number in 0..questions.len() {
            answers.push(row.get::<bool>(number)?);
        }
    }
    Ok(answers)
}

fn text(question: &Question) -> String {
    match question {
        Question::Rows(table) => format!("EXISTS (SELECT 1 FROM {})", quoted(table)),
        Question::Nulls(table, column) => {
            format!("EXISTS (SELECT 1 FROM {} WHERE {} IS NULL)", quoted(table), quoted(column))
        }
    }
}
