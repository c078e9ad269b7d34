//! `Diff`: how a database differs from what the entities of a schema want.

use std::fmt;

use crate::value::SqlType;

/// How a database differs from what the entities of a schema want; made by
/// [`Schema::diff`](crate::Schema::diff).
///
/// What the database lacks or has otherwise is to be changed. What it has and no entity speaks of is
/// [extra](Difference::is_extra): told, and left alone. `Display` shows a line for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    pub(super) differences: Vec<Difference>,
    pub(super) sql: String,
    pub(super) sql_with_drops: String,
}

/// One thing in which a database differs from what the entities want.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// A table is not there.
    MissingTable {
        /// The table.
        table: String,
    },
    /// A column is not there.
    MissingColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Whether it cannot be added: it is NOT NULL without a default, and the table has rows.
        blocked: bool,
    },
    /// An index, or the UNIQUE of columns, is not there or is not on these columns.
    MissingIndex {
        /// The table.
        table: String,
        /// The name that it is to have.
        index: String,
        /// The columns.
        columns: Vec<String>,
        /// Whether it is UNIQUE.
        unique: bool,
    },
    /// A foreign key is not there.
    MissingForeignKey {
        /// The table.
        table: String,
        /// The columns that are to refer.
        columns: Vec<String>,
        /// The table that they are to refer to.
        target: String,
    },
    /// A CHECK is not there.
    MissingCheck {
        /// The table.
        table: String,
        /// Its expression.
        expression: String,
    },
    /// A column is declared with a type that does not keep what the entity writes; an integer key that the
    /// database is to generate is not declared as `INTEGER PRIMARY KEY`.
    Type {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// What is wanted.
        wanted: SqlType,
        /// The type that is declared; empty where there is none.
        found: String,
    },
    /// A column is NOT NULL and is to be nullable, or the other way around.
    Nullability {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Whether it is to be nullable.
        nullable: bool,
        /// Whether it cannot be made NOT NULL: it has no default, and rows have NULL in it.
        blocked: bool,
    },
    /// A column has another default, or none.
    Default {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The expression that is wanted.
        wanted: String,
        /// The expression that is there.
        found: Option<String>,
    },
    /// A column is computed and is not to be, or the other way around, or by another expression.
    Computed {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The expression that is wanted.
        wanted: Option<String>,
        /// The expression that is there.
        found: Option<String>,
    },
    /// The primary key is of other columns.
    PrimaryKey {
        /// The table.
        table: String,
        /// The columns that are wanted.
        wanted: Vec<String>,
        /// The columns that are there.
        found: Vec<String>,
    },
    /// A foreign key does something else when what it refers to goes, or is checked at another time.
    ForeignKey {
        /// The table.
        table: String,
        /// The columns that refer.
        columns: Vec<String>,
        /// The table that they refer to.
        target: String,
    },
    /// A view, or a virtual table, is where a table is wanted, and does not have this column.
    NotATable {
        /// Its name.
        table: String,
        /// The column.
        column: String,
    },
    /// A table is there that no entity speaks of.
    ExtraTable {
        /// The table.
        table: String,
    },
    /// A column is there that the entity does not speak of.
    ExtraColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Whether it has to have a value and has no default: then no entity can be inserted.
        required: bool,
    },
    /// A default is there that the entity does not speak of.
    ExtraDefault {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The expression.
        found: String,
    },
    /// An index is there that the entity does not speak of.
    ExtraIndex {
        /// The table.
        table: String,
        /// The index.
        index: String,
    },
    /// A UNIQUE constraint is there that the entity does not speak of.
    ExtraUnique {
        /// The table.
        table: String,
        /// Its columns.
        columns: Vec<String>,
    },
    /// A foreign key is there that the entity does not speak of.
    ExtraForeignKey {
        /// The table.
        table: String,
        /// The columns that refer.
        columns: Vec<String>,
        /// The table that they refer to.
        target: String,
    },
    /// A CHECK is there that the entity does not speak of.
    ExtraCheck {
        /// The table.
        table: String,
        /// Its expression.
        expression: String,
    },
}

impl Diff {
    /// Reports whether the database has all that the entities want, as they want it. What is
    /// [extra](Self::extras) does not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().all(Difference::is_extra)
    }

    /// Iterates over all differences, those of one table together.
    pub fn iter(&self) -> std::slice::Iter<'_, Difference> {
        self.differences.iter()
    }

    /// Iterates over what is there and no entity speaks of.
    pub fn extras(&self) -> impl Iterator<Item = &Difference> {
        self.iter().filter(|difference| difference.is_extra())
    }

    /// Iterates over what [`sql`](Self::sql) cannot do, because the rows that are there have no value for
    /// it: it says so in a remark.
    pub fn blocked(&self) -> impl Iterator<Item = &Difference> {
        self.iter().filter(|difference| difference.is_blocked())
    }

    /// Returns the statements that bring the database to what the entities want, for a migration's file;
    /// empty where there is nothing to do. It drops no table, column, index or constraint that no entity
    /// speaks of, and keeps all rows.
    ///
    /// What ALTER TABLE cannot do is done by making the table anew: a new one is filled with the rows and
    /// takes the place of the old one, with its indexes and triggers. Such a text begins with
    /// `-- headwater: foreign_keys = off`, and belongs into a [`Migration`](crate::Migration), which
    /// heeds that: run in another way with foreign keys on, the DROP TABLE in it would delete what refers to
    /// the rows.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// Returns the statements of [`sql`](Self::sql) together with those that drop what is
    /// [extra](Self::extras), tables and columns with all that is in them.
    #[must_use]
    pub fn sql_with_drops(&self) -> &str {
        &self.sql_with_drops
    }
}

impl<'d> IntoIterator for &'d Diff {
    type Item = &'d Difference;
    type IntoIter = std::slice::Iter<'d, Difference>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Difference {
    /// Returns the table that it is about.
    #[must_use]
    pub fn table(&self) -> &str {
        match self {
            Self::MissingTable { table }
            | Self::MissingColumn { table, .. }
            | Self::MissingIndex { table, .. }
            | Self::MissingForeignKey { table, .. }
            | Self::MissingCheck { table, .. }
            | Self::Type { table, .. }
            | Self::Nullability { table, .. }
            | Self::Default { table, .. }
            | Self::Computed { table, .. }
            | Self::PrimaryKey { table, .. }
            | Self::ForeignKey { table, .. }
            | Self::NotATable { table, .. }
            | Self::ExtraTable { table }
            | Self::ExtraColumn { table, .. }
            | Self::ExtraDefault { table, .. }
            | Self::ExtraIndex { table, .. }
            | Self::ExtraUnique { table, .. }
            | Self::ExtraForeignKey { table, .. }
            | Self::ExtraCheck { table, .. } => table,
        }
    }

    /// Reports whether it is something that is there and no entity speaks of.
    #[must_use]
    pub fn is_extra(&self) -> bool {
        matches!(
            self,
            Self::ExtraTable { .. }
                | Self::ExtraColumn { .. }
                | Self::ExtraDefault { .. }
                | Self::ExtraIndex { .. }
                | Self::ExtraUnique { .. }
                | Self::ExtraForeignKey { .. }
                | Self::ExtraCheck { .. }
        )
    }

    /// Reports whether no statement can be written for it: rows that are there have no value for a column
    /// that cannot be NULL, or there is no table to change.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        match self {
            Self::MissingColumn { blocked, .. } | Self::Nullability { blocked, .. } => *blocked,
            Self::NotATable { .. } => true,
            _ => false,
        }
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.differences.is_empty() {
            return f.write_str("nothing differs");
        }
        for (number, difference) in self.iter().enumerate() {
            let line = if number == 0 { "" } else { "\n" };
            write!(f, "{line}{difference}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |columns: &[String]| columns.join(", ");
        match self {
            Self::MissingTable { table } => write!(f, "{table}: the table is missing"),
            Self::MissingColumn { table, column, blocked } => {
                write!(f, "{table}.{column}: the column is missing")?;
                f.write_str(if *blocked { NO_VALUE } else { "" })
            }
            Self::MissingIndex { table, index, columns, unique } => {
                let what = if *unique { "a unique index" } else { "an index" };
                write!(f, "{table}: {what} on {} is missing ({index})", list(columns))
            }
            Self::MissingForeignKey { table, columns, target } => {
                write!(f, "{table}: a foreign key from {} to {target} is missing", list(columns))
            }
            Self::MissingCheck { table, expression } => {
                write!(f, "{table}: CHECK ({expression}) is missing")
            }
            Self::Type { table, column, wanted, found } => {
                let found = if found.is_empty() { "nothing" } else { found };
                write!(f, "{table}.{column}: declared as {found}, wanted is {}", type_name(*wanted))
            }
            Self::Nullability { table, column, nullable: true, .. } => {
                write!(f, "{table}.{column}: NOT NULL, and is to be nullable")
            }
            Self::Nullability { table, column, blocked, .. } => {
                write!(f, "{table}.{column}: nullable, and is to be NOT NULL")?;
                f.write_str(if *blocked { SOME_NULL } else { "" })
            }
            Self::Default { table, column, wanted, found: Some(found) } => {
                write!(f, "{table}.{column}: the default is {found}, wanted is {wanted}")
            }
            Self::Default { table, column, wanted, found: None } => {
                write!(f, "{table}.{column}: the default {wanted} is missing")
            }
            Self::Computed { table, column, wanted, found } => {
                let said = |expression: &Option<String>| match expression {
                    Some(expression) => format!("computed by {expression}"),
                    None => "not computed".to_owned(),
                };
                write!(f, "{table}.{column}: {}, and is to be {}", said(found), said(wanted))
            }
            Self::PrimaryKey { table, wanted, found } => {
                let found = if found.is_empty() { "missing".to_owned() } else { list(found) };
                write!(f, "{table}: the primary key is {found}, wanted is {}", list(wanted))
            }
            Self::ForeignKey { table, columns, target } => {
                write!(
                    f,
                    "{table}: the foreign key from {} to {target} acts otherwise",
                    list(columns)
                )
            }
            Self::NotATable { table, column } => {
                write!(f, "{table}.{column}: missing in what is no plain table")
            }
            extra => extra.show_extra(f),
        }
    }
}

const NO_VALUE: &str = ", is NOT NULL without a default, and the table has rows: give it a default";
const SOME_NULL: &str = ", has no default, and rows have NULL in it: give it a default";

impl Difference {
    fn show_extra(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |columns: &[String]| columns.join(", ");
        match self {
            Self::ExtraTable { table } => write!(f, "{table}: an extra table"),
            Self::ExtraColumn { table, column, required } => {
                write!(f, "{table}.{column}: an extra column")?;
                f.write_str(match required {
                    true => ", NOT NULL without a default: no entity can be inserted",
                    false => "",
                })
            }
            Self::ExtraDefault { table, column, found } => {
                write!(f, "{table}.{column}: an extra default {found}")
            }
            Self::ExtraIndex { table, index } => write!(f, "{table}: an extra index {index}"),
            Self::ExtraUnique { table, columns } => {
                write!(f, "{table}: an extra UNIQUE ({})", list(columns))
            }
            Self::ExtraForeignKey { table, columns, target } => {
                write!(f, "{table}: an extra foreign key from {} to {target}", list(columns))
            }
            Self::ExtraCheck { table, expression } => {
                write!(f, "{table}: an extra CHECK ({expression})")
            }
            _ => Ok(()),
        }
    }
}

fn type_name(sql_type: SqlType) -> &'static str {
    match sql_type {
        SqlType::Any => "any type",
        SqlType::Blob => "BLOB",
        SqlType::Integer => "INTEGER",
        SqlType::Real => "REAL",
        SqlType::Text => "TEXT",
    }
}
