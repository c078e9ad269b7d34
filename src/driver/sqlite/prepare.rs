//! Prepared statements: a cache of our own, so that what is known of a text stays with it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef as SqlRef};
use rusqlite::{Connection, PrepFlags, Statement, StatementStatus, ToSql};

use super::errors::translate;
use super::verdict::{Place, Verdict, why_refused};
use super::{explain, hooks};
use crate::driver::Description;
use crate::error::{Error, ErrorKind, Result};
use crate::row::Columns;
use crate::statement::Parameters;
use crate::value::{Value, ValueRef};

/// A statement taken out of the cache to be run.
pub(super) struct Prepared<'c> {
    text: Rc<str>,
    pub(super) statement: Statement<'c>,
    pub(super) verdict: Rc<Verdict>,
    columns: Arc<Columns>,
    parameters: usize,
    /// The schema that it was prepared with, where that is known.
    schema: Option<Schema>,
    /// How long it took when it last ran, if it has.
    pub(super) took: Option<Duration>,
    /// Whether its commit may fail for what it did, or may not for what another does, if that is known.
    defers: Option<bool>,
}

impl<'c> Prepared<'c> {
    fn new(
        connection: &'c Connection,
        text: &str,
        place: Place,
        changed: &Cell<bool>,
    ) -> Result<Self> {
        hooks::record(place);
        let prepared = connection.prepare_with_flags(text, PrepFlags::SQLITE_PREPARE_PERSISTENT);
        let record = hooks::take_record();
        if record.has_changed_connection() {
            changed.set(true);
        }
        let statement = match prepared {
            Ok(statement) => statement,
            Err(error) => {
                let why = why_refused(&record).map(|why| why.with_sql(text));
                return Err(why.unwrap_or_else(|| unprepared(connection, error, Some(text))));
            }
        };
        if statement.expanded_sql().is_none() {
            return Err(Error::new(
                ErrorKind::Statement,
                "the text is empty or only a comment: there is nothing to run",
            )
            .with_sql(text));
        }
        let verdict = Verdict::new(text, record, statement.readonly(), statement.is_explain() != 0);
        Ok(Self {
            text: text.into(),
            verdict: Rc::new(verdict),
            columns: columns_of(&statement),
            parameters: statement.parameter_count(),
            statement,
            schema: None,
            took: None,
            defers: None,
        })
    }

    /// Reports whether it will probably take no longer than it takes to wake a task.
    pub(super) fn is_quick(&self) -> bool {
        const QUICK: Duration = Duration::from_micros(50);
        self.verdict.plain && self.took.is_some_and(|took| took < QUICK)
    }

    /// Reports whether it may share a commit with others: it writes rows, and what it leaves to be checked
    /// at the commit (deferred foreign keys) could neither fail them nor be made good by them.
    pub(super) fn may_join(&mut self, connection: &Connection) -> bool {
        self.verdict.joins
            && !*self.defers.get_or_insert_with(|| defers(connection, &self.text).unwrap_or(true))
    }

    /// Says what is known of it without running it.
    pub(super) fn describe(&self) -> Description {
        Description {
            columns: Arc::clone(&self.columns),
            parameters: self.parameters,
            writes: self.verdict.writes,
        }
    }

    pub(super) fn columns(&self) -> &Arc<Columns> {
        &self.columns
    }

    /// Binds the values; every placeholder gets exactly one.
    pub(super) fn bind(&mut self, parameters: &Parameters) -> Result<()> {
        if parameters.named.is_empty() {
            return self.bind_positional(parameters.positional.iter().map(Value::as_ref));
        }
        let mut positional = parameters.positional.iter();
        let mut used = vec![false; parameters.named.len()];
        for index in 1..=self.parameters {
            let name = self.statement.parameter_name(index).map(str::to_owned);
            let named = name.as_deref().and_then(|name| {
                parameters.named.iter().position(|(given, _)| is_same(given, name))
            });
            let value = match (named, &name) {
                (Some(place), _) => {
                    if let Some(used) = used.get_mut(place) {
                        *used = true;
                    }
                    parameters.named.get(place).map(|(_, value)| value)
                }
                (None, Some(name)) if !name.starts_with('?') => None,
                (None, _) => positional.next(),
            };
            let Some(value) = value else {
                let name = name.unwrap_or_else(|| format!("?{index}"));
                return Err(self.misbound(format!("no value is bound to the placeholder {name}")));
            };
            self.bind_one(index, value.as_ref())?;
        }
        if positional.next().is_some() {
            return Err(
                self.misbound("there are more positional values than placeholders".to_owned())
            );
        }
        let unknown = used.iter().zip(&parameters.named).find(|(used, _)| !**used);
        if let Some((_, (name, _))) = unknown {
            let twice =
                parameters.named.iter().filter(|(other, _)| bare(other) == bare(name)).count() > 1;
            let why = if twice {
                format!("the name `{name}` is bound twice")
            } else {
                format!("the statement has no placeholder named `{name}`")
            };
            return Err(self.misbound(why));
        }
        Ok(())
    }

    pub(super) fn bind_positional<'v>(
        &mut self,
        values: impl ExactSizeIterator<Item = ValueRef<'v>>,
    ) -> Result<()> {
        if values.len() != self.parameters {
            let wanted = self.parameters;
            let bound = values.len();
            return Err(self.misbound(format!(
                "the statement has {wanted} placeholder{} but {bound} value{} bound",
                if wanted == 1 { "" } else { "s" },
                if bound == 1 { " is" } else { "s are" },
            )));
        }
        for (index, value) in values.enumerate() {
            self.bind_one(index + 1, value)?;
        }
        Ok(())
    }

    fn bind_one(&mut self, index: usize, value: ValueRef<'_>) -> Result<()> {
        let bound = self.statement.raw_bind_parameter(index, Bound(value));
        bound.map_err(|error| translate(error, Some(&self.text)))
    }

    #[cold]
    fn misbound(&self, why: String) -> Error {
        Error::new(ErrorKind::Bind, why).with_sql(&self.text)
    }

    pub(super) fn text(&self) -> &Rc<str> {
        &self.text
    }
}

/// The error of a text that SQLite does not accept.
#[cold]
pub(super) fn unprepared(
    connection: &Connection,
    error: rusqlite::Error,
    text: Option<&str>,
) -> Error {
    explain::unknown_name(connection, translate(error, text).of_the_text())
}

/// Reports whether the program of a text, with its triggers, counts violations of deferred foreign keys.
fn defers(connection: &Connection, text: &str) -> rusqlite::Result<bool> {
    let mut explained = connection.prepare(&format!("EXPLAIN {text}"))?;
    let mut operations = explained.raw_query();
    while let Some(operation) = operations.next()? {
        let is_count = operation.get_ref("opcode")?.as_str()? == "FkCounter";
        if is_count && operation.get::<_, i64>("p1")? != 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reports whether SQLite found fault with a text, which it does by the schema that it knows.
fn is_misunderstood(error: &Error) -> bool {
    error.sqlite_code().is_some_and(|code| code & 0xff == rusqlite::ffi::SQLITE_ERROR)
}

/// A name without its sign.
fn bare(name: &str) -> &str {
    name.strip_prefix([':', '@', '$', '?']).unwrap_or(name)
}

fn is_same(given: &str, placeholder: &str) -> bool {
    given == placeholder || placeholder.get(1..) == Some(given)
}

pub(super) fn columns_of(statement: &Statement<'_>) -> Arc<Columns> {
    Arc::new(Columns::new(statement.column_names()))
}

/// How often SQLite prepared the statement again by itself, because the schema changed under it.
pub(super) fn reprepared(statement: &Statement<'_>) -> i32 {
    statement.get_status(StatementStatus::RePrepare)
}

struct Bound<'a>(ValueRef<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            ValueRef::Null => SqlRef::Null,
            ValueRef::Integer(value) => SqlRef::Integer(value),
            ValueRef::Real(value) => SqlRef::Real(value),
            ValueRef::Text(value) => SqlRef::Text(value.as_bytes()),
            ValueRef::InvalidText(value) => SqlRef::Text(value),
            ValueRef::Blob(value) => SqlRef::Blob(value),
        }))
    }
}

/// The statements of one connection that are not running.
pub(super) struct Cache<'c> {
    connection: &'c Connection,
    capacity: usize,
    entries: RefCell<HashMap<Rc<str>, Entry<'c>>>,
    uses: Cell<u64>,
    /// A statement that tells by its preparations when the schema has changed.
    probe: RefCell<Option<Statement<'c>>>,
    /// The connection's own mark that it was changed.
    changed: Rc<Cell<bool>>,
}

/// A schema, told apart from earlier and later ones by how often the cache's probe was prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Schema(i32);

struct Entry<'c> {
    prepared: Prepared<'c>,
    last_use: u64,
}

impl<'c> Cache<'c> {
    pub(super) fn new(
        connection: &'c Connection,
        capacity: usize,
        changed: Rc<Cell<bool>>,
    ) -> Self {
        Self {
            connection,
            capacity,
            entries: RefCell::default(),
            uses: Cell::new(0),
            probe: RefCell::new(None),
            changed,
        }
    }

    /// Takes a statement out, preparing it if it is not there or already runs.
    ///
    /// SQLite itself compares the schema that the connection knows with that of the file in the first step
    /// of a program, and prepares it again where they differ. A program that only tells of the schema
    /// makes no such step, and some texts are refused before they have one: for these it is done here.
    pub(super) fn take(&self, text: &str, place: Place) -> Result<Prepared<'c>> {
        let kept = self.remove(text);
        match kept.map_or_else(|| self.prepare(text, place), Ok) {
            Ok(prepared) if prepared.verdict.shows_schema => {
                self.current(Some(prepared), text, place)
            }
            Err(error) if is_misunderstood(&error) && self.has_new_schema() => {
                self.prepare(text, place)
            }
            taken => taken,
        }
    }

    /// Takes a statement out as [`take`](Self::take) does, with the columns of the schema as it is now:
    /// SQLite itself looks at it only in the first step, and a stream tells its columns before.
    pub(super) fn take_current(&self, text: &str, place: Place) -> Result<Prepared<'c>> {
        let kept = self.remove(text);
        self.current(kept, text, place)
    }

    /// Prepares a statement again unless it was prepared with the schema as it is now.
    fn current(
        &self,
        kept: Option<Prepared<'c>>,
        text: &str,
        place: Place,
    ) -> Result<Prepared<'c>> {
        // What keeps the schema from being read will show in the first step.
        let schema = self.look_at_schema().ok();
        match kept {
            Some(kept) if schema.is_some() && kept.schema == schema => Ok(kept),
            _ => Ok(Prepared { schema, ..self.prepare(text, place)? }),
        }
    }

    fn remove(&self, text: &str) -> Option<Prepared<'c>> {
        self.entries.borrow_mut().remove(text).map(|entry| entry.prepared)
    }

    fn prepare(&self, text: &str, place: Place) -> Result<Prepared<'c>> {
        Prepared::new(self.connection, text, place, &self.changed)
    }

    /// Reports whether the schema may be another than the connection knew.
    fn has_new_schema(&self) -> bool {
        let known = Schema(self.probe.borrow().as_ref().map_or(0, reprepared));
        self.look_at_schema().is_ok_and(|schema| schema != known)
    }

    /// Makes SQLite compare the schema that it has in memory with that of the file.
    fn look_at_schema(&self) -> rusqlite::Result<Schema> {
        let mut probe = self.probe.borrow_mut();
        let probe = match &mut *probe {
            Some(probe) => probe,
            None => {
                let text = "SELECT 1 FROM sqlite_schema LIMIT 0";
                let flags = PrepFlags::SQLITE_PREPARE_PERSISTENT;
                probe.insert(self.connection.prepare_with_flags(text, flags)?)
            }
        };
        probe.raw_query().next()?;
        Ok(Schema(reprepared(probe)))
    }

    /// Puts a statement back; the one that was not used for longest makes room.
    pub(super) fn put(&self, mut prepared: Prepared<'c>) {
        // Some pragmas act when they are prepared: one from the cache would do nothing.
        if self.capacity == 0 || prepared.verdict.state.is_some() {
            return;
        }
        // A large bound value must not stay in memory with the statement.
        prepared.statement.clear_bindings();
        let last_use = self.uses.get() + 1;
        self.uses.set(last_use);
        let mut entries = self.entries.borrow_mut();
        if entries.len() >= self.capacity {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.last_use);
            if let Some(text) = oldest.map(|(text, _)| Rc::clone(text)) {
                entries.remove(&text);
            }
        }
        let text = Rc::clone(&prepared.text);
        entries.insert(text, Entry { prepared, last_use });
    }

    /// Puts a statement back whose columns may have changed under it.
    pub(super) fn put_with(&self, mut prepared: Prepared<'c>, columns: &Arc<Columns>) {
        if !Arc::ptr_eq(&prepared.columns, columns) {
            prepared.columns = Arc::clone(columns);
        }
        self.put(prepared);
    }
}
