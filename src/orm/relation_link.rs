//! `Link`: a relation whose columns have been looked up, and the queries that follow it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use super::relation_keys::Keys;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{
    Chain, Entity, EntityTable, From, Join, JoinKind, List, Node, Op, OrderNode, Output, Reference,
    Root, RowList, SelectNode, Source, statement,
};
use crate::statement::{Options, RawSql, Statement, sql};
use crate::value::{SqlType, Value};

/// What the keys are called where they stand in the query as rows of a table.
const KEYS: &str = "headwater_keys";
/// What the others are called where they are counted for each key.
const COUNTED: &str = "headwater_rows";
/// The name of the column that counts them.
const NUMBER: &str = "headwater_number";
/// The name of the column with the number of the key.
const PLACE: &str = "headwater_place";

/// How a relation goes, by the columns that it was declared with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Route {
    /// The owner refers to the target.
    BelongsTo(&'static [usize]),
    /// The target refers to the owner.
    Has(&'static [usize]),
    /// A third entity refers to both.
    Through(fn() -> &'static EntityTable, &'static [usize], &'static [usize]),
}

/// What is wanted of the other side.
#[derive(Clone, Default)]
pub(super) struct Choice {
    pub(super) filter: Vec<Node>,
    pub(super) order: Vec<OrderNode>,
    pub(super) limit: Option<u64>,
    pub(super) offset: u64,
}

impl Choice {
    /// Reports whether all of them are wanted.
    pub(super) fn is_all(&self) -> bool {
        self.filter.is_empty() && self.limit.is_none() && self.offset == 0
    }
}

/// A relation that can be followed.
pub(super) struct Link {
    owner: &'static EntityTable,
    target: &'static EntityTable,
    /// The columns of the owner whose values are the keys.
    pub(super) owner_columns: Vec<usize>,
    /// The table whose columns have to be equal to the keys, and these columns.
    keyed: &'static EntityTable,
    keyed_columns: Vec<usize>,
    /// Of a relation through a third entity: its columns that refer to the target, and what they refer to.
    through: Option<(Vec<usize>, Vec<usize>)>,
    choice: Choice,
    /// Whether each row of the target belongs to an owner.
    is_total: bool,
    /// Whether the database has to say which key a row belongs to, because equal keys need not look
    /// alike: columns of two types, or of a collation.
    by_place: AtomicBool,
    /// What is loaded for the others in turn.
    pub(super) nested: Vec<Self>,
}

impl Link {
    /// Looks up what the columns of a relation refer to.
    pub(super) fn resolve<P: Entity, C: Entity>(
        route: Route,
        choice: Choice,
        nested: Vec<Self>,
    ) -> Result<Self> {
        let (owner, target) = (P::table(), C::table());
        let (owner_columns, keyed, keyed_columns, through) = match route {
            Route::Has(columns) => {
                let reference = reference(target, columns, owner)?;
                (reference.target_columns.clone(), target, columns.to_vec(), None)
            }
            Route::BelongsTo(columns) => {
                let reference = reference(owner, columns, target)?;
                (columns.to_vec(), target, reference.target_columns.clone(), None)
            }
            Route::Through(link, near, far) => {
                let link = link();
                let to_owner = reference(link, near, owner)?.target_columns.clone();
                let to_target = reference(link, far, target)?.target_columns.clone();
                (to_owner, link, near.to_vec(), Some((far.to_vec(), to_target)))
            }
        };
        let looks_alike = owner_columns.iter().zip(&keyed_columns).all(|(own, other)| {
            let types = |table: &EntityTable, column: &usize| {
                table.columns.get(*column).map(|column| column.sql_type)
            };
            let own = types(owner, own);
            own == types(keyed, other) && own != Some(SqlType::Real)
        });
        Ok(Self {
            owner,
            target,
            owner_columns,
            keyed,
            keyed_columns,
            through,
            choice,
            is_total: is_total(route, target),
            by_place: AtomicBool::new(!looks_alike),
            nested,
        })
    }

    /// Makes what the keys of some owners are noted in.
    pub(super) fn keys(&self) -> Keys {
        Keys::new(self.owner_columns.len())
    }

    /// Returns the name of the owner's column at a position among the key's.
    pub(super) fn owner_names(&self) -> impl Iterator<Item = &'static str> {
        let owner = self.owner;
        self.owner_columns.iter().map(|column| owner.column_name(*column))
    }

    /// Returns the names by which the query's result has the columns that are equal to the keys.
    pub(super) fn key_names(&self) -> Vec<String> {
        match self.through {
            Some(_) => (0..self.keyed_columns.len()).map(key_name).collect(),
            None => {
                let name = |column: &usize| self.keyed.column_name(*column).to_owned();
                self.keyed_columns.iter().map(name).collect()
            }
        }
    }

    pub(super) fn is_by_place(&self) -> bool {
        self.by_place.load(Ordering::Relaxed)
    }

    /// Notes that equal keys need not look alike.
    pub(super) fn go_by_place(&self) {
        self.by_place.store(true, Ordering::Relaxed);
    }

    /// Makes the query for what belongs to some keys, those of each key one after the other. By place its
    /// first column is the number of the key.
    pub(super) fn statement<'k>(
        &self,
        keys: impl Iterator<Item = &'k [Value]>,
        by_place: bool,
        options: Options,
    ) -> Statement {
        let mut select = self.rows();
        let group: Vec<Node> = if by_place {
            self.join_keys(keys, &mut select);
            vec![Node::Named(KEYS.into(), "column1".into())]
        } else {
            select.filter.insert(0, self.is_one_of(keys));
            self.keyed_nodes().collect()
        };
        let select = match self.choice.limit.is_some() || self.choice.offset > 0 {
            true => self.counted(select, group, by_place),
            false => self.ordered(select, group, by_place),
        };
        statement(Root::Select(select), options)
    }

    /// Reports whether what belongs to all owners is all that there is, so that one pass over the table
    /// costs less than to look for the rows of each.
    pub(super) fn is_of_all(&self, keys: &Keys) -> bool {
        let limited = self.choice.limit.is_some() || self.choice.offset > 0;
        keys.is_whole() && self.is_total && !limited && !self.is_by_place()
    }

    /// Reports whether all rows of the other side are wanted.
    pub(super) fn wants_all(&self) -> bool {
        self.choice.is_all()
    }

    /// Makes the query for what belongs to any owner.
    pub(super) fn statement_for_all(&self, options: Options) -> Statement {
        let mut select = self.rows();
        select.order = self.order();
        statement(Root::Select(select), options)
    }

    /// Makes the query for what belongs to one key, in its order.
    pub(super) fn statement_for_one(&self, key: &[Value]) -> Statement {
        let mut select = self.rows();
        select.filter.insert(0, self.is_one_of(std::iter::once(key)));
        select.order = self.order();
        let count = |rows| Node::Value(Value::Integer(i64::try_from(rows).unwrap_or(i64::MAX)));
        select.limit = self.choice.limit.map(count);
        select.offset = (self.choice.offset > 0).then(|| count(self.choice.offset));
        statement(Root::Select(select), Options::default())
    }

    /// All rows of the other side that are wanted, whatever they belong to.
    fn rows(&self) -> SelectNode {
        let target = Source::Table(self.target);
        let mut select = SelectNode {
            outputs: vec![Output::Entity(target.clone(), None)],
            from: Some(From::Source(target.clone())),
            filter: self.choice.filter.clone(),
            ..SelectNode::default()
        };
        if let Some((far, to_target)) = &self.through {
            let named = self.keyed_nodes().enumerate();
            let named = named.map(|(place, node)| Output::Node(node, Some(key_name(place).into())));
            select.outputs.splice(0..0, named);
            let link = Source::Table(self.keyed);
            let equal = far.iter().zip(to_target).map(|(far, near)| {
                equal(Node::Column(link.clone(), *far), Node::Column(target.clone(), *near))
            });
            let on = Some(Node::Chain(Chain::All, equal.collect()));
            select.from = Some(From::Source(link.clone()));
            select.joins.push(Join { kind: JoinKind::Inner, from: From::Source(target), on });
        }
        select
    }

    fn keyed_nodes(&self) -> impl Iterator<Item = Node> {
        let source = Source::Table(self.keyed);
        self.keyed_columns.iter().map(move |column| Node::Column(source.clone(), *column))
    }

    /// The condition that a row belongs to one of the keys.
    fn is_one_of<'k>(&self, keys: impl Iterator<Item = &'k [Value]>) -> Node {
        let bound = |value: &Value| Node::Value(value.clone());
        let mut columns: Vec<_> = self.keyed_nodes().collect();
        match columns.pop() {
            Some(column) if columns.is_empty() => {
                let values = keys.flatten().map(bound).collect();
                Node::In(false, Box::new(column), List::new(values))
            }
            last => {
                columns.extend(last);
                let rows: Vec<Vec<_>> = keys.map(|key| key.iter().map(bound).collect()).collect();
                Node::InRows(columns, RowList { own: rows.len(), rows })
            }
        }
    }

    /// Joins the keys as rows of a table, each with its number, so that the database compares them.
    fn join_keys<'k>(&self, keys: impl Iterator<Item = &'k [Value]>, select: &mut SelectNode) {
        let width = self.keyed_columns.len();
        let keys: Vec<_> = keys.collect();
        // As many rows as a power of two has, so that few texts are made; what is added equals nothing.
        let rows = keys.len().next_power_of_two();
        let row = format!("({})", vec!["?"; width + 1].join(", "));
        let mut values = sql(format!("(VALUES {})", vec![row; rows].join(", ")));
        let nothing = vec![Value::Null; width];
        for place in 0..rows {
            let key = keys.get(place).copied().unwrap_or(&nothing);
            values = values.bind(place);
            values = key.iter().cloned().fold(values, Statement::bind);
        }
        let equal = self.keyed_nodes().enumerate().map(|(column, node)| {
            equal(node, Node::Named(KEYS.into(), format!("column{}", column + 2).into()))
        });
        let on = Some(Node::Chain(Chain::All, equal.collect()));
        let place = Node::Named(KEYS.into(), "column1".into());
        select.outputs.insert(0, Output::Node(place, Some(PLACE.into())));
        let from = From::Raw(RawSql::new(values), KEYS.into());
        select.joins.push(Join { kind: JoinKind::Inner, from, on });
    }

    /// What those of one key are ordered by.
    fn order(&self) -> Vec<OrderNode> {
        if !self.choice.order.is_empty() {
            return self.choice.order.clone();
        }
        let source = Source::Table(self.target);
        let primary = &self.target.primary_key;
        primary.iter().map(|column| ascending(Node::Column(source.clone(), *column))).collect()
    }

    fn ordered(&self, mut select: SelectNode, group: Vec<Node>, by_place: bool) -> SelectNode {
        // Where each key is met by one row at most, there is nothing to put in order.
        if self.is_single() && !by_place {
            return select;
        }
        select.order = group.into_iter().map(ascending).chain(self.order()).collect();
        select
    }

    /// Whether the columns that are equal to the keys are those of the target's primary key.
    fn is_single(&self) -> bool {
        self.through.is_none() && self.keyed_columns == self.target.primary_key
    }

    /// Counts the rows of each key in their order, and leaves out those that are not wanted.
    fn counted(&self, mut select: SelectNode, group: Vec<Node>, by_place: bool) -> SelectNode {
        let number = Node::RowNumber(group, self.order());
        select.outputs.push(Output::Node(number, Some(NUMBER.into())));
        let named = |name: &str| Node::Named(COUNTED.into(), name.to_owned().into());
        let mut names: Vec<String> = Vec::new();
        if by_place {
            names.push(PLACE.to_owned());
        }
        if self.through.is_some() {
            names.extend(self.key_names());
        }
        let order: Vec<_> = match by_place {
            true => vec![PLACE.to_owned()],
            false => self.key_names(),
        };
        names.extend(self.target.columns.iter().map(|column| column.name.clone().into_owned()));
        let bound =
            |rows: u64| Node::Value(Value::Integer(i64::try_from(rows).unwrap_or(i64::MAX)));
        let offset = self.choice.offset;
        let mut filter = vec![Node::binary(Op::Greater, named(NUMBER), bound(offset))];
        if let Some(limit) = self.choice.limit {
            let last = bound(offset.saturating_add(limit));
            filter.push(Node::binary(Op::LessOrEqual, named(NUMBER), last));
        }
        let order = order.iter().map(String::as_str).chain([NUMBER]);
        SelectNode {
            outputs: names.iter().map(|name| Output::Node(named(name), None)).collect(),
            filter,
            order: order.map(|name| ascending(named(name))).collect(),
            from: Some(From::Select(Box::new(select), COUNTED.into())),
            ..SelectNode::default()
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |columns: &[usize], table: &EntityTable| {
            let names: Vec<_> = columns.iter().map(|column| table.column_name(*column)).collect();
            format!("`{}.{}`", table.name, names.join(", "))
        };
        write!(f, "the relation from `{}` to `{}` by ", self.owner.entity, self.target.entity)?;
        if self.through.is_none() && self.is_single() {
            return f.write_str(&names(&self.owner_columns, self.owner));
        }
        f.write_str(&names(&self.keyed_columns, self.keyed))
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether each row of the target refers to an owner, by one column of integers.
fn is_total(route: Route, target: &EntityTable) -> bool {
    let Route::Has([column]) = route else {
        return false;
    };
    target
        .columns
        .get(*column)
        .is_some_and(|column| !column.nullable && column.sql_type == SqlType::Integer)
}

/// The name of a column of the entity in between that refers to the owner.
fn key_name(place: usize) -> String {
    format!("headwater_key_{place}")
}

fn equal(left: Node, right: Node) -> Node {
    Node::binary(Op::Equal, left, right)
}

fn ascending(node: Node) -> OrderNode {
    OrderNode { node, descending: false, nulls_first: None }
}

/// Finds the foreign key by which columns refer to a table.
fn reference(
    from: &'static EntityTable,
    columns: &[usize],
    to: &'static EntityTable,
) -> Result<&'static Reference> {
    let found = from
        .references
        .iter()
        .find(|reference| reference.columns == columns && (reference.target)().id() == to.id());
    match found {
        Some(reference) if reference.target_columns.len() == columns.len() => Ok(reference),
        Some(reference) => Err(refused(
            from,
            columns,
            to,
            &format!(
                "their foreign key names {} columns of `{}`",
                reference.target_columns.len(),
                to.name
            ),
        )),
        None => Err(no_reference(from, columns, to)),
    }
}

#[cold]
fn no_reference(from: &'static EntityTable, columns: &[usize], to: &'static EntityTable) -> Error {
    match from.reference(columns) {
        Some(other) => {
            let why = format!(
                "they refer to `{}`; name the columns that refer to `{}`",
                (other.target)().name,
                to.name
            );
            refused(from, columns, to, &why)
        }
        None => {
            let why = format!(
                "they are no foreign key; declare one with `references(…)`, or with `foreign_key(…)` for several \
                 columns, to the table `{}`",
                to.name
            );
            refused(from, columns, to, &why)
        }
    }
}

#[cold]
fn refused(from: &EntityTable, columns: &[usize], to: &EntityTable, why: &str) -> Error {
    let names: Vec<_> =
        columns.iter().map(|column| format!("`{}`", from.column_name(*column))).collect();
    Error::new(
        ErrorKind::Entity,
        format!(
            "there is no relation between `{}` and `{}` by {} of the table `{}`: {why}",
            from.entity,
            to.entity,
            names.join(", "),
            from.name
        ),
    )
}
