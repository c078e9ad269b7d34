//! `SqlText`: what a typed query becomes, to look at.

use std::fmt;
use std::sync::Arc;

use super::cache::{Built, build};
use super::dialect::Dialect;
use super::node::Root;
use crate::error::{Error, Result};
use crate::value::Value;

/// What a typed query becomes: a text with placeholders, and the values bound to them.
///
/// Its `Debug` shows the text and how many values there are; `Display` shows the text.
#[derive(Clone)]
pub struct SqlText {
    text: Arc<str>,
    values: Vec<Value>,
}

impl SqlText {
    pub(crate) fn of(root: Root, dialect: Dialect) -> Result<Self> {
        let Built { text, values, defect } = build(root, dialect);
        match defect {
            Some((kind, what)) => Err(Error::new(kind, what)),
            None => Ok(Self { text, values }),
        }
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the values, in the order of the numbers of their placeholders.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

impl fmt::Debug for SqlText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlText")
            .field("text", &self.text)
            .field("values", &self.values.len())
            .finish()
    }
}

impl fmt::Display for SqlText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What all builders have: the options of a statement, and a look at the text.
macro_rules! builder {
    ([$($generics:tt)*] $of:ty, $shape:ty, |$builder:ident| $root:expr) => {
        impl<$($generics)*> $of {
            /// Closes a batch of the result at `rows` rows at the latest, as
            /// [`Statement::batch_rows`](crate::Statement::batch_rows) does.
            pub fn batch_rows(mut self, rows: usize) -> Self {
                let least = std::num::NonZeroUsize::MIN;
                self.options.batch_rows = Some(std::num::NonZeroUsize::new(rows).unwrap_or(least));
                self
            }

            /// Ends the statement when it takes longer, as
            /// [`Statement::timeout`](crate::Statement::timeout) does.
            pub fn timeout(mut self, limit: std::time::Duration) -> Self {
                self.options.timeout = Some(limit);
                self
            }

            /// Keeps writes of the same connection from changing what the result shows, as
            /// [`Statement::stable`](crate::Statement::stable) does.
            pub fn stable(mut self) -> Self {
                self.options.stable = true;
                self
            }

            /// Sets what it does while nobody takes its rows, as
            /// [`Statement::stall`](crate::Statement::stall) does.
            pub fn stall(mut self, stall: crate::statement::Stall) -> Self {
                self.options.stall = Some(stall);
                self
            }

            /// Shows the text that it becomes, and the values bound to it.
            ///
            /// # Errors
            ///
            /// What is wrong with the query, as it would be reported when it is run:
            /// [`ErrorKind::Entity`](crate::ErrorKind::Entity) for a query that makes no sense (a column of
            /// an entity that it does not read from), [`ErrorKind::Bind`](crate::ErrorKind::Bind) for a
            /// value that cannot be bound.
            pub fn to_sql(&self) -> crate::error::Result<$crate::expr::text::SqlText> {
                self.to_sql_for($crate::expr::dialect::Dialect::Sqlite)
            }

            /// Shows the text that it would be in a dialect.
            ///
            /// # Errors
            ///
            /// As [`to_sql`](Self::to_sql).
            pub fn to_sql_for(
                &self,
                dialect: $crate::expr::dialect::Dialect,
            ) -> crate::error::Result<$crate::expr::text::SqlText> {
                let $builder = self.clone();
                $crate::expr::text::SqlText::of($root, dialect)
            }
        }

        impl<$($generics)*> crate::statement::IntoStatement for $of {
            type Shape = $shape;

            fn into_statement(self) -> crate::statement::Statement {
                let $builder = self;
                let options = $builder.options;
                $crate::expr::cache::statement($root, options)
            }
        }

        impl<$($generics)*> crate::statement::IntoStatement for &$of {
            type Shape = $shape;

            fn into_statement(self) -> crate::statement::Statement {
                self.clone().into_statement()
            }
        }

        impl<$($generics)*> std::fmt::Debug for $of {
            /// Shows the text, and no value.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let shown = match self.to_sql() {
                    Ok(sql) => sql.to_string(),
                    Err(error) => error.to_string(),
                };
                let name = stringify!($of).split('<').next().unwrap_or_default().trim_end();
                f.debug_tuple(name).field(&shown).finish()
            }
        }
    };
}

pub(crate) use builder;
