//! `Executor`: what an engine, a connection, a transaction and a snapshot have in common.

use std::panic::Location;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::connection::AsyncConnection;
use super::handle::AsyncEngine;
use super::transaction::{Snapshot, Transaction};
use crate::error::{Error, ErrorKind, Result};
use crate::result::{Describe, Execute, ExecuteMany, IntoRows, Query, Run, insert_text};
use crate::statement::IntoStatement;

/// Gives a handle the methods that run statements; the handle has a `runner()`.
macro_rules! executor_methods {
    () => {
        /// Binds a statement to this; awaiting it gives the rows as a stream, its methods collect.
        ///
        /// Nothing runs before the query is awaited.
        ///
        /// # Errors
        ///
        /// As [`Query`](crate::Query).
        ///
        /// # Cancel safety
        ///
        /// As [`Query`](crate::Query).
        #[track_caller]
        pub fn query<S: $crate::statement::IntoStatement>(
            &self,
            statement: S,
        ) -> $crate::result::Query<S::Shape> {
            let site = ::std::panic::Location::caller();
            $crate::result::Query::new(self.runner(), statement.into_statement(), site)
        }

        /// Asks the database what a statement is, when awaited, and runs nothing of it: whether it is
        /// accepted, its columns, its parameters, and whether it writes.
        ///
        /// Values need not be bound. One that writes waits for no turn to write.
        ///
        /// # Errors
        ///
        /// As [`Describe`](crate::Describe).
        ///
        /// # Cancel safety
        ///
        /// As [`Describe`](crate::Describe).
        #[track_caller]
        pub fn describe<S: $crate::statement::IntoStatement>(
            &self,
            statement: S,
        ) -> $crate::result::Describe {
            let site = ::std::panic::Location::caller();
            $crate::result::Describe::new(self.runner(), statement.into_statement(), site)
        }

        /// Runs a statement for its effect, when awaited.
        ///
        /// # Errors
        ///
        /// As [`Execute`](crate::Execute).
        ///
        /// # Cancel safety
        ///
        /// As [`Execute`](crate::Execute).
        #[track_caller]
        pub fn execute<S: $crate::statement::IntoStatement>(
            &self,
            statement: S,
        ) -> $crate::result::Execute {
            let site = ::std::panic::Location::caller();
            $crate::result::Execute::new(self.runner(), statement.into_statement(), site)
        }

        /// Runs a statement once for each row of parameters, all or none, when awaited; `rows` is any
        /// iterator or stream of tuples, arrays or `Vec`s of values.
        ///
        /// # Errors
        ///
        /// As [`ExecuteMany`](crate::ExecuteMany).
        ///
        /// # Cancel safety
        ///
        /// As [`ExecuteMany`](crate::ExecuteMany).
        #[track_caller]
        pub fn execute_many<S, R, K>(
            &self,
            statement: S,
            rows: R,
        ) -> $crate::result::ExecuteMany<R::Rows>
        where
            S: $crate::statement::IntoStatement,
            R: $crate::result::IntoRows<K>,
        {
            let statement = statement.into_statement();
            let site = ::std::panic::Location::caller();
            $crate::result::ExecuteMany::new(self.runner(), Ok(statement), rows.into_rows(), site)
        }

        /// Inserts the rows of a stream (or iterator) into a table in one transaction, taking them as
        /// fast as they can be written and no faster.
        ///
        /// `table` may be qualified (`"aux.t"`); names are quoted, and one of a table that has a dot inside
        /// is written in its own quotes (`"\"a.b\""`). Rows of more than 16 columns are `Vec<Value>`s.
        ///
        /// # Errors
        ///
        /// As [`ExecuteMany`](crate::ExecuteMany).
        ///
        /// # Cancel safety
        ///
        /// As [`ExecuteMany`](crate::ExecuteMany).
        #[track_caller]
        pub fn insert_stream<C, R, K>(
            &self,
            table: &str,
            columns: C,
            rows: R,
        ) -> $crate::result::ExecuteMany<R::Rows>
        where
            C: IntoIterator<Item: AsRef<str>>,
            R: $crate::result::IntoRows<K>,
        {
            let statement = $crate::result::insert_text(table, columns);
            let site = ::std::panic::Location::caller();
            $crate::result::ExecuteMany::new(self.runner(), statement, rows.into_rows(), site)
        }

        /// Runs a script of several statements without parameters, up to the first that fails, when
        /// awaited.
        ///
        /// Each statement is a transaction of its own unless the script says BEGIN and COMMIT, which it
        /// may do outside of a transaction only.
        ///
        /// # Errors
        ///
        /// As [`Execute`](crate::Execute). On the engine a script that leaves a transaction open is rolled
        /// back, with [`ErrorKind::Statement`](crate::ErrorKind::Statement).
        ///
        /// # Cancel safety
        ///
        /// As [`Execute`](crate::Execute).
        #[track_caller]
        pub fn execute_batch<S: $crate::statement::IntoStatement>(
            &self,
            script: S,
        ) -> $crate::result::Execute {
            let site = ::std::panic::Location::caller();
            $crate::result::Execute::script(self.runner(), script.into_statement(), site)
        }
    };
}

pub(super) use executor_methods;

/// Whatever can run statements: [`AsyncEngine`], [`AsyncConnection`], [`Transaction`], [`Snapshot`], and
/// references and `Arc`s of them.
///
/// # Examples
///
/// ```
/// use headwater::{AsyncEngine, Executor, Result};
///
/// async fn count(db: &impl Executor) -> Result<i64> {
///     db.query("SELECT count(*) FROM sqlite_schema").scalar_one().await
/// }
/// # futures::executor::block_on(async {
/// let engine = AsyncEngine::open("sqlite::memory:").await?;
/// assert_eq!(count(&engine).await?, 0);
/// assert_eq!(count(&engine.begin().await?).await?, 0);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
pub trait Executor: sealed::Sealed + Send + Sync {
    /// Binds a statement to this; see [`AsyncEngine::query`].
    ///
    /// # Errors
    ///
    /// As [`Query`].
    ///
    /// # Cancel safety
    ///
    /// As [`Query`].
    #[track_caller]
    fn query<S: IntoStatement>(&self, statement: S) -> Query<S::Shape> {
        Query::new(self.runner(), statement.into_statement(), Location::caller())
    }

    /// Asks what a statement is, and runs nothing of it; see [`AsyncEngine::describe`].
    ///
    /// # Errors
    ///
    /// As [`Describe`].
    ///
    /// # Cancel safety
    ///
    /// As [`Describe`].
    #[track_caller]
    fn describe<S: IntoStatement>(&self, statement: S) -> Describe {
        Describe::new(self.runner(), statement.into_statement(), Location::caller())
    }

    /// Runs a statement for its effect; see [`AsyncEngine::execute`].
    ///
    /// # Errors
    ///
    /// As [`Execute`].
    ///
    /// # Cancel safety
    ///
    /// As [`Execute`].
    #[track_caller]
    fn execute<S: IntoStatement>(&self, statement: S) -> Execute {
        Execute::new(self.runner(), statement.into_statement(), Location::caller())
    }

    /// Runs a statement once for each row of parameters; see [`AsyncEngine::execute_many`].
    ///
    /// # Errors
    ///
    /// As [`ExecuteMany`].
    ///
    /// # Cancel safety
    ///
    /// As [`ExecuteMany`].
    #[track_caller]
    fn execute_many<S: IntoStatement, R: IntoRows<K>, K>(
        &self,
        statement: S,
        rows: R,
    ) -> ExecuteMany<R::Rows> {
        let statement = Ok(statement.into_statement());
        ExecuteMany::new(self.runner(), statement, rows.into_rows(), Location::caller())
    }

    /// Inserts the rows of a stream; see [`AsyncEngine::insert_stream`].
    ///
    /// # Errors
    ///
    /// As [`ExecuteMany`].
    ///
    /// # Cancel safety
    ///
    /// As [`ExecuteMany`].
    #[track_caller]
    fn insert_stream<C: IntoIterator<Item: AsRef<str>>, R: IntoRows<K>, K>(
        &self,
        table: &str,
        columns: C,
        rows: R,
    ) -> ExecuteMany<R::Rows> {
        let statement = insert_text(table, columns);
        ExecuteMany::new(self.runner(), statement, rows.into_rows(), Location::caller())
    }

    /// Runs a script; see [`AsyncEngine::execute_batch`].
    ///
    /// # Errors
    ///
    /// As [`Execute`].
    ///
    /// # Cancel safety
    ///
    /// As [`Execute`].
    #[track_caller]
    fn execute_batch<S: IntoStatement>(&self, script: S) -> Execute {
        Execute::script(self.runner(), script.into_statement(), Location::caller())
    }
}

mod sealed {
    use super::{BoxFuture, Location, Result, Run, Transaction};

    #[expect(unnameable_types, reason = "it seals a trait")]
    pub trait Sealed {
        #[doc(hidden)]
        #[expect(private_interfaces, reason = "the trait cannot be named outside of the crate")]
        fn runner(&self) -> Run;

        /// Begins a transaction, or in one a savepoint.
        #[doc(hidden)]
        fn begin_within(
            &self,
            site: &'static Location<'static>,
        ) -> BoxFuture<'static, Result<Transaction>>;
    }
}

macro_rules! executors {
    ($($handle:ty: $begin:expr;)*) => {$(
        impl sealed::Sealed for $handle {
            #[expect(private_interfaces, reason = "the trait cannot be named outside of the crate")]
            fn runner(&self) -> Run {
                <$handle>::runner(self)
            }

            fn begin_within(
                &self,
                site: &'static Location<'static>,
            ) -> BoxFuture<'static, Result<Transaction>> {
                let begin: fn(&Self, &'static Location<'static>) -> _ = $begin;
                begin(self, site)
            }
        }

        impl Executor for $handle {}
    )*};
}

executors! {
    AsyncEngine: |engine, site| Box::pin(engine.begin_at(site));
    AsyncConnection: |connection, site| Box::pin(connection.begin_at(site));
    Transaction: |transaction, site| Box::pin(transaction.savepoint_at(site));
    Snapshot: |_, _| Box::pin(async { Err(only_reads()) });
}

#[cold]
fn only_reads() -> Error {
    Error::new(ErrorKind::ReadOnly, "a snapshot only reads: begin a transaction to write")
}

macro_rules! pointers {
    ($($pointer:ty),*) => {$(
        impl<E: Executor + ?Sized> sealed::Sealed for $pointer {
            #[expect(private_interfaces, reason = "the trait cannot be named outside of the crate")]
            fn runner(&self) -> Run {
                (**self).runner()
            }

            fn begin_within(
                &self,
                site: &'static Location<'static>,
            ) -> BoxFuture<'static, Result<Transaction>> {
                (**self).begin_within(site)
            }
        }

        impl<E: Executor + ?Sized> Executor for $pointer {}
    )*};
}

pointers!(&E, Arc<E>);
