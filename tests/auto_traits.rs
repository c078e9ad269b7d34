//! Which auto traits the public types have: a table that the compiler checks, and a test that it is complete.
#![cfg(all(feature = "sqlite", feature = "macros", feature = "orm"))]

use headwater::bulk::*;
use headwater::entity::*;
use headwater::inspection::*;
use headwater::query::*;
use headwater::relations::*;
use headwater::*;

/// Lists types by their names, each as `Send + Sync + Unpin + 'static`, or as what is said instead.
macro_rules! table {
    ($($name:ident: $type:ty $(=> [$($bound:tt)+])?;)*) => {
        const TYPES: &[&str] = &[$(stringify!($name)),*];
        const _: () = { $(table!(@check $type $(=> [$($bound)+])?);)* };
    };
    (@check $type:ty) => { table!(@check $type => [Send + Sync + Unpin + 'static]) };
    (@check $type:ty => [$($bound:tt)+]) => {{
        const fn has<T: $($bound)+>() {}
        has::<$type>();
    }};
}

/// A key of `unique_by`.
type Key = fn(&Row) -> i64;

/// Rows of parameters.
type Parameters = futures::stream::Iter<std::vec::IntoIter<(i64,)>>;

/// A row.
#[derive(Clone, Entity)]
struct Thing {
    #[entity(primary_key)]
    id: i64,
}

/// A source of entities, and one of their keys.
type Things = futures::stream::Iter<std::vec::IntoIter<Thing>>;
type Keys = futures::stream::Iter<std::vec::IntoIter<i64>>;

table! {
    Affinity: Affinity;
    AnyTracked: AnyTracked;
    AsyncConnection: AsyncConnection;
    AsyncEager: AsyncEager<i64> => [Send + Unpin + 'static];
    AsyncEngine: AsyncEngine;
    AsyncResult: AsyncResult;
    AsyncScalars: AsyncScalars<i64>;
    AsyncSession: AsyncSession;
    AsyncSessionmaker: AsyncSessionmaker;
    Batches: Batches;
    Changes: Changes;
    Clock: Clock;
    ColumnInfo: ColumnInfo;
    Columns: Columns;
    Constraint: Constraint;
    DatabaseInfo: DatabaseInfo;
    Describe: Describe;
    Description: Description;
    Diff: Diff;
    Difference: Difference;
    Done: Done;
    EngineBuilder: EngineBuilder;
    EngineStatus: EngineStatus;
    EntityState: EntityState;
    Error: Error;
    ErrorKind: ErrorKind;
    Execute: Execute;
    ExecuteMany: ExecuteMany<Parameters>;
    BulkDelete: BulkDelete<'static, Things>;
    BulkDeleteKeys: BulkDeleteKeys<'static, Thing, Keys>;
    BulkDone: BulkDone;
    BulkInsert: BulkInsert<'static, Things>;
    BulkUpdate: BulkUpdate<'static, Things>;
    BulkUpsert: BulkUpsert<'static, Things>;
    ByIterator: ByIterator;
    ByStream: ByStream;
    Flushing: Flushing<'_> => [Send + Sync + Unpin];
    ForeignKeyInfo: ForeignKeyInfo;
    IndexInfo: IndexInfo;
    IndexOrigin: IndexOrigin;
    IndexPart: IndexPart;
    JournalMode: JournalMode;
    Mapping: Mapping;
    Mappings: Mappings;
    Migration: Migration;
    MigrationReport: MigrationReport;
    MigrationRun: MigrationRun;
    MigrationState: MigrationState;
    MigrationStatus: MigrationStatus;
    Migrations: Migrations;
    Mismatch: Mismatch;
    Mode: Mode;
    Notice: Notice;
    Notices: Notices;
    Opening: Opening;
    Partitions: Partitions<i64> => [Send + Unpin + 'static];
    Positions: Positions;
    Progress: Progress;
    PreparedAll: PreparedAll;
    Query: Query;
    Result: Result<()>;
    Row: Row;
    Rows: Rows;
    Scalars: Scalars<i64>;
    Schema: Schema;
    SessionFuture: SessionFuture<'static, i64> => [Send + Unpin + 'static];
    SessionQuery: SessionQuery<'_> => [Send + Unpin];
    SessionSavepoint: SessionSavepoint<'_> => [Send + Sync + Unpin];
    Snapshot: Snapshot;
    Stall: Stall;
    Statement: Statement;
    Synchronous: Synchronous;
    TableInfo: TableInfo;
    TableKind: TableKind;
    Tracked: Tracked<Thing>;
    Transaction: Transaction;
    TriggerInfo: TriggerInfo;
    Unprepared: Unprepared;
    UniqueBy: UniqueBy<AsyncResult, i64, Key>;
    Value: Value;
    ValueRef: ValueRef<'_> => [Copy + Send + Sync + Unpin];
    Version: Version;
    ViewInfo: ViewInfo;
    Alias: Alias<i64>;
    Case: Case<i64>;
    Cte: Cte;
    Delete: Delete<i64>;
    Subquery: Subquery;
    Dialect: Dialect;
    Expr: Expr<i64>;
    Insert: Insert<i64>;
    InsertInto: InsertInto<i64>;
    Joined: Joined<(i64, String)>;
    Named: Named<i64>;
    OnConflict: OnConflict<i64, Rows, ()>;
    Order: Order<i64>;
    RawExpr: RawExpr;
    Route: Route<i64, i64>;
    Eager: Eager<i64, i64>;
    InSession: InSession;
    Many: Many;
    One: One;
    Plain: Plain;
    Related: Related<i64, i64>;
    With: With<i64, ()>;
    Select: Select<i64>;
    SqlText: SqlText;
    Update: Update<i64>;
    Action: Action;
    BelongsTo: BelongsTo<i64, i64>;
    Column: Column<i64, i64>;
    Embed: Embed<i64, i64>;
    EntityColumn: EntityColumn;
    EntityIndex: EntityIndex;
    EntityTable: EntityTable;
    HasMany: HasMany<i64, i64>;
    HasOne: HasOne<i64, i64>;
    ManyToMany: ManyToMany<i64, i64, i64>;
    Reference: Reference;
    SqlType: SqlType;
}

/// A result of a type that is itself neither `Send` nor `Sync` nor `Unpin` is so all the same: the rows
/// are decoded where they are taken.
#[expect(dead_code, reason = "only the types matter")]
struct Local(std::rc::Rc<str>, std::marker::PhantomPinned);

impl FromRow for Local {
    fn positions(columns: &Columns) -> Result<Positions> {
        <(String,)>::positions(columns)
    }

    fn from_row(row: &Row, _: &Positions) -> Result<Self> {
        Ok(Self(row.get::<&str>(0)?.into(), std::marker::PhantomPinned))
    }
}

const _: () = {
    const fn has<T: Send + Sync + Unpin + 'static>() {}
    has::<AsyncScalars<Local>>();
    has::<Query<Scalars<Local>>>();
    has::<Query<Scalars<String>>>();
    has::<AsyncScalars<String>>();
};

/// What an optional feature adds.
#[cfg(feature = "json")]
const _: () = {
    const fn has<T: Send + Sync + Unpin + 'static>() {}
    has::<Json<i64>>();
};

/// What is public and not a type of the table above.
const TRAITS: &[&str] = &[
    "And",
    "Append",
    "Argument",
    "Arguments",
    "Choices",
    "ColumnIndex",
    "ColumnType",
    "ConflictColumns",
    "Embedded",
    "Entity",
    "Executor",
    "Fragment",
    "Form",
    "FromRow",
    "FromValue",
    "Gives",
    "InsertColumns",
    "InsertValues",
    "IntoEntities",
    "IntoEntity",
    "IntoExpr",
    "IntoKey",
    "IntoKeys",
    "IntoRows",
    "IntoStatement",
    "JoinPath",
    "Json",
    "Key",
    "Literal",
    "Number",
    "Operand",
    "OptionalRow",
    "Orders",
    "PageOrder",
    "Params",
    "Part",
    "Projection",
    "ReadFrom",
    "RelatedBy",
    "Relation",
    "Relations",
    "Selected",
    "SessionStatement",
    "Shape",
    "ToValue",
    "alias",
    "case",
    "column",
    "count",
    "cte",
    "delete",
    "subquery",
    "excluded",
    "exists",
    "func",
    "insert",
    "insert_all",
    "insert_into",
    "inspect",
    "migrations",
    "not_exists",
    "null",
    "prepare_all",
    "raw",
    "raw_table",
    "recursive_cte",
    "schema",
    "select",
    "sql",
    "update",
    "value",
];

/// The names that the library's root exports.
fn exports() -> Vec<String> {
    let text = include_str!("../src/lib.rs");
    let root = text.split("pub mod __private").next().unwrap_or(text);
    let uses = root.split("pub use ").skip(1).map(|rest| rest.split(';').next().unwrap_or(rest));
    let names = uses.flat_map(|path| {
        let pieces = path.split(['{', '}', ',']).map(str::trim);
        let names = pieces.filter(|piece| !piece.is_empty() && !piece.ends_with("::"));
        names.map(|name| name.rsplit("::").next().unwrap_or(name).to_owned()).collect::<Vec<_>>()
    });
    names.collect()
}

#[test]
fn the_table_has_every_public_type() {
    let exports = exports();
    assert!(exports.len() > 40, "{exports:?}");

    for name in &exports {
        let known = TYPES.contains(&name.as_str()) || TRAITS.contains(&name.as_str());
        assert!(known, "`{name}` is public: add it to the table of auto traits");
    }
    for name in TYPES.iter().chain(TRAITS) {
        assert!(exports.iter().any(|export| export == name), "`{name}` is not public any more");
    }
}

fn moves<T: Send + 'static>(_: T) {}

fn sends<T: Send>(_: T) {}

/// The futures of all async methods move between threads; it is enough that this compiles.
#[expect(dead_code, reason = "the compiler checks it")]
fn futures_of_methods_are_send(
    engine: &AsyncEngine,
    connection: &AsyncConnection,
    tx: Transaction,
    other: Transaction,
) {
    moves(AsyncEngine::open("sqlite::memory:"));
    moves(AsyncEngine::builder("sqlite::memory:").open());
    sends(engine.connect());
    sends(engine.begin());
    sends(engine.snapshot());
    sends(engine.close(std::time::Duration::ZERO));
    sends(engine.dispose(std::time::Duration::ZERO));
    sends(engine.transaction_retry(1, |_| async { Ok(()) }));
    sends(connection.begin());
    moves(connection.with_sqlite(|_| ()));
    sends(tx.savepoint());
    moves(tx.commit());
    moves(other.rollback());
    moves(engine.execute("SELECT 1"));
    moves(engine.execute_batch("SELECT 1"));
    moves(engine.execute_many("SELECT ?", vec![(1,)]));
    moves(engine.insert_stream("t", ["a"], vec![(1,)]));
    moves(engine.query("SELECT 1").into_future());
    moves(engine.query("SELECT 1").all());
    moves(engine.query("SELECT 1").first());
    moves(engine.query("SELECT 1").one());
    moves(engine.query("SELECT 1").one_or_none());
    moves(engine.query("SELECT 1").scalar::<i64>());
    moves(engine.query("SELECT 1").scalar_one::<i64>());
    moves(engine.query("SELECT 1").scalar_one_or_none::<i64>());
    moves(engine.query("SELECT 1").scalars::<(i64, String)>().into_future());
    moves(engine.query("SELECT 1").scalars::<(i64, String)>().all());
}

/// The futures of sessions move between threads, with the session that they borrow.
#[expect(dead_code, reason = "the compiler checks it")]
fn futures_of_sessions_are_send(sessions: &AsyncSessionmaker, session: &mut AsyncSession) {
    sends(session.flush());
    sends(session.commit());
    sends(session.rollback());
    sends(session.get::<Thing>(1));
    sends(session.get_many::<Thing>([1]));
    sends(session.merge(Thing { id: 1 }));
    sends(session.execute("SELECT 1"));
    sends(session.scalar::<i64>("SELECT 1"));
    sends(session.query("SELECT 1").all());
    sends(session.query("SELECT 1").into_future());
    sends(session.scalars(select::<Thing>()).all());
    sends(session.scalars(select::<Thing>()).into_future());
    sends(session.savepoint());
    moves(sessions.session().close());
    sends(sessions.transaction_retry(1, |_| async { Ok(()) }));
}

/// The futures of an open result move between threads too.
#[expect(dead_code, reason = "the compiler checks it")]
fn futures_of_results_are_send(mut result: AsyncResult, mut scalars: AsyncScalars<String>) {
    sends(result.next());
    sends(result.try_next());
    sends(result.fetch_many(1));
    moves(result.all());
    sends(scalars.next());
    sends(scalars.try_next());
    sends(scalars.fetch_many(1));
    moves(scalars.one_or_none());
}
