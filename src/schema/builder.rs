//! `Schema`: the entities of a program, and the tables that they need.

use std::fmt;
use std::future::Future;
use std::panic::Location;

use super::check::{check, wrong};
use super::wanted::{self, Style};
use crate::engine::Executor;
use crate::error::Result;
use crate::expr::{Dialect, Entity, EntityTable};
use crate::statement::{quoted, sql};
use crate::value::SqlType;

/// Begins a schema without entities.
///
/// # Examples
///
/// ```
/// let schema = headwater::schema();
/// assert_eq!(schema.sql()?, "");
/// # Ok::<(), headwater::Error>(())
/// ```
#[must_use]
pub fn schema() -> Schema {
    Schema::default()
}

/// The tables of a program's entities: made, dropped, written as text and compared with a database.
///
/// [`schema`] begins one. What is wrong with it (two entities of one table, a reference to an entity
/// that is not in it, a name that is there twice) is an [`ErrorKind::Entity`](crate::ErrorKind::Entity) of whatever uses it.
#[derive(Clone, Default)]
pub struct Schema {
    entities: Vec<&'static EntityTable>,
    strict: bool,
}

impl Schema {
    /// Adds an entity; one that is in it already changes nothing.
    #[must_use]
    pub fn entity<E: Entity>(mut self) -> Self {
        let table = E::table();
        if self.entities.iter().all(|other| other.id() != table.id()) {
            self.entities.push(table);
        }
        self
    }

    /// Makes the tables STRICT: SQLite then refuses values that are not of the column's type. Off by
    /// default; a table that is there already stays what it is.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Makes the tables and indexes that are not there yet, a table before those that refer to it, in one
    /// transaction. In a transaction it is a part of that one.
    ///
    /// A table that is there is left as it is, whatever its columns are:
    /// [`diff`](Self::diff) compares.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Entity`](crate::ErrorKind::Entity) when the schema is wrong by itself; [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly) on a snapshot;
    /// else as [`Execute`](crate::Execute). Nothing is made then.
    ///
    /// # Cancel safety
    ///
    /// Dropped before the commit has begun, nothing is made; dropped later, the commit runs to its end.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use headwater::{AsyncEngine, Entity, schema};
    ///
    /// #[derive(Entity, Clone)]
    /// #[entity(table = "users")]
    /// struct User {
    ///     #[entity(primary_key, generated)]
    ///     id: i64,
    ///     #[entity(unique)]
    ///     email: String,
    /// }
    ///
    /// let engine = AsyncEngine::open("sqlite::memory:").await?;
    /// let schema = schema().entity::<User>();
    /// schema.create_all(&engine).await?;
    /// engine.execute("INSERT INTO users(email) VALUES ('ada@example.org')").await?;
    ///
    /// // What is there stays.
    /// schema.create_all(&engine).await?;
    /// assert_eq!(engine.query("SELECT count(*) FROM users").scalar_one::<i64>().await?, 1);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn create_all<D: Executor>(
        &self,
        db: &D,
    ) -> impl Future<Output = Result<()>> + Send + use<D> {
        run(db, self.creation(Dialect::Sqlite, " IF NOT EXISTS"))
    }

    /// Drops the tables of the schema that are there, with their rows and indexes, each after those that
    /// refer to it, in one transaction. In a transaction it is a part of that one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Entity`](crate::ErrorKind::Entity) when the schema is wrong by itself; [`ErrorKind::ForeignKeyViolation`](crate::ErrorKind::ForeignKeyViolation) when
    /// rows of other tables refer to those of the schema; [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly) on a snapshot; else as
    /// [`Execute`](crate::Execute). Nothing is dropped then.
    ///
    /// # Cancel safety
    ///
    /// Dropped before the commit has begun, nothing is dropped; dropped later, the commit runs to its end.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use headwater::{AsyncEngine, Entity, schema};
    ///
    /// #[derive(Entity, Clone)]
    /// #[entity(table = "users")]
    /// struct User {
    ///     #[entity(primary_key, generated)]
    ///     id: i64,
    ///     #[entity(unique)]
    ///     email: String,
    /// }
    ///
    /// let engine = AsyncEngine::open("sqlite::memory:").await?;
    /// let schema = schema().entity::<User>();
    /// schema.create_all(&engine).await?;
    /// schema.drop_all(&engine).await?;
    /// assert!(headwater::inspect(&engine).await?.tables.is_empty());
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn drop_all<D: Executor>(
        &self,
        db: &D,
    ) -> impl Future<Output = Result<()>> + Send + use<D> {
        run(db, self.removal())
    }

    /// Writes the statements that make the tables in SQLite, each ended by a semicolon.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Entity`](crate::ErrorKind::Entity) when the schema is wrong.
    ///
    /// # Examples
    ///
    /// ```
    /// use headwater::{Entity, schema};
    ///
    /// #[derive(Entity, Clone)]
    /// #[entity(table = "users")]
    /// struct User {
    ///     #[entity(primary_key, generated)]
    ///     id: i64,
    ///     #[entity(index)]
    ///     name: Option<String>,
    /// }
    ///
    /// assert_eq!(
    ///     schema().entity::<User>().sql()?,
    ///     r#"CREATE TABLE "users" (
    ///     "id" INTEGER PRIMARY KEY,
    ///     "name" TEXT
    /// );
    /// CREATE INDEX "ix_users_name" ON "users" ("name");
    /// "#
    /// );
    /// # Ok::<(), headwater::Error>(())
    /// ```
    pub fn sql(&self) -> Result<String> {
        self.sql_for(Dialect::Sqlite)
    }

    /// Writes the statements that make the tables, in a dialect.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Entity`](crate::ErrorKind::Entity) when the schema is wrong, or has a column of a type that the dialect does not
    /// have.
    ///
    /// # Examples
    ///
    /// ```
    /// use headwater::{Dialect, Entity, schema};
    ///
    /// #[derive(Entity, Clone)]
    /// #[entity(table = "users")]
    /// struct User {
    ///     #[entity(primary_key, generated)]
    ///     id: i64,
    /// }
    ///
    /// let sql = schema().entity::<User>().sql_for(Dialect::Postgres)?;
    /// assert!(sql.contains(r#""id" BIGINT GENERATED BY DEFAULT AS IDENTITY NOT NULL PRIMARY KEY"#));
    /// # Ok::<(), headwater::Error>(())
    /// ```
    pub fn sql_for(&self, dialect: Dialect) -> Result<String> {
        Ok(script(&self.statements_for(dialect)?))
    }

    /// Lists the statements that make the tables in SQLite, in their order.
    ///
    /// # Errors
    ///
    /// As [`sql`](Self::sql).
    pub fn statements(&self) -> Result<Vec<String>> {
        self.statements_for(Dialect::Sqlite)
    }

    /// Lists the statements that make the tables in a dialect, in their order.
    ///
    /// # Errors
    ///
    /// As [`sql_for`](Self::sql_for).
    pub fn statements_for(&self, dialect: Dialect) -> Result<Vec<String>> {
        self.creation(dialect, "")
    }

    pub(super) fn style(&self, dialect: Dialect) -> Style {
        Style { dialect, strict: self.strict }
    }

    /// The statements that make everything; `asks` goes before each name.
    fn creation(&self, dialect: Dialect, asks: &str) -> Result<Vec<String>> {
        let ordered = self.ordered()?;
        check_types(&ordered, dialect)?;
        let (mut statements, mut later) = (Vec::new(), Vec::new());
        for (at, table) in ordered.iter().enumerate() {
            let made = ordered.get(..=at).unwrap_or_default();
            let ahead = match dialect {
                // SQLite looks for what is referred to when rows are written.
                Dialect::Sqlite => Vec::new(),
                Dialect::Postgres => references_ahead(table, made),
            };
            let text = wanted::table(table, self.style(dialect), &ahead);
            statements.push(text.sql(&format!("CREATE TABLE{asks}")));
            statements.extend(wanted::indexes(table).map(|index| index.sql(asks)));
            later.extend(ahead.into_iter().filter_map(|key| {
                let clause = wanted::foreign_key(table, table.references.get(key)?, true);
                Some(format!("ALTER TABLE {} ADD {}", quoted(table.name), clause.text))
            }));
        }
        statements.append(&mut later);
        Ok(statements)
    }

    fn removal(&self) -> Result<Vec<String>> {
        let ordered = self.ordered()?;
        let drop = |table: &&EntityTable| format!("DROP TABLE IF EXISTS {}", quoted(table.name));
        let drops = ordered.iter().rev().map(drop);
        // In a cycle one is dropped while another still refers to it.
        Ok(["PRAGMA defer_foreign_keys = ON".to_owned()].into_iter().chain(drops).collect())
    }

    /// The tables, each after those that it refers to, as far as they do not refer to each other.
    pub(super) fn ordered(&self) -> Result<Vec<&'static EntityTable>> {
        check(&self.entities)?;
        let mut order = Order { ordered: Vec::new(), seen: Vec::new() };
        for table in &self.entities {
            order.visit(table);
        }
        Ok(order.ordered)
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entities: Vec<_> = self.entities.iter().map(|table| table.entity).collect();
        f.debug_struct("Schema").field("entities", &entities).field("strict", &self.strict).finish()
    }
}

/// A walk along the foreign keys. Tables are few and deep chains are not: it recurses.
struct Order {
    ordered: Vec<&'static EntityTable>,
    seen: Vec<&'static EntityTable>,
}

impl Order {
    fn visit(&mut self, table: &'static EntityTable) {
        if self.seen.iter().any(|seen| seen.id() == table.id()) {
            return;
        }
        self.seen.push(table);
        for key in &table.references {
            self.visit((key.target)());
        }
        self.ordered.push(table);
    }
}

/// The foreign keys of a table that refer to tables which are not made yet.
fn references_ahead(table: &EntityTable, made: &[&'static EntityTable]) -> Vec<usize> {
    let is_made = |id| made.iter().any(|one| one.id() == id);
    let keys = table.references.iter().enumerate();
    keys.filter(|(_, key)| !is_made((key.target)().id())).map(|(at, _)| at).collect()
}

fn check_types(tables: &[&'static EntityTable], dialect: Dialect) -> Result<()> {
    if dialect == Dialect::Sqlite {
        return Ok(());
    }
    for table in tables {
        if let Some(column) = table.columns.iter().find(|one| one.sql_type == SqlType::Any) {
            return Err(wrong(format!(
                "`{}.{}` (table `{}`) holds values of any type, for which PostgreSQL has no column",
                table.entity, column.name, table.name
            )));
        }
    }
    Ok(())
}

/// Statements as one text.
pub(super) fn script(statements: &[String]) -> String {
    statements.iter().map(|statement| format!("{statement};\n")).collect()
}

/// Runs statements as a whole or not at all.
#[track_caller]
fn run<D: Executor>(
    db: &D,
    statements: Result<Vec<String>>,
) -> impl Future<Output = Result<()>> + Send + use<D> {
    let begin = db.begin_within(Location::caller());
    async move {
        let statements = statements?;
        if statements.is_empty() {
            return Ok(());
        }
        let tx = begin.await?;
        for statement in statements {
            if let Err(error) = tx.execute(sql(statement)).await {
                // The statement's error is the one to tell; a rollback that fails has nothing left to undo.
                let _ = tx.rollback().await;
                return Err(error);
            }
        }
        tx.commit().await.map(drop)
    }
}
