//! The columns of a result, and the places in it that a type reads from.

use crate::error::{Error, ErrorKind, Result};

/// The names of a result's columns, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    names: Box<[Box<str>]>,
}

impl Columns {
    pub(crate) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self { names: names.into_iter().map(Box::from).collect() }
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
        match self.find(|column| column == name) {
            Found::One(position) => return Ok(position),
            Found::Several(first, second) => return Err(ambiguous(name, first, second)),
            Found::None => {}
        }
        match self.find(|column| column.eq_ignore_ascii_case(name)) {
            Found::One(position) => Ok(position),
            Found::Several(first, second) => Err(ambiguous(name, first, second)),
            Found::None => Err(self.no_name(name)),
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

/// Where the fields of a type are in a result: resolved once for a result, not once for a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions(Box<[usize]>);

impl Positions {
    /// Finds each of `names`, for a struct that is read by name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ColumnNotFound`], naming the type and the column.
    pub fn by_name(columns: &Columns, names: &[&str], type_name: &str) -> Result<Self> {
        let find = |name: &&str| columns.position(name).map_err(|error| of_type(&error, type_name));
        names.iter().map(find).collect::<Result<_>>().map(Self)
    }

    /// Takes the first `count` columns in their order, for a type that is read by position.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ColumnNotFound`] when the result has fewer.
    pub fn by_index(columns: &Columns, count: usize, type_name: &str) -> Result<Self> {
        if columns.len() < count {
            return Err(of_type(&columns.no_position(columns.len()), type_name));
        }
        Ok(Self((0..count).collect()))
    }

    /// Returns the position of a field, in the order in which the fields were given.
    ///
    /// A field that was not given is at `usize::MAX`, where no result has a column.
    #[inline]
    #[must_use]
    pub fn at(&self, field: usize) -> usize {
        self.0.get(field).copied().unwrap_or(usize::MAX)
    }
}

#[cold]
fn of_type(error: &Error, type_name: &str) -> Error {
    Error::new(error.kind(), format!("`{type_name}` cannot be read: {error}"))
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
    fn a_type_of_more_fields_than_columns_is_refused() {
        assert!(Positions::by_index(&Columns::new(["a"]), 2, "(i64, i64)").is_err());
    }
}
