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
//! * `macros` (default): [`sql!`](macro@sql), [`derive(FromRow)`](derive@FromRow) and
//!   [`derive(Value)`](derive@Value), [`migrations!`](macro@migrations).
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
#[cfg(feature = "sqlite")]
mod flow;
#[cfg(feature = "sqlite")]
mod migrate;
#[cfg(feature = "sqlite")]
mod result;

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
pub use value::{FromValue, Mismatch, ToValue, Value, ValueRef};

/// Reads a struct from a row: named fields by the names of the columns.
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, FromRow};
///
/// #[derive(FromRow)]
/// struct Airport {
///     #[from_row(rename = "faa")]
///     code: String,
///     name: String,
///     altitude: Option<i64>,
/// }
///
/// let engine = AsyncEngine::open("sqlite::memory:").await?;
/// let text = "SELECT 'JFK' AS faa, 'John F Kennedy Intl' AS name, 13 AS altitude";
/// let airport: Airport = engine.query(text).scalars().one().await?;
/// assert_eq!((airport.code.as_str(), airport.altitude), ("JFK", Some(13)));
/// # assert_eq!(airport.name.len(), 19);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
///
/// Where the columns are is found out once for a result: each by its name as it is written, else without
/// regard to ASCII case. Columns that no field asks for are left alone. A field with a raw identifier such as
/// `r#type` reads the column `type`. The fields of a tuple struct are read by position instead.
///
/// # Attributes
///
/// | `#[from_row(...)]` on a field | reads it |
/// |---|---|
/// | `rename = "column"` | from the column of that name |
/// | `default` | as [`Default::default()`] where the result has no such column |
/// | `default = "path"` | as what the function at that path returns where the result has no such column |
/// | `try_from = "Type"` | as a `Type`, from which its own type is made with [`TryFrom`] |
/// | `json` | as [`Json`] is read, with `serde` (the feature `json`) |
/// | `flatten` | as a struct of its own, from the same columns |
/// | `flatten, prefix = "author_"` | as a struct of its own, from columns whose names begin with the prefix |
/// | `skip` | from no column: it is [`Default::default()`] |
/// | `skip, default = "path"` | from no column: it is what the function at that path returns |
///
/// On the struct, `#[from_row(rename_all = "camelCase")]` says how the columns of all fields without a
/// `rename` are written: `lowercase`, `UPPERCASE`, `PascalCase`, `camelCase`, `snake_case`,
/// `SCREAMING_SNAKE_CASE`, `kebab-case` or `SCREAMING-KEBAB-CASE`. It does not reach into flattened structs,
/// which have their own.
///
/// `rename`, `default` and one of `try_from` and `json` go together. In a tuple struct `try_from`, `json` and
/// `skip` have a meaning; a skipped field takes no position.
///
/// # NULL, and columns that are not there
///
/// An `Option` takes NULL; any other type refuses it, with `default` too, which stands in for a column
/// that the result does not have and never for a value. A missing column without a `default`, and a name
/// that several columns have, are [`ErrorKind::ColumnNotFound`].
///
/// ```
/// # futures::executor::block_on(async {
/// # use headwater::{AsyncEngine, FromRow};
/// #[derive(FromRow)]
/// #[from_row(rename_all = "camelCase")]
/// struct Draft {
///     post_id: i64,
///     #[from_row(default = "untitled")]
///     title: String,
///     #[from_row(skip)]
///     is_open: bool,
/// }
///
/// fn untitled() -> String {
///     "Untitled".to_owned()
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// let draft: Draft = engine.query("SELECT 1 AS postId").scalars().one().await?;
/// assert_eq!((draft.post_id, draft.title.as_str(), draft.is_open), (1, "Untitled", false));
/// let null = engine.query("SELECT 1 AS postId, NULL AS title").scalars::<Draft>().one().await;
/// assert!(null.is_err());
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
///
/// # Joins
///
/// `flatten` reads a struct within the struct, to any depth, and a prefix tells columns apart that
/// would have the same names; a prefix within a prefix is put behind it. An `Option` is for the other side
/// of a left join: `None` where all columns of its struct are NULL. They have to be there all the same, and
/// where only some are NULL the struct is read as usual. What is flattened reads by name: a derived struct with named
/// fields, one whose [`FromRow`](trait@FromRow) is written by hand with [`Positions::by_name`], or [`Row`] for
/// the whole row.
///
/// ```
/// # futures::executor::block_on(async {
/// # use headwater::{AsyncEngine, FromRow};
/// #[derive(FromRow)]
/// struct Post {
///     title: String,
///     #[from_row(flatten, prefix = "author_")]
///     author: Option<Author>,
/// }
///
/// #[derive(Debug, PartialEq, FromRow)]
/// struct Author {
///     id: i64,
///     name: String,
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE authors(id INTEGER PRIMARY KEY, name TEXT NOT NULL)").await?;
/// # engine.execute("CREATE TABLE posts(title TEXT NOT NULL, author INTEGER)").await?;
/// # engine.insert_stream("authors", ["id", "name"], [(7, "Ada")]).await?;
/// # engine.insert_stream("posts", ["title", "author"], [("Notes", Some(7)), ("Letters", None)]).await?;
/// let posts: Vec<Post> = engine
///     .query(
///         "SELECT title, authors.id AS author_id, authors.name AS author_name
///          FROM posts LEFT JOIN authors ON authors.id = author ORDER BY posts.rowid",
///     )
///     .scalars()
///     .all()
///     .await?;
/// assert_eq!(posts[0].author, Some(Author { id: 7, name: "Ada".to_owned() }));
/// assert_eq!((posts[1].title.as_str(), &posts[1].author), ("Letters", &None));
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
///
/// # Values that are made of others
///
/// With `try_from = "Type"` the column is read as a `Type`, which may borrow as `&str` does, and made into the
/// field's type. A failure is [`ErrorKind::Decode`] and names the row, the column, both types and the cause, which
/// [`Error::downcast_ref`] gives back. With `json` a text is parsed; a failure tells the place in it, and
/// nothing of what stands there. For a field of type `Option<T>` both make a `T` of what is there, and `None` of NULL; an
/// `Option` is seen by its name, not through an alias. A conversion that a type always needs is better put on the
/// type, with [`derive(Value)`](derive@Value).
///
/// ```
/// # futures::executor::block_on(async {
/// # use headwater::{AsyncEngine, ErrorKind, FromRow};
/// use std::net::IpAddr;
///
/// #[derive(FromRow)]
/// struct Visit {
///     #[from_row(try_from = "&str")]
///     address: Address,
///     #[from_row(try_from = "u8")]
///     level: Option<std::num::NonZeroU8>,
/// }
///
/// struct Address(IpAddr);
///
/// impl TryFrom<&str> for Address {
///     type Error = std::net::AddrParseError;
///
///     fn try_from(text: &str) -> Result<Self, Self::Error> {
///         text.parse().map(Self)
///     }
/// }
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// let visit: Visit = engine.query("SELECT '::1' AS address, NULL AS level").scalars().one().await?;
/// assert!(visit.address.0.is_loopback() && visit.level.is_none());
///
/// let wrong = engine.query("SELECT '::x' AS address, 1 AS level").scalars::<Visit>().one().await;
/// let error = wrong.err().unwrap();
/// assert_eq!(error.kind(), ErrorKind::Decode);
/// let told = "row 0, column 0 (`address`): TEXT, read as &str, does not become Address: invalid IP address syntax";
/// assert_eq!(error.to_string(), told);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
///
/// # Generics and lifetimes
///
/// Where a field's type mentions a type parameter, the implementation holds for those parameters with which
/// that type can be read. A struct owns what it is read from: a `Cow` is read as an owned one, and a lifetime
/// may stand in fields that are skipped, converted or flattened. Any other field that borrows does not compile.
#[cfg(feature = "macros")]
pub use headwater_derive::FromRow;

/// Stores a type of one's own in one column: a newtype as what it holds, an enum as texts or integers.
///
/// It implements [`ToValue`], [`FromValue`] and [`FromRow`](trait@FromRow), so that the type is bound, read from a
/// column, read as `scalars::<T>()`, and put into tuples, derived structs and `Option`s as a primitive is.
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, FromRow, Value, sql};
///
/// #[derive(Debug, PartialEq, Value)]
/// struct UserId(i64);
///
/// #[derive(Debug, PartialEq, Value)]
/// #[value(rename_all = "snake_case")]
/// enum Role {
///     Reader,
///     ChiefEditor,
/// }
///
/// #[derive(Debug, PartialEq, FromRow)]
/// struct User {
///     id: UserId,
///     role: Option<Role>,
/// }
///
/// let engine = AsyncEngine::open("sqlite::memory:").await?;
/// engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY, role TEXT)").await?;
/// let (id, role) = (UserId(7), Role::ChiefEditor);
/// engine.execute(sql!("INSERT INTO users VALUES ({id}, {role})")).await?;
///
/// let user: User = engine.query("SELECT id, role FROM users").scalars().one().await?;
/// assert_eq!(user, User { id, role: Some(role) });
/// let text: String = engine.query("SELECT role FROM users").scalar_one().await?;
/// assert_eq!(text, "chief_editor");
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
///
/// # Attributes
///
/// | `#[value(...)]` | on | says |
/// |---|---|---|
/// | `rename_all = "snake_case"` | an enum | how the names of its variants are written; the cases are those of [`derive(FromRow)`](derive@FromRow) |
/// | `rename = "text"` | a variant | the text that it is stored as |
/// | `integer` | an enum | that it is stored as its discriminants |
/// | `try_from = "Type"` | a struct or an enum | that it is read as a `Type`, and made of it with [`TryFrom`] |
/// | `into = "Type"` | a struct or an enum | that it is stored as the `Type` that [`Into`] makes of it; it has to be [`Clone`] |
///
/// # Newtypes
///
/// A struct of one field, with or without a name, is stored and read as that field is. Fields of type
/// `PhantomData` beside it do not count: `struct Id<T>(i64, PhantomData<T>)`. One that borrows, such as
/// `struct Name<'a>(&'a str)`, is bound and read with [`Row::get`], and not as a whole row. Binding a value that is
/// given away moves the field out, so a newtype that implements `Drop` needs implementations by hand.
///
/// # Enums
///
/// Variants without data are stored as their names, or with `integer` as their discriminants, explicit or
/// implicit. Reading is exact: a text in another case or a number of no variant is
/// [`ErrorKind::Decode`], and the message lists what is accepted (the first 20). Two variants with the same text do not
/// compile.
///
/// ```
/// use headwater::{FromValue, ToValue, Value, ValueRef};
///
/// #[derive(Debug, PartialEq, Value)]
/// #[value(integer)]
/// enum Level {
///     Debug = -1,
///     Info,
///     Error = 40,
/// }
///
/// assert_eq!(Level::Info.to_value()?, Value::Integer(0));
/// assert_eq!(Level::from_value(ValueRef::Integer(40)), Ok(Level::Error));
/// assert!(Level::from_value(ValueRef::Integer(1)).is_err());
/// # Ok::<(), headwater::Error>(())
/// ```
///
/// # Types with rules of their own
///
/// `try_from` sends every value that is read through a check. A newtype then is still stored as its field; any
/// other type says with `into` what it is stored as. The check's error needs [`Display`](std::fmt::Display), and becomes
/// the reason in the message.
///
/// ```
/// use headwater::{FromValue, ToValue, Value, ValueRef};
///
/// #[derive(Debug, PartialEq, Value)]
/// #[value(try_from = "String")]
/// struct Email(String);
///
/// impl TryFrom<String> for Email {
///     type Error = &'static str;
///
///     fn try_from(text: String) -> Result<Self, Self::Error> {
///         if text.contains('@') { Ok(Self(text)) } else { Err("an e-mail address has an @") }
///     }
/// }
///
/// #[derive(Clone, Copy, Debug, PartialEq, Value)]
/// #[value(try_from = "i64", into = "i64")]
/// struct Fraction {
///     over: u16,
///     under: u16,
/// }
/// # impl From<Fraction> for i64 {
/// #     fn from(fraction: Fraction) -> Self { (fraction.over as i64) << 16 | fraction.under as i64 }
/// # }
/// # impl TryFrom<i64> for Fraction {
/// #     type Error = std::num::TryFromIntError;
/// #     fn try_from(bits: i64) -> Result<Self, Self::Error> {
/// #         Ok(Self { over: (bits >> 16).try_into()?, under: (bits & 0xffff).try_into()? })
/// #     }
/// # }
///
/// assert!(Email::from_value(ValueRef::Text("nobody")).is_err());
/// assert_eq!(Email("a@b".to_owned()).to_value()?, Value::Text("a@b".to_owned()));
/// let half = Fraction { over: 1, under: 2 };
/// assert_eq!(Fraction::from_value(half.to_value()?.as_ref()), Ok(half));
/// # Ok::<(), headwater::Error>(())
/// ```
#[cfg(feature = "macros")]
pub use headwater_derive::Value;

/// Makes a statement of a text in which variables and expressions stand where their values are bound.
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, sql};
///
/// let engine = AsyncEngine::open("sqlite::memory:").await?;
/// let (low, wanted) = (2, vec![1, 2, 3]);
/// let found: Vec<i64> = engine
///     .query(sql!("SELECT value FROM json_each({}) WHERE value >= {low} AND value IN ({wanted..})", "[1,2,3,4]"))
///     .scalars()
///     .all()
///     .await?;
/// assert_eq!(found, [2, 3]);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
///
/// # Placeholders
///
/// | in the text | becomes |
/// |---|---|
/// | `{name}`, `{self.id}`, `{user.address.city}`, `{pair.0}` | a parameter, with the value of the variable or field |
/// | `{}`, `{0}` | a parameter, with the next argument after the text, or one by its place, counted from 0 |
/// | `{names..}`, `{..}`, `{0..}` | a parameter for each value of a list (a `Vec`, a slice, an array, a set), with commas |
/// | `{name:ident}`, `{:ident}` | a name of a table or a column, in quotes |
/// | `{names..:ident}` | several names, with commas |
/// | `{name:sql}`, `{:sql}` | another statement, with its values |
/// | `{{`, `}}` | `{`, `}` |
///
/// Values are never text. Arguments are borrowed, and each is evaluated once, in the order in which they are
/// written; what is shown twice is bound once.
///
/// # Lists
///
/// In `x IN ({list..})`, where the list stands alone between the parentheses, the number of parameters is rounded
/// up to a power of two, and a value of the list is bound for each that is too many, which does not change what IN
/// means. So a connection keeps a handful of prepared statements for lists of all lengths. Everywhere else (in
/// VALUES, or as the arguments of a function) there are as many parameters as values. An empty list is `IN ()`,
/// which holds nothing.
///
/// SQLite takes 32,766 parameters in a statement. For more, bind the list as one JSON text,
/// `IN (SELECT value FROM json_each({json}))`, or put it into a temporary table with
/// [`insert_stream`](AsyncConnection::insert_stream).
///
/// ```
/// # use headwater::sql;
/// let text = |ids: &[i64]| sql!("SELECT * FROM t WHERE id IN ({ids..})").text().to_owned();
/// assert_eq!(text(&[1, 2, 3]), "SELECT * FROM t WHERE id IN (?1, ?2, ?3, ?4)");
/// assert_eq!(text(&[1, 2, 3]), text(&[1, 2, 3, 4]));
/// ```
///
/// # Names
///
/// `{name:ident}` quotes what a `&str`, a `String` or their like holds, so that it is one name, whatever is in it. A
/// name in a schema is two of them. An empty name, or one with a NUL, is an error when the statement is run.
///
/// ```
/// # use headwater::sql;
/// let (schema, table, columns) = ("main", "odd \"name\"", ["id", "name"]);
/// let select = sql!("SELECT {columns..:ident} FROM {schema:ident}.{table:ident}");
/// assert_eq!(select.text(), r#"SELECT "id", "name" FROM "main"."odd ""name""""#);
/// ```
///
/// # Fragments
///
/// `{name:sql}` embeds a [`Fragment`]: a statement made by `sql!` or [`sql()`](fn@sql), with its values, or a
/// `&'static str`. Fragments may have fragments inside. An `Option` embeds nothing where it is `None`, and
/// [`Statement::join`] makes one fragment of several. It is embedded as it is written: a condition with an OR
/// wants parentheses.
///
/// ```
/// # use headwater::sql;
/// let (name, newest) = (Some("Ada"), true);
/// let filter = name.map(|name| sql!("WHERE name = {name}"));
/// let order = newest.then_some("ORDER BY id DESC");
/// let select = sql!("SELECT id FROM users {filter:sql} {order:sql} LIMIT {}", 10);
/// assert_eq!(select.text(), "SELECT id FROM users WHERE name = ?1 ORDER BY id DESC LIMIT ?2");
/// ```
///
/// # What is found at compile time
///
/// The message shows the place in the text, and what to do: a brace, quote, comment or parenthesis that is never
/// closed, or closes nothing; a placeholder inside quotes or in a comment, where it would be text; one that touches
/// a name, a number or another placeholder; one that is not in the table above; one without its argument; an argument
/// without its placeholder; one of the database's own placeholders (`?`, `:name`, `@name`, `$name`), which belong
/// into [`sql()`](fn@sql); a second statement after a `;`; a NUL; and a text without a statement.
///
/// The text is a literal, in one line or several, raw or not. In a macro of your own it may be a `$text:literal`: the
/// names in it are those that whoever wrote the literal sees.
///
/// ```compile_fail
/// # use headwater::sql;
/// # let name = "Ada";
/// let _ = sql!("SELECT * FROM users WHERE name = '{name}'");
/// ```
///
/// Whether the tables and columns are there is what [`prepare_all!`] asks, in a test.
#[cfg(feature = "macros")]
pub use headwater_derive::sql;

/// Embeds a folder of SQL files as [`Migrations`].
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, migrations};
///
/// # macro_rules! migrations { ($folder:literal) => { headwater::migrations!("tests/it/migrations/files") } }
/// let engine = AsyncEngine::open("sqlite::memory:").await?;
/// engine.migrate(migrations!("migrations/")).await?;
/// # let count = "SELECT count(*) FROM users";
/// # assert_eq!(engine.query(count).scalar_one::<i64>().await?, 0);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[cfg(all(feature = "macros", feature = "sqlite"))]
pub use headwater_derive::migrations;

/// Prepares every [`sql!`](macro@sql) text of the calling package and runs none of them: checked SQL without a
/// database at compile time.
///
/// Its place is a test, after the migrations. It gives a future of a [`PreparedAll`], which says how many texts the
/// database has accepted, and which could not be checked.
///
/// ```
/// # futures::executor::block_on(async {
/// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
/// // engine.migrate(…).await?;
/// let all = headwater::prepare_all!(&engine).await?;
/// println!("{all}");
/// # assert!(all.unprepared().is_empty());
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
///
/// The first argument is whatever can run statements: an engine, a connection, a transaction. Texts that read TEMP
/// tables or an attached database are checked on a connection that has them. Those after it are files, or folders
/// with all folders in them, by their paths from the folder of the package's `Cargo.toml`; without them it is `src`:
/// `prepare_all!(&connection, "src/reports", "examples/report.rs")`. When one of the sources that were read changes,
/// the test is built again. A new file that none of them names does not by itself cause that, since a macro cannot
/// tell the compiler to watch a folder; this line in the `main` of the package's `build.rs` does:
///
/// ```text
/// println!("cargo:rerun-if-changed=src");
/// ```
///
/// # What is checked
///
/// Each `sql!("…")` in the code of those files, whatever its `cfg`, but not what stands under `#[cfg(test)]`. The list
/// of an IN counts as one value. These are counted as not checked, each with its place and why:
///
/// * a text into which a name, a fragment, or a list elsewhere than in an IN is put at run time;
/// * one that is itself a fragment: it does not begin with a word with which a statement begins;
/// * CREATE, ALTER and DROP, which change the schema that is checked against, PRAGMA, which may act as it is
///   prepared, and VACUUM;
/// * a text that is handed to `sql!` by a macro;
/// * a call with the comment `// prepare_all: skip` on its line, or alone on the line before.
///
/// A text given to `query("…")` is not looked for: methods of that name take anything else in other libraries.
/// Where it is to be checked, write `sql!("…")`, which costs nothing without placeholders.
///
/// # Errors
///
/// One error of the kind [`ErrorKind::Syntax`] that lists all texts that the database does not accept, each with
/// its file and line and what the database says of it. An error that is not about a text, such as
/// [`ErrorKind::CannotOpen`], is given as it is.
///
/// # Cancel safety
///
/// Nothing runs, so nothing is lost but the answer.
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

    #[doc = include_str!("../docs/guide/transactions.md")]
    pub mod transactions {}

    #[doc = include_str!("../docs/guide/errors.md")]
    pub mod errors {}

    #[doc = include_str!("../docs/guide/web.md")]
    pub mod web {}

    #[doc = include_str!("../docs/guide/testing.md")]
    pub mod testing {}
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
