//! Headwater is a streaming-first query library: a query is a [`Stream`](futures::Stream).
//!
//! Rows leave the database in bounded batches, at the pace at which they are taken, whether the result
//! has ten rows or a hundred million. The blocking work is done on threads of the engine's own, so it runs
//! under tokio, smol, a bare `block_on`, or whatever else polls futures. The database is SQLite, compiled
//! in; the names follow SQLAlchemy's asyncio surface.
//!
//! ```
//! use headwater::{AsyncEngine, FromRow, Result, sql};
//!
//! #[derive(FromRow)]
//! struct User {
//!     id: i64,
//!     name: String,
//! }
//!
//! async fn older_than(engine: &AsyncEngine, age: i64) -> Result<Vec<User>> {
//!     engine.query(sql!("SELECT id, name FROM users WHERE age > {age}")).scalars().all().await
//! }
//!
//! # futures::executor::block_on(async {
//! let engine = AsyncEngine::open("sqlite::memory:").await?;
//! engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age INTEGER)").await?;
//! engine.insert_stream("users", ["name", "age"], [("Ada", 36), ("Alan", 41)]).await?;
//!
//! let users = older_than(&engine, 40).await?;
//! assert_eq!((users[0].id, users[0].name.as_str()), (2, "Alan"));
//! # Ok::<(), headwater::Error>(()) }).unwrap();
//! ```
//!
//! The [guide] goes through it chapter by chapter, the [cookbook] by task; who comes from another library finds
//! its words [beside ours](compare).
//!
//! # What there is
//!
//! | to | there is |
//! |---|---|
//! | open a database | [`AsyncEngine::open`], [`AsyncEngine::builder`], [`EngineBuilder::file`] |
//! | ask it something | [`query`](AsyncEngine::query), which gives a [`Query`] |
//! | read rows as a stream | `.await` the query: [`AsyncResult`], or [`AsyncScalars`] after [`scalars`](Query::scalars) |
//! | read them at once | [`all`](Query::all), [`first`](Query::first), [`one`](Query::one), [`one_or_none`](Query::one_or_none), [`scalar`](Query::scalar) and its like |
//! | change something | [`execute`](AsyncEngine::execute), [`execute_many`](AsyncEngine::execute_many), [`insert_stream`](AsyncEngine::insert_stream), [`execute_batch`](AsyncEngine::execute_batch) |
//! | do several things at once | [`begin`](AsyncEngine::begin), [`transaction`](AsyncEngine::transaction), [`savepoint`](Transaction::savepoint) |
//! | read one state with many queries | [`snapshot`](AsyncEngine::snapshot) |
//! | map structs to tables | [`derive(Entity)`](derive@Entity), [`schema()`](fn@schema), [`inspect()`](fn@inspect) |
//! | ask with types | [`select`](fn@select), [`insert`](fn@insert), [`update`](fn@update), [`delete`](fn@delete), and what [`query`](mod@query) has for them |
//! | work with objects | [`AsyncSessionmaker`], [`AsyncSession`], [`Tracked`] |
//! | follow relations | [`Select::with`], [`AsyncSession::related`] |
//! | write many objects | [`AsyncEngine::bulk_insert`], [`AsyncSession::insert_stream`] and their like |
//! | keep a connection | [`connect`](AsyncEngine::connect) |
//! | bound the pool, and look at it | [`max_connections`](EngineBuilder::max_connections) and the options after it, [`status`](AsyncEngine::status) |
//! | say what a slow consumer may cost | [`Stall`], for an [engine](EngineBuilder::stall) or a [statement](Statement::stall) |
//! | hear of what stalls or is slow | [`notices`](AsyncEngine::notices), which give [`Notice`]s |
//! | write for any of them | [`Executor`] |
//! | bind values | [`sql!`](macro@sql), [`sql()`](fn@sql) with [`bind`](Statement::bind) |
//! | put statements together | [`sql!`](macro@sql) with `{name:ident}` and `{name:sql}`, [`Statement::join`] |
//! | check all texts in a test | [`prepare_all!`], or one with [`describe`](AsyncEngine::describe) |
//! | read values | [`Row::get`], [`FromRow`](trait@FromRow), [`FromValue`], [`derive(Value)`](derive@Value) |
//! | go back to SQLite | [`AsyncConnection::with_sqlite`], [`EngineBuilder::on_connect`] |
//!
//! # How it streams
//!
//! A connection lives on a thread of its own. A query's cursor steps SQLite there, packs rows into a
//! batch of a few flat buffers, and hands it over through a channel that holds a small fixed number of
//! them. When the channel is full the cursor waits, and the thread serves the connection's other
//! statements meanwhile: so one connection, and one transaction, runs several statements at once, and
//! writes rows while it reads them. The first batch is a single row; later ones grow.
//!
//! ```
//! # use headwater::{AsyncEngine, sql};
//! # futures::executor::block_on(async {
//! # let engine = AsyncEngine::open("sqlite::memory:").await?;
//! # engine.execute("CREATE TABLE orders(id INTEGER PRIMARY KEY, total REAL, tax REAL)").await?;
//! # engine.insert_stream("orders", ["total"], [(10.0,), (20.0,)]).await?;
//! let tax: f64 = engine
//!     .transaction(async |tx| {
//!         let mut orders = tx.query("SELECT id, total FROM orders").scalars::<(i64, f64)>().await?;
//!         while let Some((id, total)) = orders.try_next().await? {
//!             tx.execute(sql!("UPDATE orders SET tax = {} WHERE id = {id}", total * 0.2)).await?;
//!         }
//!         tx.query("SELECT sum(tax) FROM orders").scalar_one().await
//!     })
//!     .await?;
//! assert_eq!(tax, 6.0);
//! # Ok::<(), headwater::Error>(()) }).unwrap();
//! ```
//!
//! # Writing what a stream still reads
//!
//! In one connection SQLite shows a running statement what the others write. A row that is changed ahead
//! of a scan is seen changed, one that is moved ahead is seen again, and a scan that inserts into its
//! own path does not end. [`Statement::stable`] reads the result aside before the first write shows;
//! [`AsyncEngine::snapshot`] reads on a connection that nobody writes on.
//!
//! # Dropping is stopping
//!
//! Every future and stream may be dropped at any await point. Dropping a result stops its statement,
//! dropping an unfinished transaction rolls it back, and the connection goes back by itself, clean. No
//! drop blocks, and none needs a runtime. Each method's *Cancel safety* section says what stays true and
//! what is lost; the page on [`cancellation`] has all of them together.
//!
//! # Who writes
//!
//! SQLite has one writer at a time. In one process the writers of a file wait in one fair queue, as
//! futures; readers go on meanwhile (in the write-ahead log, the default). Single statements that wait
//! there [share a commit](EngineBuilder::group_commit), and each is answered after it as it would be
//! alone. Writers of other processes are waited for up to `busy_timeout`.
//!
//! # What is traced
//!
//! With the feature `tracing` each statement has a span named `statement`, of the level DEBUG and the
//! target `headwater` (`headwater=debug` lets it through a filter), from its first poll until its result
//! has ended or is dropped; so have BEGIN, COMMIT and the like. It is a child of the span in which the
//! statement was first polled. Its fields are those of OpenTelemetry's conventions for database clients
//! (`db.system.name`, `db.operation.name`, `db.query.text`, `db.response.returned_rows`,
//! `db.response.status_code` with SQLite's code, `error.type` with the [`ErrorKind`], `otel.name`,
//! `otel.kind`, `otel.status_code`), the call (`code.file.path`, `code.line.number`), and `rows_affected`,
//! `batches`, `time_to_first_row` and `elapsed` in seconds, and `dropped` for what did not come to its
//! end. The text is shown as it was written, with its placeholders; no bound value is.
//!
//! A statement that runs for longer than [`slow_statement`](EngineBuilder::slow_statement), and one whose
//! consumer stalls, are WARN events within their spans. The other [`Notice`]s are WARN events too.
//!
//! # Features
//!
//! * `sqlite` (default): the SQLite driver, with SQLite itself compiled in.
//! * `macros` (default): [`sql!`](macro@sql), [`derive(FromRow)`](derive@FromRow),
//!   [`derive(Value)`](derive@Value) and [`derive(Entity)`](derive@Entity), [`migrations!`](macro@migrations).
//! * `orm` (default): [entities](trait@Entity) and their [schema](fn@schema), [typed queries](fn@select),
//!   [sessions](AsyncSession) and relations.
//! * `chrono`, `time`, `jiff`: their dates and times [as values](ToValue#what-is-stored-and-what-is-read).
//! * `uuid`, `decimal`: `Uuid` and the `Decimal` of `rust_decimal` as values.
//! * `json`: `serde_json::Value` and `Json<T>` as values, and `Serialize` for [`Mapping`], so that rows go
//!   out as JSON objects.
//! * `tracing`: a span for each statement and events for what is slow, as *What is traced* says.
//!
//! Features only add; none changes what the others do.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(feature = "sqlite"),
    allow(dead_code, unused_imports, reason = "without a driver much has no caller")
)]

// What the derives and `sql!` write names this crate from outside.
extern crate self as headwater;

mod error;
mod row;
mod statement;
mod value;

// What follows needs a database to talk to.
#[cfg(feature = "sqlite")]
mod clock;
#[cfg(feature = "sqlite")]
mod driver;
#[cfg(feature = "sqlite")]
mod engine;
#[cfg(all(feature = "orm", feature = "sqlite"))]
mod expr;
#[cfg(feature = "sqlite")]
mod flow;
#[cfg(feature = "sqlite")]
mod migrate;
#[cfg(all(feature = "orm", feature = "sqlite"))]
mod orm;
#[cfg(feature = "sqlite")]
mod result;
#[cfg(all(feature = "orm", feature = "sqlite"))]
mod schema;

#[cfg(feature = "sqlite")]
pub use clock::Clock;
#[cfg(feature = "sqlite")]
pub use driver::sqlite::{JournalMode, Mode, Synchronous};
#[cfg(feature = "sqlite")]
pub use driver::{Description, Done, Notice, Version};
#[cfg(feature = "sqlite")]
pub use engine::{
    AsyncConnection, AsyncEngine, EngineBuilder, EngineStatus, Executor, Notices, PreparedAll,
    Snapshot, Transaction, Unprepared,
};
#[cfg(feature = "sqlite")]
pub use migrate::{
    Migration, MigrationReport, MigrationRun, MigrationState, MigrationStatus, Migrations,
};
#[cfg(feature = "sqlite")]
pub use result::{
    AsyncResult, AsyncScalars, Batches, ByIterator, ByStream, Describe, Execute, ExecuteMany,
    IntoRows, Mappings, Opening, Partitions, Query, Shape, UniqueBy,
};

pub use error::{Constraint, Error, ErrorKind, OptionalRow, Result};
pub use row::{ColumnIndex, Columns, FromRow, Mapping, Positions, Row};
pub use statement::{Fragment, IntoStatement, Params, Rows, Scalars, Stall, Statement, sql};
#[cfg(feature = "json")]
pub use value::Json;
pub use value::{ColumnType, FromValue, Mismatch, SqlType, ToValue, Value, ValueRef};

#[cfg(all(feature = "orm", feature = "sqlite"))]
pub use expr::{
    BelongsTo, Column, Delete, Dialect, Embed, Embedded, Entity, Expr, HasMany, HasOne, Insert,
    Key, ManyToMany, Select, SqlText, Update, delete, insert, insert_all, insert_into, raw, select,
    update,
};

#[cfg(all(feature = "orm", feature = "sqlite"))]
pub use orm::{
    AnyTracked, AsyncEager, AsyncSession, AsyncSessionmaker, Changes, EntityState, Flushing,
    SessionFuture, SessionQuery, SessionSavepoint, SessionStatement, Tracked,
};

#[cfg(all(feature = "orm", feature = "sqlite"))]
pub use schema::{Diff, Schema, inspect, schema};

/// What typed queries are made of, besides the [statements](fn@crate::select) themselves: functions and
/// aggregates, aliases, subqueries, common table expressions, and the types of what they give.
///
/// The guide's chapter on [typed queries](guide::queries) has them all by example.
#[cfg(all(feature = "orm", feature = "sqlite"))]
pub mod query {
    pub use crate::expr::{
        Alias, Append, Argument, Arguments, Case, Choices, ConflictColumns, Cte, InsertColumns,
        InsertInto, InsertValues, IntoExpr, JoinPath, Joined, Literal, Named, Number, OnConflict,
        Operand, Order, Orders, PageOrder, Part, Projection, RawExpr, ReadFrom, Route, Selected,
        Subquery, alias, case, column, count, cte, excluded, exists, func, not_exists, null,
        raw_table, recursive_cte, subquery, value,
    };
}

/// What an [entity](trait@Entity) says of its table: columns, indexes, references.
#[cfg(all(feature = "orm", feature = "sqlite"))]
pub mod entity {
    pub use crate::expr::{Action, EntityColumn, EntityIndex, EntityTable, Reference};
}

/// What [`Select::with`] and [`AsyncSession::related`] take and give: relations, filtered, ordered and
/// limited, and what they are loaded as.
///
/// The guide's chapter on [relations](guide::relations) has them by example.
#[cfg(all(feature = "orm", feature = "sqlite"))]
pub mod relations {
    pub use crate::orm::{
        And, Eager, Form, Gives, InSession, Many, One, Plain, Related, RelatedBy, Relation,
        Relations, With,
    };
}

/// Many entities at once, as a stream, in bounded memory: what [`AsyncSession::insert_stream`],
/// [`AsyncEngine::bulk_insert`] and their like give.
#[cfg(all(feature = "orm", feature = "sqlite"))]
pub mod bulk {
    pub use crate::orm::{
        BulkDelete, BulkDeleteKeys, BulkDone, BulkInsert, BulkUpdate, BulkUpsert, IntoEntities,
        IntoEntity, IntoKey, IntoKeys, Progress,
    };
}

/// What [`inspect`] and [`Schema::diff`] tell of a database.
#[cfg(all(feature = "orm", feature = "sqlite"))]
pub mod inspection {
    pub use crate::schema::{
        Affinity, ColumnInfo, DatabaseInfo, Difference, ForeignKeyInfo, IndexInfo, IndexOrigin,
        IndexPart, TableInfo, TableKind, TriggerInfo, ViewInfo,
    };
}

/// Reads a struct from a row: named fields by the names of the columns.
///
#[doc = include_str!("../docs/macros/from_row.md")]
#[cfg(feature = "macros")]
pub use headwater_derive::FromRow;

/// Makes a struct the row of a table: its columns as typed constants, its keys, and its relations.
///
#[doc = include_str!("../docs/macros/entity.md")]
#[cfg(all(feature = "macros", feature = "orm", feature = "sqlite"))]
pub use headwater_derive::Entity;

/// Stores a type of one's own in one column: a newtype as what it holds, an enum as texts or integers.
///
#[doc = include_str!("../docs/macros/value.md")]
#[cfg(feature = "macros")]
pub use headwater_derive::Value;

/// Makes a statement of a text in which variables and expressions stand where their values are bound.
///
#[doc = include_str!("../docs/macros/sql.md")]
#[cfg(feature = "macros")]
pub use headwater_derive::sql;

/// Embeds a folder of SQL files as [`Migrations`].
///
#[doc = include_str!("../docs/macros/migrations.md")]
#[cfg(all(feature = "macros", feature = "sqlite"))]
pub use headwater_derive::migrations;

/// Prepares every [`sql!`](macro@sql) text of the calling package and runs none of them: checked SQL without a
/// database at compile time.
///
#[doc = include_str!("../docs/macros/prepare_all.md")]
#[cfg(all(feature = "macros", feature = "sqlite"))]
pub use headwater_derive::prepare_all;

#[cfg(feature = "sqlite")]
#[doc = include_str!("../docs/cancellation.md")]
pub mod cancellation {}

/// The guide, chapter by chapter. All of its code is run as tests.
///
/// Begin with [`start`](guide::start); each of the others reads on its own. The [`cookbook`] is by task.
#[cfg(all(feature = "sqlite", feature = "macros"))]
pub mod guide {
    #[doc = include_str!("../docs/guide/start.md")]
    pub mod start {}

    #[doc = include_str!("../docs/guide/streaming.md")]
    pub mod streaming {}

    #[doc = include_str!("../docs/guide/statements.md")]
    pub mod statements {}

    #[cfg(feature = "orm")]
    #[doc = include_str!("../docs/guide/queries.md")]
    pub mod queries {}

    #[cfg(feature = "orm")]
    #[doc = include_str!("../docs/guide/relations.md")]
    pub mod relations {}

    #[doc = include_str!("../docs/guide/transactions.md")]
    pub mod transactions {}

    #[cfg(feature = "orm")]
    #[doc = include_str!("../docs/guide/schema.md")]
    pub mod schema {}

    #[cfg(feature = "orm")]
    #[doc = include_str!("../docs/guide/sessions.md")]
    pub mod sessions {}

    #[doc = include_str!("../docs/guide/errors.md")]
    pub mod errors {}

    #[doc = include_str!("../docs/guide/web.md")]
    pub mod web {}

    #[doc = include_str!("../docs/guide/testing.md")]
    pub mod testing {}

    #[cfg(feature = "orm")]
    #[doc = include_str!("../docs/guide/sqlalchemy.md")]
    pub mod sqlalchemy {}
}

#[cfg(all(feature = "sqlite", feature = "macros"))]
#[doc = include_str!("../docs/cookbook.md")]
pub mod cookbook {}

#[cfg(all(feature = "sqlite", feature = "macros"))]
#[doc = include_str!("../docs/compare.md")]
pub mod compare {}

/// The documents beside the code; what they show is run as tests.
#[cfg(all(doctest, feature = "sqlite", feature = "macros"))]
mod documents {
    #[doc = include_str!("../ARCHITECTURE.md")]
    struct Architecture;
    #[doc = include_str!("../README.md")]
    struct Readme;
}

/// What the macros expand to.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "sqlite")]
    pub use crate::engine::{Listed, prepare_all};
    #[cfg(all(feature = "orm", feature = "sqlite"))]
    pub use crate::expr::derived as entity;
    #[cfg(feature = "sqlite")]
    pub use crate::migrate::embedded;
    pub use crate::row::{convert_at, convert_option_at, owned_at, owned_option_at};
    #[cfg(feature = "json")]
    pub use crate::row::{json_at, json_option_at};
    pub use crate::statement::{Template, template};
    pub use crate::value::{no_number, no_text, refused};
    #[cfg(feature = "json")]
    pub use serde::de::DeserializeOwned;

    /// What a conversion may fail with.
    pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
}
