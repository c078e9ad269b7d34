//! A statement: its text, the values bound to it and its options.

mod fragment;
mod name;
mod params;
mod scan;
mod stall;
mod template;
mod text;
mod tokens;

#[cfg(all(feature = "orm", feature = "sqlite"))]
use std::any::Any;
use std::borrow::Cow;
use std::marker::PhantomData;
use std::num::NonZeroUsize;
#[cfg(all(feature = "orm", feature = "sqlite"))]
use std::sync::Arc;
use std::time::Duration;

pub use fragment::Fragment;
#[cfg(all(feature = "orm", feature = "sqlite"))]
pub(crate) use fragment::{RawSql, sealed};
pub(crate) use name::quoted;
#[cfg(all(feature = "orm", feature = "sqlite"))]
pub(crate) use name::why_not;
pub use params::Params;
pub use stall::Stall;
pub use template::{Template, template};
pub(crate) use text::Text;
pub(crate) use tokens::{Kind, Tokens};
#[cfg(feature = "sqlite")]
pub(crate) use tokens::{Token, is_of_a_word};

use crate::error::{Error, ErrorKind, Result};
use crate::value::{ToValue, Value};

/// How many parameters SQLite takes in one statement.
pub(crate) const MOST: usize = 32_766;

/// Makes a statement of a text that may be known only at run time, with the database's own
/// placeholders (`?`, `?1`, `:name`, `@name`, `$name` in SQLite).
///
/// The name is there to be seen: a text that comes from elsewhere is run as it is. Values belong in
/// [`bind`](Statement::bind), which never turns them into text.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, sql};
///
/// let engine = AsyncEngine::open("sqlite::memory:").await?;
/// let sum: i64 = engine.query(sql("SELECT ?1 + ?2").bind(20).bind(22)).scalar_one().await?;
/// assert_eq!(sum, 42);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub fn sql(text: impl Into<Cow<'static, str>>) -> Statement {
    Statement {
        text: text.into().into(),
        parameters: Parameters::default(),
        options: Options::default(),
        #[cfg(all(feature = "orm", feature = "sqlite"))]
        plan: None,
        defect: None,
    }
}

/// A statement with its bound values and its options.
///
/// Made by [`sql`], by [`sql!`](crate::sql!) or from a `&'static str`. Its `Debug` shows no value.
#[derive(Clone)]
#[must_use = "a statement does nothing until it is given to `query` or `execute`"]
pub struct Statement {
    text: Text,
    parameters: Parameters,
    options: Options,
    /// What its shape does besides: a later room's own.
    #[cfg(all(feature = "orm", feature = "sqlite"))]
    plan: Option<Plan>,
    /// What is wrong with it, found while it was built and reported before it would run.
    defect: Option<(ErrorKind, String)>,
}

/// What the shape of a statement does besides running it.
#[cfg(all(feature = "orm", feature = "sqlite"))]
pub(crate) type Plan = Arc<dyn Any + Send + Sync>;

/// The values bound to a statement.
#[derive(Clone, Default)]
pub(crate) struct Parameters {
    pub(crate) positional: Vec<Value>,
    pub(crate) named: Vec<(Cow<'static, str>, Value)>,
}

/// What a statement wants otherwise than its engine.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    pub(crate) batch_rows: Option<NonZeroUsize>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) stable: bool,
    pub(crate) stall: Option<Stall>,
}

impl Options {
    /// Reports whether anything is wanted otherwise.
    fn any(&self) -> bool {
        let Self { batch_rows, timeout, stable, stall } = self;
        batch_rows.is_some() || timeout.is_some() || *stable || stall.is_some()
    }
}

impl Statement {
    /// Makes one fragment of several, with a separator between them, to be embedded with `{name:sql}` in
    /// the text of [`sql!`](crate::sql!).
    ///
    /// `None`s are left out. Nothing at all joins to nothing: where a condition must stand, begin with
    /// one that always holds. A fragment with an OR in it wants parentheses of its own.
    ///
    /// # Errors
    ///
    /// Those of a [`Fragment`], when the whole is run.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use headwater::{AsyncEngine, Statement, sql};
    ///
    /// # let engine = AsyncEngine::open("sqlite::memory:").await?;
    /// # engine.execute("CREATE TABLE users(name TEXT, age INTEGER)").await?;
    /// # engine.insert_stream("users", ["name", "age"], [("Ada", 36), ("Alan", 41)]).await?;
    /// let (name, least) = (None::<String>, Some(40));
    /// let mut filters = vec![sql!("true")];
    /// filters.extend(name.map(|name| sql!("name = {name}")));
    /// filters.extend(least.map(|age| sql!("(age IS NULL OR age > {age})")));
    ///
    /// let filter = Statement::join(filters, " AND ");
    /// let found = sql!("SELECT name FROM users WHERE {filter:sql} ORDER BY name");
    /// assert_eq!(engine.query(found).scalars::<String>().all().await?, ["Alan"]);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    pub fn join<F: Fragment>(
        fragments: impl IntoIterator<Item = F>,
        separator: &'static str,
    ) -> Self {
        fragment::join(fragments, separator)
    }

    /// Binds a value to the next positional placeholder.
    ///
    /// A value that the database cannot hold is reported when the statement is run, before anything
    /// of it runs.
    pub fn bind(mut self, value: impl ToValue) -> Self {
        match value.into_value() {
            Ok(value) => self.parameters.positional.push(value),
            Err(error) => {
                let number = self.parameters.positional.len() + 1;
                self.parameters.positional.push(Value::Null);
                self.note(error.kind(), format!("parameter {number}: {error}"));
            }
        }
        self
    }

    /// Binds a value to a named placeholder; `name` is written with or without its `:`, `@` or `$`.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use headwater::{AsyncEngine, sql};
    ///
    /// let engine = AsyncEngine::open("sqlite::memory:").await?;
    /// let twice: i64 = engine.query(sql("SELECT 2 * :n").bind_named("n", 21)).scalar_one().await?;
    /// assert_eq!(twice, 42);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    pub fn bind_named(mut self, name: impl Into<Cow<'static, str>>, value: impl ToValue) -> Self {
        let name = name.into();
        match value.into_value() {
            Ok(value) => self.parameters.named.push((name, value)),
            Err(error) => self.note(error.kind(), format!("parameter {name}: {error}")),
        }
        self
    }

    /// Closes a batch of the result at `rows` rows at the latest (the engine's default is 4,096).
    ///
    /// Zero counts as one.
    pub fn batch_rows(mut self, rows: usize) -> Self {
        self.options.batch_rows = Some(NonZeroUsize::new(rows).unwrap_or(NonZeroUsize::MIN));
        self
    }

    /// Ends the statement with [`ErrorKind::Timeout`] when its last row has not left the database
    /// within `limit` of its start. Waiting counts: for a connection, for the turn to write, for another
    /// process, and for a slow consumer. One that has not begun by then has no effect.
    ///
    /// Where SQLite does not look (in a function that takes long), one that only reads fails in time all
    /// the same, and its connection goes back when it is free; one that writes is waited for, since what
    /// becomes of it is not known before. One that shares a commit and is over in time is answered as
    /// that commit ends.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.options.timeout = Some(limit);
        self
    }

    /// Keeps writes of the same connection from changing what the result shows: what is left of it is
    /// read aside before the first such write.
    ///
    /// SQLite lets a statement see what others of the same connection write while it runs: a row
    /// moved ahead of a scan is seen again, and a table that grows in the path of its own scan never
    /// ends. A stable statement is free of that, but for writes made in
    /// [`with_sqlite`](crate::AsyncConnection::with_sqlite), which are not held back.
    ///
    /// What was read aside is held in memory up to `spill_memory` (4 MiB), then in a private temporary
    /// file; beyond `spill_limit` (1 GiB) the result ends with [`ErrorKind::TooLarge`].
    pub fn stable(mut self) -> Self {
        self.options.stable = true;
        self
    }

    /// Sets what the statement does while the consumer of its result takes nothing (the engine's default
    /// is [`Stall::Park`]).
    ///
    /// It is about statements that only read: what one that writes gives back is read aside at once.
    pub fn stall(mut self, stall: Stall) -> Self {
        self.options.stall = Some(stall);
        self
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A statement whose text was rendered from a typed query.
    #[cfg(all(feature = "orm", feature = "sqlite"))]
    pub(crate) fn rendered(
        text: std::sync::Arc<str>,
        positional: Vec<Value>,
        options: Options,
        defect: Option<(ErrorKind, String)>,
    ) -> Self {
        let parameters = Parameters { positional, named: Vec::new() };
        Self { text: Text::Shared(text), parameters, options, defect, plan: None }
    }

    /// Makes a statement of a text that is kept and its values.
    #[cfg(all(feature = "orm", feature = "sqlite"))]
    pub(crate) fn with_values(text: Text, positional: Vec<Value>) -> Self {
        let parameters = Parameters { positional, ..Parameters::default() };
        Self { text, parameters, options: Options::default(), defect: None, plan: None }
    }

    fn note(&mut self, kind: ErrorKind, what: String) {
        self.defect.get_or_insert((kind, what));
    }

    /// Gives what the statement's shape will do besides running it.
    #[cfg(all(feature = "orm", feature = "sqlite"))]
    pub(crate) fn with_plan(mut self, plan: Plan) -> Self {
        self.plan = Some(plan);
        self
    }

    #[cfg(all(feature = "orm", feature = "sqlite"))]
    pub(crate) fn take_plan(&mut self) -> Option<Plan> {
        self.plan.take()
    }

    pub(crate) fn options(&self) -> Options {
        self.options
    }

    /// Returns the text, to be kept.
    #[cfg(feature = "sqlite")]
    pub(crate) fn shared_text(&self) -> Text {
        self.text.clone()
    }

    /// Refuses bound values where they would be lost.
    #[cfg(feature = "sqlite")]
    pub(crate) fn check_unbound(&self, why: &str) -> Result<()> {
        let Parameters { positional, named } = &self.parameters;
        if positional.is_empty() && named.is_empty() {
            return Ok(());
        }
        let bound = positional.len() + named.len();
        Err(Error::new(ErrorKind::Bind, format!("{why}, but {bound} are bound to it"))
            .with_sql(&self.text))
    }

    pub(crate) fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Reports what can be known to be wrong before any database is asked.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some((kind, what)) = &self.defect {
            let error = Error::new(*kind, what.clone());
            // A typed query that makes no sense has no text.
            return Err(if self.text.is_empty() { error } else { error.with_sql(&self.text) });
        }
        if let Some(at) = self.text.bytes().position(|byte| byte == 0) {
            return Err(Error::new(
                ErrorKind::Statement,
                format!(
                    "the text has a NUL at byte {at}, where a database would cut it off; remove it, or bind it in a value"
                ),
            ));
        }
        Ok(())
    }
}

impl std::fmt::Debug for Statement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Statement")
            .field("text", &self.text())
            .field("positional", &self.parameters.positional.len())
            .field("named", &self.parameters.named.len())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// What can be run: a `&'static str`, or a [`Statement`] made by [`sql`] or [`sql!`](crate::sql!).
///
/// A text put together with `format!` is none, so that no value slips into one unseen:
///
/// ```compile_fail
/// # async fn f(engine: &headwater::AsyncEngine, name: &str) -> headwater::Result<()> {
/// engine.query(&format!("SELECT * FROM users WHERE name = '{name}'")).all().await?;
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a statement",
    label = "expected a `&'static str`, `sql(…)` or `sql!(…)`",
    note = "bind values instead of formatting them into the text: `sql!(\"… WHERE name = {{name}}\")`",
    note = "a text that is known only at run time is a statement through `headwater::sql(text)`"
)]
pub trait IntoStatement {
    /// What a query of this statement gives: [`Rows`], or [`Scalars`] of a type that the statement
    /// itself knows.
    type Shape;

    /// Makes the statement.
    fn into_statement(self) -> Statement;
}

/// The shape of a result that is read as rows.
#[derive(Debug)]
pub struct Rows(());

/// The shape of a result of which each row is read as a `T`.
pub struct Scalars<T>(PhantomData<fn() -> T>);

impl<T> std::fmt::Debug for Scalars<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scalars")
    }
}

impl IntoStatement for &'static str {
    type Shape = Rows;

    fn into_statement(self) -> Statement {
        sql(self)
    }
}

impl IntoStatement for Statement {
    type Shape = Rows;

    fn into_statement(self) -> Statement {
        self
    }
}

impl IntoStatement for &Statement {
    type Shape = Rows;

    fn into_statement(self) -> Statement {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_in_the_text_is_refused_with_its_place() {
        let error = sql("SELECT 1\0 garbage").check().unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Statement);
        assert!(error.to_string().contains("byte 8"));
    }

    #[test]
    fn debug_shows_no_value() {
        let shown = format!("{:?}", sql("SELECT ?").bind("secret").bind_named("n", "hidden"));

        assert!(!shown.contains("secret") && !shown.contains("hidden"));
    }

    #[test]
    fn the_first_defect_is_the_one_reported() {
        let error = sql("SELECT ?, ?").bind(u64::MAX).bind(f64::NAN).check().unwrap_err();

        assert!(error.to_string().starts_with("parameter 1:"));
    }
}
