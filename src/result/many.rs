//! `ExecuteMany`: a statement run once for each row of parameters, fed by an iterator or a stream.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::Stream;
use pin_project::pin_project;

use super::run::{Run, dispatch, poll_end};
use super::trace::Watched;
use crate::driver::{Done, Origin, Request};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Patience, Sender, handoff};
use crate::statement::{Params, Statement, quoted, sql};
use crate::value::Value;

/// A chunk goes to the connection at so many rows, or so many bytes of texts and blobs, at the latest.
const CHUNK_ROWS: usize = 256;
const CHUNK_BYTES: usize = 256 << 10;

/// Chunks that wait for the connection.
const CHUNKS: usize = 2;

/// Rows of parameters: any iterator or stream of them. `K` tells which, and is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an iterator or a stream of rows of parameters",
    note = "a row is a tuple of up to 16 values, an array, a slice or a `Vec` of values, or a `Result` of one of them"
)]
pub trait IntoRows<K> {
    /// The rows as a stream.
    type Rows: Stream<Item: Params>;

    /// Makes the stream.
    fn into_rows(self) -> Self::Rows;
}

/// Marks rows that come from an iterator.
#[derive(Debug)]
pub struct ByIterator(());

/// Marks rows that come from a stream.
#[derive(Debug)]
pub struct ByStream(());

impl<I> IntoRows<ByIterator> for I
where
    I: IntoIterator,
    I::Item: Params,
{
    // This adapter lets other tasks run between items, however long the iterator is.
    type Rows = tokio_stream::Iter<I::IntoIter>;

    fn into_rows(self) -> Self::Rows {
        tokio_stream::iter(self)
    }
}

impl<S> IntoRows<ByStream> for S
where
    S: Stream,
    S::Item: Params,
{
    type Rows = S;

    fn into_rows(self) -> S {
        self
    }
}

/// Runs a statement once for each row of parameters, in one transaction: all of them or none.
///
/// Rows are taken from their source as the connection needs them, a few hundred at a time. On the
/// engine and on a connection it is a transaction of its own; inside a transaction it is a savepoint,
/// which what the same transaction writes meanwhile belongs to. Its commit is shared with nobody. An
/// error of the source, or of a row, undoes all of it and is returned.
///
/// # Errors
///
/// [`ErrorKind::Syntax`] and [`ErrorKind::Statement`] before anything runs; [`ErrorKind::Bind`] for a row
/// of too many or too few values, or of one that the database cannot hold; the violation of a
/// constraint; the error of the source. What the database refuses names the row, counted from 0.
/// [`ErrorKind::Locked`] when another of its kind is under way on the same connection.
/// [`ErrorKind::PoolTimeout`], [`ErrorKind::Busy`], [`ErrorKind::CannotOpen`], [`ErrorKind::Timeout`] and
/// [`ErrorKind::Closed`] as for [`Execute`](super::Execute).
///
/// # Cancel safety
///
/// Dropped before its commit begins, all of it is undone; dropped later, all of it stays. Rows taken
/// from the source are lost.
#[must_use = "a statement does nothing unless it is awaited"]
#[pin_project]
pub struct ExecuteMany<R> {
    state: State,
    site: &'static Location<'static>,
    #[pin]
    rows: R,
    /// Where the rows go, until the last of them has gone.
    sender: Option<Sender<Vec<Vec<Value>>, ()>>,
    chunk: Vec<Vec<Value>>,
    chunk_bytes: usize,
}

enum State {
    New(Run, Result<Statement>),
    Running(Watched),
    Over,
}

impl<R> ExecuteMany<R> {
    pub(crate) fn new(
        run: Run,
        statement: Result<Statement>,
        rows: R,
        site: &'static Location<'static>,
    ) -> Self {
        Self {
            state: State::New(run, statement),
            site,
            rows,
            sender: None,
            chunk: Vec::new(),
            chunk_bytes: 0,
        }
    }
}

impl<R> Future for ExecuteMany<R>
where
    R: Stream,
    R::Item: Params,
{
    type Output = Result<Done>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let mut answer = match std::mem::replace(this.state, State::Over) {
            State::New(run, statement) => {
                let statement = statement?;
                statement.check()?;
                statement.check_unbound("the values of this statement come with its rows")?;
                let options = statement.options();
                let (sender, rows) = handoff(CHUNKS, Patience::none());
                *this.sender = Some(sender);
                let origin = Origin::new(this.site, context);
                dispatch(&*run, Request::Many { statement, rows }, options, origin)?
            }
            State::Running(answer) => answer,
            // Polled after its end, it stays pending, as a future may.
            State::Over => return Poll::Pending,
        };
        let fed = loop {
            // The connection may have given up already: then no more rows are asked of the source.
            if let Poll::Ready(end) = poll_end(&mut answer, context) {
                return Poll::Ready(end.map(|outcome| outcome.done));
            }
            let Some(sender) = this.sender.as_ref().filter(|sender| sender.is_wanted()) else {
                break Poll::Pending;
            };
            if sender.poll_room(context).is_pending() {
                break Poll::Pending;
            }
            let row = match this.rows.as_mut().poll_next(context) {
                Poll::Pending => break Poll::Pending,
                Poll::Ready(row) => row.map(Params::into_params),
            };
            let full = match row {
                Some(Ok(values)) => {
                    *this.chunk_bytes += values.iter().map(size_of_value).sum::<usize>();
                    this.chunk.push(values);
                    this.chunk.len() >= CHUNK_ROWS || *this.chunk_bytes >= CHUNK_BYTES
                }
                Some(Err(error)) => {
                    // What was sent is undone, and the error comes back as the answer.
                    finish(this.sender, Err(error));
                    false
                }
                None => {
                    send(sender, this.chunk, this.chunk_bytes);
                    finish(this.sender, Ok(()));
                    false
                }
            };
            if full && let Some(sender) = this.sender.as_ref() {
                send(sender, this.chunk, this.chunk_bytes);
            }
        };
        // The source pauses: what it gave so far need not wait for it.
        if let Some(sender) = this.sender.as_ref()
            && !this.chunk.is_empty()
            && sender.is_drained()
        {
            send(sender, this.chunk, this.chunk_bytes);
        }
        *this.state = State::Running(answer);
        fed
    }
}

fn send(sender: &Sender<Vec<Vec<Value>>, ()>, chunk: &mut Vec<Vec<Value>>, bytes: &mut usize) {
    *bytes = 0;
    if !chunk.is_empty() {
        let next = Vec::with_capacity(chunk.len());
        sender.send(std::mem::replace(chunk, next));
    }
}

fn finish(sender: &mut Option<Sender<Vec<Vec<Value>>, ()>>, end: Result<()>) {
    if let Some(sender) = sender.take() {
        sender.finish(end);
    }
}

fn size_of_value(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
        _ => 0,
    }
}

/// Writes the INSERT of `insert_stream`; names are quoted, whatever is in them.
pub(crate) fn insert_text<C: AsRef<str>>(
    table: &str,
    columns: impl IntoIterator<Item = C>,
) -> Result<Statement> {
    let mut names = String::new();
    let mut places = String::new();
    for column in columns {
        let comma = if names.is_empty() { "" } else { ", " };
        names.push_str(comma);
        names.push_str(&quoted(column.as_ref()));
        places.push_str(comma);
        places.push('?');
    }
    if names.is_empty() {
        return Err(Error::new(
            ErrorKind::Statement,
            format!("no column of the table `{table}` is named to insert into"),
        ));
    }
    let table = qualified(table);
    Ok(sql(format!("INSERT INTO {table} ({names}) VALUES ({places})")))
}

/// Quotes the name of a table: `main.t` is a table of a schema, and a name that has a dot itself is
/// written with its quotes. Whatever is not of this form is one name.
fn qualified(table: &str) -> String {
    let parts = match leading_quoted(table) {
        Some((name, "")) => (None, name),
        Some((schema, rest)) => match rest.strip_prefix('.') {
            Some(name) => (Some(schema), unquoted(name)),
            None => (None, table.to_owned()),
        },
        None => match table.split_once('.') {
            Some((schema, name)) => (Some(schema.to_owned()), unquoted(name)),
            None => (None, table.to_owned()),
        },
    };
    match parts {
        (Some(schema), name) => format!("{}.{}", quoted(&schema), quoted(&name)),
        (None, name) => quoted(&name),
    }
}

/// Takes a name in double quotes off the beginning of a text.
fn leading_quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?;
    let mut name = String::new();
    loop {
        let (part, after) = rest.split_once('"')?;
        name.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return Some((name, after)),
        }
    }
}

/// Takes the quotes off a name that has them, and leaves any other as it is.
fn unquoted(name: &str) -> String {
    match leading_quoted(name) {
        Some((name, "")) => name,
        _ => name.to_owned(),
    }
}

impl<R> fmt::Debug for ExecuteMany<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecuteMany").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_whatever_is_in_them() {
        let statement = insert_text("Order Details", ["a\"b", "c"]).unwrap();

        assert_eq!(
            statement.text(),
            "INSERT INTO \"Order Details\" (\"a\"\"b\", \"c\") VALUES (?, ?)"
        );
    }

    #[test]
    fn a_table_is_one_name_or_a_schema_and_a_name() {
        assert_eq!(qualified("t"), r#""t""#);
        assert_eq!(qualified("aux.t"), r#""aux"."t""#);
        assert_eq!(qualified(r#""a.b""#), r#""a.b""#);
        assert_eq!(qualified(r#"aux."a.b""#), r#""aux"."a.b""#);
        assert_eq!(qualified(r#""a""b".c"#), r#""a""b"."c""#);
    }

    #[test]
    fn quotes_do_not_let_anything_but_a_name_through() {
        assert_eq!(qualified(r#""t" SELECT 1; --"#), r#""""t"" SELECT 1; --""#);
        assert_eq!(qualified(r#""t"#), r#""""t""#);
        assert_eq!(qualified(r#"a."t" --"#), r#""a"."""t"" --""#);
    }
}
