//! What there is in a database: tables, views, columns, indexes, foreign keys, triggers.

use crate::expr::Action;
use crate::value::SqlType;

/// What there is in a database; [`inspect`](crate::inspect) reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatabaseInfo {
    /// The tables, in the order in which they were made; those that SQLite keeps for itself are left out.
    pub tables: Vec<TableInfo>,
    /// The views, in the order in which they were made.
    pub views: Vec<ViewInfo>,
    /// The triggers of all tables and views, in the order in which they were made.
    pub triggers: Vec<TriggerInfo>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableInfo {
    /// The name.
    pub name: String,
    /// What keeps its rows.
    pub kind: TableKind,
    /// The columns, in their order; none of a virtual table whose module is not there.
    pub columns: Vec<ColumnInfo>,
    /// The columns of the primary key, in its order; none where there is no primary key.
    pub primary_key: Vec<String>,
    /// The indexes, those of UNIQUE and PRIMARY KEY among them.
    pub indexes: Vec<IndexInfo>,
    /// The foreign keys, in the order in which they are written.
    pub foreign_keys: Vec<ForeignKeyInfo>,
    /// The expressions of the CHECK constraints, of columns and of the table.
    pub checks: Vec<String>,
    /// Whether it is STRICT.
    pub strict: bool,
    /// Whether it is WITHOUT ROWID.
    pub without_rowid: bool,
    /// Whether its integer key is AUTOINCREMENT.
    pub autoincrement: bool,
    /// The text that made it.
    pub sql: String,
}

/// What keeps the rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TableKind {
    /// SQLite itself.
    Plain,
    /// SQLite itself, for a virtual table.
    Shadow,
    /// The module of a virtual table.
    Virtual,
}

/// A column of a table or of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ColumnInfo {
    /// The name.
    pub name: String,
    /// The type as it was written; empty where there is none.
    pub declared_type: String,
    /// What SQLite makes of that type.
    pub affinity: Affinity,
    /// What it most likely holds: by its affinity and, where that is NUMERIC, by the words of its type.
    pub sql_type: SqlType,
    /// Whether it may be NULL. A column of a primary key may, in SQLite, unless NOT NULL is written too, or
    /// it is the rowid, or the table is STRICT or WITHOUT ROWID.
    pub nullable: bool,
    /// The expression of its default.
    pub default: Option<String>,
    /// Its place in the primary key, from 0.
    pub primary_key: Option<usize>,
    /// The expression that computes it.
    pub computed: Option<String>,
    /// Whether what is computed is stored.
    pub stored: bool,
    /// Whether it is a hidden column of a virtual table.
    pub hidden: bool,
    /// The collation that is written with it.
    pub collation: Option<String>,
}

/// What SQLite makes of a declared type: how it converts what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Affinity {
    /// Nothing is converted.
    Blob,
    /// Numbers without a fraction, where they can be.
    Integer,
    /// Numbers, where they can be.
    Numeric,
    /// Floats, where they can be.
    Real,
    /// Texts; bytes stay bytes.
    Text,
}

/// An index of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexInfo {
    /// The name.
    pub name: String,
    /// What it is on, in its order.
    pub parts: Vec<IndexPart>,
    /// Whether no two rows may have the same values.
    pub unique: bool,
    /// What made it.
    pub origin: IndexOrigin,
    /// The condition (WHERE) of a partial index.
    pub condition: Option<String>,
    /// The text that made it; none of one that belongs to a constraint.
    pub sql: Option<String>,
}

/// One column or expression of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexPart {
    /// The column; none of an expression, and of the rowid.
    pub column: Option<String>,
    /// The expression.
    pub expression: Option<String>,
    /// Whether it is in descending order.
    pub descending: bool,
    /// The collation by which texts are compared.
    pub collation: String,
}

/// What made an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IndexOrigin {
    /// CREATE INDEX.
    Created,
    /// A PRIMARY KEY.
    PrimaryKey,
    /// A UNIQUE constraint.
    Unique,
}

/// A foreign key of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForeignKeyInfo {
    /// The columns that refer.
    pub columns: Vec<String>,
    /// The table that they refer to, which need not be there.
    pub target: String,
    /// The columns there; where none are written, those of its primary key, as far as it is there.
    pub target_columns: Vec<String>,
    /// What becomes of the row when the one that it refers to is deleted.
    pub on_delete: Action,
    /// What becomes of it when the key of that one changes.
    pub on_update: Action,
    /// Whether it is checked at the commit only.
    pub deferred: bool,
}

/// A view.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ViewInfo {
    /// The name.
    pub name: String,
    /// The columns; none of a view that cannot be read, because what it reads is not there.
    pub columns: Vec<ColumnInfo>,
    /// The text that made it.
    pub sql: String,
}

/// A trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TriggerInfo {
    /// The name.
    pub name: String,
    /// The table or view that it belongs to.
    pub table: String,
    /// The text that made it.
    pub sql: String,
}

/// Reports whether two names are one to SQLite, which looks at ASCII letters without regard to case.
pub(super) fn same_name(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Reports whether two lists name the same columns, in any order.
pub(super) fn same_columns(one: &[String], other: &[String]) -> bool {
    one.len() == other.len()
        && one.iter().all(|name| other.iter().any(|other| same_name(name, other)))
}

impl DatabaseInfo {
    /// Finds a table by its name, in whatever case.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&TableInfo> {
        self.tables.iter().find(|table| same_name(&table.name, name))
    }

    /// Finds a view by its name, in whatever case.
    #[must_use]
    pub fn view(&self, name: &str) -> Option<&ViewInfo> {
        self.views.iter().find(|view| same_name(&view.name, name))
    }
}

impl TableInfo {
    /// Finds a column by its name, in whatever case.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnInfo> {
        self.columns.iter().find(|column| same_name(&column.name, name))
    }

    /// Finds an index by its name, in whatever case.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<&IndexInfo> {
        self.indexes.iter().find(|index| same_name(&index.name, name))
    }

    /// Returns the column that is the rowid itself: an INTEGER PRIMARY KEY, which SQLite fills where it is
    /// NULL.
    #[must_use]
    pub fn row_id(&self) -> Option<&ColumnInfo> {
        let [key] = self.primary_key.as_slice() else {
            return None;
        };
        // The key that is INTEGER PRIMARY KEY DESC is none, and has an index.
        let indexed = self.indexes.iter().any(|index| index.origin == IndexOrigin::PrimaryKey);
        let column = self.column(key)?;
        let is_integer = column.declared_type.eq_ignore_ascii_case("INTEGER");
        (self.kind != TableKind::Virtual && !self.without_rowid && is_integer && !indexed)
            .then_some(column)
    }
}

impl IndexInfo {
    /// Returns the columns, of an index that is on columns alone.
    #[must_use]
    pub fn columns(&self) -> Option<Vec<String>> {
        self.parts.iter().map(|part| part.column.clone()).collect()
    }
}

impl Affinity {
    /// Returns what SQLite makes of a declared type in a table that is not STRICT.
    ///
    /// # Examples
    ///
    /// ```
    /// use headwater::inspection::Affinity;
    ///
    /// assert_eq!(Affinity::of("VARCHAR(80)"), Affinity::Text);
    /// assert_eq!(Affinity::of("BOOLEAN"), Affinity::Numeric);
    /// assert_eq!(Affinity::of(""), Affinity::Blob);
    /// ```
    #[must_use]
    pub fn of(declared_type: &str) -> Self {
        let upper = declared_type.to_ascii_uppercase();
        let has = |words: &[&str]| words.iter().any(|word| upper.contains(word));
        if has(&["INT"]) {
            Self::Integer
        } else if has(&["CHAR", "CLOB", "TEXT"]) {
            Self::Text
        } else if upper.trim().is_empty() || has(&["BLOB"]) {
            Self::Blob
        } else if has(&["REAL", "FLOA", "DOUB"]) {
            Self::Real
        } else {
            Self::Numeric
        }
    }

    /// What a column most likely holds.
    pub(super) fn guess(self, declared_type: &str) -> SqlType {
        let upper = declared_type.to_ascii_uppercase();
        match self {
            Self::Blob if upper.contains("BLOB") => SqlType::Blob,
            Self::Blob => SqlType::Any,
            Self::Integer => SqlType::Integer,
            Self::Real => SqlType::Real,
            Self::Text => SqlType::Text,
            Self::Numeric if upper.contains("BOOL") => SqlType::Integer,
            Self::Numeric if is_of_time(&upper) => SqlType::Text,
            Self::Numeric => SqlType::Any,
        }
    }
}

/// Reports whether a declared type is one for times, whose texts no affinity converts.
pub(super) fn is_of_time(declared_type: &str) -> bool {
    let upper = declared_type.to_ascii_uppercase();
    ["DATE", "TIME"].iter().any(|word| upper.contains(word))
}
