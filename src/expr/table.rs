//! `EntityTable`: what an entity says of its table.

use std::any::TypeId;
use std::borrow::Cow;

use super::entity::Entity;
use crate::value::{ColumnType, SqlType};

/// What an entity says of its table: made once for each entity, by what `#[derive(Entity)]` writes.
///
/// # Examples
///
/// ```
/// use headwater::entity::Action;
/// use headwater::Entity;
///
/// #[derive(Clone, Entity)]
/// #[entity(table = "users")]
/// struct User {
///     #[entity(primary_key)]
///     id: i64,
///     #[entity(unique)]
///     email: String,
///     #[entity(references(Self::ID, on_delete = set_null))]
///     invited_by: Option<i64>,
/// }
///
/// let table = User::table();
/// let nullable: Vec<&str> =
///     table.columns.iter().filter(|column| column.nullable).map(|column| &*column.name).collect();
/// assert_eq!((nullable, &*table.primary_key), (vec!["invited_by"], &[0][..]));
/// assert!(table.indexes[0].unique);
/// assert_eq!(table.references[0].on_delete, Action::SetNull);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EntityTable {
    /// The name of the table, without quotes.
    pub name: &'static str,
    /// The name of the Rust type, for messages.
    pub entity: &'static str,
    /// The columns; what is said of columns elsewhere is their positions here.
    pub columns: Vec<EntityColumn>,
    /// The columns of the primary key, in its order.
    pub primary_key: Vec<usize>,
    /// The foreign keys.
    pub references: Vec<Reference>,
    /// The indexes, UNIQUE ones among them; a column's own `unique` and `index` are here too.
    pub indexes: Vec<EntityIndex>,
    /// The expressions of its CHECK constraints.
    pub checks: Vec<&'static str>,
    /// The column that counts the changes of a row, for optimistic locking.
    pub version: Option<usize>,
    id: TypeId,
}

/// One column of an entity.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EntityColumn {
    /// The name in the table, without quotes.
    pub name: Cow<'static, str>,
    /// The field of the struct; of a flattened one, the path to it.
    pub field: Cow<'static, str>,
    /// What its values are stored as.
    pub sql_type: SqlType,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Whether it is a key that the database gives to a row whose field is left at its default.
    pub generated: bool,
    /// The SQL expression of its default.
    pub default: Option<&'static str>,
    /// The SQL expression by which the database computes it; then it is never written.
    pub computed: Option<&'static str>,
}

/// A foreign key of an entity.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reference {
    /// The columns that refer.
    pub columns: Vec<usize>,
    /// The table that they refer to.
    pub target: fn() -> &'static EntityTable,
    /// The columns there.
    pub target_columns: Vec<usize>,
    /// What becomes of the row when the one that it refers to is deleted.
    pub on_delete: Action,
    /// What becomes of it when the key of that one changes.
    pub on_update: Action,
    /// Whether it is checked at the commit only (DEFERRABLE INITIALLY DEFERRED).
    pub deferred: bool,
}

/// What a foreign key does when the row that it refers to goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Action {
    /// The row goes too.
    Cascade,
    /// Refused, when the statement or the transaction has ended.
    #[default]
    NoAction,
    /// Refused at once.
    Restrict,
    /// The column takes its default.
    SetDefault,
    /// The column becomes NULL.
    SetNull,
}

/// An index of an entity.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EntityIndex {
    /// The name; one is made of the table's and the columns' names where none is given.
    pub name: Option<&'static str>,
    /// The columns, in their order.
    pub columns: Vec<usize>,
    /// Whether no two rows may have the same values.
    pub unique: bool,
}

impl EntityTable {
    /// Begins the description of the table of `E`; what the derive writes.
    #[doc(hidden)]
    #[must_use]
    pub fn new<E: Entity>(
        name: &'static str,
        entity: &'static str,
        columns: Vec<EntityColumn>,
        primary_key: Vec<usize>,
    ) -> Self {
        Self {
            name,
            entity,
            columns,
            primary_key,
            references: Vec::new(),
            indexes: Vec::new(),
            checks: Vec::new(),
            version: None,
            id: TypeId::of::<E>(),
        }
    }

    /// Returns the name of the column at a position; of one that there is not, nothing.
    #[must_use]
    pub fn column_name(&self, position: usize) -> &str {
        self.columns.get(position).map_or("", |column| &*column.name)
    }

    /// Finds the column of a name.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Finds the foreign key that these columns are.
    #[must_use]
    pub fn reference(&self, columns: &[usize]) -> Option<&Reference> {
        self.references.iter().find(|reference| reference.columns == columns)
    }

    /// Tells the types of entities apart.
    pub(crate) fn id(&self) -> TypeId {
        self.id
    }
}

impl EntityColumn {
    /// Describes a column that holds a `T`; what the derive writes.
    #[doc(hidden)]
    #[must_use]
    pub fn new<T: ColumnType>(name: impl Into<Cow<'static, str>>, field: &'static str) -> Self {
        Self {
            name: name.into(),
            field: Cow::Borrowed(field),
            sql_type: T::SQL_TYPE,
            nullable: T::NULLABLE,
            generated: false,
            default: None,
            computed: None,
        }
    }

    /// The column of an embedded type in the table of an entity; what the derive writes.
    #[doc(hidden)]
    #[must_use]
    pub fn within(mut self, prefix: &str, field: &str) -> Self {
        self.name = format!("{prefix}{}", self.name).into();
        self.field = format!("{field}.{}", self.field).into();
        self
    }

    /// Reports whether the database gives it the next number, and not what its default says.
    pub(crate) fn is_numbered(&self) -> bool {
        self.generated && self.default.is_none()
    }
}

impl Reference {
    /// A foreign key to the table of an entity; what the derive writes.
    #[doc(hidden)]
    #[must_use]
    pub fn to<E: Entity>(columns: Vec<usize>, target_columns: Vec<usize>) -> Self {
        Self {
            columns,
            target: E::table,
            target_columns,
            on_delete: Action::default(),
            on_update: Action::default(),
            deferred: false,
        }
    }
}

impl EntityIndex {
    /// An index on columns; what the derive writes.
    #[doc(hidden)]
    #[must_use]
    pub fn on(columns: Vec<usize>, unique: bool, name: Option<&'static str>) -> Self {
        Self { name, columns, unique }
    }
}
