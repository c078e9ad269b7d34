//! The places in a result that a type reads from.

use super::companion::Companion;
use super::{Columns, FromRow, Row};
use crate::error::{Error, ErrorKind, Result};

/// Where the fields of a type are in a result: resolved once for a result, not once for a row.
///
/// # Examples
///
/// A type with another one inside, by hand; `#[derive(FromRow)]` writes the same:
///
/// ```
/// use headwater::{Columns, FromRow, Positions, Result, Row};
///
/// #[derive(FromRow)]
/// struct Author {
///     id: i64,
///     name: String,
/// }
///
/// struct Post {
///     title: String,
///     views: i64,
///     author: Author,
/// }
///
/// impl FromRow for Post {
///     fn positions(columns: &Columns) -> Result<Positions> {
///         Positions::by_name(columns, &["title"], "Post")?
///             .with_optional(columns, &["views"], "Post")?
///             .with_nested::<Author>(columns, "author_", "Post")
///     }
///
///     fn from_row(row: &Row, positions: &Positions) -> Result<Self> {
///         let views = if positions.has(1) { row.get_at(positions, 1)? } else { 0 };
///         Ok(Self { title: row.get_at(positions, 0)?, views, author: row.get_nested(positions, 0)? })
///     }
/// }
///
/// # futures::executor::block_on(async {
/// # let engine = headwater::AsyncEngine::open("sqlite::memory:").await?;
/// let text = "SELECT 'Notes' AS title, 1 AS author_id, 'Ada' AS author_name";
/// let post: Post = engine.query(text).scalars().one().await?;
/// assert_eq!((post.views, post.author.id, post.author.name.as_str()), (0, 1, "Ada"));
/// # assert_eq!(post.title, "Notes");
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions {
    fields: Vec<usize>,
    nested: Vec<Self>,
    companion: Companion,
}

/// Where a field is whose column the result does not have.
const NOWHERE: usize = usize::MAX;

/// What a type reads that was not resolved.
static NOTHING: Positions =
    Positions { fields: Vec::new(), nested: Vec::new(), companion: Companion::NONE };

impl Positions {
    /// Finds each of `names`, for a struct that is read by name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ColumnNotFound`], naming the type and the column.
    pub fn by_name(columns: &Columns, names: &[&str], type_name: &str) -> Result<Self> {
        let find = |name: &&str| columns.position(name).map_err(|error| of_type(&error, type_name));
        let fields = names.iter().map(find).collect::<Result<_>>()?;
        Ok(Self { fields, ..Self::default() })
    }

    /// Takes the first `count` columns in their order, for a type that is read by position.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ColumnNotFound`] when the result has fewer, and for a type within another one,
    /// whose columns are found by name.
    pub fn by_index(columns: &Columns, count: usize, type_name: &str) -> Result<Self> {
        if columns.is_within() {
            return Err(by_position(type_name));
        }
        if columns.len() < count {
            return Err(of_type(&columns.no_position(columns.len()), type_name));
        }
        Ok(Self { fields: (0..count).collect(), ..Self::default() })
    }

    /// Adds fields that are found by name, and that the result may lack.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ColumnNotFound`] for a name that several columns have.
    pub fn with_optional(
        mut self,
        columns: &Columns,
        names: &[&str],
        type_name: &str,
    ) -> Result<Self> {
        for name in names {
            let found = columns.optional(name).map_err(|error| of_type(&error, type_name))?;
            self.fields.push(found.unwrap_or(NOWHERE));
        }
        Ok(self)
    }

    /// Adds a type that is read from columns of the same result, whose names begin with `prefix`.
    ///
    /// An empty prefix leaves the names as they are; one within a type that has a prefix itself is put
    /// behind that one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ColumnNotFound`] when the result lacks what `T` reads, and when `T` reads by position.
    pub fn with_nested<T: FromRow>(
        mut self,
        columns: &Columns,
        prefix: &str,
        type_name: &str,
    ) -> Result<Self> {
        let nested =
            T::positions(&columns.within(prefix)).map_err(|error| of_type(&error, type_name))?;
        self.nested.push(nested);
        Ok(self)
    }

    /// Returns the position of a field, in the order in which the fields were given.
    ///
    /// A field that was not given is at `usize::MAX`, where no result has a column.
    #[inline]
    #[must_use]
    pub fn at(&self, field: usize) -> usize {
        self.fields.get(field).copied().unwrap_or(NOWHERE)
    }

    /// Reports whether the result has the column of a field.
    #[inline]
    #[must_use]
    pub fn has(&self, field: usize) -> bool {
        self.at(field) != NOWHERE
    }

    /// Keeps what each row is to be read with.
    #[cfg(all(feature = "orm", feature = "sqlite"))]
    pub(crate) fn with_companion(self, companion: Companion) -> Self {
        Self { companion, ..self }
    }

    /// Returns what each row is to be read with.
    #[cfg(all(feature = "orm", feature = "sqlite"))]
    pub(crate) fn companion(&self) -> &Companion {
        &self.companion
    }

    /// Where the fields of a nested type are, by the order in which the nested types were given.
    #[inline]
    pub(super) fn nested(&self, place: usize) -> &Self {
        self.nested.get(place).unwrap_or(&NOTHING)
    }

    /// Reports whether there are columns here, and nothing but NULLs in them.
    pub(super) fn are_null(&self, row: &Row) -> bool {
        let mut values = 0;
        self.only_nulls(row, &mut values) && values > 0
    }

    fn only_nulls(&self, row: &Row, values: &mut usize) -> bool {
        let own = self.fields.iter().filter_map(|position| row.cell(*position)).all(|value| {
            *values += 1;
            value.is_null()
        });
        own && self.nested.iter().all(|nested| nested.only_nulls(row, values))
    }
}

#[cold]
fn of_type(error: &Error, type_name: &str) -> Error {
    Error::new(error.kind(), format!("`{type_name}` cannot be read: {error}"))
}

#[cold]
fn by_position(type_name: &str) -> Error {
    Error::new(
        ErrorKind::ColumnNotFound,
        format!(
            "`{type_name}` is read by position, and inside of another type columns are found by name: \
             flatten a struct with named fields"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_of_more_fields_than_columns_is_refused() {
        assert!(Positions::by_index(&Columns::new(["a"]), 2, "(i64, i64)").is_err());
    }

    #[test]
    fn a_type_that_is_read_by_position_is_not_nested() {
        let columns = Columns::new(["a", "b"]);
        let outer = || Positions::by_name(&columns, &["a"], "Outer").unwrap();

        let number = outer().with_nested::<i64>(&columns, "", "Outer").unwrap_err();
        let pair = outer().with_nested::<(i64, i64)>(&columns, "a", "Outer").unwrap_err();

        assert_eq!(number.kind(), ErrorKind::ColumnNotFound);
        assert!(
            number.to_string().starts_with("`Outer` cannot be read: `i64` is read by position")
        );
        assert!(pair.to_string().contains("`a tuple of 2` is read by position"));
    }

    #[test]
    fn an_optional_field_may_be_nowhere() {
        let columns = Columns::new(["a", "b"]);

        let positions = Positions::default().with_optional(&columns, &["c", "B"], "It").unwrap();

        assert_eq!((positions.has(0), positions.has(1), positions.has(2)), (false, true, false));
        assert_eq!((positions.at(0), positions.at(1)), (usize::MAX, 1));
    }

    #[test]
    fn what_was_not_resolved_is_nowhere() {
        assert_eq!(Positions::default().nested(3), &Positions::default());
    }
}
