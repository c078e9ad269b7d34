//! `inspect`: reads what there is in a database.

use std::collections::HashMap;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

use super::check::is_reserved;
use super::clause::{ClauseKind, TableText};
use super::info::{
    Affinity, ColumnInfo, DatabaseInfo, ForeignKeyInfo, IndexInfo, IndexOrigin, IndexPart,
    TableInfo, TableKind, TriggerInfo, ViewInfo, same_name,
};
use super::lex::lexemes;
use super::parse;
use crate::engine::Executor;
use crate::error::Result;
use crate::expr::Action;
use crate::result::{Query, Run};
use crate::row::Row;
use crate::statement::{Rows, sql};

/// One statement, so that all of it is of one state. The list of tables looks at views and virtual tables,
/// and counts no columns of one that cannot be read: to ask for those would be an error of all.
const TEXT: &str = "\
SELECT 's' AS kind, s.name, s.type, s.tbl_name, s.sql, NULL, NULL, NULL, NULL FROM main.sqlite_schema s
UNION ALL
SELECT 't', l.name, l.type, l.wr, l.strict, l.ncol, NULL, NULL, NULL FROM pragma_table_list l
WHERE l.schema = 'main'
UNION ALL
SELECT 'c', l.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk, c.hidden, NULL
FROM pragma_table_list l CROSS JOIN pragma_table_xinfo(l.name, 'main') c
WHERE l.schema = 'main' AND l.ncol > 0
UNION ALL
SELECT 'i', l.name, i.name, i.\"unique\", i.origin, NULL, NULL, NULL, NULL
FROM pragma_table_list l CROSS JOIN pragma_index_list(l.name, 'main') i
WHERE l.schema = 'main' AND l.type IN ('table', 'shadow')
UNION ALL
SELECT 'p', s.name, p.name, p.cid, p.\"desc\", p.coll, NULL, NULL, NULL
FROM main.sqlite_schema s CROSS JOIN pragma_index_xinfo(s.name, 'main') p
WHERE s.type = 'index' AND p.key = 1
UNION ALL
SELECT 'f', l.name, f.id, f.\"table\", f.\"from\", f.\"to\", f.on_update, f.on_delete, f.seq
FROM pragma_table_list l CROSS JOIN pragma_foreign_key_list(l.name, 'main') f
WHERE l.schema = 'main' AND l.type IN ('table', 'shadow')";

/// Reads what there is in a database: its tables with their columns, keys and indexes, views and triggers.
///
/// The database may be any: what cannot be read (a view of a table that is not there, a virtual table whose
/// module is not there) is listed without columns. What SQLite keeps for itself (`sqlite_…`), and what is
/// in TEMP or attached, is left out. All of it is of one state of the database.
///
/// # Errors
///
/// As [`Query`](crate::Query).
///
/// # Cancel safety
///
/// Dropping the future leaves nothing.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
/// engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE)").await?;
///
/// let database = headwater::inspect(&engine).await?;
/// let users = database.table("users").unwrap();
/// assert_eq!(users.primary_key, ["id"]);
/// assert!(!users.column("email").unwrap().nullable);
/// assert!(users.indexes[0].unique);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn inspect<D: Executor>(db: &D) -> impl Future<Output = Result<DatabaseInfo>> + Send + use<D> {
    read(db.runner(), Location::caller())
}

/// Reads what there is in the database of a runner.
pub(super) async fn read(run: Run, site: &'static Location<'static>) -> Result<DatabaseInfo> {
    let found = found(&run, site).await?;
    if found.unread.is_empty() {
        return Ok(found.described());
    }
    // One that cannot be read keeps SQLite from looking at others: each is asked about by itself.
    let state = run.one_state(site).await?;
    let mut found = self::found(&state.run, site).await?;
    for name in std::mem::take(&mut found.unread) {
        if let Some(columns) = columns(&state.run, &name, site).await? {
            found.columns.insert(name, columns);
        }
    }
    Ok(found.described())
}

async fn found(run: &Run, site: &'static Location<'static>) -> Result<Found> {
    let rows = Query::<Rows>::new(Arc::clone(run), sql(TEXT), site).all().await?;
    Found::read(&rows)
}

/// Asks for the columns of a view or a virtual table; gives nothing of one that cannot be read.
async fn columns(
    run: &Run,
    name: &str,
    site: &'static Location<'static>,
) -> Result<Option<Vec<ColumnInfo>>> {
    const TEXT: &str = "SELECT 'c', ?1, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk, c.hidden \
        FROM pragma_table_xinfo(?1, 'main') c";
    let statement = sql(TEXT).bind(name);
    match Query::<Rows>::new(Arc::clone(run), statement, site).all().await {
        Ok(rows) => rows.iter().map(column).collect::<Result<_>>().map(Some),
        // SQLITE_ERROR: what it reads is not there, or it reads itself, or its module is not there.
        Err(error) if error.sqlite_code().is_some_and(|code| code & 0xff == 1) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the statement gave, by table.
#[derive(Default)]
struct Found {
    schema: Vec<Entry>,
    tables: HashMap<String, Listed>,
    columns: HashMap<String, Vec<ColumnInfo>>,
    indexes: HashMap<String, Vec<IndexInfo>>,
    parts: HashMap<String, Vec<(IndexPart, bool)>>,
    keys: HashMap<String, Vec<KeyColumn>>,
    /// Of which no columns were told.
    unread: Vec<String>,
}

/// A row of `sqlite_schema`.
struct Entry {
    name: String,
    kind: String,
    table: String,
    sql: Option<String>,
}

/// What the list of tables says.
#[derive(Clone, Copy)]
struct Listed {
    kind: TableKind,
    without_rowid: bool,
    strict: bool,
}

/// One column of a foreign key.
struct KeyColumn {
    id: i64,
    place: i64,
    target: String,
    from: String,
    to: Option<String>,
    on_update: Action,
    on_delete: Action,
}

impl Found {
    fn read(rows: &[Row]) -> Result<Self> {
        let mut found = Self::default();
        for row in rows {
            let name: String = row.get(1)?;
            match row.get::<&str>(0)? {
                "s" => found.schema.push(entry(row, name)?),
                "t" => {
                    if row.get::<i64>(5)? == 0 {
                        found.unread.push(name.clone());
                    }
                    found.tables.insert(name, listed(row)?);
                }
                "c" => found.columns.entry(name).or_default().push(column(row)?),
                "i" => found.indexes.entry(name).or_default().push(index(row)?),
                "p" => found.parts.entry(name).or_default().push(part(row)?),
                _ => found.keys.entry(name).or_default().push(key_column(row)?),
            }
        }
        Ok(found)
    }

    fn described(mut self) -> DatabaseInfo {
        let mut database = DatabaseInfo::default();
        let mut texts = HashMap::new();
        for Entry { name, kind, table, sql } in std::mem::take(&mut self.schema) {
            match (kind.as_str(), sql) {
                ("table", Some(sql)) if !is_reserved(&name) => {
                    database.tables.push(self.table(name, sql));
                }
                ("view", Some(sql)) => {
                    let columns = self.columns.remove(&name).unwrap_or_default();
                    database.views.push(ViewInfo { name, columns, sql });
                }
                ("trigger", Some(sql)) => database.triggers.push(TriggerInfo { name, table, sql }),
                ("index", Some(sql)) => drop(texts.insert(name, sql)),
                _ => {}
            }
        }
        for index in database.tables.iter_mut().flat_map(|table| &mut table.indexes) {
            let parts = self.parts.remove(&index.name).unwrap_or_default();
            complete_index(index, parts, texts.remove(&index.name));
        }
        resolve_targets(&mut database);
        database
    }

    fn table(&mut self, name: String, sql: String) -> TableInfo {
        let plain = Listed { kind: TableKind::Plain, without_rowid: false, strict: false };
        let Listed { kind, without_rowid, strict } =
            self.tables.get(&name).copied().unwrap_or(plain);
        let columns = self.columns.remove(&name).unwrap_or_default();
        let mut table = TableInfo {
            primary_key: primary_key(&columns),
            columns,
            // Those that were made last are listed first.
            indexes: self.indexes.remove(&name).unwrap_or_default().into_iter().rev().collect(),
            foreign_keys: foreign_keys(self.keys.remove(&name).unwrap_or_default()),
            checks: Vec::new(),
            autoincrement: false,
            kind,
            strict,
            without_rowid,
            sql,
            name,
        };
        if let Some(text) = parse::table(&table.sql) {
            complete_table(&mut table, &text);
        }
        // SQLite puts a number in the place of a NULL there.
        if let Some(key) = table.row_id().map(|key| key.name.clone()) {
            let column = table.columns.iter_mut().find(|column| column.name == key);
            column.into_iter().for_each(|column| column.nullable = false);
        }
        table
    }
}

fn entry(row: &Row, name: String) -> Result<Entry> {
    Ok(Entry { name, kind: row.get(2)?, table: row.get(3)?, sql: row.get(4)? })
}

fn listed(row: &Row) -> Result<Listed> {
    let kind = match row.get::<&str>(2)? {
        "virtual" => TableKind::Virtual,
        "shadow" => TableKind::Shadow,
        _ => TableKind::Plain,
    };
    Ok(Listed { kind, without_rowid: row.get(3)?, strict: row.get(4)? })
}

fn column(row: &Row) -> Result<ColumnInfo> {
    let declared_type: String = row.get::<Option<String>>(3)?.unwrap_or_default();
    let affinity = Affinity::of(&declared_type);
    let key: i64 = row.get(6)?;
    let hidden: i64 = row.get(7)?;
    Ok(ColumnInfo {
        name: row.get(2)?,
        affinity,
        sql_type: affinity.guess(&declared_type),
        declared_type,
        nullable: !row.get::<bool>(4)?,
        default: row.get(5)?,
        primary_key: usize::try_from(key - 1).ok(),
        computed: None,
        stored: hidden == 3,
        hidden: hidden == 1,
        collation: None,
    })
}

fn index(row: &Row) -> Result<IndexInfo> {
    let origin = match row.get::<&str>(4)? {
        "pk" => IndexOrigin::PrimaryKey,
        "u" => IndexOrigin::Unique,
        _ => IndexOrigin::Created,
    };
    let (name, unique) = (row.get(2)?, row.get(3)?);
    Ok(IndexInfo { name, parts: Vec::new(), unique, origin, condition: None, sql: None })
}

/// A part of an index, and whether it is an expression.
fn part(row: &Row) -> Result<(IndexPart, bool)> {
    const EXPRESSION: i64 = -2;
    let part = IndexPart {
        column: row.get(2)?,
        expression: None,
        descending: row.get(4)?,
        collation: row.get(5)?,
    };
    Ok((part, row.get::<i64>(3)? == EXPRESSION))
}

fn key_column(row: &Row) -> Result<KeyColumn> {
    Ok(KeyColumn {
        id: row.get(2)?,
        target: row.get(3)?,
        from: row.get(4)?,
        to: row.get(5)?,
        on_update: action(row.get(6)?),
        on_delete: action(row.get(7)?),
        place: row.get(8)?,
    })
}

fn action(words: &str) -> Action {
    match words {
        "CASCADE" => Action::Cascade,
        "RESTRICT" => Action::Restrict,
        "SET DEFAULT" => Action::SetDefault,
        "SET NULL" => Action::SetNull,
        _ => Action::NoAction,
    }
}

fn primary_key(columns: &[ColumnInfo]) -> Vec<String> {
    let mut key: Vec<_> =
        columns.iter().filter_map(|column| Some((column.primary_key?, &column.name))).collect();
    key.sort_by_key(|(place, _)| *place);
    key.into_iter().map(|(_, name)| name.clone()).collect()
}

/// Puts the columns of foreign keys together; the one that is written first has the highest number.
fn foreign_keys(mut columns: Vec<KeyColumn>) -> Vec<ForeignKeyInfo> {
    columns.sort_by_key(|column| (-column.id, column.place));
    let mut keys: Vec<ForeignKeyInfo> = Vec::new();
    for KeyColumn { place, target, from, to, on_update, on_delete, .. } in columns {
        match keys.last_mut().filter(|_| place > 0) {
            Some(key) => {
                key.columns.push(from);
                key.target_columns.extend(to);
            }
            None => keys.push(ForeignKeyInfo {
                columns: vec![from],
                target,
                target_columns: to.into_iter().collect(),
                on_delete,
                on_update,
                deferred: false,
            }),
        }
    }
    keys
}

/// Adds what only the text says.
fn complete_table(table: &mut TableInfo, text: &TableText) {
    let of_columns = text.columns.iter().flat_map(|column| &column.clauses);
    let mut keys = table.foreign_keys.iter_mut();
    for clause in of_columns.chain(&text.constraints) {
        match &clause.kind {
            ClauseKind::Check(expression) => table.checks.push(expression.clone()),
            ClauseKind::References(_, deferred) => {
                keys.next().into_iter().for_each(|key| key.deferred = *deferred);
            }
            ClauseKind::PrimaryKey(_) => {
                table.autoincrement =
                    lexemes(&clause.text).iter().any(|one| one.is("AUTOINCREMENT"));
            }
            _ => {}
        }
    }
    for column in &mut table.columns {
        let said = text.columns.iter().find(|said| same_name(&said.name, &column.name));
        for clause in said.into_iter().flat_map(|said| &said.clauses) {
            match &clause.kind {
                ClauseKind::Collate(name) => column.collation = Some(name.clone()),
                ClauseKind::Generated(expression, _) => column.computed = Some(expression.clone()),
                _ => {}
            }
        }
    }
}

fn complete_index(index: &mut IndexInfo, parts: Vec<(IndexPart, bool)>, sql: Option<String>) {
    let mut said = sql.as_deref().and_then(parse::index);
    index.condition = said.as_mut().and_then(|said| said.condition.take());
    let said = said.map(|said| said.parts).unwrap_or_default();
    let with_text = |(number, (mut part, is_expression)): (usize, (IndexPart, bool))| {
        if is_expression {
            part.expression = Some(said.get(number).cloned().unwrap_or_default());
        }
        part
    };
    index.parts = parts.into_iter().enumerate().map(with_text).collect();
    index.sql = sql;
}

/// Where a foreign key names no columns, it refers to the primary key.
fn resolve_targets(database: &mut DatabaseInfo) {
    let keys: Vec<_> = database
        .tables
        .iter()
        .map(|table| (table.name.clone(), table.primary_key.clone()))
        .collect();
    for key in database.tables.iter_mut().flat_map(|table| &mut table.foreign_keys) {
        if key.target_columns.is_empty()
            && let Some((_, columns)) = keys.iter().find(|(name, _)| same_name(name, &key.target))
        {
            key.target_columns.clone_from(columns);
        }
    }
}
