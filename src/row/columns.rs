//! The columns of a result, and what finds one of them.

use std::borrow::Cow;
use std::sync::Arc;

use super::companion::Companion;
use crate::error::{Error, ErrorKind, Result};

/// The names of a result's columns, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    names: Arc<[Box<str>]>,
    /// Set where a type within another one looks for its columns: what their names begin with, which
    /// may be nothing.
    within: Option<Box<str>>,
    companion: Companion,
}

impl Columns {
    pub(crate) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            names: names.into_iter().map(Box::from).collect(),
            within: None,
            companion: Companion::NONE,
        }
    }

    /// The same columns for a type within another one: names are looked for behind `prefix`.
    pub(super) fn within(&self, prefix: &str) -> Self {
        let prefix = self.full(prefix).into();
        Self {
            names: Arc::clone(&self.names),
            within: Some(prefix),
            companion: self.companion.clone(),
        }
    }

    /// The same columns for a type that is read with a companion.
    #[cfg(feature = "sqlite")]
    pub(crate) fn with_companion(&self, companion: &Companion) -> Self {
        Self { companion: companion.clone(), ..self.clone() }
    }

    /// Returns what the rows are read with.
    #[cfg(all(feature = "orm", feature = "sqlite"))]
    pub(crate) fn companion(&self) -> &Companion {
        &self.companion
    }

    pub(super) fn is_within(&self) -> bool {
        self.within.is_some()
    }

    /// Returns the number of columns.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Reports whether there are none, as for a statement that gives no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Returns the name of the column at a position, from 0.
    #[must_use]
    pub fn name(&self, position: usize) -> Option<&str> {
        self.names.get(position).map(AsRef::as_ref)
    }

    /// Iterates over the names.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> + DoubleEndedIterator {
        self.names.iter().map(AsRef::as_ref)
    }

    /// Finds the column of a name: as it is written, else without regard to ASCII case.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ColumnNotFound`] when no column has the name, and when several do.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
    /// let result = engine.query("SELECT 1 AS a, 2 AS b, 3 AS a").await?;
    /// assert_eq!(result.columns().position("B")?, 1);
    /// assert!(result.columns().position("a").is_err());
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    pub fn position(&self, name: &str) -> Result<usize> {
        self.optional(name)?.ok_or_else(|| self.no_name(&self.full(name)))
    }

    /// Finds the column of a name as [`position`](Self::position) does, if there is one.
    pub(super) fn optional(&self, name: &str) -> Result<Option<usize>> {
        let name = &*self.full(name);
        let exact = self.find(|column| column == name);
        let found = match exact {
            Found::None => self.find(|column| column.eq_ignore_ascii_case(name)),
            exact => exact,
        };
        match found {
            Found::None => Ok(None),
            Found::One(position) => Ok(Some(position)),
            Found::Several(first, second) => Err(ambiguous(name, first, second)),
        }
    }

    /// The name with the prefix that stands before it here.
    fn full<'n>(&self, name: &'n str) -> Cow<'n, str> {
        match &self.within {
            Some(prefix) if !prefix.is_empty() => Cow::Owned(format!("{prefix}{name}")),
            _ => Cow::Borrowed(name),
        }
    }

    fn find(&self, mut fits: impl FnMut(&str) -> bool) -> Found {
        let mut fitting = self.names().enumerate().filter(|(_, name)| fits(name));
        match (fitting.next(), fitting.next()) {
            (None, _) => Found::None,
            (Some((position, _)), None) => Found::One(position),
            (Some((first, _)), Some((second, _))) => Found::Several(first, second),
        }
    }

    #[cold]
    pub(crate) fn no_position(&self, position: usize) -> Error {
        Error::new(
            ErrorKind::ColumnNotFound,
            format!("there is no column at position {position}: the result has {}", self.listed()),
        )
    }

    #[cold]
    fn no_name(&self, name: &str) -> Error {
        Error::new(
            ErrorKind::ColumnNotFound,
            format!("there is no column named `{name}`: the result has {}", self.listed()),
        )
    }

    fn listed(&self) -> String {
        const SHOWN: usize = 20;
        if self.is_empty() {
            return "no columns".to_owned();
        }
        let mut list: Vec<_> = self.names().take(SHOWN).map(|name| format!("`{name}`")).collect();
        if self.len() > SHOWN {
            list.push(format!("{} more", self.len() - SHOWN));
        }
        list.join(", ")
    }
}

enum Found {
    None,
    One(usize),
    Several(usize, usize),
}

#[cold]
fn ambiguous(name: &str, first: usize, second: usize) -> Error {
    Error::new(
        ErrorKind::ColumnNotFound,
        format!(
            "the column name `{name}` is ambiguous: the columns at {first} and {second} have it; \
             give one an alias with AS, or read it by position"
        ),
    )
}

/// What names a column: its position, from 0, or its name.
pub trait ColumnIndex: sealed::Sealed {
    /// Finds the column's position.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ColumnNotFound`] for a name that no column or that several columns have.
    fn position(&self, columns: &Columns) -> Result<usize>;
}

impl ColumnIndex for usize {
    #[inline]
    fn position(&self, _: &Columns) -> Result<usize> {
        Ok(*self)
    }
}

impl ColumnIndex for &str {
    fn position(&self, columns: &Columns) -> Result<usize> {
        columns.position(self)
    }
}

impl ColumnIndex for &String {
    fn position(&self, columns: &Columns) -> Result<usize> {
        columns.position(self)
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "it seals a trait")]
    pub trait Sealed {}
    impl Sealed for usize {}
    impl Sealed for &str {}
    impl Sealed for &String {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_as_written_before_it_is_found_in_another_case() {
        let columns = Columns::new(["ID", "id"]);

        assert_eq!(columns.position("id").unwrap(), 1);
        assert_eq!(columns.position("ID").unwrap(), 0);
        assert!(columns.position("Id").is_err());
    }

    #[test]
    fn a_missing_name_is_reported_with_the_names_there_are() {
        let error = Columns::new(["a", "b"]).position("c").unwrap_err();

        assert_eq!(error.kind(), ErrorKind::ColumnNotFound);
        assert_eq!(error.to_string(), "there is no column named `c`: the result has `a`, `b`");
    }

    #[test]
    fn a_prefix_within_a_prefix_stands_before_each_name() {
        let columns = Columns::new(["id", "a_id", "a_B_id", "a_b_ID"]);

        let inner = columns.within("a_").within("b_");

        assert_eq!(columns.within("").position("id").unwrap(), 0);
        assert_eq!(columns.within("a_").position("id").unwrap(), 1);
        assert_eq!(inner.position("ID").unwrap(), 3);
        let ambiguous = inner.position("id").unwrap_err().to_string();
        assert!(ambiguous.starts_with("the column name `a_b_id` is ambiguous"), "{ambiguous}");
        let missing = inner.position("name").unwrap_err().to_string();
        assert!(missing.starts_with("there is no column named `a_b_name`"), "{missing}");
    }
}
